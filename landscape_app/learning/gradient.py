"""Training by the gradient of an objective that is not Min-MaxEnt's."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, ClassVar

import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.learning.ensembles import Motion
from landscape_app.learning.scaling import RootMeanSquareScaling
from landscape_app.learning.trainer import EpochRecord, HiddenMeans, Trainer
from landscape_app.physics.host import DeviceReading
from landscape_app.physics.kernels.kernel import State


@dataclass(frozen=True)
class GradientRecord(EpochRecord):
    """Measurements of one epoch of training by a gradient, those before its update.

    Attributes:
        gradient: Euclidean norm of the objective's gradient over all parameters.
        objective: what is made small, of the epoch's items (see `GradientTrainer.objective_meaning`).
        update_share: how much of the update was made.
        swap_rate: of the neighbouring temperatures that swap least; NaN without a ladder.
        weight_share: effective sample size of the weights that the ensemble carries, over their number, before it is
            resampled.
        resampled: 1 where the ensemble was resampled in this epoch, else 0.
    """

    gradient: float
    objective: float
    update_share: float
    swap_rate: float
    weight_share: float
    resampled: int

    @property
    def summary(self) -> str:
        """The objective and the norm of its gradient."""
        return f"objective {self.objective:.4g} · gradient {self.gradient:.3g}"


@dataclass(frozen=True)
class HiddenRecord(GradientRecord):
    """Measurements of one epoch of a model with hidden units: means over x at the last look at energies, nats.

    The means of F are `energy_training` and `energy_model`. Errors are those of as many independent items, or of the
    chains with their weights.

    Attributes:
        hidden_energy_training: ⟨E(x, h)⟩ over p(h|x) and the training set.
        hidden_energy_training_error: its standard error.
        hidden_entropy_training: S[p(h|x)], over the training set.
        hidden_entropy_training_error: its standard error.
        free_energy_training_error: of F = ⟨E⟩ − S over the training set.
        hidden_energy_model: ⟨E(x, h)⟩ over the model.
        hidden_energy_model_error: its standard error.
        hidden_entropy_model: S[p(h|x)], over the model.
        hidden_entropy_model_error: its standard error.
        free_energy_model_error: of F over the model.
    """

    hidden_energy_training: float
    hidden_energy_training_error: float
    hidden_entropy_training: float
    hidden_entropy_training_error: float
    free_energy_training_error: float
    hidden_energy_model: float
    hidden_energy_model_error: float
    hidden_entropy_model: float
    hidden_entropy_model_error: float
    free_energy_model_error: float


def _hidden_figures(hidden: HiddenMeans) -> dict[str, Any]:
    """The numbers of a `HiddenRecord` by name."""
    figures: dict[str, Any] = {}
    for side, means in hidden._asdict().items():
        figures |= {
            f"hidden_energy_{side}": means.energy,
            f"hidden_energy_{side}_error": means.energy_error,
            f"hidden_entropy_{side}": means.entropy,
            f"hidden_entropy_{side}_error": means.entropy_error,
            f"free_energy_{side}_error": means.free_energy_error,
        }
    return figures


class GradientTrainer(Trainer):
    """Descends an objective of all the model's parameters, each gradient scaled by its running root mean square.

    Attributes:
        objective_meaning: what is made small, with its unit.
    """

    record: ClassVar[type[EpochRecord]] = GradientRecord
    objective_meaning: ClassVar[str]
    scaling_decay: ClassVar[float] = 0.999
    """Of the gradients' running root mean square. Where these have no noise it can follow soon: steps stay as long as
    the rate says until the parameters are where they are going to, and settle as the rate falls."""

    def _prepare(self) -> None:
        self.model.requires_grad_(True)
        self.scalings = {
            name: RootMeanSquareScaling(self.scaling_decay, self.model.scales_together)
            for name, _ in self.model.named_parameters()
        }

    @cached_property
    def _worth(self) -> Tensor:
        """Number of rows that the training set is worth, a scalar on the device."""
        if self.weights is None:
            return self.training.new_tensor(len(self.training))
        return self.weights.sum()

    @property
    def metrics(self) -> dict[str, tuple[int, ...]]:
        """Shape of every number of `GradientRecord`, or of `HiddenRecord` where the model has hidden units."""
        with_hidden = self.model.split(self.training[:1]) is not None
        return dict.fromkeys(
            (field.name for field in fields(HiddenRecord if with_hidden else self.record)), ()
        )

    @abstractmethod
    def _objective(self, batch: Tensor) -> Tensor:
        """Objective of the epoch's items, a scalar that can be differentiated; counts its evaluations.

        Of several ranks each gives its part of the sum.
        """

    def _move(self) -> DeviceReading[Motion]:
        """Moves the ensemble before an update."""
        self.evaluations += self.ensemble.size * self.schedule.moves
        return self.ensemble.run(self.schedule.moves)

    def _update(self, start: list[Tensor]) -> tuple[float, State | None]:
        """Share of the update that was made from `start`, by default all; and samples after it, if looked at."""
        self.model.set_values([a + v for a, v in zip(start, self.velocity, strict=True)])
        return 1.0, None

    def _epoch(self) -> GradientRecord:
        motion, batch = self._move(), self.batches.at(self.epoch)
        self.model.zero_grad()
        schedule = self.schedule
        objective = self._objective(batch)
        penalty = self.model.penalty(schedule.weight_decay, schedule.weight_smoothness)
        if penalty is not None:
            objective = objective + penalty / (self._worth * self.ranks.count)
        objective.backward()
        own = [p.grad if p.grad is not None else torch.zeros_like(p) for p in self.model.parameters()]
        objective, *gradients = self.ranks.sum(objective.detach(), *own)
        norm = torch.stack([(g**2).sum() for g in gradients]).sum().sqrt()
        moved, (value, size) = motion.along_with(objective, norm)
        if not (math.isfinite(float(value)) and math.isfinite(float(size))):
            raise self._divergence(tr("the objective or its gradient"))
        rate, momentum = self.rate_share * schedule.theta_rate, schedule.momentum
        steps = [
            -rate * scaling.scale(g) for scaling, g in zip(self.scalings.values(), gradients, strict=True)
        ]
        self.velocity = [momentum * v + (1 - momentum) * s for v, s in zip(self.velocity, steps, strict=True)]
        share, ahead = self._update(self.model.values())
        self.ensemble.follow(self.model.target, ahead)
        self.evaluations += self.ensemble.size
        energies = self._end_epoch()
        figures = self._common_figures(moved.acceptance_rate, energies) | {
            "gradient": float(size),
            "objective": float(value),
            "update_share": share,
            "swap_rate": moved.swap_rate,
            "weight_share": moved.weight_share,
            "resampled": int(moved.resampled),
        }
        if self.hidden is None:
            return GradientRecord(**figures)
        return HiddenRecord(**figures, **_hidden_figures(self.hidden))
