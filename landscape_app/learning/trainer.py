"""Interface of a trainer, and the record of an epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from torch import Tensor

from landscape_app.learning.ensembles import Ensemble
from landscape_app.models.model import Model
from landscape_app.physics.ladder import Ladder

MONITOR_INTERVAL = 10
"""Epochs between two looks at the energies of whole data sets."""


class DivergenceError(RuntimeError):
    """Training met a number that is not finite, lost its constraints or came to a halt."""


@dataclass(frozen=True)
class EpochRecord:
    """Measurements of one epoch; numbers and host arrays only. A way of training adds its own.

    Attributes:
        epoch: from 1.
        seconds: training time so far.
        energy_training: ⟨H⟩ over the training set, nats, at the last look (every `MONITOR_INTERVAL` epochs).
        energy_held_out: ⟨H⟩ over the validation set, nats, at the same time.
        energy_model: ⟨H⟩ of the model, nats, at the same time.
        acceptance_rate: of the kernel at β = 1.
        step_size: of the kernel at β = 1, in units of x.
        recoveries: how often training has gone back to an earlier state so far.
    """

    epoch: int
    seconds: float
    energy_training: float
    energy_held_out: float
    energy_model: float
    acceptance_rate: float
    step_size: float
    recoveries: int

    @property
    def summary(self) -> str:
        """The numbers of its own that a way of training is watched by, for a line of progress."""
        return ""


class Energies(NamedTuple):
    """⟨H⟩ of training set, validation set and model at one time, nats."""

    training: float
    held_out: float
    model: float


class Trainer(Protocol):
    """A way to fit a model; one kind a file of `learning`.

    While it trains, the parameters wander about where they are going to. Their average is the better model: at rest
    that is what the model holds, and the next epoch goes on from where training was.

    Attributes:
        training: training set, shape (n, *shape).
        ensemble: samples of the model while it trains.
        average: of the parameters (`Model.values`), over the last epochs.
        epoch: epochs done.
        seconds: training time so far.
        progress: share of the planned training that is done, set by whoever knows the plan.
        recoveries: how often training has gone back to an earlier state.
        evaluations: of the energy for training so far, of single configurations.
    """

    training: Tensor
    ensemble: Ensemble
    average: list[Tensor]
    epoch: int
    seconds: float
    progress: float
    recoveries: int
    evaluations: int

    @property
    def model(self) -> Model:
        """Trained in place."""
        ...

    @property
    def metrics(self) -> Mapping[str, tuple[int, ...]]:
        """Shape of every number that an epoch reports, by its name in the history."""
        ...

    @property
    def is_resting(self) -> bool:
        """True if the model holds other parameters than training goes on from."""
        ...

    def advance(self) -> EpochRecord:
        """One epoch, with smaller steps where it had to go back to an earlier state.

        Raises:
            DivergenceError: even that did not help; the last good state is kept.
        """
        ...

    def rest(self, parameters: list[Tensor] | None = None) -> None:
        """Lets the model take its averaged parameters, or those given, and the ensemble follow."""
        ...

    def equilibrate(self, values: list[Tensor], ladder: Ladder) -> list[Tensor]:
        """Values from amid the training as they are best for the model at equilibrium."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """All that training goes on from, but the model's parameters and the data: a tree of tensors and numbers."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on from a state, the model's parameters loaded before.

        Raises:
            KeyError, RuntimeError, TypeError or ValueError: the state is not whole, or of another model.
        """
        ...
