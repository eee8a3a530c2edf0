"""A run that was interrupted, as by a crash, is offered when the window starts again."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMessageBox

from landscape_app.gui.widgets.containers import set_name
from landscape_app.problems import problem_title
from landscape_app.runs import RunFileError, read_run
from landscape_app.runs.autosave import interrupted

if TYPE_CHECKING:
    from landscape_app.gui.main_window import MainWindow

DECLINED = "autosaves/declined"
"""The setting that remembers which run was offered and declined."""


def offer_interrupted(window: MainWindow) -> QMessageBox | None:
    """Asks whether the latest interrupted run is to be opened, unless that was declined; returns the question."""
    for path in interrupted():
        if str(window.settings.value(DECLINED, "")) == path.name:
            return None
        try:
            state = read_run(path)
            epochs = int(state.arrays["trainer/epoch"])
        except (RunFileError, KeyError):
            continue
        if epochs > 0:
            return _ask(window, path, problem_title(str(state.configuration.get("problem"))), epochs)
    return None


def _ask(window: MainWindow, path: Path, title: str, epochs: int) -> QMessageBox:
    moment = datetime.datetime.fromtimestamp(path.stat().st_mtime)
    box = QMessageBox(window)
    box.setObjectName("interrupted")
    box.setAccessibleName("A run was interrupted")
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle("Landscape")
    count = "1 epoch" if epochs == 1 else f"{epochs:,} epochs"
    box.setText(f"A training was interrupted on {moment:%Y-%m-%d at %H:%M}.")
    box.setInformativeText(
        f"“{title}”, {count}, is kept as it was a few seconds before. Opened, it can be continued to the last bit "
        "with Continue."
    )
    opening = box.addButton("Open it", QMessageBox.ButtonRole.AcceptRole)
    later = box.addButton("Not now", QMessageBox.ButtonRole.RejectRole)
    set_name(opening, "interrupted-open").setToolTip(f"Open {path}")
    set_name(later, "interrupted-decline").setToolTip(
        "Leave it; it stays among the autosaved runs (File ▸ Open an autosaved run…)"
    )
    box.setDefaultButton(opening)

    def answer() -> None:
        if box.clickedButton() is opening:
            window.open_file(path)
        else:
            window.settings.setValue(DECLINED, path.name)

    box.finished.connect(answer)
    box.open()
    return box
