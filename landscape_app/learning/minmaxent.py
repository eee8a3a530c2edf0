"""Min-MaxEnt: observables that learn while their multipliers hold the constraints (equations 7 to 10)."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from landscape_app.learning.maxent import (
    ChiSquaredUpdate,
    Moments,
    MultiplierUpdate,
    PreconditionedUpdate,
    estimate_moments,
)
from landscape_app.learning.scaling import RootMeanSquareScaling
from landscape_app.physics.base import ProductBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import Hamiltonian, MaxEntTerm, Target, WeightedTerm
from landscape_app.physics.resampling import effective_sample_size, systematic_resample

MULTIPLIER_UPDATES = ("chi-squared", "preconditioned")
"""The two ways to solve for λ: the paper's descent of χ², and Newton on the dual."""


LEAST_RATE_SHARE = 0.02
"""What annealing leaves of the learning rates."""

SETTLING_PACE = 3
"""Chains started afresh move so many times as far an epoch, while the parameters wait for them."""


class DivergenceError(RuntimeError):
    """Training met a number that is not finite; parameters and chains are back where they last were good."""


@dataclass(frozen=True)
class Schedule:
    """How an epoch is done.

    Attributes:
        moves: kernel steps of every chain an epoch.
        theta_rate: learning rate of θ (Adam with β₁ = 0: momentum makes class proportions swing).
        multiplier_update: one of `MULTIPLIER_UPDATES`.
        multiplier_rate: its rate; None takes the update's own default.
        weighted: whether chains carry importance weights for the updates they have lived through
            (Carbone, Hua, Coste, Vanden-Eijnden 2023).
        least_share: an update is shrunk until the chains' importance weights across it keep this share of
            their effective sample size.
        resample_share: weighted chains are resampled when their effective sample size falls below this share.
        anneal_from: share of the planned training (`MinMaxEnt.progress`) after which the learning rates fall
            linearly. Chains start afresh from the base there, and carry weights from then on: the chains that
            training has dragged along no longer show how much the model gives to each of its modes.
        settling_moves: moves of the fresh chains before training goes on.
    """

    moves: int = 2
    theta_rate: float = 3e-4
    multiplier_update: str = "chi-squared"
    multiplier_rate: float | None = None
    weighted: bool = False
    least_share: float = 0.8
    resample_share: float = 0.5
    anneal_from: float = 0.5
    settling_moves: int = 300

    def __post_init__(self) -> None:
        if self.moves < 1:
            raise ValueError(f"an epoch needs at least one move, got {self.moves}")
        if not (math.isfinite(self.theta_rate) and self.theta_rate > 0):
            raise ValueError(f"the learning rate of θ must be positive, got {self.theta_rate}")
        rate = self.multiplier_rate
        if rate is not None and not (math.isfinite(rate) and rate > 0):
            raise ValueError(f"the rate of the multipliers must be positive, got {rate}")
        if self.multiplier_update not in MULTIPLIER_UPDATES:
            known = ", ".join(MULTIPLIER_UPDATES)
            raise ValueError(
                f"no multiplier update is called {self.multiplier_update!r}; choose from {known}"
            )
        if self.settling_moves < 0:
            raise ValueError(f"settling cannot take fewer than no moves, got {self.settling_moves}")
        for name in ("least_share", "resample_share", "anneal_from"):
            share = getattr(self, name)
            if not 0 < share < 1:
                raise ValueError(f"{name} must lie between 0 and 1, got {share}")

    def update(self) -> MultiplierUpdate:
        """A fresh multiplier update."""
        kind = ChiSquaredUpdate if self.multiplier_update == "chi-squared" else PreconditionedUpdate
        return kind() if self.multiplier_rate is None else kind(self.multiplier_rate)


@dataclass(frozen=True)
class EpochRecord:
    """What one epoch measured; numbers and host arrays only.

    Gradient, χ² and residuals are those before the epoch's update, energies and multipliers those after it.

    Attributes:
        epoch: from 1.
        seconds: training time so far.
        entropy_gradient: ‖∂S/∂θ‖ (equation 8), Euclidean norm over all parameters, in nats per unit of θ.
        chi_squared: χ² (equation 5).
        residuals: z_i, shape (K,).
        multipliers: λ_i, shape (K,).
        energy_training: ⟨H⟩ over the training set, nats.
        energy_held_out: ⟨H⟩ over the held-out set, nats.
        energy_model: ⟨H⟩ over the chains, nats.
        acceptance_rate: of the kernel.
        step_size: of the kernel, levels.
        weight_share: effective sample size of the chains' weights over their number.
        update_share: how much of the proposed update the step control let through.
        resampled: 1 where the chains were resampled in this epoch, else 0.
    """

    epoch: int
    seconds: float
    entropy_gradient: float
    chi_squared: float
    residuals: np.ndarray
    multipliers: np.ndarray
    energy_training: float
    energy_held_out: float
    energy_model: float
    acceptance_rate: float
    step_size: float
    weight_share: float
    update_share: float
    resampled: int


