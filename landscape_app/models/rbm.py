"""Restricted Boltzmann machine: visible sites and hidden units, coupled across but not among themselves."""

from __future__ import annotations

import math
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from landscape_app.language import tr
from landscape_app.models.model import HiddenSplit, Model, Portrait
from landscape_app.physics.averages import weighted_mean
from landscape_app.physics.base_measure import BaseMeasure, ProductBase
from landscape_app.physics.evidence import Posterior
from landscape_app.physics.exact import JointThermodynamics
from landscape_app.physics.host import check_shape, to_host
from landscape_app.physics.kernels.block_gibbs import draw_tilted
from landscape_app.physics.mean_field import SpinForm, TwoLayers
from landscape_app.physics.space import Discrete, Levels, Space, Spins
from landscape_app.physics.weighted_samples import WeightedSamples

MOST_SUMMED_UNITS = 20
"""Hidden units up to which Z is a sum over all their states."""

LEAST_TOTAL = 1e-250
"""Sum over a site's values that double precision still holds to its last digits."""


class _HiddenStates(NamedTuple):
    """The states h of hidden units, float64, shape (2^H,) each.

    Attributes:
        log_mass: log Σ_v q(v) exp(−E(v, h)).
        energy: ⟨E(v, h)⟩ over p(v|h).
        log_q: ⟨log q(v)⟩ over p(v|h).
    """

    log_mass: Tensor
    energy: Tensor
    log_q: Tensor


