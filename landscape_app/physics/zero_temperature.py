"""Coupled spins at T = 0: each in turn points along its field, until none of them turns."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.physics.hamiltonian import Coupled, Hamiltonian
from landscape_app.physics.host import read_back

MOST_SWEEPS = 1_000
TIE = 1e-9
"""Share of the largest possible field below which a field is none: the rest is rounding, and the spin stays."""

MOST_SPINS = 4_096
"""Spins whose couplings are held as a table."""


class Quench(NamedTuple):
    """Spins that went downhill from several starts.

    Attributes:
        s: where they ended, float64, shape (starts, N).
        energies: E at the start and after every so many spins, float64, shape (records, starts).
        settled: whether no spin turned in the last sweep.
    """

    s: Tensor
    energies: Tensor
    settled: bool


class Fall:
    """Turns every spin with s_i (h_i + Σ_j J_ij s_j) < 0, one after the other, from many starts at once.

    E = −½ Σ_ij J_ij s_i s_j − Σ_i h_i s_i falls with every turn, so that all end in minima: states that no turn of
    one spin lowers (Hopfield 1982). It draws no random numbers.

    Args:
        couplings: J, symmetric with a zero diagonal, shape (N, N).
        fields: h, shape (N,).
        starts: spins ±1, shape (starts, N).
        fixed: spins that stay, bool, shape (N,); None for none.

    Attributes:
        visited: spins that had their turn so far, of each start.
    """

    def __init__(
        self, couplings: Tensor, fields: Tensor, starts: Tensor, fixed: Tensor | None = None
    ) -> None:
        self._j, self._h, s = (table.detach().cpu().double() for table in (couplings, fields, starts))
        self._s = s.clone()
        self._ties = -TIE * (self._j.abs().sum(1) + self._h.abs())
        if fixed is not None:
            self._ties = self._ties.masked_fill(fixed.cpu(), -torch.inf)
        self._energy = -0.5 * ((s @ self._j) * s).sum(1) - s @ self._h
        self._moving = torch.arange(len(s))
        # Those that have settled are left out, as most settle long before the last.
        self._part, self._falling = self._s.clone(), self._energy.clone()
        self._before = self._part.clone()
        self.visited = 0

    @property
    def s(self) -> Tensor:
        """The spins now, float64, shape (starts, N)."""
        return self._s.index_copy(0, self._moving, self._part)

    @property
    def energy(self) -> Tensor:
        """E now, float64, shape (starts,)."""
        return self._energy.index_copy(0, self._moving, self._falling)

    @property
    def sweeps(self) -> float:
        """Turns that every spin has had."""
        return self.visited / len(self._h)

    @property
    def moving(self) -> int:
        """Starts of which a spin has turned in the last whole sweep, or that have had none yet."""
        return len(self._moving)

    @property
    def has_settled(self) -> bool:
        """True if no spin turned in the last sweep."""
        return not len(self._moving)

    def turn(self) -> None:
        """Looks at the next spin of every start, and turns those that point against their field."""
        i = self.visited % len(self._h)
        part = self._part
        along = part[:, i] * (part @ self._j[i] + self._h[i])
        turns = along < self._ties[i]
        part[:, i] = torch.where(turns, -part[:, i], part[:, i])
        self._falling = torch.where(turns, self._falling + 2 * along, self._falling)
        self.visited += 1
        if self.visited % len(self._h) == 0:
            self._end_sweep()

    def _end_sweep(self) -> None:
        self._s[self._moving], self._energy[self._moving] = self._part, self._falling
        goes_on = (self._part != self._before).any(1)
        self._moving = self._moving[goes_on]
        self._part, self._falling = self._part[goes_on], self._falling[goes_on]
        self._before = self._part.clone()


def quench(couplings: Tensor, fields: Tensor, starts: Tensor, every: int | None = None) -> Quench:
    """Lets spins fall from many starts at once until none turns (`Fall`).

    Args:
        couplings: J, symmetric with a zero diagonal, shape (N, N).
        fields: h, shape (N,).
        starts: spins ±1, shape (starts, N).
        every: spins between two records of E; None for N, a sweep.
    """
    fall, spins = Fall(couplings, fields, starts), len(fields)
    every = every or spins
    energies = [fall.energy]
    while not fall.has_settled and fall.visited < MOST_SWEEPS * spins:
        for _ in range(spins):
            fall.turn()
            if fall.visited % every == 0:
                energies.append(fall.energy)
    return Quench(fall.s, torch.stack(energies), fall.has_settled)


def couplings_of(hamiltonian: Hamiltonian, spins: int) -> tuple[Tensor, Tensor]:
    """J and h of H = −½ Σ J s s − Σ h s on the host, float64, shapes (N, N) and (N,); H's temperature is left aside.

    Args:
        hamiltonian: H.
        spins: N.

    Raises:
        ValueError: a term is more than pairs of spins and fields on them, or there are too many spins.
    """
    if spins > MOST_SPINS:
        raise ValueError(
            tr(
                "at most {most:,} spins fall at T = 0, these are {count:,}",
                most=MOST_SPINS,
                count=spins,
            )
        )
    couplings, fields = torch.zeros(spins, spins).double(), torch.zeros(spins).double()
    for strength, term in hamiltonian.terms:
        bonds = term.bonds() if isinstance(term, Coupled) else None
        if bonds is None:
            raise ValueError(
                tr(
                    "at T = 0 fall spins with couplings and fields; switch off what else is in the Hamiltonian, or "
                    "choose the model of coupled spins without hidden ones"
                )
            )
        first, second, of_pairs, of_spins = read_back(*bonds)
        pairs = strength * of_pairs.double()
        couplings.index_put_((first, second), pairs, accumulate=True)
        couplings.index_put_((second, first), pairs, accumulate=True)
        fields += strength * of_spins.double()
    return couplings, fields
