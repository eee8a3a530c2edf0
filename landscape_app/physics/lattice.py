"""Energies on lattices that are sums over positions, above all the Ising model's."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from landscape_app.language import tr
from landscape_app.physics.hamiltonian import Bonds, EnergyTerm, Hamiltonian, ReceptiveField


class LocalEnergy(EnergyTerm, Protocol):
    """An energy that is a sum over the lattice's positions of terms with a receptive field of r × r sites each.

    A site i is seen by the entries from i − after to i + before only: its change of energy is theirs.
    """

    @property
    def receptive_field(self) -> ReceptiveField:
        """Sites that an entry of the map sees."""
        ...

    def energy_map(self, x: Tensor) -> Tensor:
        """The terms at all positions, of sum `energy(x)`, shape (batch, *shape) like x itself."""
        ...


class LocalHamiltonian:
    """H(x) = Σ_p e_p(x): a Hamiltonian whose terms are all local.

    Args:
        hamiltonian: its terms.

    Raises:
        ValueError: a term is not local.
    """

    def __init__(self, hamiltonian: Hamiltonian) -> None:
        fields = []
        self._terms: list[tuple[float, LocalEnergy]] = []
        for strength, term in hamiltonian.terms:
            receptive_field = getattr(term, "receptive_field", None)
            if receptive_field is None:
                raise ValueError(
                    tr(
                        "a local energy is needed, a sum over positions such as `Ising`, and {type} is not one",
                        type=type(term).__name__,
                    )
                )
            fields.append(receptive_field)
            self._terms.append((strength / hamiltonian.temperature, term))  # type: ignore[arg-type]
        self.receptive_field = ReceptiveField(
            before=max((field.before for field in fields), default=0),
            after=max((field.after for field in fields), default=0),
            periodic=any(field.periodic for field in fields),
        )
        """The least receptive field that holds those of all terms."""

    def energy_map(self, x: Tensor) -> Tensor:
        """e_p(x) in nats, shape (batch, *shape), without a gradient."""
        with torch.no_grad():
            total = torch.zeros_like(x)
            for strength, term in self._terms:
                total += strength * term.energy_map(x)
            return total


@dataclass(frozen=True)
class Ising:
    """H(s) = −J Σ_<ij> s_i s_j − h Σ_i s_i on a hypercubic lattice, every bond counted once (Ising 1925).

    A bond joins each site to the next one along every axis; on a periodic lattice both bonds along a side of two
    sites join the same pair. J and h are in units of k_B T: with h = 0, J is the inverse temperature.

    Args:
        shape: sides of the lattice.
        coupling: J, ferromagnetic where positive.
        field: h.
        periodic: whether the last site along an axis is a neighbour of the first.

    Raises:
        ValueError: no site, or a number that is not finite; later, an x that does not lie on the lattice.

    Example:
        >>> Ising((4, 4), coupling=0.5).energy(torch.ones(1, 4, 4))
        tensor([-16.])
    """

    shape: tuple[int, ...]
    coupling: float = 1.0
    field: float = 0.0
    periodic: bool = True

    def __post_init__(self) -> None:
        if not self.shape or min(self.shape) < 1:
            raise ValueError(f"a lattice needs at least one site along every axis, got shape {self.shape}")
        if not (math.isfinite(self.coupling) and math.isfinite(self.field)):
            raise ValueError(f"coupling and field must be finite, got {self.coupling} and {self.field}")

    @property
    def receptive_field(self) -> ReceptiveField:
        """A site and the next one along every axis."""
        return ReceptiveField(before=0, after=1, periodic=self.periodic)

    def energy(self, x: Tensor) -> Tensor:
        """H(x) in nats, shape (batch,), differentiable in x."""
        return self.energy_map(x).flatten(1).sum(1)

    def energy_map(self, x: Tensor) -> Tensor:
        """−s_p (J Σ_axis s_{p + axis} + h), shape (batch, *shape).

        Args:
            x: spins ±1, shape (batch, *shape).

        Raises:
            ValueError: x is of another lattice.
        """
        if x.shape[1:] != self.shape:
            raise ValueError(f"the Ising lattice has shape {self.shape}, got spins of {tuple(x.shape[1:])}")
        following = torch.zeros_like(x)
        for axis in range(1, x.dim()):
            following = following + self._next(x, axis)
        return -x * (self.coupling * following + self.field)

    def bonds(self) -> Bonds:
        """Each site with the next one along every axis."""
        number = torch.arange(math.prod(self.shape)).view(self.shape)
        ends = []
        for axis, side in enumerate(self.shape):
            length = side if self.periodic else side - 1
            ends.append((number.narrow(axis, 0, length), number.roll(-1, axis).narrow(axis, 0, length)))
        first, second = (torch.cat([part.flatten() for part in side]) for side in zip(*ends, strict=True))
        fields = torch.full((number.numel(),), float(self.field))
        return Bonds(first, second, torch.full((len(first),), float(self.coupling)), fields)

    def _next(self, x: Tensor, axis: int) -> Tensor:
        """The next site's spin along an axis, 0 where there is none."""
        if self.periodic:
            return x.roll(-1, axis)
        return torch.cat([x.narrow(axis, 1, x.shape[axis] - 1), torch.zeros_like(x.narrow(axis, 0, 1))], axis)


