"""Settings of an epoch of Min-MaxEnt training."""

from __future__ import annotations

import math
from dataclasses import dataclass

from landscape_app.language import tr
from landscape_app.learning.maxent import ChiSquaredUpdate, MultiplierUpdate, PreconditionedUpdate

MULTIPLIER_UPDATES = ("chi-squared", "preconditioned")
"""The two ways to solve for λ: the paper's descent of χ², and Newton on the dual."""


@dataclass(frozen=True)
class Schedule:
    """Settings of an epoch.

    Attributes:
        moves: kernel steps of every chain an epoch.
        updates: most updates of θ and λ between two of these, as long as the step control lets them through.
        batch: training items that the updates of an epoch look at (see `learning.batches`); None for all of them.
        theta_rate: limit of the learning rate of θ, whose gradients are scaled by their running root mean square
            (see `learning.scaling`); the rate in effect is lower where `theta_path` allows less (`rate_of`).
        theta_path: most that the rates of θ add up to over the planned training of observables, for each training
            item: the longer it is and the fewer items there are, the smaller its steps, so that it learns what items
            have in common and no single ones. None for no limit.
        momentum: share of the last step of θ and λ that goes into the next one. It averages the noise of the
            gradient, so that the step control lets more of the way through; with chains that carry no weights, or
            too few, it makes class proportions swing.
        multiplier_update: one of `MULTIPLIER_UPDATES`.
        multiplier_rate: its rate; None takes the update's own default.
        weighted: whether the ensemble carries importance weights for the updates it has lived through
            (Carbone, Hua, Coste, Vanden-Eijnden 2023).
        least_share: updates are shrunk until the samples' importance weights across an epoch keep this share of
            their effective sample size.
        resample_share: a weighted ensemble is resampled when its effective sample size falls below this share.
        weight_decay: d of ½ d Σ W² over the weights of hidden units, nats for all rows together, which keeps them
            small: likeliest are then weights that before the data are normal, of deviation 1/√d.
        weight_smoothness: s of ½ s Σ (W − W')² over neighbouring pixels of images, likewise, which keeps a hidden
            unit's weights alike where pixels are near.
        anneal_from: share of the planned training (`MinMaxEnt.progress`) after which the learning rates fall
            linearly.
    """

    moves: int = 1
    updates: int = 1
    batch: int | None = None
    theta_rate: float = 3e-3
    theta_path: float | None = None
    momentum: float = 0.9
    multiplier_update: str = "chi-squared"
    multiplier_rate: float | None = None
    weighted: bool = True
    least_share: float = 0.8
    resample_share: float = 0.5
    weight_decay: float = 0.0
    weight_smoothness: float = 0.0
    anneal_from: float = 0.0

    def __post_init__(self) -> None:
        if self.moves < 1:
            raise ValueError(tr("an epoch needs at least one move, got {moves}", moves=self.moves))
        if self.updates < 1:
            raise ValueError(tr("an epoch needs at least one update, got {updates}", updates=self.updates))
        if self.batch is not None and self.batch < 2:
            raise ValueError(tr("a batch needs at least two training items, got {batch}", batch=self.batch))
        if not (math.isfinite(self.theta_rate) and self.theta_rate > 0):
            raise ValueError(tr("the learning rate of θ must be positive, got {rate}", rate=self.theta_rate))
        path = self.theta_path
        if path is not None and not (math.isfinite(path) and path > 0):
            raise ValueError(tr("the path of θ must be positive, got {path}", path=path))
        rate = self.multiplier_rate
        if rate is not None and not (math.isfinite(rate) and rate > 0):
            raise ValueError(tr("the rate of the multipliers must be positive, got {rate}", rate=rate))
        if self.multiplier_update not in MULTIPLIER_UPDATES:
            known = ", ".join(MULTIPLIER_UPDATES)
            raise ValueError(
                tr(
                    "no multiplier update is called {name!r}; choose from {known}",
                    name=self.multiplier_update,
                    known=known,
                )
            )
        if not 0 <= self.weight_decay < math.inf:
            raise ValueError(
                tr(
                    "the weights' decay must be a number from 0, got {decay}",
                    decay=self.weight_decay,
                )
            )
        if not 0 <= self.weight_smoothness < math.inf:
            raise ValueError(
                tr(
                    "the weights' smoothness must be a number from 0, got {smoothness}",
                    smoothness=self.weight_smoothness,
                )
            )
        if not 0 <= self.momentum < 1:
            raise ValueError(
                tr("momentum must be at least 0 and below 1, got {momentum}", momentum=self.momentum)
            )
        if not 0 <= self.anneal_from < 1:
            raise ValueError(
                tr(
                    "anneal_from must be at least 0 and below 1, got {value}",
                    value=self.anneal_from,
                )
            )
        for name in ("least_share", "resample_share"):
            share = getattr(self, name)
            if not 0 < share < 1:
                raise ValueError(f"{name} must lie between 0 and 1, got {share}")

    def rate_of(self, epochs: float, items: int) -> float:
        """Learning rate of θ in effect before it is annealed, in a training of so many epochs on so many items."""
        if self.theta_path is None:
            return self.theta_rate
        # Rates that are annealed add up to those of so many epochs at the full one.
        full = 0.5 * (1 + self.anneal_from) * epochs
        return min(self.theta_rate, self.theta_path * items / full)

    def update(self) -> MultiplierUpdate:
        """A fresh multiplier update."""
        kind = ChiSquaredUpdate if self.multiplier_update == "chi-squared" else PreconditionedUpdate
        return kind() if self.multiplier_rate is None else kind(self.multiplier_rate)
