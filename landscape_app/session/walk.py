"""The walkers' walk: how long it has gone on, how often it is accepted, and whether its kernel tunes itself."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping

import torch

from landscape_app.physics.chains import Chains, SweepStatistics
from landscape_app.physics.kernels import Kernel, kernel_name, make_kernel
from landscape_app.physics.resampling import systematic_resample
from landscape_app.physics.reservoir import Reservoir
from landscape_app.physics.space import Space
from landscape_app.session.records import KernelRecord
from landscape_app.session.starting import own_names

LEAST_ADAPTING, MOST_ADAPTING = 30, 300
"""Steps in which the kernel adapts after a start, a jump or a change; then it is frozen."""

TOLERANCE = 0.1
"""How near its target the acceptance rate has to be before the kernel is frozen."""

SMOOTHED = 30
"""Steps over which the acceptance rate is averaged."""


class Walk:
    """Moves the walkers; tunes their kernel after every start until it is accepted as often as it should be.

    Then the kernel stands still, because one that depends on its own past is not exactly invariant.

    Args:
        chains: the walkers.

    Attributes:
        automatic: whether the kernel tunes itself; else it moves as it was set.
        steps: kernel steps since the start.
        ancestors: names of what the chains descend from, int64, shape (chains,), equal for chains of one ancestor:
            the index of a sample of the reservoir or of the data, or a number below zero for what was drawn from q.
    """

    def __init__(self, chains: Chains) -> None:
        self._chains = chains
        self.automatic = True
        self.steps = self._adapted = 0
        self._adapting = True
        self._recent: deque[float] = deque(maxlen=SMOOTHED)
        self.ancestors = own_names(len(chains), chains.x.device)

    def restart(self) -> None:
        """Counts from here: the walkers have started anew, or jumped."""
        self.steps = 0
        self._tune_afresh()

    @property
    def acceptance_rate(self) -> float | None:
        """Mean over the last steps; None before the first under this kernel."""
        return sum(self._recent) / len(self._recent) if self._recent else None

    @property
    def record(self) -> KernelRecord:
        """The kernel as it stands."""
        chains = self._chains
        return describe_kernel(
            chains.kernel, chains.target.base.space, self.acceptance_rate, self.automatic, self._adapting
        )

    def step(self) -> SweepStatistics:
        """Moves every walker once."""
        self._chains.adapt = self._adapting
        statistics = self._chains.run(1)
        self.steps += 1
        self._adapted += 1
        self._recent.append(statistics.acceptance_rate)
        if self._adapting and self._adapted >= LEAST_ADAPTING:
            off = abs(sum(self._recent) / len(self._recent) - self._chains.kernel.target_acceptance)
            self._adapting = off > TOLERANCE and self._adapted < MOST_ADAPTING
        return statistics

    def restart_one(self, chain: int, reservoir: Reservoir) -> None:
        """Starts one walker anew from a sample of the target, drawn from a reservoir of the model.

        Where sites are held, they are put at their values first: the start is then a plausible one, not a sample.

        Args:
            chain: which.
            reservoir: weighted samples of the model.

        Raises:
            ValueError: there is no such chain.
        """
        chains = self._chains
        if not 0 <= chain < len(chains):
            raise ValueError(f"there is no chain {chain + 1}; there are {len(chains)}")
        starts = chains.target.base.pin(reservoir.x)
        log_weights = reservoir.log_weights + reservoir.energy - chains.target.hamiltonian.energy(starts)
        chosen = systematic_resample(log_weights, 1, chains.generator)
        positions = chains.x.clone()
        positions[chain] = starts[chosen[0]]
        self.ancestors = self.ancestors.index_copy(0, torch.tensor([chain], device=chosen.device), chosen)
        chains.retarget(chains.target, positions)

    def change_kernel(self, name: str) -> None:
        """Goes on with another kernel, which tunes itself.

        Raises:
            ValueError: there is no such kernel, or it cannot move here.
        """
        target = self._chains.target
        self._chains.retarget(target, kernel=make_kernel(name, target))
        self.automatic = True
        self.restart()

    def tune(self, automatic: bool, parameters: Mapping[str, float]) -> None:
        """Sets parameters of the kernel by their names, and whether it tunes itself from here.

        Raises:
            ValueError: the kernel has no such parameter, or the number is out of its range; nothing is changed.
        """
        kernel = self._chains.kernel
        known = {p.name: p for p in kernel.parameters(self._chains.target.base.space)}
        for name, value in parameters.items():
            if name not in known:
                has = " and ".join(known) or "nothing to set"
                raise ValueError(f"the kernel “{kernel.label}” has no {name!r}; it has {has}")
            low, high, unit = known[name].low, known[name].high, known[name].unit
            if not (math.isfinite(value) and low <= value <= high):
                what, scale = name.replace("_", " "), f" {unit}" if unit else ""
                raise ValueError(
                    f"the {what} of “{kernel.label}” must be a number from {low:g} to {high:g}{scale}, "
                    f"got {value:g}"
                )
        for name, value in parameters.items():
            setattr(kernel, name, float(value))
        self.automatic = automatic
        self._tune_afresh()

    def _tune_afresh(self) -> None:
        self._adapting = self.automatic
        self._adapted = 0
        self._recent.clear()


def describe_kernel(
    kernel: Kernel, space: Space, acceptance_rate: float | None, automatic: bool = True, adapting: bool = True
) -> KernelRecord:
    """A kernel and its parameters as they stand."""
    parameters = kernel.parameters(space)
    return KernelRecord(
        name=kernel_name(kernel),
        parameters=parameters,
        values=tuple(float(getattr(kernel, parameter.name)) for parameter in parameters),
        automatic=automatic,
        adapting=adapting,
        acceptance_rate=acceptance_rate,
        target_acceptance=kernel.target_acceptance,
    )
