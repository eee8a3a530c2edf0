"""An ensemble of Markov chains under one kernel and one target."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor

from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import DeviceReading
from landscape_app.physics.kernels.kernel import Info, Kernel, State
from landscape_app.physics.ranks import ALONE, Ranks
from landscape_app.physics.threads import threads_for


class SweepStatistics(NamedTuple):
    """Report of some steps of an ensemble.

    Attributes:
        acceptance_rate: mean acceptance probability over chains and steps.
        energy: mean of H over the chains after them, nats.
        evaluations: evaluations of H per chain.
    """

    acceptance_rate: float
    energy: float
    evaluations: int


class Move(NamedTuple):
    """One step of an ensemble.

    Attributes:
        before: where the chains were.
        info: what the kernel reports.
    """

    before: State
    info: Info


class Chains:
    """Persistent chains: positions, kernel and random state, moved together.

    Args:
        x: starting configurations, shape (batch, *shape).
        target: the distribution to sample.
        kernel: how to move.
        generator: random state, on the device of x.
        adapt: whether the kernel is tuned: its step size by the acceptance rate, and what else it has.
        ranks: that share an ensemble, of which these chains are this one's part; the kernel is tuned for all of them.
    """

    def __init__(
        self,
        x: Tensor,
        target: Target,
        kernel: Kernel,
        generator: torch.Generator,
        adapt: bool = True,
        ranks: Ranks = ALONE,
    ) -> None:
        self.target = target
        self.kernel = kernel
        self.generator = generator
        self.adapt = adapt
        self.ranks = ranks
        self.on_step: Callable[[], None] | None = None
        """Called after every step; it may look, but must not change the chains."""
        self.move: Move | None = None
        """The last step; None before the first, and where the chains have been set down elsewhere since."""
        kernel.check(target)
        self._state = kernel.init(x, target)
        self._is_outdated = False

    @property
    def state(self) -> State:
        """Configurations, with H there."""
        if self._is_outdated:
            self.state = self.kernel.init(self._state.x, self.target)
        return self._state

    @state.setter
    def state(self, state: State) -> None:
        self._state, self._is_outdated = state, False

    @property
    def x(self) -> Tensor:
        """Configurations, shape (batch, *shape)."""
        return self._state.x

    @property
    def energy(self) -> Tensor:
        """H(x) in nats, shape (batch,)."""
        return self.state.energy

    def __len__(self) -> int:
        return len(self._state.x)

    def retarget(
        self,
        target: Target,
        x: Tensor | None = None,
        kernel: Kernel | None = None,
        state: State | None = None,
    ) -> None:
        """Goes on under another target or kernel, from x where given, else from where the chains are.

        Where that fails, the chains are as they were.

        Args:
            target: the other distribution.
            x: shape (batch, *shape).
            kernel: the other one.
            state: of the chains where they are, as the kernel begins from it under that target, where it is known.
        """
        if kernel is not None:
            kernel.check(target)
        kernel = kernel or self.kernel
        state = state or kernel.init(self._state.x if x is None else x, target)
        self.target, self.kernel, self.state = target, kernel, state
        if x is not None:
            self.move = None

    def retarget_later(self, target: Target) -> None:
        """Goes on under another target of the same kind; H is evaluated once it is needed, perhaps never."""
        self.target, self._is_outdated = target, True

    @contextmanager
    def undone_by_failure(self) -> Iterator[None]:
        """Puts the chains back where they were, and on what they sampled, where the block fails."""
        before = self.target, self.kernel, self.state, self.move
        try:
            yield
        except Exception:
            self.target, self.kernel, self.state, self.move = before
            raise

    def resize(self, count: int) -> None:
        """Goes on with so many chains: the first of them, or all of them over again."""
        if count != len(self):
            self.select(torch.arange(count, device=self.x.device) % len(self))

    def select(self, chosen: Tensor) -> None:
        """Goes on with copies of chosen chains, as resampling does.

        Args:
            chosen: int64, shape (batch,); where ranks share them, of the chains of all, on the host.
        """
        if self.ranks.is_alone:
            self.state = self.state.rows(chosen)
        else:
            self.state = State(*self.ranks.select(chosen, *self.state.parts))
        self.move = None

    def run(self, steps: int) -> SweepStatistics:
        """Moves every chain `steps` times; reads back once."""
        reading = self.advance(steps)
        self.ranks.settle()
        return reading.now()

    def advance(self, steps: int) -> DeviceReading[SweepStatistics]:
        """Moves every chain `steps` times, without waiting for what it reports.

        Where ranks share the chains it reports of all of them once the next sum between ranks has come by.
        """
        with threads_for(self.x.numel()):
            return self._advance(steps)

    def _advance(self, steps: int) -> DeviceReading[SweepStatistics]:
        kernel = self.kernel
        acceptance, evaluations = torch.zeros_like(self._state.energy), 0
        for _ in range(steps):
            renews = self._is_outdated and kernel.renews(self.target)
            before = self._state if renews else self.state
            self.state, info = kernel.step(before, self.target, self.generator)
            self.move = None if renews else Move(before, info)
            evaluations += info.evaluations
            if self.adapt:
                kernel.adapt_steps(info.probability, self.target.base_measure.space)
                kernel.adapt(before, info, self.target)
                kernel.average_over(self.ranks)
            acceptance.add_(info.probability)
            if self.on_step is not None:
                self.on_step()

        adaptation, mean = kernel.adaptation(), acceptance.mean()
        self.ranks.mean_later(mean)

        def meaning(acceptance: Tensor, energy: Tensor, *adapted: Tensor) -> SweepStatistics:
            adaptation.meaning(*adapted)
            return SweepStatistics(float(acceptance) / max(steps, 1), float(energy), evaluations)

        return DeviceReading((mean, self.energy.mean(), *adaptation.tensors), meaning)
