"""Coupled spins at T = 0: each in turn points along its field, until none of them turns."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

MOST_SWEEPS = 1_000
TIE = 1e-9
"""Share of the largest possible field below which a field is none: the rest is rounding, and the spin stays."""


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


def quench(couplings: Tensor, fields: Tensor, starts: Tensor, every: int | None = None) -> Quench:
    """Turns every spin with s_i (h_i + Σ_j J_ij s_j) < 0, one after the other, from many starts at once.

    E = −½ Σ_ij J_ij s_i s_j − Σ_i h_i s_i falls with every turn, so that all end in minima: states that no turn of
    one spin lowers (Hopfield 1982).

    Args:
        couplings: J, symmetric with a zero diagonal, shape (N, N).
        fields: h, shape (N,).
        starts: spins ±1, shape (starts, N).
        every: spins between two records of E; None for N, a sweep.
    """
    j, h, s = (table.detach().cpu().double() for table in (couplings, fields, starts))
    s, spins = s.clone(), len(h)
    every = every or spins
    ties = -TIE * (j.abs().sum(1) + h.abs())
    energy = -0.5 * ((s @ j) * s).sum(1) - s @ h
    energies, moving = [energy.clone()], torch.arange(len(s))
    for sweep in range(MOST_SWEEPS):
        if not len(moving):
            break
        # Those that have settled are left out, as most settle long before the last.
        part, fall = s[moving], energy[moving]
        before = part.clone()
        for i in range(spins):
            along = part[:, i] * (part @ j[i] + h[i])
            turns = along < ties[i]
            part[:, i] = torch.where(turns, -part[:, i], part[:, i])
            fall = torch.where(turns, fall + 2 * along, fall)
            if (sweep * spins + i + 1) % every == 0:
                energies.append(energy.index_copy(0, moving, fall))
        s[moving], energy[moving] = part, fall
        moving = moving[(part != before).any(1)]
    return Quench(s, torch.stack(energies), not len(moving))
