"""Restricted Boltzmann machine: visible sites and hidden units, coupled across but not among themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from landscape_app.models.model import HiddenSplit, Model, Portrait
from landscape_app.physics.base_measure import BaseMeasure, ProductBase
from landscape_app.physics.host import check_shape, to_host
from landscape_app.physics.space import Discrete, Levels, Space, Spins

MOST_SUMMED_UNITS = 20
"""Hidden units up to which Z is a sum over all their states."""

STATES_AT_ONCE = 2**12


class SpinForm(NamedTuple):
    """A machine of two-valued sites as spins ±1, the hidden units behind the sites: E = −½ sJs − h·s + constant.

    Attributes:
        couplings: J, float64, shape (sites + H, sites + H).
        fields: h, float64, shape (sites + H,).
        constant: nats; with it Σ_s exp(−E) is Z of the machine, q included.
    """

    couplings: Tensor
    fields: Tensor
    constant: float


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
    title: ClassVar[str] = "Restricted Boltzmann machine"
    short_title: ClassVar[str] = "RBM"
    serves: ClassVar[tuple[type[Space], ...]] = (Levels, Spins)
    default_units: ClassVar[int] = 64
    default_fit: ClassVar[str] = "persistent"
    base_measure: ProductBase

    def __init__(self, base_measure: BaseMeasure, visible: Tensor, hidden: Tensor, weights: Tensor) -> None:
        super().__init__(base_measure)
        if not isinstance(base_measure, ProductBase):
            raise ValueError(
                f"a restricted Boltzmann machine is of spins or levels, not {base_measure.space.label}"
            )
        if not len(hidden):
            raise ValueError("a restricted Boltzmann machine needs at least one hidden unit")
        check_shape("the visible units' bias", visible, (self.space.sites,))
        check_shape("the weights", weights, (self.space.sites, len(hidden)))
        self.visible = nn.Parameter(visible)
        self.hidden = nn.Parameter(hidden)
        self.weights = nn.Parameter(weights)

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
        return -(v @ self.visible) - F.softplus(self.pull(v)).sum(1)

    def portrait(self) -> Portrait:
        """Weights of each hidden unit as an image, or as a table where sites lie in a row."""
        shape = self.space.shape
        # A copy, as training goes on in the same memory.
        values = to_host(self.weights).clone().T
        if len(shape) == 2:
            values = values.reshape(self.units, *shape)
        meaning = (
            "<b>Weights</b> Wᵢⱼ of the hidden units, each an image of the sites it sees, in nats.<br>A unit that is "
            "on raises the probability of what is red in its image, and lowers that of what is blue."
        )
        return Portrait("Weights Wᵢⱼ of hidden units", "nats", meaning, values.numpy())

    def unit(self, x: Tensor) -> Tensor:
        """v of configurations, shape (batch, sites): spins as they are, levels from 0 to 1."""
        return self.space.unit(x).flatten(1)

    def pull(self, v: Tensor) -> Tensor:
        """b + vW: log-odds of each hidden unit, shape (batch, H), of v with shape (batch, sites)."""
        return torch.addmm(self.hidden, v, self.weights)

    def joint_energy(self, x: Tensor, h: Tensor) -> Tensor:
        """E(v, h) in nats, shape (batch,), of h with shape (batch, H)."""
        v = self.unit(x)
        return -(v @ self.visible) - (self.pull(v) * h).sum(1)

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

    def conditional_energies(self, x: Tensor, sites: Tensor) -> Tensor:
        """F with one site at each value: only that site's part of the hidden units' odds changes."""
        v = self.unit(x)
        weights, bias = self.weights[sites], self.visible[sites]
        others = self.pull(v).unsqueeze(1) - v.gather(1, sites).unsqueeze(2) * weights
        values = self.space.unit(self._space.values(v.device))
        energies = [-value * bias - F.softplus(others + value * weights).sum(2) for value in values.unbind()]
        return torch.stack(energies, 2)

    def block_move(
        self, x: Tensor, strength: Tensor, base: ProductBase, generator: torch.Generator
    ) -> Tensor:
        """One sweep of block Gibbs sampling, v → h → v', shape (batch, *shape).

        Reversible with respect to q(v) exp(−F_c(v)), F_c the free energy at c times all parameters.

        Args:
            x: shape (batch, *shape).
            strength: c of each configuration, shape (batch, 1).
            base: q, that of the model but perhaps for fixed sites.
            generator: random state.
        """
        odds = strength * self.pull(self.unit(x))
        h = (torch.rand(odds.shape, generator=generator, device=odds.device) < odds.sigmoid()).to(odds)
        tilt = strength * torch.addmm(self.visible, h, self.weights.T)
        return _drawn(base, tilt, self.space.unit(self._space.values(x.device)), generator).view_as(x)

    def scaled_energy(self, x: Tensor, strength: Tensor) -> Tensor:
        """F_c(v), at c times all parameters, c of shape (batch, 1); nats, shape (batch,)."""
        v = self.unit(x)
        c = strength.squeeze(1)
        return -c * (v @ self.visible) - F.softplus(strength * self.pull(v)).sum(1)

    def log_partition(self) -> float:
        """log Z, summed over the hidden units' states in double precision.

        Raises:
            ValueError: too many hidden units.
        """
        self._check_units()
        total = torch.tensor(-torch.inf, dtype=torch.float64)
        for part in self._hidden_log_masses():
            total = torch.logaddexp(total, part.logsumexp(0))
        return float(total)

    def exact_samples(self, count: int, generator: torch.Generator) -> Tensor:
        """Independent configurations of P, shape (count, *shape), by the exact law of the hidden units.

        Args:
            count: how many.
            generator: random state on the host.

        Raises:
            ValueError: too many hidden units.
        """
        self._check_units()
        masses = torch.cat(list(self._hidden_log_masses()))
        cumulative = masses.softmax(0).cumsum(0)
        uniform = torch.rand(count, dtype=torch.float64, generator=generator) * cumulative[-1]
        number = torch.searchsorted(cumulative, uniform).clamp_max(len(cumulative) - 1)
        h = _bits(number, self.units).float()
        base = self.base_measure.to("cpu")
        with torch.no_grad():
            tilt = to_host(self.visible) + h @ to_host(self.weights).T
            x = _drawn(base, tilt, self.space.unit(self._space.values()), generator)
        return x.view(count, *self.space.shape).to(self.weights.device)

    def as_spins(self) -> SpinForm:
        """The machine as coupled spins, on the host, such as mean field takes them.

        Raises:
            ValueError: sites of more than two values.
        """
        if self.space.levels != 2:
            raise ValueError(f"a site must have two values to be a spin; these have {self.space.levels}")
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

    def _check_units(self) -> None:
        if self.units > MOST_SUMMED_UNITS:
            raise ValueError(f"at most {MOST_SUMMED_UNITS} hidden units can be summed over, got {self.units}")

    def _hidden_log_masses(self) -> Iterator[Tensor]:
        """log Σ_v q(v) exp(−E(v, h)) of all h in order, float64 on the host, some thousand at a time."""
        a, b, w = (to_host(p).double() for p in (self.visible, self.hidden, self.weights))
        table = self.base_measure.host_table
        values = self.space.unit(self._space.values()).double()
        for start in range(0, 2**self.units, STATES_AT_ONCE):
            h = _bits(torch.arange(start, min(start + STATES_AT_ONCE, 2**self.units)), self.units).double()
            tilt = a + h @ w.T
            by_site = torch.stack([table[:, i] + tilt * value for i, value in enumerate(values)], 2)
            yield h @ b + by_site.logsumexp(2).sum(1)

    @property
    def _space(self) -> Discrete:
        return self.base_measure.space


def _bits(number: Tensor, count: int) -> Tensor:
    """Binary digits, shape (n, count)."""
    return (number.unsqueeze(1) >> torch.arange(count)) & 1


def _drawn(base: ProductBase, tilt: Tensor, values: Tensor, generator: torch.Generator) -> Tensor:
    """Independent sites, P(v) ∝ q_i(v) exp(tilt v), shape (batch, sites), of tilt with shape (batch, sites)."""
    table = base.log_probabilities
    if len(values) == 2:
        odds = table[:, 1] - table[:, 0] + tilt * (values[1] - values[0])
        uniform = torch.rand(odds.shape, generator=generator, device=odds.device)
        return base.space.from_index((uniform < odds.sigmoid()).long())
    weight = (table + tilt.unsqueeze(2) * values).softmax(2).cumsum(2)
    uniform = torch.rand((*tilt.shape, 1), generator=generator, device=tilt.device) * weight[..., -1:]
    return base.space.from_index((weight <= uniform).sum(2).clamp_max(len(values) - 1))
