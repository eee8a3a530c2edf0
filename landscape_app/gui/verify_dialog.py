"""Verification of images: the work in a thread of its own, and the dialog that shows what was found."""

from __future__ import annotations

import html
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QLabel,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from landscape_app.gui.messages import failure_message
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.screens import place
from landscape_app.gui.worker import background
from landscape_app.language import tr
from landscape_app.runs import RunState
from landscape_app.session.checkpoint import session_of
from landscape_app.session.memory import VERIFYING
from landscape_app.session.pictures import ReadPicture
from landscape_app.session.verification import (
    Rows,
    Suspected,
    describe_evidence,
    gather_evidence,
    inspect_file,
    split_evidence,
)

ON_VIEW = tr("the run on view")


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
        """True if it has begun, and ended or was stopped."""
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
        problem = (tr("problem"), failure_message(error, work=VERIFYING).text)
        self.told = {path: [*self.told.get(path, []), problem] for path in self._paths}

    def _run(self, state: RunState | None) -> None:
        session = None if state is None else session_of(state, Path(ON_VIEW), "cpu", sampler_chains=1)
        suspected = None if session is None else Suspected.of(session.model, ON_VIEW)
        stripped: dict[Path, ReadPicture] = {}
        for path in self._paths:
            try:
                self.told[path], picture = inspect_file(path, suspected, tr("open its run"))
            except ValueError as error:
                self.told[path] = [(tr("problem"), str(error))]
                continue
            if picture is not None:
                stripped[path] = picture
        if session is None or not stripped:
            return
        pictures = list(stripped.values())
        images = np.concatenate([picture.images for picture in pictures])
        steps = gather_evidence(session.sampler, session.held_out_items, images)
        while not self._stopped:
            try:
                self.share = next(steps)
            except StopIteration as end:
                found = split_evidence(end.value, [len(picture.images) for picture in pictures])
                for (path, picture), evidence in zip(stripped.items(), found, strict=True):
                    self.told[path] = [*self.told[path], *describe_evidence(evidence, picture)]
                return


WATCH_MILLISECONDS = 60
WORKING = tr("Comparing with fresh samples of the model and with held-out images …")


class VerifyDialog(QDialog):
    """Follows a verification; closing it gives it up.

    Args:
        work: what is followed.
        parent: the window.
    """

    def __init__(self, work: VerificationWork, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("verify")
        self.setWindowTitle(tr("Verify image"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._work = work
        self._shown = ""
        body = set_name(QFrame(), "card")
        within = QVBoxLayout(body)
        within.setContentsMargins(16, 12, 16, 12)
        self.text = set_name(QLabel(), "summary")
        self.text.setAccessibleName(tr("What the images say, and the evidence"))
        self.text.setTextFormat(Qt.TextFormat.RichText)
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.text.setToolTip(tr("Can be selected and copied"))
        within.addWidget(self.text)
        within.addStretch(1)
        area = set_name(QScrollArea(), "verify-text")
        area.setWidget(body)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.progress = set_name(QProgressBar(), "verify-progress")
        self.progress.setAccessibleName(WORKING)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(4)
        self.progress.setRange(0, 1000)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.close_button = buttons.button(QDialogButtonBox.StandardButton.Close)
        self.close_button.setObjectName("verify-close")
        self.close_button.setToolTip(tr("Close, and give up what is not done yet (Esc)"))
        buttons.rejected.connect(self.reject)
        self.finished.connect(lambda _: work.stop())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.addWidget(area, 1)
        layout.addWidget(self.progress)
        layout.addWidget(buttons)
        place(self, 700, 480)
        self._timer = QTimer(self, interval=WATCH_MILLISECONDS)
        self._timer.timeout.connect(self._look)
        self._timer.start()
        self._look()

    def _look(self) -> None:
        done = self._work.is_done
        self.progress.setValue(round(1000 * self._work.share))
        self.progress.setVisible(not done)
        text = _written(dict(self._work.told))
        if not done:
            text += f"<p>{WORKING if self._work.share else tr('Reading …')}</p>"
        if text != self._shown:
            self._shown = text
            self.text.setText(text)
        if done:
            self._timer.stop()


def _written(told: dict[Path, Rows]) -> str:
    return "".join(
        f"<p><b>{html.escape(path.name)}</b></p><table cellpadding='2'>"
        + "".join(
            f"<tr><td width='110'>{html.escape(name)}</td><td>{html.escape(value)}</td></tr>"
            for name, value in rows
        )
        + "</table>"
        for path, rows in told.items()
    )
