"""No fitting: the energy is given, and only chains move."""

from __future__ import annotations

from typing import ClassVar

from landscape_app.language import tr
from landscape_app.learning.trainer import EpochRecord, Trainer

EQUILIBRATING_MOVES = 100
"""Of the ensemble in the first epoch, from the base measure to the model."""


class Given(Trainer):
    """Leaves every parameter as it is; the first epoch brings the ensemble to the model."""

    title: ClassVar[str] = tr("No fitting")
    approximates: ClassVar[str] = tr("the energy as it is given: its parameters stay as they are")
    may_weigh: ClassVar[bool] = False
    fits_given: ClassVar[bool] = True

    def _epoch(self) -> EpochRecord:
        moves = EQUILIBRATING_MOVES if self.epoch == 0 else self.schedule.moves
        if self.epoch == 0:
            self.ensemble.follow(self.model.target)
        moved = self.ensemble.run(moves).now()
        self.evaluations += self.ensemble.size * moves
        energies = self._end_epoch()
        return EpochRecord(**self._common_figures(moved.acceptance_rate, energies))
