"""What every Markov kernel offers, and the Metropolis–Hastings decision they share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from landscape_app.physics.hamiltonian import Target


class State(NamedTuple):
    """The position of an ensemble of chains.

    Attributes:
        x: configurations, shape (batch, *shape).
        energy: H(x) in nats, shape (batch,).
        gradient: ∂H/∂x, shape (batch, *shape); None for kernels that do not use it.
    """

    x: Tensor
    energy: Tensor
    gradient: Tensor | None


class Info(NamedTuple):
    """What one step reports.

    Attributes:
        accepted: which chains moved to their proposal, bool, shape (batch,).
        acceptance_rate: mean acceptance probability over the chains, scalar tensor.
        evaluations: evaluations of H (with its gradient where the kernel uses it) per chain.
    """

    accepted: Tensor
    acceptance_rate: Tensor
    evaluations: int


class Kernel(ABC):
    """A Markov kernel with one step size.

    Args:
        step_size: how far a proposal reaches, in levels; None takes the kernel's own default.

    Raises:
        ValueError: the step size is not positive.
    """

    label: ClassVar[str]
    default_step_size: ClassVar[float]
    target_acceptance: ClassVar[float]
    step_size_range: ClassVar[tuple[float, float]]

    def __init__(self, step_size: float | None = None) -> None:
        step_size = self.default_step_size if step_size is None else step_size
        if not step_size > 0:
            raise ValueError(f"the step size must be positive, got {step_size}")
        self.step_size = step_size

    @abstractmethod
    def init(self, x: Tensor, target: Target) -> State:
        """The state at x, shape (batch, *shape)."""

    @abstractmethod
    def step(self, state: State, target: Target, generator: torch.Generator) -> tuple[State, Info]:
        """One update of every chain."""


def metropolis(
    state: State, proposal: State, log_ratio: Tensor, generator: torch.Generator, evaluations: int
) -> tuple[State, Info]:
    """Accept each chain's proposal with probability min(1, exp(log_ratio)) (Hastings 1970).

    Args:
        state: where the chains are.
        proposal: where they may go.
        log_ratio: log of π(x') Q(x|x') / (π(x) Q(x'|x)), shape (batch,); NaN is a rejection.
        generator: random state.
        evaluations: what to report as the step's cost.
    """
    probability = log_ratio.clamp(max=0).exp().nan_to_num(0.0)
    uniform = torch.rand(probability.shape, generator=generator, device=probability.device)
    accepted = uniform < probability
    per_site = accepted.view(-1, *([1] * (state.x.dim() - 1)))
    gradient = None
    if state.gradient is not None and proposal.gradient is not None:
        gradient = torch.where(per_site, proposal.gradient, state.gradient)
    moved = State(
        x=torch.where(per_site, proposal.x, state.x),
        energy=torch.where(accepted, proposal.energy, state.energy),
        gradient=gradient,
    )
    return moved, Info(accepted, probability.mean(), evaluations)
