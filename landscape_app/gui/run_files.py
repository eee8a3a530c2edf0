"""The files of the run on view: the autosave while it trains, and the file that another process trains it in."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from landscape_app.gui.state import Activity, EngineState
from landscape_app.runs import RunFileError, RunState, Tail, Update, WriterStatus
from landscape_app.runs.autosave import new_autosave
from landscape_app.session import Autosave, Session, Snapshot, save_session
from landscape_app.session.journal import Action, Saved
from landscape_app.session.persistence import restore

LOOK_SECONDS = 1.0
"""Between two looks at a file that another process writes."""
RETRY_SECONDS = 10.0
"""Between two attempts to begin an autosave."""


class Stage(Protocol):
    """What a driver offers here."""

    state: EngineState

    def tell(self, kind: str, text: str, detail: str = "") -> None:
        """Leaves a message for the person."""

    def publish(self, **changes: object) -> None:
        """Changes the frame."""

    def note(self, action: Action) -> None:
        """Notes in the journal of the run what was done."""

    def look_again(self) -> Snapshot:
        """The walkers as they are now."""


class RunFiles:
    """Saves what trains, and follows what another process trains.

    Args:
        stage: where things are told and shown.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._session: Session | None = None
        self._autosave: Autosave | None = None
        self._told: set[str] = set()
        self._tail: Tail | None = None
        self._due = self._retry = 0.0

    @property
    def timeout(self) -> float | None:
        """Seconds until there is to be looked at a file; None where none is followed."""
        return None if self._tail is None else max(0.01, self._due - time.monotonic())

    def adopt(self, session: Session, path: Path | None) -> None:
        """Leaves the files of the run before; follows that of another one while it is written."""
        self.end()
        self._session, self._told, self._retry = session, set(), 0.0
        if path is not None:
            tail = Tail(path)
            if tail.look().status is WriterStatus.WRITING:
                self._tail = tail

    def save(self, path: Path) -> None:
        """Saves the run on view."""
        session, facts = self._session, self._stage.state.facts
        if session is None or facts is None:
            return
        save_session(session, path)
        self._stage.note(Saved(str(path.resolve())))
        self._stage.publish(facts=replace(facts, path=path), unsaved=False)
        self._stage.tell("done", f"Saved {path.name}")

    def after_epoch(self) -> None:
        """Saves the run on view where that is due; says once where it fails."""
        if self._session is None or (self._autosave is None and time.monotonic() < self._retry):
            return
        try:
            if self._autosave is None:
                self._retry = time.monotonic() + RETRY_SECONDS
                self._autosave = Autosave(self._session, new_autosave(self._session.configuration.problem))
            self._autosave.after_epoch()
            failure = self._autosave.failure
        except RunFileError as error:
            failure = str(error)
        if failure is not None and failure not in self._told:
            self._told.add(failure)
            self._stage.tell(
                "warning",
                f"This run is not saved by itself: {failure}. Training goes on, and saving is tried again; "
                "save it elsewhere with File ▸ Save run as…",
            )

    def stop_following(self) -> None:
        """Lets go of a file that another process writes."""
        if self._tail is not None:
            self._tail = None
            self._stage.publish(following=False)

    def end(self) -> None:
        """Lets go of every file; what was saved by itself stays, as one of the last few."""
        self.stop_following()
        if self._autosave is not None:
            # Where this fails the last checkpoint stays, and is offered as a run that was interrupted.
            with suppress(RunFileError):
                self._autosave.finish(passing=True)
            self._autosave.close()
            self._autosave = None

    def step(self) -> None:
        """Looks at the file that is followed, where it is time; saves what a pause has left to be saved."""
        if self._autosave is not None or self._stage.state.activity is Activity.TRAINING:
            self.after_epoch()
        if self._tail is None or time.monotonic() < self._due:
            return
        self._due = time.monotonic() + LOOK_SECONDS
        try:
            self._show(self._tail.look())
        except (RunFileError, KeyError, ValueError, RuntimeError, TypeError) as error:
            self.stop_following()
            self._stage.tell("error", f"The run cannot be followed any longer: {error}")

    def _show(self, update: Update) -> None:
        session = self._session
        assert session is not None
        if update.state is not None:
            renew(session, update.state)
            self._stage.publish(
                history=session.history,
                measurements=session.measurements,
                energies=session.energy_sets(),
                snapshot=self._stage.look_again(),
                accuracy=session.classifier_accuracy,
                kept=session.kept,
            )
        epoch, status = session.trainer.epoch, update.status
        following = status is WriterStatus.WRITING
        self._stage.publish(epoch=epoch, progress=session.progress, following=following)
        if following:
            return
        self.stop_following()
        if status is WriterStatus.ENDED:
            self._stage.tell("done", f"The run that was followed has ended after {epoch:,} epochs")
        else:
            self._stage.tell(
                "warning",
                f"Nobody writes this run any more; its last state is that of epoch {epoch:,}. "
                "Continue goes on from there",
            )


def renew(session: Session, state: RunState) -> None:
    """Takes a session to a later state of its run; its walkers go on from where they are.

    Raises:
        KeyError, RuntimeError, TypeError or ValueError: the state is not whole, or of another run.
    """
    lineage, journal = session.lineage, session.journal
    session.composer.discriminators.clear()
    session.composer.rounds.clear()
    restore(session, state)
    session.lineage, session.journal = lineage, journal
    if session.composition.is_model:
        session.sampler.chains.retarget(session.model.target)
    else:
        session.steer(session.composition)
