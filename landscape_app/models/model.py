"""A model: a base measure q and an energy with parameters, P(x) = q(x) exp(−E(x)) / Z."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple, Self

import numpy as np
import torch
from torch import Tensor, nn

from landscape_app.physics.averages import weighted_mean, weighted_variance
from landscape_app.physics.base_measure import BaseMeasure
from landscape_app.physics.evidence import Posterior
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.host import check_shape
from landscape_app.physics.mean_field import SpinForm, TwoLayers
from landscape_app.physics.space import Discrete, Space
from landscape_app.physics.weighted_samples import WeightedSamples


class Parts(NamedTuple):
    """The parts that a model's energy is the sum of, for one configuration.

    Attributes:
        maps: each part by site, nats, shape (K, *shape).
        nats: each part beyond its mean over the data, shape (K,).
        scores: deviation of what the part is made of from its mean over the data, in standard deviations,
            shape (K,).
    """

    maps: Tensor
    nats: Tensor
    scores: Tensor


class HiddenSplit(NamedTuple):
    """The free energy of configurations whose hidden units are summed over, F = ⟨E⟩ − S, nats, shape (batch,) each.

    Attributes:
        energy: ⟨E(x, h)⟩ over p(h|x).
        entropy: S[p(h|x)] of the hidden units.
        free_energy: F(x), what `Model.energy` gives.
    """

    energy: Tensor
    entropy: Tensor
    free_energy: Tensor

    def means(self, log_weights: Tensor | None = None, counts: Tensor | None = None) -> Tensor:
        """Means of the three and their standard errors, as `SplitMeans` takes them, shape (6,), on their device.

        Args:
            log_weights: of the configurations, shape (batch,); None for equal ones.
            counts: rows that each configuration counts as, shape (batch,), in place of log weights.
        """
        values = torch.stack(self)
        if counts is not None:
            means = weighted_mean(values.T, counts)
            return torch.cat([means, (weighted_variance(values.T, counts) / counts.sum()).sqrt()])
        weights = torch.zeros_like(values[0]) if log_weights is None else log_weights
        weights = weights.softmax(0)
        means = values @ weights
        # Of a weighted mean of independent configurations; with equal weights √(variance / n).
        errors = ((values - means.unsqueeze(1)) ** 2 @ weights**2).sqrt()
        return torch.cat([means, errors])


class SplitMeans(NamedTuple):
    """Means of a `HiddenSplit` over configurations, nats, with standard errors of as many independent ones.

    Attributes:
        energy: mean of ⟨E(x, h)⟩.
        entropy: mean of S[p(h|x)].
        free_energy: mean of F(x).
        energy_error: its standard error.
        entropy_error: its standard error.
        free_energy_error: its standard error.
    """

    energy: float
    entropy: float
    free_energy: float
    energy_error: float
    entropy_error: float
    free_energy_error: float

    @property
    def residual(self) -> float:
        """F − (⟨E⟩ − S), zero to rounding."""
        return self.free_energy - (self.energy - self.entropy)


class Portrait(NamedTuple):
    """Parameters of a model as a picture of signed numbers, on the host.

    Attributes:
        title: what they are, with their symbol.
        unit: of the numbers.
        meaning: in words.
        values: a table, shape (rows, columns), or images, shape (n, height, width).
    """

    title: str
    unit: str
    meaning: str
    values: np.ndarray


class Model(nn.Module, ABC):
    """A normalised measure times a Boltzmann factor, with parameters that a trainer fits.

    A model is a term of Hamiltonians: chains are steered by adding fields to it.

    Args:
        base_measure: the base measure q.
    """

    formula: ClassVar[str] = "E(x)"
    """The energy as a formula, such as a composition begins with."""

    title: ClassVar[str]
    """Kind of model, for people."""

    short_title: ClassVar[str] = ""
    """The same where there is little room; empty for the title."""

    about: ClassVar[str]
    """Sentence on such a model, for those who choose one."""

    serves: ClassVar[tuple[type[Space], ...]] = (Space,)
    """Spaces that the model can be of."""

    served: ClassVar[str] = ""
    """Those in words, where their kinds do not say it all."""

    default_units: ClassVar[int] = 0
    """Hidden units where nobody says how many; 0 of a model that has none."""

    most_units: ClassVar[int] = 0
    """Most hidden units that a person may choose; 0 of a model that can have none."""

    most_drawn: ClassVar[int] = 768
    """Most chains whose energies are worth evaluating for an update; the others' weight is passed on to them."""

    scales_together: ClassVar[bool] = False
    """True of a model whose gradients are scaled as a whole, each parameter's by one number."""

    constrains_energy: ClassVar[bool] = True
    """True of a model whose energy is a sum of its `constraints`, if it has any: its mean is the data's then, too."""

    is_given: ClassVar[bool] = False
    """True of a model with nothing to fit: its energy is the user's own."""

    own_kernel: ClassVar[str | None] = None
    """Name of the kernel that is made for such models, in `physics.kernels.KERNELS`; None for none."""

    default_fit: ClassVar[str]
    """Way of fitting where nobody says, a name in `learning.FITS`."""

    has_mean_field: ClassVar[bool] = False
    """True of a model that `as_spins` or `as_layers` gives, its energy linear in its parameters."""

    def __init__(self, base_measure: BaseMeasure) -> None:
        super().__init__()
        self.base_measure = base_measure

    @classmethod
    def untrained(cls, base_measure: BaseMeasure, units: int) -> Model:
        """A model before any training, P nearly q, its random numbers from torch's own generator.

        Args:
            base_measure: q; on spins the uniform one.
            units: hidden units, of a model that has any.

        Raises:
            ValueError: q is on another space than the model can be of, or the number of units cannot be.
        """
        raise ValueError(f"{cls.title} has no way to begin from a base measure alone")

    @property
    def space(self) -> Space:
        """Space of x."""
        return self.base_measure.space

    @abstractmethod
    def energy(self, x: Tensor) -> Tensor:
        """E(x) in nats, shape (batch,), differentiable in x and in the parameters."""

    @classmethod
    def suits(cls, space: Space) -> bool:
        """True of a space that the model can be of."""
        return isinstance(space, cls.serves)

    def penalty(self, weight_decay: float, weight_smoothness: float) -> Tensor | None:
        """Share of what a gradient descends that keeps parameters small, nats for all rows; None for none.

        Args:
            weight_decay: of hidden units' weights (`Schedule.weight_decay`).
            weight_smoothness: of those on images (`Schedule.weight_smoothness`).
        """
        return None

    def constraints(self, x: Tensor) -> Tensor:
        """f(x) whose means over the model training sets to those over the data, shape (batch, K); K = 0 for none."""
        return x.new_zeros(len(x), 0)

    def constraint_meanings(self, count: int) -> tuple[str, ...]:
        """The first so many `constraints` as formulas, in their order; empty where they have none of their own."""
        return ("",) * count

    @property
    def constraint_multipliers(self) -> Tensor | None:
        """λ_i of E = Σ_i λ_i f_i, f the `constraints`, shape (K,); None where the energy is no such sum."""
        return None

    def contrast(
        self,
        data: Tensor,
        samples: WeightedSamples,
        data_weights: Tensor | None = None,
        shares: tuple[Tensor | float, Tensor | float] = (1.0, 1.0),
    ) -> Tensor:
        """⟨E⟩_data − ⟨E⟩_samples in nats, a scalar, differentiable in the parameters.

        Args:
            data: shape (n, *shape).
            samples: of the model, their energies those under its parameters.
            data_weights: of the data, shape (n,); None where they count alike.
            shares: of the data and of the samples, scalars: how much of all there are they stand for.
        """
        energy = self.energy(torch.cat([data, samples.x]))
        of_data = shares[0] * weighted_mean(energy[: len(data)], data_weights)
        return of_data - shares[1] * samples.log_weights.softmax(0) @ energy[len(data) :]

    @property
    def knows_conditionals(self) -> bool:
        """True if `conditional_energies` of all sites cost no more than an energy."""
        return False

    def conditional_energies(self, x: Tensor, sites: Tensor) -> Tensor:
        """E with one site at each of its values, all others as they are, less what these values have in common.

        Args:
            x: shape (batch, *shape), on a discrete space.
            sites: which of each configuration, int64, shape (batch, m).

        Returns:
            nats, shape (batch, m, levels).

        Raises:
            ValueError: the space is continuous.
        """
        space = self.space
        if not isinstance(space, Discrete):
            raise ValueError(f"sites have no levels on {space.label}")
        values = space.values(x.device)
        one = (sites.unsqueeze(2) == torch.arange(space.sites, device=x.device)).unsqueeze(2)
        changed = torch.where(one, values.view(1, 1, -1, 1), x.view(len(x), 1, 1, -1))
        return self.energy(changed.reshape(-1, *space.shape)).view(*sites.shape, len(values))

    def dissect(self, x: Tensor, baseline: Tensor, data: Tensor) -> Parts | None:
        """The parts of E(x) of one configuration; None of a model that has none worth showing.

        Args:
            x: shape (*shape).
            baseline: where the maps are counted from, shape (*shape).
            data: shape (n, *shape), n at least 2.
        """
        return None

    def split(self, x: Tensor) -> HiddenSplit | None:
        """Energy and entropy of the hidden units of each configuration; None of a model without any."""
        return None

    def as_spins(self) -> SpinForm | None:
        """P as coupled spins at temperature 1, hidden units among them; None of a model that is not of this form."""
        return None

    def as_layers(self) -> TwoLayers | None:
        """P as two layers of units; None of a model that is not of this form."""
        return None

    def posterior(self, x: Tensor) -> Posterior | None:
        """p(hidden|x) of each configuration, hidden units as spins; None of a model without any."""
        return None

    def activations(self, x: Tensor) -> Tensor | None:
        """p(h_j = 1|x) of each hidden unit, shape (batch, H); None of a model without any."""
        return None

    def portrait(self) -> Portrait | None:
        """The parameters as a picture; None of a model of which nothing is worth drawing."""
        return None

    @property
    def hamiltonian(self) -> Hamiltonian:
        """E alone, without any field."""
        return Hamiltonian([WeightedTerm(1.0, self)])

    @property
    def target(self) -> Target:
        """P at the current parameters."""
        return Target(self.base_measure, self.hamiltonian)

    def values(self) -> list[Tensor]:
        """Copies of the parameters, in the order of `parameters`."""
        return [parameter.detach().clone() for parameter in self.parameters()]

    def set_values(self, values: Sequence[Tensor]) -> None:
        """Takes other parameters, in the order of `parameters`."""
        with torch.no_grad():
            for parameter, value in zip(self.parameters(), values, strict=True):
                parameter.copy_(value)

    def named(self, values: Sequence[Tensor]) -> dict[str, Tensor]:
        """Values by the names of the parameters."""
        return dict(zip((name for name, _ in self.named_parameters()), values, strict=True))

    def values_of(self, named: Mapping[str, Tensor]) -> list[Tensor]:
        """Values from their names, on the model's device, in the order of `parameters`.

        Raises:
            KeyError: one is missing.
            ValueError: one has another shape than its parameter.
        """
        values = []
        for name, parameter in self.named_parameters():
            check_shape(name, named[name], tuple(parameter.shape))
            values.append(named[name].to(parameter))
        return values

    def on_device(self, device: torch.device) -> Self:
        """A model of the same kind, base measure and parameters on a device."""
        moved = copy.deepcopy(self, {id(self.base_measure): self.base_measure.to(device)})
        return moved.to(device)

    def with_values(self, values: Sequence[Tensor]) -> Self:
        """A model of the same kind and base measure with other parameters, which are not trained."""
        other = copy.deepcopy(self, {id(self.base_measure): self.base_measure}).requires_grad_(False)
        other.set_values(values)
        return other