class RestrictedBoltzmannMachine(Model):
    """P(v) = q(v) exp(−F(v)) / Z, F(v) = −log Σ_h exp(−E(v, h)), E(v, h) = −a·v − b·h − v·W·h, h_j in {0, 1}.

    Spins are taken as they are, levels scaled to 0…1 (Smolensky 1986; Hinton 2002). Given the hidden units the sites
    are independent, q_i tilted by v (a_i + Σ_j W_ij h_j), and given the sites the hidden units are.

    Args:
        base_measure: q, on spins or levels.
        visible: a, shape (sites,).
        hidden: b, shape (H,).
        weights: W, shape (sites, H).

    Raises:
        ValueError: q is not on spins or levels, there is no hidden unit, or a table has another shape.
    """

    formula: ClassVar[str] = "F(x)"
    title: ClassVar[str] = tr("Restricted Boltzmann machine")
    short_title: ClassVar[str] = tr("RBM")
    about: ClassVar[str] = tr(
        "Hidden units that each see all of x; given one layer, the other is drawn at once."
    )
    serves: ClassVar[tuple[type[Space], ...]] = (Levels, Spins)
    default_units: ClassVar[int] = 64
    own_kernel: ClassVar[str | None] = "block-gibbs"
    default_fit: ClassVar[str] = "persistent"
    has_mean_field: ClassVar[bool] = True
    most_units: ClassVar[int] = 1_024
    most_drawn: ClassVar[int] = 2**16
    scales_together: ClassVar[bool] = True
    constrains_energy: ClassVar[bool] = False
    base_measure: ProductBase

    def __init__(self, base_measure: BaseMeasure, visible: Tensor, hidden: Tensor, weights: Tensor) -> None:
        super().__init__(base_measure)
        if not isinstance(base_measure, ProductBase):
            raise ValueError(
                tr(
                    "a restricted Boltzmann machine is of spins or levels, not {space}",
                    space=base_measure.space.label,
                )
            )
        if not len(hidden):
            raise ValueError(tr("a restricted Boltzmann machine needs at least one hidden unit"))
        check_shape("the visible units' bias", visible, (self.space.sites,))
        check_shape("the weights", weights, (self.space.sites, len(hidden)))
        self.visible = nn.Parameter(visible)
        self.hidden = nn.Parameter(hidden)
        self.weights = nn.Parameter(weights)
        self._evaluated: tuple[Tensor, tuple[int, ...], Tensor] | None = None

    @classmethod
    def untrained(cls, base_measure: BaseMeasure, units: int) -> RestrictedBoltzmannMachine:
        """Small random weights and no biases: P is nearly q.

        Raises:
            ValueError: q is not on spins or levels, or there is no hidden unit.
        """
        sites, device = base_measure.space.sites, base_measure.device
        return cls(
            base_measure,
            torch.zeros(sites, device=device),
            torch.zeros(units, device=device),
            0.01 * torch.randn(sites, units).to(device),
        )

    @property
    def units(self) -> int:
        """H, number of hidden units."""
        return len(self.hidden)

    def energy(self, x: Tensor) -> Tensor:
        """F(v) = −a·v − Σ_j log(1 + exp(b_j + (vW)_j)), nats, shape (batch,)."""
        v = self.unit(x)
        pull = self.pull(v)
        if not torch.is_grad_enabled():
            self._evaluated = x, self._version_with(x), pull
        return -(v @ self.visible) - F.softplus(pull).sum(1)

    def penalty(self, weight_decay: float, weight_smoothness: float) -> Tensor | None:
        """½ d Σ W² + ½ s Σ (W − W')² over neighbouring pixels, nats for all rows; None where both are 0.

        Pixels are neighbours along both sides of an image, or of a lattice of spins; in a row no sites are.
        """
        if not (weight_decay or weight_smoothness):
            return None
        with torch.no_grad():
            slope = weight_decay * self.weights
            if weight_smoothness and len(self.space.shape) > 1:
                images, of_images = (
                    part.view(*self.space.shape, self.units) for part in (self.weights, slope)
                )
                for side in (0, 1):
                    step, pairs = images.diff(dim=side), images.shape[side] - 1
                    of_images.narrow(side, 1, pairs).add_(step, alpha=weight_smoothness)
                    of_images.narrow(side, 0, pairs).sub_(step, alpha=weight_smoothness)
            # Half the product with the slope, as it is quadratic.
            value = torch.dot(self.weights.flatten(), slope.flatten()) / 2
        found: Tensor = _WithGradient.apply(value, self.weights, slope)
        return found

    def constraints(self, x: Tensor) -> Tensor:
        """p(h_j = 1|v), shape (batch, H): their means are the data's where the likelihood is largest."""
        return self.pull(self.unit(x)).sigmoid()

    def constraint_meanings(self, count: int) -> tuple[str, ...]:
        """The hidden units one by one."""
        return tuple(f"p(h{j + 1} = 1 | x)" for j in range(count))

    def portrait(self) -> Portrait:
        """Weights of each hidden unit as an image, or as a table where sites lie in a row."""
        shape = self.space.shape
        # A copy, as training goes on in the same memory.
        values = to_host(self.weights).clone().T
        if len(shape) == 2:
            values = values.reshape(self.units, *shape)
        meaning = tr(
            "<b>Weights</b> Wᵢⱼ of the hidden units, each an image of the sites it sees, in nats.<br>A unit that is "
            "on raises the probability of what is red in its image, and lowers that of what is blue.<br>"
            "<b>Bars</b>: p(hⱼ=1|v), the probability that the unit is on, given the chain under the pointer, else "
            "the one that is followed; a whole bar is 1. Click a chain to follow it."
        )
        return Portrait(tr("Weights Wᵢⱼ of hidden units"), "nats", meaning, values.numpy())

    def unit(self, x: Tensor) -> Tensor:
        """v of configurations, shape (batch, sites): spins as they are, levels from 0 to 1."""
        return self.space.unit(x).flatten(1)

    def pull(self, v: Tensor) -> Tensor:
        """b + vW: log-odds of each hidden unit, shape (batch, H), of v with shape (batch, sites)."""
        return torch.addmm(self.hidden, v, self.weights)

    def split(self, x: Tensor) -> HiddenSplit:
        """Energy, entropy and free energy of visible configurations, the hidden units in equilibrium with them."""
        with torch.no_grad():
            v = self.unit(x)
            pull = self.pull(v)
            p = pull.sigmoid()
            energy = -(v @ self.visible) - (pull * p).sum(1)
            # −p log p − (1 − p) log(1 − p), by softplus, which holds where p is 0 or 1 to rounding.
            entropy = (p * F.softplus(-pull) + (1 - p) * F.softplus(pull)).sum(1)
            return HiddenSplit(energy, entropy, self.energy(x))

    def activations(self, x: Tensor) -> Tensor:
        """p(h_j = 1|v) = σ(b_j + (vW)_j), shape (batch, H)."""
        with torch.no_grad():
            return self.pull(self.unit(x)).sigmoid()

    def contrast(
        self,
        data: Tensor,
        samples: WeightedSamples,
        data_weights: Tensor | None = None,
        shares: tuple[Tensor | float, Tensor | float] = (1.0, 1.0),
    ) -> Tensor:
        """⟨F⟩_data − ⟨F⟩_samples, whose gradient is known: −(⟨v⟩, ⟨p(h|v)⟩, ⟨v p(h|v)⟩) of data less samples."""
        weights, share = shares[1] * samples.log_weights.softmax(0), shares[0]
        with torch.no_grad():
            v = self.unit(data)
            pull = self.pull(v)
            of_data = weighted_mean(-(v @ self.visible + F.softplus(pull).sum(1)), data_weights)
            value = share * of_data - weights @ samples.energy
            p = pull.sigmoid_()
            u = weights.unsqueeze(1) * self.unit(samples.x)
            q = self.odds(samples.x).sigmoid()
            of_v, of_p = (share * weighted_mean(part, data_weights) for part in (v, p))
            shared = (
                v if data_weights is None else v * (data_weights * (len(v) / data_weights.sum())).unsqueeze(1)
            )
            gradients = u.sum(0) - of_v, weights @ q - of_p, u.T @ q - share * (shared.T @ p / len(v))
        found: Tensor = _WithGradient.apply(value, *self.parameters(), *gradients)
        return found

    def _version_with(self, x: Tensor) -> tuple[int, ...]:
        """Numbers of changes in place."""
        return x._version, self.hidden._version, self.weights._version

    def conditional_energies(self, x: Tensor, sites: Tensor) -> Tensor:
        """F with one site at each value: only that site's part of the hidden units' odds changes."""
        v = self.unit(x)
        weights, bias = self.weights[sites], self.visible[sites]
        others = self.pull(v).unsqueeze(1) - v.gather(1, sites).unsqueeze(2) * weights
        values = self.space.unit(self._space.values(v.device))
        energies = [-value * bias - F.softplus(others + value * weights).sum(2) for value in values.unbind()]
        return torch.stack(energies, 2)

    def energy_and_gradient(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """F(v), nats, shape (batch,), and ∂F/∂x = −a − W p(h = 1|v) in nats per level, same shape as x."""
        with torch.no_grad():
            v = self.unit(x)
            pull = self.pull(v)
            energy = -(v @ self.visible) - F.softplus(pull).sum(1)
            gradient = self.space.unit(torch.addmm(self.visible, pull.sigmoid_(), self.weights.T).neg_())
        return energy, gradient.view_as(x)

    def odds(self, x: Tensor) -> Tensor:
        """b + vW: log-odds of each hidden unit, shape (batch, H); known where x was evaluated last."""
        if self._evaluated is not None:
            last, version, pull = self._evaluated
            if last is x and version == self._version_with(x):
                return pull
        return self.pull(self.unit(x))

    def visible_energy(self, x: Tensor) -> Tensor:
        """−a·v, nats, shape (batch,)."""
        return -(self.unit(x) @ self.visible)

    def tilt(self, h: Tensor) -> Tensor:
        """a + W h in nats per level, shape (batch, sites), of any numbers h with shape (batch, H)."""
        return self.space.unit(torch.addmm(self.visible, h, self.weights.T))

    def hidden_entropy(self, x: Tensor) -> Tensor:
        """S[p(h|v)] in nats, shape (batch,)."""
        return self.split(x).entropy

    @property
    def hidden_evaluations(self) -> float:
        """Evaluations of F that a sum over the hidden units costs as much as; infinity where they are too many."""
        return float(2**self.units) if self.units <= MOST_SUMMED_UNITS else math.inf

    def log_partition(self) -> float:
        """log Z, summed over the hidden units' states in double precision.

        Raises:
            ValueError: too many hidden units.
        """
        return float(self._hidden_states().log_mass.logsumexp(0))

    def joint(self, base: ProductBase | None = None) -> JointThermodynamics:
        """log Z, ⟨E⟩ and ⟨log q⟩ over sites and hidden units, summed over the latter's states in double precision.

        Args:
            base: q, that of the model but perhaps for fixed sites; None for that.

        Raises:
            ValueError: too many hidden units.
        """
        found = self._hidden_states(base)
        p = found.log_mass.softmax(0)
        return JointThermodynamics(
            float(found.log_mass.logsumexp(0)), float(p @ found.energy), float(p @ found.log_q)
        )

    def exact_samples(
        self, count: int, generator: torch.Generator, base: ProductBase | None = None
    ) -> Tensor:
        """Independent configurations of P, shape (count, *shape), by the exact law of the hidden units.

        Args:
            count: how many.
            generator: random state on the host.
            base: q, that of the model but perhaps for fixed sites; None for that.

        Raises:
            ValueError: too many hidden units.
        """
        cumulative = self._hidden_states(base).log_mass.softmax(0).cumsum(0)
        uniform = torch.rand(count, dtype=torch.float64, generator=generator) * cumulative[-1]
        number = torch.searchsorted(cumulative, uniform).clamp_max(len(cumulative) - 1)
        h = _bits(number, self.units).float()
        on_host = (base or self.base_measure).to("cpu")
        with torch.no_grad():
            tilt = to_host(self.visible) + h @ to_host(self.weights).T
            x = draw_tilted(on_host, self.space.unit(tilt), generator)
        return x.view(count, *self.space.shape).to(self.weights.device)

    def as_spins(self) -> SpinForm | None:
        """The hidden units behind the sites, on the host; None where sites have more than two values."""
        if self.space.levels != 2:
            return None
        low, high = self.space.unit(self._space.values()).double().tolist()
        middle, half = (low + high) / 2, (high - low) / 2
        a, b, w = (to_host(p).double() for p in (self.visible, self.hidden, self.weights))
        table = self.base_measure.host_table
        sites = self.space.sites
        couplings = torch.zeros(sites + self.units, sites + self.units, dtype=torch.float64)
        couplings[:sites, sites:] = half * w / 2
        of_sites = half * (a + w.sum(1) / 2) + (table[:, 1] - table[:, 0]) / 2
        fields = torch.cat([of_sites, (b + middle * w.sum(0)) / 2])
        constant = -middle * a.sum() - b.sum() / 2 - middle * w.sum() / 2 - table.mean(1).sum()
        return SpinForm(couplings + couplings.T, fields, float(constant))

    def as_layers(self) -> TwoLayers:
        """Sites and hidden units, on the host."""
        a, b, w = (to_host(p).double() for p in (self.visible, self.hidden, self.weights))
        values = self.space.unit(self._space.values()).double()
        return TwoLayers(a, b, w, values, self.base_measure.host_table)

    def posterior(self, x: Tensor) -> Posterior:
        """p(h|v), which factorises: as spins s = 2h − 1, fields (b + vW)/2 and no couplings; on the host."""
        v = to_host(self.unit(x)).double()
        pull = to_host(self.hidden).double() + v @ to_host(self.weights).double()
        # Σ_s exp(s f) = 2 cosh f.
        free_energy = (pull / 2 - F.softplus(pull)).sum(1)
        return Posterior(pull.new_zeros(self.units, self.units), pull / 2, free_energy)

    def _hidden_states(self, base: ProductBase | None = None) -> _HiddenStates:
        """All states of the hidden units in order, in double precision on the host.

        What one half of the units does to a site's values multiplies what the other half does: sums over the values
        for all pairs of half states are products of two small tables.
        """
        if self.units > MOST_SUMMED_UNITS:
            raise ValueError(
                tr(
                    "at most {most} hidden units can be summed over, got {units}",
                    most=MOST_SUMMED_UNITS,
                    units=self.units,
                )
            )
        a, b, w = (to_host(p).double() for p in (self.visible, self.hidden, self.weights))
        table = (base or self.base_measure).host_table
        values = self.space.unit(self._space.values()).double()
        half = self.units // 2
        first, second = (_all_states(count) for count in (half, self.units - half))
        log_mass = second.matmul(b[half:]).unsqueeze(1) + first @ b[:half]
        energy, log_q = -log_mass, torch.zeros_like(log_mass)
        for site, log_q_of_site in enumerate(table):
            of_first, of_second = a[site] + first @ w[site, :half], second @ w[site, half:]
            means = _means_of_site(of_first, of_second, values, log_q_of_site)
            log_mass += means.log_sum
            energy -= (of_second.unsqueeze(1) + of_first) * means.value
            log_q += means.log_q
        return _HiddenStates(log_mass.flatten(), energy.flatten(), log_q.flatten())

    @property
    def _space(self) -> Discrete:
        return self.base_measure.space


class _SiteMeans(NamedTuple):
    """A site, given the states of two halves of the hidden units, float64, shape (second, first) each.

    Attributes:
        log_sum: log Σ_v q(v) exp(v t), t the pull of both halves.
        value: ⟨v⟩.
        log_q: ⟨log q(v)⟩.
    """

    log_sum: Tensor
    value: Tensor
    log_q: Tensor


def _means_of_site(first: Tensor, second: Tensor, values: Tensor, log_q: Tensor) -> _SiteMeans:
    """Sums over a site's values, shape (levels,), of the pulls t of two halves, shape (first,) and (second,)."""
    of_first, of_second = log_q + first.unsqueeze(1) * values, second.unsqueeze(1) * values
    top, other_top = of_first.amax(1), of_second.amax(1, keepdim=True)
    of_first, of_second = (of_first - top.unsqueeze(1)).exp(), (of_second - other_top).exp()
    total = of_second @ of_first.T
    if float(total.min()) > LEAST_TOTAL:
        return _SiteMeans(
            total.log() + top + other_top,
            of_second @ (of_first * values).T / total,
            of_second @ (of_first * log_q).T / total,
        )
    # The halves pull so hard against one another that nothing is left of a product: a sum for every pair of states.
    pull = (second.unsqueeze(1) + first).unsqueeze(2)
    weight = log_q + pull * values
    p = weight.softmax(2)
    return _SiteMeans(weight.logsumexp(2), p @ values, p @ log_q)


def _all_states(count: int) -> Tensor:
    """All states of so many hidden units, float64, shape (2^count, count)."""
    return _bits(torch.arange(2**count), count).double()


class _WithGradient(torch.autograd.Function):
    """A number whose gradient in some parameters is known."""

    @staticmethod
    def forward(context: Any, value: Tensor, *tensors: Tensor) -> Tensor:
        """The number; tensors are the parameters and then the gradients, as many."""
        context.save_for_backward(*tensors[len(tensors) // 2 :])
        return value.clone()

    @staticmethod
    def backward(context: Any, *above: Any) -> Any:
        """The gradients times that from above."""
        gradients = [above[0] * gradient for gradient in context.saved_tensors]
        return None, *gradients, *[None] * len(gradients)


def _bits(number: Tensor, count: int) -> Tensor:
    """Binary digits, shape (n, count)."""
    return (number.unsqueeze(1) >> torch.arange(count)) & 1
