"""Record of a sampler's chains while they move under one law: scalars of every chain, in bounded memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from landscape_app.data import ColumnMeaning
from landscape_app.language import tr
from landscape_app.physics.chain_statistics import MOST_COORDINATES, ChainDraws
from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import to_host
from landscape_app.physics.kernels.kernel import State
from landscape_app.session.sampler import Sampler

MOST_CHAINS = 32
"""Chains that are recorded: the first of them."""

MOST_DRAWS = 2_000
"""Draws that are kept; where there are more, every second one goes, and draws are twice as far apart."""

MOST_OBSERVABLES = 12
"""Observables that are recorded: the first of them."""


class ChainRecorder:
    """Records the energies, coordinates or summaries, observables and hidden units of a sampler's chains.

    The record begins anew where the chains start again, jump, or move under another Hamiltonian.

    Args:
        sampler: whose chains.
        columns: of a table, in whose units coordinates are told.
    """

    def __init__(self, sampler: Sampler, columns: Sequence[ColumnMeaning] = ()) -> None:
        self._sampler = sampler
        space = sampler.model.space
        self._has_coordinates = not space.is_discrete and space.sites <= MOST_COORDINATES
        self._coordinates: tuple[str, ...] = ()
        self._columns: dict[str, ColumnMeaning] = {}
        if self._has_coordinates:
            names = tuple(column.name for column in columns)
            known = len(set(names)) == space.sites
            self._coordinates = names if known else tuple(f"x{i + 1}" for i in range(space.sites))
            self._columns = dict(zip(names, columns, strict=True)) if known else {}
        self._units = {"energy": "nats, up to a constant", "magnetisation": "per spin", "ink": "mean level"}
        self._names: list[str] = []
        self._state: State = sampler.chains.state
        self._target: Target = sampler.chains.target
        self._steps, self._spacing = 0, 1
        self._kept: npt.NDArray[np.float32] = np.zeros((0, 1, 1), np.float32)
        self._waiting: list[Tensor] = []

    def observe(self) -> None:
        """Takes note of where the chains are, once a step."""
        chains = self._sampler.chains
        if chains.state is self._state and chains.target is self._target:
            return
        move = chains.move
        goes_on = move is not None and move.before is self._state and chains.target is self._target
        self._state = chains.state
        if not goes_on:
            self._start(chains)
            return
        self._steps += 1
        if self._steps % self._spacing:
            return
        self._waiting.append(self._quantities(chains.x[:MOST_CHAINS], chains.energy[:MOST_CHAINS]))
        if len(self._kept) + len(self._waiting) >= MOST_DRAWS:
            self._read()
            self._kept = self._kept[1::2]
            self._spacing *= 2

    def draws(self) -> ChainDraws | None:
        """All that is recorded; its first half counts as burn-in. None before the second step."""
        self._read()
        if len(self._kept) < 2:
            return None
        count = len(self._sampler)
        few = (
            (
                tr(
                    "the first {most} of {count:,} chains are recorded",
                    most=MOST_CHAINS,
                    count=count,
                ),
            )
            if count > MOST_CHAINS
            else ()
        )
        return ChainDraws(
            tr("the chains on view"),
            {name: self._in_unit(name, self._kept[:, k].T) for k, name in enumerate(self._names)},
            units=self._units,
            coordinates=self._coordinates,
            spacing=self._spacing,
            burn_in=len(self._kept) // 2,
            notes=few,
        )

    def _in_unit(self, name: str, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """A quantity in the unit of the data."""
        column = self._columns.get(name)
        return values.astype(np.float64) if column is None else column.in_unit(values)

    def _start(self, chains: Chains) -> None:
        self._state, self._target = chains.state, chains.target
        self._steps, self._spacing = 0, 1
        self._kept = np.zeros((0, 1, 1), np.float32)
        self._waiting = []

    def _read(self) -> None:
        """Brings what waits on the device to the host, all at once."""
        if self._waiting:
            found = to_host(torch.stack(self._waiting)).numpy()
            self._kept = np.concatenate([self._kept, found]) if len(self._kept) else found
            self._waiting = []

    def _quantities(self, x: Tensor, energy: Tensor) -> Tensor:
        """All quantities of each chain, float32, shape (K, chains)."""
        model = self._sampler.model
        with torch.no_grad():
            found = {"energy": energy}
            if self._has_coordinates:
                found |= dict(zip(self._coordinates, x.flatten(1).unbind(1), strict=True))
            else:
                found |= model.space.summaries(x)
            constraints = model.constraints(x)[:, :MOST_OBSERVABLES]
            found |= {f"f{i + 1}": f for i, f in enumerate(constraints.unbind(1))}
            active = model.activations(x)
            if active is not None:
                found["hidden units on"] = active.sum(1)
        self._names = list(found)
        return torch.stack([values.float() for values in found.values()])
