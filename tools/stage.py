"""The window opened without a display, on the model that ships, for its pictures and for the list of its controls."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from landscape_app.gui.experiments.window import ExperimentsWindow
    from landscape_app.gui.main_window import MainWindow

FIELDS = ("class", "pixels", "ink", "symmetry", "similarity", "smoothness")
"""Kinds of field that can be added without a file or a training."""

RUNS = ("digits.h5", "digits-2.h5")
"""Files of the runs that there are."""

PATIENCE = 120.0
"""Seconds after which a wait has failed."""


@contextmanager
def opened(theme: str, size: tuple[int, int] = (1280, 800)) -> Iterator[MainWindow]:
    """A window whose chains move, with settings and files of its own; closed afterwards.

    Args:
        theme: "light" or "dark".
        size: in pixels.
    """
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
            os.environ[name] = folder
        from pyqtgraph.util.garbage_collector import GarbageCollector
        from PySide6.QtCore import QRect, QSettings
        from PySide6.QtWidgets import QApplication

        from landscape_app.gui.engine import Engine
        from landscape_app.gui.main_window import MainWindow
        from landscape_app.gui.theme import apply_theme, resolve_theme
        from landscape_app.gui.widgets import screens

        application = QApplication.instance() or QApplication(["Landscape"])
        assert isinstance(application, QApplication)
        # A screen that there is not has room for every window.
        screens.room_for = lambda window: QRect(0, 0, 1920, 1200)
        # A worker's thread that collects garbage could end widgets, which only this thread may.
        garbage = GarbageCollector()
        look = resolve_theme(theme)
        apply_theme(application, look)
        settings = QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)
        window = MainWindow(Engine(device="cpu"), look, settings)
        window.resize(*size)
        window.show()
        window.engine.open_shipped()
        try:
            wait(lambda: window.shown is not None and window.shown.sweep is not None)
            yield window
        finally:
            if window.experiments is not None:
                # Else it would ask whether it may stop.
                window.experiments.end()
            window.may_discard = lambda: True  # type: ignore[method-assign]
            window.close()
            garbage.timer.stop()
            gc.enable()


def wait(holds: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Lets the window live until something holds.

    Raises:
        TimeoutError: it has not come.
    """
    from PySide6.QtWidgets import QApplication

    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("the window has not come to what was waited for")
        QApplication.processEvents()
        time.sleep(0.005)


def rest(seconds: float) -> None:
    """Lets the window live for so long."""
    end = time.monotonic() + seconds
    wait(lambda: time.monotonic() > end)


def dialogs(window: QWidget) -> list[QWidget]:
    """Dialogs that are open over a window."""
    from PySide6.QtWidgets import QDialog

    return [dialog for dialog in window.findChildren(QDialog) if dialog.isVisible()]


def fill(window: MainWindow) -> None:
    """Shows two compositions with fields of every kind side by side and a chain in detail, and stops the chains."""
    window.steering.set_comparing(True)
    window.sampler.select(3)
    for kind in FIELDS:
        window.steering.add(kind)
    wait(partial(_shows_all, window))
    window.engine.play(False)


def others(window: MainWindow) -> Iterator[QWidget]:
    """Every other window and dialog, one after the other, shown; a dialog is closed once the next is asked for."""
    from landscape_app.data.importing.folders import Files
    from landscape_app.gui.code_dialog import show_as_script
    from landscape_app.gui.exports import PICTURES, ExportDialog
    from landscape_app.gui.help.glossary import GlossaryDialog, PapersDialog
    from landscape_app.gui.importing.file_type import FileInfo, FileType
    from landscape_app.gui.keyboard import KeyboardDialog
    from landscape_app.gui.main_window import WIDGET_KEYS
    from landscape_app.gui.sampler.recall import RecallDialog
    from landscape_app.gui.trust import TrustDialog
    from landscape_app.gui.verify_dialog import VerificationWork, VerifyDialog
    from landscape_app.session.custom_field import FieldSource

    _keep_runs()
    for open_window, name in (
        (window.open_playground, "playground"),
        (window.open_lattice, "lattice"),
        (window.open_experiments, "experiments"),
        (window.open_runs, "runs"),
        (window.open_bounds, "bounds"),
        (window.open_observables, "observables"),
        (partial(_open_scores, window), "scores"),
    ):
        open_window()
        other = getattr(window, name)
        if name == "experiments":
            wait(partial(_has_browser, other))
        if name == "runs":
            wait(lambda: len(window.runs.table.shown) == len(RUNS))  # type: ignore[union-attr]
        yield other
        if name == "playground":
            yield other.points
        if name == "runs":
            other.pages.button("runs").click()
            other.table.selectAll()
            other.compare()
            wait(other.comparison.table.isVisible)
            yield other
    for ask in (
        window.ask_for_new_run,
        lambda: ExportDialog(PICTURES, 100, True, True, window, ("A: T = 1", "B: T = 2")).show(),
        window.open_remote,
        window.ask_for_energy,
        window.importing.open_dialog,
        window.importing.draw_patterns,
        lambda: window.importing.ask_about(Files(Path("samples.npz")), FileInfo(FileType.SAMPLES)),
        window._ask_for_branch,
        lambda: RecallDialog(window.theme, window).show(),
        lambda: TrustDialog(FieldSource(Path("energy.py"), "", ""), window).show(),
        lambda: show_as_script(window, window.theme, window.engine.state),
        lambda: GlossaryDialog(window).open(),
        lambda: PapersDialog(window).open(),
        lambda: KeyboardDialog(WIDGET_KEYS, window).open(),
        partial(_verify, window),
        lambda: VerifyDialog(VerificationWork([]), window).show(),
        window.show_trusted,
        window.show_about,
        lambda: window.report.offer_page(Path("report.html")),
    ):
        ask()
        for dialog in dialogs(window):
            yield dialog
            dialog.reject()  # type: ignore[attr-defined]


def _keep_runs() -> None:
    """Puts runs into the folder of those that are recorded."""
    from landscape_app.data import SHIPPED_MODEL, asset_path
    from landscape_app.runs.autosave import autosave_folder

    folder = autosave_folder()
    folder.mkdir(parents=True, exist_ok=True)
    for name in RUNS:
        shutil.copy(asset_path(SHIPPED_MODEL), folder / name)


def _verify(window: MainWindow) -> None:
    """The dialog of an image that was verified."""
    from PySide6.QtGui import QImage

    from landscape_app.gui.verify_dialog import VerificationWork, VerifyDialog

    with tempfile.TemporaryDirectory() as folder:
        image = QImage(8, 8, QImage.Format.Format_Grayscale8)
        image.fill(128)
        path = Path(folder) / "image.png"
        image.save(str(path))
        work = VerificationWork([path])
        work.begin(None)
        wait(lambda: work.is_done)
    VerifyDialog(work, window).show()


def _shows_all(window: MainWindow) -> bool:
    """True once two compositions are shown side by side, and a chain of theirs in detail."""
    state = window.shown
    if state is None or state.compared is None or state.snapshot is None:
        return False
    return state.snapshot.followed is not None


def _has_browser(window: ExperimentsWindow) -> bool:
    return window.browser is not None


def _open_scores(window: MainWindow) -> None:
    """The window of scores, without a question for a file."""
    from landscape_app.gui.scoring.window import ScoreWindow

    window.scores = ScoreWindow(
        window.theme, window.settings, window.engine.take_run, lambda: window.engine.functions
    )
    window.scores.bring_up()
