"""The files of the run on view: what it is recorded in, and what is followed while another process trains it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from landscape_app.gui.frame import Frame
from landscape_app.physics.hamiltonian import Target
from landscape_app.runs import Follower, News, RunFileError, RunState
from landscape_app.runs.follower import Life
from landscape_app.runs.live_file import is_being_written
from landscape_app.runs.recorded import new_recording
from landscape_app.session import Recording, Session, Snapshot, save_session
from landscape_app.session.journal import Action, Saved
from landscape_app.session.persistence import restore

LOOK_SECONDS = 1.0
"""Between two looks at a file that another process writes."""


class Stage(Protocol):
    """What a driver offers here."""

    frame: Frame

    def tell(self, kind: str, text: str, detail: str = "") -> None:
        """Leaves a message for the person."""

    def publish(self, **changes: object) -> None:
        """Changes the frame."""

    def note(self, action: Action) -> None:
        """Notes in the journal of the run what was done."""

    def look_again(self) -> Snapshot:
        """The walkers as they are now."""


class RunFiles:
    """Records what trains, and follows what another process trains.

    Args:
        stage: where things are told and shown.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._session: Session | None = None
        self._recording: Recording | None = None
        self._refused = False
        self._follower: Follower | None = None
        self._due = 0.0

    @property
    def patience(self) -> float | None:
        """Seconds until there is to be looked at a file; None where none is followed."""
        return None if self._follower is None else max(0.01, self._due - time.monotonic())

    def adopt(self, session: Session, path: Path | None) -> None:
        """Leaves the files of the run before; follows that of another one while it is written."""
        self.end()
        self._session, self._refused = session, False
        if path is not None and is_being_written(path):
            known = {"metrics": len(session.history), "measurements": len(session.measurements)}
            self._follower = Follower(path, known)

    def save(self, path: Path) -> None:
        """Saves the run on view."""
        session, facts = self._session, self._stage.frame.facts
        if session is None or facts is None:
            return
        save_session(session, path)
        self._stage.note(Saved(str(path.resolve())))
        self._stage.publish(facts=replace(facts, path=path), unsaved=False)
        self._stage.tell("done", f"Saved {path.name}")

    def after_epoch(self) -> None:
        """Records an epoch of the run on view; says once where that fails."""
        if self._session is None or self._refused:
            return
        try:
            if self._recording is None:
                self._recording = Recording(self._session, new_recording(self._session.configuration.problem))
            self._recording.after_epoch()
            failure = self._recording.failure
        except RunFileError as error:
            failure = str(error)
        if failure is not None:
            self._refused = True
            self._stage.tell(
                "warning",
                f"This run is no longer recorded: {failure}. Training goes on in memory; "
                "save it elsewhere with File ▸ Save run as…",
            )

    def stop_following(self) -> None:
        """Lets go of a file that another process writes."""
        if self._follower is not None:
            self._follower.close()
            self._follower = None
            self._stage.publish(following=False)

    def end(self) -> None:
        """Lets go of every file; what was recorded stays, as one of the last few."""
        self.stop_following()
        if self._recording is not None:
            self._recording.keep()
            self._recording.close()
            self._recording = None

    def step(self) -> None:
        """Looks at the file that is followed, where it is time; records what a pause has left to be recorded."""
        if self._recording is not None and not self._refused:
            self._recording.after_epoch()
        if self._follower is None or time.monotonic() < self._due:
            return
        self._due = time.monotonic() + LOOK_SECONDS
        try:
            self._show(self._follower.look())
        except (RunFileError, KeyError, ValueError, RuntimeError, TypeError) as error:
            self.stop_following()
            self._stage.tell("error", f"The run cannot be followed any longer: {error}")

    def _show(self, news: News) -> None:
        session = self._session
        assert session is not None
        session.history.extend(news.rows["metrics"])
        session.measurements.extend(news.rows["measurements"])
        if news.state is not None:
            renew(session, news.state)
            self._stage.publish(
                energies=session.energy_sets(),
                snapshot=self._stage.look_again(),
                accuracy=session.classifier_accuracy,
            )
        epoch = int(session.history["epoch"][-1]) if len(session.history) else 0
        self._stage.publish(epoch=epoch, progress=session.progress, following=news.life is Life.WRITING)
        if news.life is Life.WRITING:
            return
        self.stop_following()
        if news.life is Life.FINISHED:
            self._stage.tell("done", f"The run that was followed has ended after {epoch:,} epochs")
        else:
            self._stage.tell(
                "warning",
                f"Nobody writes this run any more; its last state is that of epoch {session.trainer.epoch:,}. "
                "Continue goes on from there",
            )


def renew(session: Session, state: RunState) -> None:
    """Takes a session to a later state of its run; its walkers go on from where they are.

    Raises:
        KeyError, RuntimeError, TypeError or ValueError: the state is not whole, or of another run.
    """
    history, measurements = session.history, session.measurements
    lineage, journal = session.lineage, session.journal
    session.composer.discriminators.clear()
    session.composer.rounds.clear()
    restore(session, state)
    # What the window draws goes on growing; the state's own columns end with it.
    session.history, session.measurements = history, measurements
    session.lineage, session.journal = lineage, journal
    if session.composition.is_model:
        session.walkers.retarget(Target(session.base, session.hamiltonian))
    else:
        session.steer(session.composition)
