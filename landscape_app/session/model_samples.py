"""Weighted samples of a model, kept while it trains, from which every steering starts."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from landscape_app.learning.classifier import ImageClassifier
from landscape_app.learning.trainer import Trainer
from landscape_app.physics.averages import weighted_mean
from landscape_app.physics.host import check_shape, number
from landscape_app.physics.weighted_samples import WeightedSamples

SAMPLE_COUNT = 2_560
SPACING = 25
"""Moves between two takings."""

SNAPSHOTS = 5
SNAPSHOT_INTERVAL = 25


class ModelSamples:
    """Weighted samples of the current model: what was collected, else the latest of training.

    Args:
        trainer: its chains are where samples come from.

    Attributes:
        model: the model.
    """

    def __init__(self, trainer: Trainer) -> None:
        self.model = trainer.model
        self._trainer = trainer
        self._energy_origin: float | None = None
        self._snapshots: deque[WeightedSamples] = deque(maxlen=SNAPSHOTS)
        self._weighted_samples: WeightedSamples | None = None
        self._classified: tuple[WeightedSamples, ImageClassifier, Tensor] | None = None

    @property
    def data(self) -> Tensor:
        """Training set, shape (n, *shape)."""
        return self._trainer.training

    @property
    def weights(self) -> Tensor | None:
        """Weights of the training set, shape (n,); None where its items count alike."""
        return self._trainer.weights

    @property
    def epoch(self) -> int:
        """Epochs that the model has been trained for."""
        return self._trainer.epoch

    @property
    def energy_origin(self) -> float:
        """Mean energy of the training items: energies are shown from here, as only differences matter."""
        if self._energy_origin is None:
            self._energy_origin = number(
                weighted_mean(self.model.hamiltonian.energy(self.data), self.weights)
            )
        return self._energy_origin

    @property
    def training_chains(self) -> WeightedSamples:
        """The chains that train, at β = 1, as they are shown."""
        return self._trainer.ensemble.on_view

    @property
    def latest(self) -> WeightedSamples:
        """The training ensemble at this moment."""
        return self._trainer.ensemble.samples

    @property
    def at_hand(self) -> WeightedSamples:
        """The weighted samples if they are of this model, else the training chains: nothing is evaluated."""
        return self._weighted_samples or self.latest

    @property
    def weighted_samples(self) -> WeightedSamples:
        """Weighted samples, made of the snapshots of training where a later epoch has outdated them."""
        if self._weighted_samples is None:
            self._weighted_samples = WeightedSamples.merge(
                [*self._snapshots, self.latest], self.model.hamiltonian
            )
        return self._weighted_samples

    def state_dict(self, passing: bool = False) -> dict[str, Tensor]:
        """Weighted samples, or what is at hand without any evaluation (`passing`)."""
        weighted_samples = self.at_hand if passing else self.weighted_samples
        return {"x": weighted_samples.x, "log_weights": weighted_samples.log_weights}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Takes samples of the current model, shape (n, *shape), with their log weights, shape (n,).

        Raises:
            KeyError: a part is missing.
            ValueError: there are not as many weights as samples.
        """
        device = self.data.device
        x, log_weights = state["x"].to(device), state["log_weights"].to(device)
        check_shape("log_weights", log_weights, (len(x),))
        self._weighted_samples = WeightedSamples(x, self.model.hamiltonian.energy(x), log_weights)
        self._energy_origin = None

    def collect(self, size: int, spacing: int) -> Iterator[int]:
        """Collects weighted samples from the training chains, `spacing` moves apart; yields how many there are."""
        snapshots: list[WeightedSamples] = []
        collected = 0
        while collected < size:
            self._trainer.ensemble.run(spacing)
            ensemble = self._trainer.ensemble
            snapshots.append(ensemble.gathered(ensemble.draw()))
            collected += len(snapshots[-1])
            yield min(size, collected)
        self._weighted_samples = WeightedSamples.merge(snapshots, self.model.hamiltonian)

    def after_epoch(self, epoch: int, energy_origin: float, forget: bool = False) -> None:
        """The model has changed: what was collected is a snapshot from now on.

        Args:
            epoch: that is done.
            energy_origin: mean energy of the training items, as that epoch has measured it.
            forget: whether earlier samples, and that mean, are of no model that weights lead to this one from: the
                base measure is another, or modes were given other weights than they carry.
        """
        self.outdate()
        if forget:
            self.renew()
            return
        self._energy_origin = energy_origin
        if epoch % SNAPSHOT_INTERVAL == 0:
            self._snapshots.append(self.latest)

    def renew(self) -> None:
        """Forgets all but the training chains as they are now: what there was had modes in other proportions."""
        self._snapshots.clear()
        self._weighted_samples = self._energy_origin = None

    def outdate(self) -> None:
        """Counts the samples as those of an earlier model from now on."""
        if self._weighted_samples is not None and not self._snapshots:
            self._snapshots.append(self._weighted_samples)
        self._weighted_samples = self._energy_origin = None

    def log_probabilities(self, weighted_samples: WeightedSamples, classifier: ImageClassifier) -> Tensor:
        """log p(c|x) of weighted samples, shape (n, classes); remembered while both stay the same."""
        if self._classified is None or self._classified[:2] != (weighted_samples, classifier):
            with torch.no_grad():
                self._classified = (
                    weighted_samples,
                    classifier,
                    classifier(weighted_samples.x).log_softmax(-1),
                )
        return self._classified[2]
