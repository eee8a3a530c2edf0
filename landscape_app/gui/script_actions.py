"""Menu entries that give the run on view as Python: its model in a few lines, and all that was done as a script."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from landscape_app.data import SHIPPED_MODEL, asset_path
from landscape_app.gui.code_dialog import CodeDialog
from landscape_app.gui.frame import Facts, Frame, Origin
from landscape_app.session import model_snippet, script_of

if TYPE_CHECKING:
    from landscape_app.gui.main_window import MainWindow


def add_script_actions(window: MainWindow, menu: QMenu) -> None:
    """Adds both entries to a menu, and a line above them."""
    menu.addSeparator()
    for text, key, show, name, tip in (
        (
            "Use this model in Python…",
            "",
            show_model_in_python,
            "model-in-python",
            "The lines of Python that load the run's file and evaluate H(x)",
        ),
        (
            "Show as script…",
            "Ctrl+Shift+Y",
            show_as_script,
            "script",
            "All that was done with this run, as a Python script that does it again",
        ),
    ):
        action = QAction(text, window)
        action.setObjectName(f"action-{name}")
        action.setToolTip(tip)
        action.setShortcut(QKeySequence(key))
        action.triggered.connect(partial(_show, window, show))
        menu.addAction(action)


def show_model_in_python(window: MainWindow, frame: Frame, facts: Facts) -> None:
    """Shows the lines that load the model on view."""
    file, advice = _model_file(frame, facts)
    _open(
        window,
        "Use this model in Python",
        f"Lines that load the model and evaluate H(x), to be pasted where Landscape is installed. {advice}",
        model_snippet(file, facts.space),
        "use_model.py",
    )


def show_as_script(window: MainWindow, frame: Frame, facts: Facts) -> None:
    """Shows what was done with the run on view as a script."""
    data_file = None if facts.path is None else str(facts.path.resolve())
    epochs = frame.epoch - frame.journal[0].epoch
    trained = f"It trains for {epochs:,} epoch{'' if epochs == 1 else 's'}; its" if epochs else "Its"
    _open(
        window,
        "Show as script",
        f"What was done with this run so far, as a script that does it again. {trained} first lines say what "
        "comes out the same.",
        script_of(frame.journal, frame.epoch, data_file),
        f"{_plain(facts.configuration.problem)}_script.py",
    )


def _show(window: MainWindow, show: Callable[[MainWindow, Frame, Facts], None], _: bool = False) -> None:
    frame = window.engine.frame
    if frame.facts is not None:
        show(window, frame, frame.facts)


def _model_file(frame: Frame, facts: Facts) -> tuple[str, str]:
    """Path of the file that holds the model on view, and what is to be known of it."""
    if facts.origin is Origin.SHIPPED:
        return str(asset_path(SHIPPED_MODEL)), "This is the model that comes with Landscape."
    if facts.path is None:
        name = f"{_plain(facts.configuration.problem)}-run.h5"
        return name, f"This run is in no file yet: save it as {name} first (Ctrl+S)."
    if frame.unsaved:
        return str(facts.path.resolve()), "Save the run first (Ctrl+S): its file holds an earlier state."
    return str(facts.path.resolve()), ""


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in Path(name).name)[:40] or "run"


def _open(window: MainWindow, title: str, meaning: str, code: str, file_name: str) -> None:
    dialog = CodeDialog(title, meaning, code, file_name, window.theme, window)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
