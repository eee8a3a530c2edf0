"""Min-MaxEnt over a base measure that is learned first, by maximum likelihood."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from landscape_app.learning.adam import Adam
from landscape_app.learning.base_samples import BaseSamples
from landscape_app.learning.minmaxent import MinMaxEnt, MinMaxEntRecord
from landscape_app.learning.trainer import AVERAGED_SHARE, MONITOR_INTERVAL, EpochRecord
from landscape_app.models.autoregressive import AutoregressiveBase, nats
from landscape_app.physics.averages import weighted_mean
from landscape_app.physics.host import check_shape, number
from landscape_app.physics.ladder import Ladder

RATE, DECAY, BATCH, STEPS = 2e-3, 0.01, 50, 20
"""Of AdamW: learning rate, decay of the weights, items of a step, and steps of an epoch."""

PATIENCE = 30
"""Epochs without a better base measure, by the validation items, after which it is done."""

BASE_SHARE = 0.5
"""Of the planned training, the most that goes to the base measure."""


class BaseFit:
    """Maximum likelihood of an autoregressive base measure, which is at any time the best one so far.

    A network of its own learns; the average of its parameters over about the last tenth of the epochs is judged by
    the validation items after every epoch.

    Args:
        base: untrained; its network is changed in place.
        training: items to learn, shape (n, *shape).
        validation: items to stop by, shape (m, *shape).
        weights: of both, shapes (n,) and (m,); None where all count alike.
        seed: of the order of items, and of dropout.

    Attributes:
        epochs: done.
        nats: of the validation items under the base measure.
        since: epochs since it was last improved.
    """

    def __init__(
        self,
        base: AutoregressiveBase,
        training: Tensor,
        validation: Tensor,
        weights: tuple[Tensor | None, Tensor | None],
        seed: int,
    ) -> None:
        self._base, self._training, self._validation, self._weights = base, training, validation, weights
        self._seed = seed
        self._learner, self._average = copy.deepcopy(base.network), copy.deepcopy(base.network)
        self._adam = Adam(self._learner.parameters(), RATE, DECAY)
        self.epochs = self.since = 0
        self.nats = self._judged()

    def epoch(self) -> float:
        """Learns for `STEPS` steps; returns −⟨log q⟩ of the validation items under the average."""
        learner, training = self._learner, self._training
        learner.requires_grad_(True).train()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed((self._seed * 1_000_003 + self.epochs) % 2**63)
            for chosen in self._chosen():
                self._adam.zero_grad()
                (-self._mean(learner.log_prob(training[chosen]), self._weights[0], chosen)).backward()
                self._adam.step()
        learner.requires_grad_(False).eval()
        self._adam.zero_grad()
        self.epochs += 1
        share = 1 / max(1.0, AVERAGED_SHARE * self.epochs)
        for mean, now in zip(self._average.parameters(), learner.parameters(), strict=True):
            mean.data.lerp_(now.data, share)
        found = self._judged()
        self.since += 1
        if found < self.nats:
            self.nats, self.since = found, 0
            self._base.load_state_dict(dict(self._average.named_parameters()))
        return found

    def _chosen(self) -> tuple[Tensor, ...]:
        """Items of every step: all of them in a random order, over again where they are few."""
        n = len(self._training)
        batch = min(BATCH, n)
        orders = [torch.randperm(n) for _ in range(math.ceil(STEPS * batch / n))]
        return torch.cat(orders)[: STEPS * batch].to(self._training.device).split(batch)

    def _mean(self, values: Tensor, weights: Tensor | None, chosen: Tensor | None = None) -> Tensor:
        return weighted_mean(values, weights if weights is None or chosen is None else weights[chosen])

    def _judged(self) -> float:
        return number(self._mean(nats(self._average, self._validation), self._weights[1]))

    def state_dict(self) -> dict[str, Any]:
        """All that going on depends on, but the base measure: a tree of tensors and numbers."""
        return {
            "epochs": self.epochs,
            "since": self.since,
            "nats": torch.tensor(self.nats, dtype=torch.float64),
            "learner": {name: p.detach().clone() for name, p in self._learner.named_parameters()},
            "average": {name: p.detach().clone() for name, p in self._average.named_parameters()},
            "adam": self._adam.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on from a state.

        Raises:
            KeyError or ValueError: the state is not whole, or of another network.
        """
        for network, name in ((self._learner, "learner"), (self._average, "average")):
            for key, parameter in network.named_parameters():
                check_shape(key, state[name][key], tuple(parameter.shape))
                parameter.data.copy_(state[name][key])
        self._adam.load_state_dict(state["adam"])
        self.epochs, self.since, self.nats = int(state["epochs"]), int(state["since"]), float(state["nats"])


