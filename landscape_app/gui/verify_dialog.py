"""Shows whether images are generated: what they say of themselves, or the evidence of the model on view."""

from __future__ import annotations

import html
from pathlib import Path

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

from landscape_app.gui.verification_work import VerificationWork
from landscape_app.gui.widgets.naming import named
from landscape_app.session.verification_words import Rows

WATCH_MILLISECONDS = 60
WORKING = "Comparing with fresh samples of the model and with held-out images …"


class VerifyDialog(QDialog):
    """Follows a verification; closing it gives it up.

    Args:
        work: what is followed.
        parent: the window.
    """

    def __init__(self, work: VerificationWork, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("verify")
        self.setWindowTitle("Verify image")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._work = work
        self._shown = ""
        body = named(QFrame(), "card")
        within = QVBoxLayout(body)
        within.setContentsMargins(16, 12, 16, 12)
        self.text = named(QLabel(), "summary")
        self.text.setAccessibleName("What the images say, and the evidence")
        self.text.setTextFormat(Qt.TextFormat.RichText)
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.text.setToolTip("Can be selected and copied")
        within.addWidget(self.text)
        within.addStretch(1)
        area = named(QScrollArea(), "verify-text")
        area.setWidget(body)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.progress = named(QProgressBar(), "verify-progress")
        self.progress.setAccessibleName(WORKING)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(4)
        self.progress.setRange(0, 1000)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.close_button = buttons.button(QDialogButtonBox.StandardButton.Close)
        self.close_button.setObjectName("verify-close")
        self.close_button.setToolTip("Close, and give up what is not done yet (Esc)")
        buttons.rejected.connect(self.reject)
        self.finished.connect(lambda _: work.stop())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.addWidget(area, 1)
        layout.addWidget(self.progress)
        layout.addWidget(buttons)
        self.resize(700, 480)
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
            text += f"<p>{WORKING if self._work.share else 'Reading …'}</p>"
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
