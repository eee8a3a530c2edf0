"""The end of a training: a far larger ensemble and small steps, until every mode has the weight the data give it.

A small ensemble that trains fast leaves the weights of the modes to chance: its own share of a mode swings about,
and the parameters swing with it, the more the larger the momentum. Many columns and no momentum put that right in a
fraction of the time that it took to learn the modes themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch

from landscape_app.learning.minmaxent import DivergenceError, MinMaxEnt

SETTLING_SHARE = 0.2
"""Of all evaluations of the observables, those that settling takes."""

LARGER = 8
"""Times as many chains or columns settle as have trained."""

ARRIVAL_MOVES = 100
"""Of the larger ensemble from the base measure, before the first update."""

RATE_SHARE = 1 / 3
"""Learning rates to begin with, over those of training."""

LEAST_SHARE = 0.9
"""Of the effective sample size that an update keeps."""


class Settling:
    """A trainer's resting model, settled by a trainer of its own; the first one goes on as if nothing had been.

    Args:
        trainer: at rest; the model takes the settled parameters in the end.
        seed: of the larger ensemble.

    Attributes:
        ensemble: the larger one; samples of the settled model, in the end.
    """

    def __init__(self, trainer: MinMaxEnt, seed: int) -> None:
        schedule = trainer.schedule
        quiet = replace(
            schedule,
            theta_rate=RATE_SHARE * schedule.theta_rate,
            multiplier_rate=RATE_SHARE * schedule.update().rate,
            momentum=0.0,
            weighted=False,
            least_share=max(LEAST_SHARE, schedule.least_share),
            anneal_from=0.0,
        )
        self._trainer = trainer
        self._start = trainer.parameters()
        generator = torch.Generator(trainer.training.device).manual_seed(seed)
        self.ensemble = trainer.ensemble.enlarged(LARGER, generator)
        self.ensemble.on_step = trainer.ensemble.on_step
        self._quiet = MinMaxEnt(
            trainer.observables,
            trainer.multipliers,
            trainer.base,
            trainer.training,
            trainer.held_out,
            self.ensemble,
            quiet,
        )
        for scaling, known in zip(self._quiet.scalings, trainer.scalings, strict=True):
            # Gradients are quieter now; scaled as before, the steps are too.
            scaling.steps, scaling.mean_square = known.steps, known.mean_square
        allowance = SETTLING_SHARE / (1 - SETTLING_SHARE) * trainer.evaluations
        self._allowance = max(allowance, 1)

    @property
    def evaluations(self) -> int:
        """Of the observables for settling so far, of single configurations."""
        return self._quiet.evaluations

    def run(self) -> Iterator[float]:
        """Settles; yields the share that is done. Where that fails, or is broken off, the model rests as before."""
        quiet, result = self._quiet, self._start
        try:
            for _ in range(ARRIVAL_MOVES):
                self.ensemble.run(1)
                yield 0.0
            while (done := quiet.evaluations / self._allowance) < 1:
                quiet.progress = done
                quiet.run_epoch()
                yield done
            result = quiet.average
        except DivergenceError:
            pass
        finally:
            self._trainer.rest(result)
            self.ensemble.follow(self._trainer.target)
