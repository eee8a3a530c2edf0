"""Files of the run on view: the autosave while it trains, and the run that another process trains."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from landscape_app.language import tr
from landscape_app.problems import Configuration
from landscape_app.runs import Followed, Order, RunFileError, RunState, Tail, Update, WriterStatus
from landscape_app.runs.autosave import new_autosave, set_aside
from landscape_app.runs.run_file import is_unfinished
from landscape_app.session.autosave import Autosave
from landscape_app.session.checkpoint import restore
from landscape_app.session.sampler import Sampler
from landscape_app.session.session import Session

LOOK_SECONDS = 0.5
"""Between two looks at a run that another process trains."""
RETRY_SECONDS = 10.0
"""Between two attempts to begin an autosave."""


class RunFiles:
    """Saves a run that trains, and follows one that another process trains.

    Args:
        session: the run.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._autosave: Autosave | None = None
        self._told: set[str] = set()
        self._deleted: list[Path] = []
        self._tail: Followed | None = None
        self._due = self._retry = 0.0

    @property
    def timeout(self) -> float | None:
        """Seconds until the next look at a run; None where none is followed."""
        return None if self._tail is None else max(0.01, self._due - time.monotonic())

    @property
    def has_autosave(self) -> bool:
        """True once the run is saved by itself."""
        return self._autosave is not None

    @property
    def holds_all(self) -> bool:
        """True where the run is saved by itself, and nothing keeps its latest state from the disk."""
        return self._autosave is not None and self._autosave.failure is None

    def take_deleted(self) -> list[Path]:
        """Autosaved runs that were deleted to make room, each told once."""
        deleted, self._deleted = self._deleted, []
        return deleted

    def autosave(self) -> str | None:
        """Saves the run where that is due; returns why that failed, once for every reason."""
        if self._autosave is None and time.monotonic() < self._retry:
            return None
        try:
            if self._autosave is None:
                self._retry = time.monotonic() + RETRY_SECONDS
                self._deleted += set_aside()
                self._autosave = Autosave(self._session, new_autosave(self._session.configuration.problem))
            self._autosave.after_epoch()
            failure = self._autosave.failure
        except RunFileError as error:
            failure = str(error)
        if failure is None or failure in self._told:
            return None
        self._told.add(failure)
        return failure

    def follow(self, path: Path) -> None:
        """Follows a file while another process writes it."""
        # A whole run has just been read, and is not read again to find that nobody writes it.
        if is_unfinished(path):
            tail = Tail(path)
            if tail.look().status is WriterStatus.WRITING:
                self.follow_on(tail)

    def follow_on(self, tail: Followed) -> None:
        """Follows a run, whose state has been taken, from here on."""
        self.stop_following()
        self._tail = tail

    def take_tail(self) -> Followed | None:
        """The run that is followed, which is not followed from here any longer; None where none is."""
        tail, self._tail = self._tail, None
        return tail

    def order(self, order: Order) -> None:
        """Asks the process that trains the run that is followed for something.

        Raises:
            RunFileError: that cannot be asked.
            ValueError: none is followed.
        """
        if self._tail is None:
            raise ValueError(tr("no other process trains the run on view"))
        self._tail.order(order)

    def take_order(self) -> Order | None:
        """Order of somebody who follows the autosave to the training here; None for none.

        Raises:
            RunFileError: it cannot be understood.
        """
        return None if self._autosave is None else self._autosave.take_order()

    def look(self) -> Update | None:
        """Takes the session to the state of the run that is followed; None where none is, or it is not yet time.

        Raises:
            RunFileError, KeyError, RuntimeError, TypeError or ValueError: the run cannot be read.
        """
        if self._tail is None or time.monotonic() < self._due:
            return None
        self._due = time.monotonic() + LOOK_SECONDS
        update = self._tail.look()
        if update.state is not None:
            renew(self._session, update.state)
        return update

    def stop_following(self) -> None:
        """Lets go of a run that another process trains."""
        if self._tail is not None:
            self._tail.close()
        self._tail = None

    def end(self) -> None:
        """Lets go of every file; what was saved by itself stays, as one of the last few."""
        self.stop_following()
        if self._autosave is not None:
            # Where this fails the last checkpoint stays, and is offered as a run that was interrupted.
            with suppress(RunFileError):
                self._autosave.finish(passing=True)
            self._autosave.close()
            self._autosave = None


def renew(session: Session, state: RunState) -> None:
    """Takes a session to a later state of its run, and to its plan; its chains go on from where they are.

    Raises:
        KeyError, RuntimeError, TypeError or ValueError: the state is not whole, or of another run.
    """
    lineage, journal, verdicts = session.lineage, session.journal, session.verdicts
    plan = Configuration.from_dict(state.configuration)
    restore(session, state)
    session.configuration = replace(
        session.configuration, planned_epochs=plan.planned_epochs, planned_seconds=plan.planned_seconds
    )
    session.lineage, session.journal, session.verdicts = lineage, journal, verdicts
    put_on_model(session.sampler)


def put_on_model(sampler: Sampler) -> None:
    """Puts chains on the model as it is now: where they are, but steered ones, which start from its samples."""
    if sampler.composition.is_model:
        sampler.chains.retarget(sampler.model.target)
    else:
        sampler.steer(sampler.composition)