def as_ising(hamiltonian: Hamiltonian, shape: tuple[int, ...]) -> Ising | None:
    """H as one Ising energy on a lattice of that shape, or None where it is something else."""
    terms = [(strength / hamiltonian.temperature, term) for strength, term in hamiltonian.terms]
    pairs = [(strength, term) for strength, term in terms if isinstance(term, Ising) and term.shape == shape]
    if len(pairs) < len(terms) or len({term.periodic for _, term in pairs}) > 1:
        return None
    return Ising(
        shape,
        coupling=sum(strength * term.coupling for strength, term in pairs),
        field=sum(strength * term.field for strength, term in pairs),
        periodic=any(term.periodic for _, term in pairs),
    )


class Checkerboard:
    """Spins of a lattice as bytes, 1 for up, each colour of the checkerboard apart and contiguous.

    A colour has the shape (batch, rows, *half): `rows` runs over the parities of all axes but the last, whose own
    then follows from the colour. All neighbours of a colour are of the other. A free lattice is a periodic one
    with a wall of sites that are always down.

    Args:
        shape: sides of the lattice.
        periodic: whether it closes on itself.

    Raises:
        ValueError: a periodic lattice with an odd side, which has no two colours.
    """

    def __init__(self, shape: tuple[int, ...], periodic: bool) -> None:
        if not self.colours(shape, periodic):
            raise ValueError(tr("a periodic checkerboard needs even sides, got {shape}", shape=shape))
        self.shape = shape
        self._sides = tuple(side if periodic else side + 2 - side % 2 for side in shape)
        self._rows = list(itertools.product((0, 1), repeat=len(shape) - 1))

    @staticmethod
    def colours(shape: tuple[int, ...], periodic: bool) -> bool:
        """True if two colours are enough, no neighbours of the same."""
        return not periodic or all(side % 2 == 0 for side in shape)

    def split(self, values: Tensor) -> list[Tensor]:
        """The two colours of numbers on the lattice, shape (batch, *shape), zero on the wall."""
        if self._sides != self.shape:
            ends = [(0, padded - side) for padded, side in zip(self._sides, self.shape, strict=True)]
            values = F.pad(values, list(itertools.chain(*reversed(ends))))
        return [torch.stack([values[place] for place in self._places(colour)], dim=1) for colour in (0, 1)]

    def up(self, x: Tensor) -> list[Tensor]:
        """The two colours of spins x, shape (batch, *shape)."""
        return [colour.clamp_min_(0).view(torch.uint8) for colour in self.split(x.to(torch.int8))]

    def spins(self, up: list[Tensor]) -> Tensor:
        """x, float32, shape (batch, *shape), of its two colours."""
        x = torch.empty(len(up[0]), *self._sides, device=up[0].device)
        for colour in (0, 1):
            signs = (2 * up[colour]).view(torch.int8) - 1
            for row, place in enumerate(self._places(colour)):
                x[place] = signs[:, row]
        return x[(slice(None), *(slice(side) for side in self.shape))].contiguous()

    def neighbours_up(self, up: list[Tensor], colour: int) -> Tensor:
        """Number of neighbours that are up, of each site of a colour, uint8, shape (batch, rows, *half)."""
        other = up[1 - colour]
        total = torch.empty_like(other)
        for i, row in enumerate(self._rows):
            last_parity = (sum(row) + colour) % 2
            count = torch.add(
                other[:, i], _rolled_along_last(other[:, i], 1 - 2 * last_parity), out=total[:, i]
            )
            for axis, parity in enumerate(row):
                neighbour = other[:, self._rows.index((*row[:axis], 1 - parity, *row[axis + 1 :]))]
                count += neighbour
                count += neighbour.roll(1 - 2 * parity, 1 + axis)
        return total

    def _places(self, colour: int) -> list[tuple[slice, ...]]:
        """Slices of the rows of a colour in (batch, *sides)."""
        return [
            (slice(None), *(slice(parity, None, 2) for parity in (*row, (sum(row) + colour) % 2)))
            for row in self._rows
        ]


def _rolled_along_last(x: Tensor, by: int) -> Tensor:
    """x.roll(by, -1) for a step of ±1, several times as fast: all of it is moved as one line, then the edge set."""
    moved = x.flatten(1).roll(by, 1).view(x.shape)
    to, of = (0, -1) if by > 0 else (-1, 0)
    moved[..., to] = x[..., of]
    return moved
