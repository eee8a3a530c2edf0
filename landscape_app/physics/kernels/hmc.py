"""Hamiltonian Monte Carlo in a box or on the line, tuned by its own ensemble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import number
from landscape_app.physics.kernels.kernel import Info, KernelParameter, State
from landscape_app.physics.kernels.mala import MALA, stretch_of
from landscape_app.physics.space import Space

LEAST_ACCEPTANCE = 0.01
"""Acceptance probability below which it does not matter how small one is."""

LENGTH_RATE = 0.05
"""Gain of the adaptation of trajectory lengths."""

JUMP_MEMORY = 0.2
"""Weight of the newest trajectory in the mean jumps of the longer and of the shorter ones."""

JUMP_RATIO = 2.0
"""Ratio of squared jumps of the longer to the shorter half of the trajectories that is aimed at.

It costs three times as much. For a Gaussian, 1 favours the means of the coordinates and 3 their variances;
2 serves both, and the ballistic 7 of trajectories that are too short stands out from the noise."""

LEAST_STEPS, MOST_STEPS = 2.0, 256.0
"""Leapfrog steps of the longest trajectory: at least two, or no shorter one is left to compare it with."""


class HMC(MALA):
    """Follows ẋ = s p, ṗ = −s ∂U/∂x with U = βH − log q from a fresh momentum p ~ N(0, 1), then decides.

    A trajectory has between one and `length`/ε leapfrog steps, another number at every step of the ensemble, whose
    chains move in one batch. A step costs as many evaluations of H and its gradient. What makes it exact, at
    walls too, is said of MALA, whose trajectories have one leapfrog step.

    The ensemble tunes the kernel (`adapt`): s follows the spread of each coordinate, and trajectories grow
    while the longer ones move the ensemble further for their cost.

    Args:
        step_size: ε, in the units of x, or one for each group.
        length: length of the longest trajectory of the last group, in the units of x at unit speed; the
            others take as many leapfrog steps of their own size.

    Raises:
        ValueError: a step size or the length is not positive.

    Source: Neal, "MCMC using Hamiltonian dynamics" (2011); random lengths, the quantity whose jumps are
    compared and the harmonic mean from Hoffman, Radul, Sountsov, "An adaptive MCMC scheme for setting
    trajectory lengths in Hamiltonian Monte Carlo" (2021).
    """

    label: ClassVar[str] = tr("Hamiltonian Monte Carlo")
    target_acceptance: ClassVar[float] = 0.65
    adaptation_rate: ClassVar[float] = 0.2
    tuned: ClassVar[tuple[str, ...]] = (*MALA.tuned, "_length_on_device", "_jumps")

    def __init__(self, step_size: float | Sequence[float] | None = None, length: float = 1.0) -> None:
        super().__init__(step_size)
        if not length > 0:
            raise ValueError(tr("the trajectory length must be positive, got {length}", length=length))
        self.length = length
        self._jumps: Tensor | None = None
        self._begun = 0

    @property
    def length(self) -> float:
        """Length of the longest trajectory of the last group; read back where adaptation has changed it."""
        self._read()
        return self._length

    @length.setter
    def length(self, length: float) -> None:
        self._read()
        self._length = float(length)
        self._length_on_device: Tensor | None = None
        self._held = []

    @property
    def most_steps(self) -> float:
        """Leapfrog steps of the longest trajectory; not whole, so that its fraction counts."""
        *_, step, length = self.held
        return min(max(length / step, LEAST_STEPS), MOST_STEPS)

    def parameters(self, space: Space) -> tuple[KernelParameter, ...]:
        """The step size and the trajectory length."""
        (step,) = super().parameters(space)
        length = KernelParameter(
            "length",
            tr("Length"),
            step.unit,
            LEAST_STEPS * step.low,
            MOST_STEPS * step.high,
            False,
            tr(
                "Time that the longest trajectory takes, at unit mass: the length over ε is its number of leapfrog "
                "steps, from {least:.0f} to {most:.0f}. Each trajectory ends at random before it.",
                least=LEAST_STEPS,
                most=MOST_STEPS,
            ),
        )
        return step, length

    def pooled_acceptance(self, probability: Tensor) -> Tensor:
        """The harmonic mean over the chains that can move at all, times their share.

        Where curvature varies, a step size that suits most chains is unstable for a few, which then stay where
        they are for hundreds of steps. The harmonic mean hears them (Hoffman, Radul, Sountsov 2021), while a
        chain that no step size could help, because its energy is undefined, counts as one chain only.
        """
        able = probability > 0
        inverse = torch.where(able, probability.clamp_min(LEAST_ACCEPTANCE).reciprocal(), 0.0).sum(1)
        return able.float().mean(1) * able.sum(1) / inverse.clamp_min(1)

    def adapt(self, before: State, info: Info, target: Target) -> None:
        """Tunes scales and trajectory length by one step of the ensemble."""
        super().adapt(before, info, target)
        assert info.proposal is not None
        stretch = stretch_of(target)
        if stretch is None:
            self._adapt_length(before.x, info.proposal, info)
        else:
            self._adapt_length(stretch.back(before.x), stretch.back(info.proposal), info)

    def adapted(self) -> Tensor:
        """The step sizes and, last, the trajectory length."""
        steps = super().adapted()
        return torch.cat([steps, self._length_on(steps.device).view(1)])

    def _take_adapted(self, numbers: Tensor) -> None:
        super()._take_adapted(numbers)
        self._length = float(numbers[-1])

    def _length_on(self, device: torch.device) -> Tensor:
        """The trajectory length as it is now, float32, a scalar."""
        if self._length_on_device is None:
            self._length_on_device = torch.tensor(self._length, dtype=torch.float32, device=device)
        return self._length_on_device

    def tuning(self) -> dict[str, Tensor]:
        """Scales, trajectory length, the number of trajectories so far, and the jumps that the length follows."""
        host = {
            "length": torch.tensor(self.length, dtype=torch.float64),
            "trajectories": torch.tensor(self._begun),
        }
        return super().tuning() | host | ({} if self._jumps is None else {"jumps": self._jumps.clone()})

    def take_tuning(self, tuning: Mapping[str, Tensor]) -> None:
        """Takes scales, trajectory length, trajectories and jumps, as far as they are there.

        Raises:
            ValueError: scales or a length that are not positive, or jumps not as many as groups.
        """
        length, jumps = tuning.get("length"), tuning.get("jumps")
        if length is not None and not (length.shape == () and number(length) > 0):
            raise ValueError("the trajectory length must be positive")
        if jumps is not None and jumps.shape != (2, self.groups):
            raise ValueError(f"jumps of {self.groups} groups are needed, got shape {tuple(jumps.shape)}")
        self.length = self.length if length is None else number(length)
        self._begun = int(number(tuning["trajectories"])) if "trajectories" in tuning else 0
        self._jumps = None if jumps is None else jumps.clone()
        super().take_tuning(tuning)

    def _on_host(self) -> list[float]:
        """The step sizes and, last, the trajectory length."""
        return [*super()._on_host(), self._length]

    def _steps_of_next(self) -> int:
        """By van der Corput's sequence in place of random numbers, which the host would have to wait for.

        It does not depend on where the chains are, so each step is as exact; it covers the lengths more evenly
        (Hoffman, Radul and Sountsov use Halton's sequence likewise).
        """
        self._begun += 1
        return int(van_der_corput(self._begun) * self.most_steps) + 1

    def _adapt_length(self, start: Tensor, proposal: Tensor, info: Info) -> None:
        """Longer trajectories, in leapfrog steps, where the longer half of them earns its cost.

        It does where its mean squared jump of |y|², with y the distance from the ensemble's mean in scaled
        coordinates, is JUMP_RATIO times that of the shorter half. Hoffman, Radul and Sountsov follow the
        derivative of this jump along the trajectories; it grows with their length, and on curved ridges its
        noise carries them away, while a ratio is bounded.
        """
        assert self.scales is not None
        groups, step = self.groups, self.steps_on(start.device)[-1]
        most = (self._length_on(start.device) / step).clamp(LEAST_STEPS, MOST_STEPS)
        members = start.reshape(groups, -1, *start.shape[1:])
        centre, scale = members.mean(1, keepdim=True), self.scales.unsqueeze(1)
        before = ((members - centre) / scale).flatten(2).square().sum(2)
        after = ((proposal.reshape(members.shape) - centre) / scale).flatten(2).square().sum(2)
        probability = info.probability.view(groups, -1)
        jump = torch.where(probability > 0, probability * (after - before).square(), 0.0).mean(1)
        if self._jumps is None or self._jumps.shape[1] != groups:
            self._jumps = torch.stack([jump, jump])
        longer = info.evaluations > (most + 1) / 2
        of_half = torch.stack([~longer, longer]).unsqueeze(1)
        self._jumps = torch.where(of_half, self._jumps.lerp(jump, JUMP_MEMORY), self._jumps)
        earned, cost = self._jumps[1], JUMP_RATIO * self._jumps[0]
        growth = (earned - cost) / (earned + cost).clamp_min(torch.finfo(jump.dtype).tiny)
        most = (most * (LENGTH_RATE * growth.mean()).exp()).clamp(LEAST_STEPS, MOST_STEPS)
        self._length_on_device = step * most
        self.adaptations += 1


def van_der_corput(n: int) -> float:
    """The binary digits of n mirrored at the point: 1/2, 1/4, 3/4, 1/8 … from n = 1 on."""
    value, place = 0.0, 0.5
    while n:
        value, place, n = value + place * (n & 1), place / 2, n >> 1
    return value
