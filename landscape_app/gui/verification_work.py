"""Reads what images say of themselves, and looks for evidence where they say nothing, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from landscape_app.gui.failures import background, failure_message
from landscape_app.runs import RunState
from landscape_app.session.first_look import Suspect, first_look
from landscape_app.session.memory import VERIFYING
from landscape_app.session.persistence import session_of
from landscape_app.session.picture_reading import ReadPicture
from landscape_app.session.verification import examination, split_evidence
from landscape_app.session.verification_words import Rows, describe_evidence

ON_VIEW = "the run on view"


class VerificationWork:
    """Verifies images with a session of its own, so that the one on view goes on.

    Attributes:
        told: what there is to say so far, by image.
        share: of the work that is done, 0 to 1.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self.told: dict[Path, Rows] = {}
        self.share = 0.0
        self._paths = tuple(paths)
        self._stopped = False
        self._thread: threading.Thread | None = None

    @property
    def is_done(self) -> bool:
        """Whether it has begun, and ended or was stopped."""
        return self._thread is not None and not self._thread.is_alive()

    def begin(self, state: RunState | None) -> None:
        """Begins, with the run that may have made the images; None for none. From any thread."""
        # Not a daemon: a program must not end in the middle of an operator. Stopped, it ends within a step.
        thread = background("verification", lambda: self._run(state), self._fail, daemon=False)
        thread.start()
        # Not before it runs: one that has not begun is not alive either, and would be taken for done.
        self._thread = thread

    def stop(self) -> None:
        """Gives it up."""
        self._stopped = True

    def _fail(self, error: BaseException) -> None:
        problem = ("problem", failure_message(error, work=VERIFYING).text)
        self.told = {path: [*self.told.get(path, []), problem] for path in self._paths}

    def _run(self, state: RunState | None) -> None:
        session = None if state is None else session_of(state, Path(ON_VIEW), "cpu", walkers=1)
        suspect = None if session is None else Suspect.of(session, ON_VIEW)
        stripped: dict[Path, ReadPicture] = {}
        for path in self._paths:
            try:
                self.told[path], picture = first_look(path, suspect, "open its run")
            except ValueError as error:
                self.told[path] = [("problem", str(error))]
                continue
            if picture is not None:
                stripped[path] = picture
        if session is None or not stripped:
            return
        pictures = list(stripped.values())
        steps = examination(session, np.concatenate([picture.images for picture in pictures]))
        while not self._stopped:
            try:
                self.share = next(steps)
            except StopIteration as end:
                found = split_evidence(end.value, [len(picture.images) for picture in pictures])
                for (path, picture), evidence in zip(stripped.items(), found, strict=True):
                    self.told[path] = [*self.told[path], *describe_evidence(evidence, picture)]
                return
