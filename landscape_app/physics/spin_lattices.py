"""Ising spins by the graph that couples them, square lattice to complete graph, and exact results for each."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.complete_graph import (
    CompleteGraph,
    CompleteHeatBath,
    CompleteMetropolis,
    CompleteSwendsenWang,
    CompleteWolff,
    mean_field_magnetisation,
)
from landscape_app.physics.hamiltonian import (
    Bonds,
    EnergyTerm,
    Hamiltonian,
    ReceptiveField,
    Target,
    WeightedTerm,
)
from landscape_app.physics.kernels import ChromaticMetropolis, HeatBath, Kernel, SwendsenWang, Wolff
from landscape_app.physics.lattice import Ising
from landscape_app.physics.space import Spins
from landscape_app.physics.square_lattice import (
    CRITICAL_TEMPERATURE,
    onsager_energy,
    spontaneous_magnetisation,
)

GRAPHS = {
    "square": tr("Square lattice, periodic"),
    "free": tr("Square lattice, free edges"),
    "chain": tr("Chain, closed to a ring"),
    "complete": tr("Complete graph"),
    "random": tr("Random ±J on the square lattice"),
}
"""Graphs by name, and as people call them."""

SAMPLERS = {
    "metropolis": tr("Metropolis, single spins"),
    "heat-bath": tr("Heat bath, single spins"),
    "swendsen-wang": tr("Swendsen–Wang, all clusters"),
    "wolff": tr("Wolff, one cluster"),
}
"""Samplers by name, and as people call them."""

SMALLEST_SIDE, LARGEST_SIDE = 8, 256
"""Sides that the application offers; N = L² spins, whatever the graph."""

MOST_SPINS = 2**18
"""Spins of all lattices together that are moved at once."""

HIGHEST_TEMPERATURE, STRONGEST_FIELD = 1_000.0, 1_000.0

_KERNELS: dict[str, type[Kernel]] = {
    "metropolis": ChromaticMetropolis,
    "heat-bath": HeatBath,
    "swendsen-wang": SwendsenWang,
    "wolff": Wolff,
}
_ON_COMPLETE: dict[str, type[Kernel]] = {
    "metropolis": CompleteMetropolis,
    "heat-bath": CompleteHeatBath,
    "swendsen-wang": CompleteSwendsenWang,
    "wolff": CompleteWolff,
}


class RandomBonds:
    """H(s) = −Σ_<ij> J_ij s_i s_j − h Σ_i s_i on the periodic square lattice, J_ij = ±1 (Edwards, Anderson 1975).

    Args:
        side: L.
        field: h.
        seed: of the signs, which are + or − with probability ½.

    Attributes:
        signs: of the bonds of each site to the next one down and to the right, float32, shape (2, L, L).
    """

    def __init__(self, side: int, field: float = 0.0, seed: int = 0) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.field = field
        self.signs = 2.0 * torch.randint(2, (2, side, side), generator=generator) - 1.0

    @property
    def receptive_field(self) -> ReceptiveField:
        """A site and the next one along both axes."""
        return ReceptiveField(before=0, after=1, periodic=True)

    def energy(self, x: Tensor) -> Tensor:
        """H(x) in units of J, shape (batch,)."""
        return self.energy_map(x).flatten(1).sum(1)

    def energy_map(self, x: Tensor) -> Tensor:
        """−s_p (Σ_axis J s_{p + axis} + h), shape (batch, L, L)."""
        down, right = self.signs.to(x.device)
        return -x * (down * x.roll(-1, 1) + right * x.roll(-1, 2) + self.field)

    def bonds(self) -> Bonds:
        """Each site with the next one along both axes."""
        number = torch.arange(self.signs[0].numel()).view(self.signs.shape[1:])
        second = torch.cat([number.roll(-1, axis).flatten() for axis in (0, 1)])
        fields = torch.full((number.numel(),), float(self.field))
        return Bonds(number.flatten().repeat(2), second, self.signs.flatten(), fields)


@dataclass(frozen=True)
class SpinLattice:
    """L² Ising spins on a graph, J = 1: T in units of J/k_B, h in units of J.

    Attributes:
        graph: a name in `GRAPHS`.
        side: L, even.
        seed: of random couplings.

    Raises:
        ValueError: no such graph, or a side that is odd or out of range.
    """

    graph: str = "square"
    side: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        if self.graph not in GRAPHS:
            raise ValueError(f"no graph is called {self.graph!r}; choose from {', '.join(GRAPHS)}")
        if self.side != int(self.side) or self.side % 2 or not SMALLEST_SIDE <= self.side <= LARGEST_SIDE:
            raise ValueError(
                tr(
                    "the side L must be an even number from {least} to {most}, got {side}; two "
                    "colours of a periodic lattice need an even side",
                    least=SMALLEST_SIDE,
                    most=LARGEST_SIDE,
                    side=self.side,
                )
            )

    @property
    def spins(self) -> int:
        """N = L²."""
        return self.side**2

    @property
    def shape(self) -> tuple[int, ...]:
        """Of a configuration: L × L, or N where there are no rows."""
        return (self.spins,) if self.graph in ("chain", "complete") else (self.side, self.side)

    @property
    def periodic(self) -> bool:
        """True where the graph has no edge."""
        return self.graph != "free"

    @property
    def has_distance(self) -> bool:
        """True where correlations depend on distance: not on complete graphs, nor with random signs."""
        return self.graph in ("square", "free", "chain")

    @property
    def critical_temperature(self) -> float | None:
        """T_c of many spins without a field; None where there is no transition at T > 0."""
        return {"square": CRITICAL_TEMPERATURE, "free": CRITICAL_TEMPERATURE, "complete": 1.0}.get(self.graph)

    def term(self, field: float) -> EnergyTerm:
        """The energy in units of J, in a field h."""
        if self.graph == "random":
            return RandomBonds(self.side, field, self.seed)
        if self.graph == "complete":
            return CompleteGraph(1.0, field)
        return Ising(self.shape, 1.0, field, self.periodic)

    def target(self, temperature: float, field: float) -> Target:
        """Uniform spins under H = E/T.

        Raises:
            ValueError: a temperature that is not positive, or a number out of range.
        """
        check_conditions(temperature, field)
        base = ProductBase.uniform(Spins(self.shape))
        return Target(base, Hamiltonian([WeightedTerm(1.0, self.term(field))], temperature))

    def kernel(self, sampler: str) -> Kernel:
        """A kernel by the name of its sampler.

        Raises:
            ValueError: there is none of that name.
        """
        if sampler not in SAMPLERS:
            raise ValueError(f"no sampler is called {sampler!r}; choose from {', '.join(SAMPLERS)}")
        return (_ON_COMPLETE if self.graph == "complete" else _KERNELS)[sampler]()

    def start(self, count: int, place: str, generator: torch.Generator) -> Tensor:
        """Spins to begin with, shape (count, *shape): "up", all of them, or "random".

        Raises:
            ValueError: there is no such start.
        """
        if place == "up":
            return torch.ones(count, *self.shape)
        if place == "random":
            return 2.0 * torch.randint(2, (count, *self.shape), generator=generator) - 1.0
        raise ValueError(f"spins start up or random, not {place!r}")

    def known_energy(self, temperature: np.ndarray, field: float = 0.0) -> np.ndarray | None:
        """Energy per spin in units of J, same shape: Onsager's, the ring's, or of mean field; None where unknown.

        All are of many spins, but for the ring, whose N is taken.
        """
        temperature = np.asarray(temperature, float)
        if self.graph == "complete":
            m = self.known_magnetisation(temperature, field)
            assert m is not None
            return -(m**2) / 2 - field * m
        if field:
            return None
        if self.graph == "square":
            return onsager_energy(temperature)
        if self.graph == "chain":
            t, n = np.tanh(1 / temperature), self.spins
            return -(t + t ** (n - 1)) / (1 + t**n)
        return None

    def known_magnetisation(self, temperature: np.ndarray, field: float = 0.0) -> np.ndarray | None:
        """m of many spins, same shape: spontaneous without a field; None where unknown."""
        temperature = np.asarray(temperature, float)
        if self.graph == "complete":
            flat = [mean_field_magnetisation(float(t), field) for t in temperature.flat]
            return np.array(flat).reshape(temperature.shape)
        if self.graph == "chain":
            # sinh(h/T) / √(sinh²(h/T) + exp(−4/T)), with both sides divided by exp(|h|/T) where that is large.
            ratio = abs(field) / temperature
            grown = -np.expm1(-2 * ratio) / 2
            return np.sign(field) * grown / np.sqrt(grown**2 + np.exp(-4 / temperature - 2 * ratio))
        if self.graph == "square" and field == 0:
            return spontaneous_magnetisation(temperature)
        return None


def check_conditions(temperature: float, field: float) -> None:
    """Refuses a temperature or field that cannot be.

    Raises:
        ValueError: T is not positive, or a number is not finite or too large.
    """
    if not (math.isfinite(temperature) and 0 < temperature <= HIGHEST_TEMPERATURE):
        raise ValueError(
            tr(
                "the temperature T must be above 0 and at most {most:,.0f} J/k_B, got {temperature:g}",
                most=HIGHEST_TEMPERATURE,
                temperature=temperature,
            )
        )
    if not (math.isfinite(field) and abs(field) <= STRONGEST_FIELD):
        raise ValueError(
            tr(
                "the field h must be from −{most:,.0f} to {most:,.0f} J, got {field:g}",
                most=STRONGEST_FIELD,
                field=field,
            )
        )