class MinMaxEnt:
    """The trainer: chains, observables and multipliers of one model.

    Args:
        observables: f(x; θ), a module; trained in place.
        multipliers: λ, shape (K,); trained in place.
        base: the base measure q.
        training: training set in levels, shape (n, *shape).
        held_out: held-out set, shape (m, *shape); takes no part in any update.
        chains: persistent chains under the current Hamiltonian.
        schedule: how an epoch is done.

    Attributes:
        progress: share of the planned training that is done, set by whoever knows the plan; 0 where there is
            none, and the rates then stay as they are.
        settling_left: moves that chains started afresh still need before training goes on; None before.
    """

    def __init__(
        self,
        observables: nn.Module,
        multipliers: Tensor,
        base: ProductBase,
        training: Tensor,
        held_out: Tensor,
        chains: Chains,
        schedule: Schedule,
    ) -> None:
        self.observables = observables
        self.multipliers = multipliers
        self.base = base
        self.training = training
        self.held_out = held_out
        self.chains = chains
        self.schedule = schedule
        self.multiplier_update = schedule.update()
        self.scalings = [RootMeanSquareScaling() for _ in observables.parameters()]
        self.log_weights = torch.zeros(len(chains), device=multipliers.device)
        self.epoch = 0
        self.seconds = 0.0
        self.progress = 0.0
        self.settling_left: int | None = None

    @property
    def target(self) -> Target:
        """The model's distribution at the current parameters."""
        term = MaxEntTerm(self.observables, self.multipliers)  # type: ignore[arg-type]
        return Target(self.base, Hamiltonian([WeightedTerm(1.0, term)]))

    @property
    def weight_share(self) -> float:
        """Effective sample size of the chains' weights over their number."""
        return effective_sample_size(self.log_weights) / len(self.chains)

    @property
    def carries_weights(self) -> bool:
        """Whether the chains carry importance weights for the updates they have lived through."""
        return self.schedule.weighted or self.settling_left is not None

    @property
    def rate_share(self) -> float:
        """The learning rates over those of the schedule: 1, falling to `LEAST_RATE_SHARE`; 0 while settling."""
        if self.settling_left:
            return 0.0
        left = (1 - self.progress) / (1 - self.schedule.anneal_from)
        return min(1.0, max(LEAST_RATE_SHARE, left))

    def run_epoch(self) -> EpochRecord:
        """One epoch: move the chains, measure, update λ and θ.

        Raises:
            DivergenceError: an energy or a gradient is not finite; the state before the epoch is restored.
        """
        before = self._parameters()
        position, log_weights, settling = self.chains.state, self.log_weights, self.settling_left
        scalings = [(scaling.steps, scaling.mean_square) for scaling in self.scalings]
        start = time.perf_counter()
        try:
            record = self._epoch(before)
        except DivergenceError:
            self._set_parameters(before)
            self.chains.state, self.log_weights, self.settling_left = position, log_weights, settling
            for scaling, (steps, mean_square) in zip(self.scalings, scalings, strict=True):
                scaling.steps, scaling.mean_square = steps, mean_square
            raise
        self.seconds += time.perf_counter() - start
        return replace(record, seconds=self.seconds)

    def _epoch(self, before: list[Tensor]) -> EpochRecord:
        sweep = self.chains.run(self._moves_due())
        resampled = self._resample()
        weights = self.log_weights.softmax(0)
        moments, loss = self._measure(weights)

        self.observables.zero_grad()
        loss.backward()
        entropy_gradient = self._gradient_norm()
        self._update_parameters(moments)
        update_share = self._limit_update(before)
        hamiltonian = self.chains.target.hamiltonian
        held_out = float(hamiltonian.energy(self.held_out).mean())
        if not math.isfinite(held_out):
            raise DivergenceError(
                _DIVERGED.format(what="the energy of held-out images", epoch=self.epoch + 1)
            )
        self.epoch += 1
        return EpochRecord(
            epoch=self.epoch,
            seconds=self.seconds,
            entropy_gradient=entropy_gradient,
            chi_squared=float(moments.chi_squared),
            residuals=moments.residuals.cpu().numpy(),
            multipliers=self.multipliers.cpu().numpy().copy(),
            energy_training=float(hamiltonian.energy(self.training).mean()),
            energy_held_out=held_out,
            energy_model=float(self.log_weights.softmax(0) @ self.chains.energy),
            acceptance_rate=sweep.acceptance_rate,
            step_size=self.chains.kernel.step_size,
            weight_share=self.weight_share,
            update_share=update_share,
            resampled=int(resampled),
        )

    def _moves_due(self) -> int:
        """Moves of this epoch; starts the chains afresh where the annealing begins."""
        moves = self.schedule.moves
        if self.settling_left is None and self.progress >= self.schedule.anneal_from:
            self.chains.retarget(self.target, self.base.sample(len(self.chains), self.chains.generator))
            self.log_weights = torch.zeros_like(self.log_weights)
            self.settling_left = self.schedule.settling_moves
        if self.settling_left:
            moves = min(SETTLING_PACE * moves, self.settling_left)
            self.settling_left -= moves
        return moves

    def _update_parameters(self, moments: Moments) -> None:
        rate_share = self.rate_share
        if rate_share == 0:
            return
        rate = rate_share * self.schedule.theta_rate
        with torch.no_grad():
            for parameter, scaling in zip(self.observables.parameters(), self.scalings, strict=True):
                if parameter.grad is not None:
                    parameter.sub_(rate * scaling.scale(parameter.grad))
        self.multipliers += rate_share * self.multiplier_update.step(moments)

    def _measure(self, weights: Tensor) -> tuple[Moments, Tensor]:
        """Moments, and the auxiliary loss Σ_i λ_i (⟨f_i⟩_data − ⟨f_i⟩_chains) (equations 9, 10)."""
        f = self.observables(torch.cat([self.training, self.chains.x]))
        f_data, f_model = f[: len(self.training)], f[len(self.training) :]
        loss = self.multipliers @ (f_data.mean(0) - weights @ f_model)
        moments = estimate_moments(f_data.detach(), f_model.detach(), weights)
        if not (torch.isfinite(moments.chi_squared) and torch.isfinite(loss)):
            raise DivergenceError(_DIVERGED.format(what="the observables", epoch=self.epoch + 1))
        return moments, loss

    def _gradient_norm(self) -> float:
        squares = [(p.grad**2).sum() for p in self.observables.parameters() if p.grad is not None]
        norm = float(torch.stack(squares).sum().sqrt())
        if not math.isfinite(norm):
            raise DivergenceError(_DIVERGED.format(what="the entropy gradient", epoch=self.epoch + 1))
        return norm

    def _resample(self) -> bool:
        """Resamples weighted chains that have become too uneven."""
        if self.weight_share >= self.schedule.resample_share:
            return False
        chosen = systematic_resample(self.log_weights, len(self.chains), self.chains.generator)
        self.chains.retarget(self.chains.target, self.chains.x[chosen])
        self.log_weights = torch.zeros_like(self.log_weights)
        return True

    def _limit_update(self, before: list[Tensor]) -> float:
        """Shrinks the update until importance weights across it keep their share; moves the chains' weights.

        Weights exp(−s ΔH) with Var ΔH = v keep about 1/(1 + s² v) of the effective sample size, which gives
        the first guess of the factor s; it is checked and shrunk again where H is far from linear.

        Returns:
            The factor s in (0, 1].
        """
        proposed = self._parameters()
        old_energy = self.chains.energy
        allowed = 1 / self.schedule.least_share - 1
        factor = 1.0
        for _ in range(12):
            change = self.target.hamiltonian.energy(self.chains.x) - old_energy
            if bool(torch.isfinite(change).all()):
                if effective_sample_size(-change) >= self.schedule.least_share * len(change):
                    break
                factor *= min(0.95 * math.sqrt(allowed / float(change.var())), 0.9)
            else:
                factor *= 0.1
            self._set_parameters([a + factor * (b - a) for a, b in zip(before, proposed, strict=True)])
        else:
            raise DivergenceError(_DIVERGED.format(what="the energies", epoch=self.epoch + 1))
        self.chains.retarget(self.target)
        if self.carries_weights:
            self.log_weights = self.log_weights - change
            self.log_weights = self.log_weights - self.log_weights.max()
        return factor

    def _parameters(self) -> list[Tensor]:
        return [p.detach().clone() for p in (*self.observables.parameters(), self.multipliers)]

    def _set_parameters(self, values: list[Tensor]) -> None:
        with torch.no_grad():
            for parameter, value in zip(
                (*self.observables.parameters(), self.multipliers), values, strict=True
            ):
                parameter.copy_(value)


_DIVERGED = (
    "{what} became infinite or undefined in epoch {epoch}; the last good state is kept. "
    "Try a smaller learning rate of θ, more moves an epoch, or another seed."
)
