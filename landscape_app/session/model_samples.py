"""Weighted samples of a model, kept while it trains, from which every steering starts."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from landscape_app.learning.classifier import ImageClassifier
from landscape_app.learning.trainer import Trainer
from landscape_app.physics.host import check_shape, number
from landscape_app.physics.reservoir import Reservoir

RESERVOIR_SIZE = 2_560
SPACING = 25
"""Moves between two takings."""

SNAPSHOTS = 5
SNAPSHOT_INTERVAL = 25


class ModelSamples:
    """A reservoir of the current model: what was collected, else the latest of training.

    Args:
        trainer: its chains are where samples come from.

    Attributes:
        model: the model.
    """

    def __init__(self, trainer: Trainer) -> None:
        self.model = trainer.model
        self._trainer = trainer
        self._energy_origin: float | None = None
        self._snapshots: deque[Reservoir] = deque(maxlen=SNAPSHOTS)
        self._reservoir: Reservoir | None = None
        self._classified: tuple[Reservoir, ImageClassifier, Tensor] | None = None

    @property
    def data(self) -> Tensor:
        """Training set, shape (n, *shape)."""
        return self._trainer.training

    @property
    def epoch(self) -> int:
        """Epochs that the model has been trained for."""
        return self._trainer.epoch

    @property
    def energy_origin(self) -> float:
        """Mean energy of the training items: energies are shown from here, as only differences matter."""
        if self._energy_origin is None:
            self._energy_origin = number(self.model.hamiltonian.energy(self.data).mean())
        return self._energy_origin

    @property
    def training_chains(self) -> Reservoir:
        """The chains that train, at β = 1."""
        return self._trainer.ensemble.chains_at_one

    @property
    def latest(self) -> Reservoir:
        """The training ensemble at this moment."""
        return self._trainer.ensemble.samples

    @property
    def at_hand(self) -> Reservoir:
        """The reservoir if it stands, else the training chains: nothing is evaluated."""
        return self._reservoir or self.latest

    @property
    def reservoir(self) -> Reservoir:
        """The reservoir, made of the snapshots of training where a later epoch has outdated it."""
        if self._reservoir is None:
            self._reservoir = Reservoir.merge([*self._snapshots, self.latest], self.model.hamiltonian)
        return self._reservoir

    def state_dict(self, passing: bool = False) -> dict[str, Tensor]:
        """The reservoir, or what is at hand without any evaluation (`passing`)."""
        reservoir = self.at_hand if passing else self.reservoir
        return {"x": reservoir.x, "log_weights": reservoir.log_weights}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Takes samples of the current model, shape (n, *shape), with their log weights, shape (n,).

        Raises:
            KeyError: a part is missing.
            ValueError: there are not as many weights as samples.
        """
        device = self.data.device
        x, log_weights = state["x"].to(device), state["log_weights"].to(device)
        check_shape("log_weights", log_weights, (len(x),))
        self._reservoir = Reservoir(x, self.model.hamiltonian.energy(x), log_weights)
        self._energy_origin = None

    def collect(self, size: int, spacing: int) -> Iterator[int]:
        """Fills the reservoir from the training chains, `spacing` moves apart; yields its size so far."""
        snapshots: list[Reservoir] = []
        collected = 0
        while collected < size:
            self._trainer.ensemble.run(spacing)
            snapshots.append(self._trainer.ensemble.draw())
            collected += len(snapshots[-1])
            yield min(size, collected)
        self._reservoir = Reservoir.merge(snapshots, self.model.hamiltonian)

    def after_epoch(self, epoch: int, energy_origin: float) -> None:
        """The model has changed: what was collected is a snapshot from now on.

        Args:
            epoch: that is done.
            energy_origin: mean energy of the training items, as that epoch has measured it.
        """
        self.outdate()
        self._energy_origin = energy_origin
        if epoch % SNAPSHOT_INTERVAL == 0:
            self._snapshots.append(self.latest)

    def outdate(self) -> None:
        """Counts the samples as those of an earlier model from now on."""
        if self._reservoir is not None and not self._snapshots:
            self._snapshots.append(self._reservoir)
        self._reservoir = self._energy_origin = None

    def log_probabilities(self, reservoir: Reservoir, classifier: ImageClassifier) -> Tensor:
        """log p(c|x) of a reservoir, shape (n, classes); remembered while both stay the same."""
        if self._classified is None or self._classified[:2] != (reservoir, classifier):
            with torch.no_grad():
                self._classified = (reservoir, classifier, classifier(reservoir.x).log_softmax(-1))
        return self._classified[2]