@dataclass(frozen=True)
class LearnedBaseRecord(MinMaxEntRecord):
    """Measurements of one epoch, of the base measure or of the energy on it.

    Attributes:
        base_nats: −⟨log q⟩ of the validation items under the base measure, nats an item.
    """

    base_nats: float

    @property
    def summary(self) -> str:
        """The base measure's nats, and what Min-MaxEnt is watched by once it has begun."""
        base = f"base alone {self.base_nats:.2f} nats"
        return base if math.isnan(self.chi_squared) else f"{base} · {super().summary}"


class LearnedBaseMinMaxEnt(MinMaxEnt):
    """Trainer of a Min-MaxEnt model over an autoregressive base measure.

    The first epochs fit the base measure; λ = 0 then, and P is q. When the validation items like it no better, or
    half of the planned training is over, it stays as it is, and the energy is learned from weighted samples of it.

    Attributes:
        base_fit: of the base measure; None once it is done.
        base_nats: of the validation items under the base measure, nats an item.
    """

    ensemble: BaseSamples
    may_share: ClassVar[bool] = False
    record: ClassVar[type[EpochRecord]] = LearnedBaseRecord

    def _prepare(self) -> None:
        super()._prepare()
        base = self.model.base_measure
        assert isinstance(base, AutoregressiveBase)
        weights = self.weights, self._held_out_weights
        self.base_fit: BaseFit | None = BaseFit(base, self.training, self.held_out, weights, self.seed)
        self.base_nats = self.base_fit.nats

    @property
    def is_preparing(self) -> bool:
        """True while the base measure is fitted."""
        return self.base_fit is not None

    def equilibrate(self, values: list[Tensor], ladder: Ladder) -> list[Tensor]:
        """These values: samples of the base measure are in equilibrium, and do not lag behind."""
        return values

    def adopt(self, parameters: list[Tensor], epoch: int, x: Tensor | None = None) -> None:
        """Goes on from parameters that were found elsewhere, over the base measure as it is."""
        self.base_fit = None
        super().adopt(parameters, epoch, x)

    def rest(self, parameters: list[Tensor] | None = None) -> None:
        """Lets the model take its averaged parameters, or those given, and the ensemble follow."""
        if self.is_preparing:
            self.ensemble.redraw()
        super().rest(parameters)

    def state_dict(self) -> dict[str, Any]:
        """All that training goes on from, but the model's parameters, the base measure and the data."""
        state = super().state_dict() | {"base_nats": torch.tensor(self.base_nats, dtype=torch.float64)}
        return state if self.base_fit is None else state | {"base_fit": self.base_fit.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on from a state, the model's parameters and the base measure loaded before."""
        super().load_state_dict(state)
        self.base_nats = float(state["base_nats"])
        if "base_fit" not in state:
            self.base_fit = None
        elif self.base_fit is not None:
            self.base_fit.load_state_dict(state["base_fit"])

    def _epoch(self) -> EpochRecord:  # type: ignore[override]
        fit = self.base_fit
        if fit is None:
            return super()._epoch()
        before = copy.deepcopy(fit.state_dict()), self.model.base_measure.state_dict()
        try:
            found = fit.epoch()
        except Exception:
            fit.load_state_dict(before[0])
            self.model.base_measure.load_state_dict(before[1])
            raise
        self.base_nats = fit.nats
        self.epoch += 1
        if not math.isfinite(found) or fit.since >= PATIENCE or self.progress >= BASE_SHARE:
            self.base_fit = None
            # Samples of the base measure as it was then are none of this one.
            self._checkpoint = None
        if self.base_fit is None or self.energies is None or self.epoch % MONITOR_INTERVAL == 0:
            self.ensemble.redraw()
            self.energies = self._look_at_energies()
        unknown = np.full(len(self.model.multipliers), math.nan, np.float32)
        return LearnedBaseRecord(
            # Without an energy every sample of q is accepted.
            **self._common_figures(1.0, self.energies),
            entropy_gradient=math.nan,
            chi_squared=math.nan,
            residuals=unknown,
            multipliers=np.zeros_like(unknown),
            swap_rate=math.nan,
            effective_samples=float(len(self.ensemble)),
            weight_share=1.0,
            updates=0,
            update_share=math.nan,
            resampled=0,
            base_nats=self.base_nats,
        )

    def _record(self, *parts: Any) -> MinMaxEntRecord:
        return LearnedBaseRecord(**vars(super()._record(*parts)), base_nats=self.base_nats)
