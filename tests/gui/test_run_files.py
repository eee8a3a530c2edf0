"""A window's runs are saved by themselves, those of other processes followed, and interrupted ones offered."""

import os
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.gui.application import FilesToOpen, offer_interrupted
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.state import Activity
from landscape_app.problems import PROBLEMS
from landscape_app.runs.autosave import autosave_folder, autosaves, interrupted, new_autosave, set_aside
from landscape_app.runs.run_file import RunState, read_run
from landscape_app.session.autosave import Autosave
from landscape_app.session.session import Session
from tests.gui.driving import PATIENCE, Desk, begin_run


@pytest.fixture(autouse=True)
def small_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Quick runs, and a folder of autosaved runs of the test's own."""
    monkeypatch.setattr(
        "landscape_app.runs.autosave.platformdirs.user_data_path", lambda *a, **k: tmp_path / "data"
    )
    line = PROBLEMS["two-gaussians"]
    monkeypatch.setitem(PROBLEMS, "two-gaussians", replace(line, defaults=replace(line.defaults, chains=64)))


def train_line(window: MainWindow, qtbot: QtBot, epochs: int) -> None:
    begin_run(window, qtbot, "two-gaussians")
    qtbot.waitUntil(
        lambda: window.engine.state.activity is Activity.TRAINING and window.engine.state.epoch >= epochs,
        timeout=PATIENCE,
    )


def interrupt(session: Session, epochs: int) -> Path:
    """An autosave whose process has gone without a word."""
    autosave = Autosave(session, new_autosave("two-gaussians"))
    for _ in islice(session.train(), epochs):
        autosave.after_epoch()
    autosave.save_now()
    autosave.close()
    return autosave.path


def line_session() -> Session:
    return Session(PROBLEMS["two-gaussians"].defaults, "cpu", sampler_chains=16)


def test_what_a_window_trains_is_saved_until_the_window_closes(own_window: MainWindow, qtbot: QtBot) -> None:
    window = own_window
    train_line(window, qtbot, 5)
    qtbot.mouseClick(window.toolbar.pause_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.SAMPLING, timeout=PATIENCE)
    epochs = window.engine.state.epoch
    window.may_discard = lambda: True  # type: ignore[method-assign]
    window.close()
    (path,) = autosaves()
    assert len(read_run(path).metrics["epoch"]) == epochs
    assert not interrupted()


def test_an_autosave_that_fails_is_told_once_and_training_goes_on(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    autosave_folder().parent.mkdir(parents=True)
    autosave_folder().write_text("no folder")
    train_line(window, qtbot, 10)
    qtbot.waitUntil(window.banner.isVisible, timeout=PATIENCE)
    assert "not saved by itself" in window.banner.text.text()
    told = window.engine.state.message_number
    epoch = window.engine.state.epoch
    qtbot.waitUntil(lambda: window.engine.state.epoch > epoch + 5, timeout=PATIENCE)
    assert window.engine.state.message_number == told


def test_an_interrupted_run_is_offered_and_opens_to_go_on(window: MainWindow, qtbot: QtBot) -> None:
    path = interrupt(line_session(), 7)
    assert interrupted() == [path]
    box = offer_interrupted(window)
    assert isinstance(box, QMessageBox)
    assert "7 epochs" in box.informativeText()
    qtbot.mouseClick(box.findChild(QPushButton, "interrupted-open"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.engine.state.epoch == 7, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.toolbar.train_button.text() == "Continue", timeout=PATIENCE)
    assert not window.engine.state.following


def test_an_interrupted_run_that_was_declined_is_not_offered_again(window: MainWindow, qtbot: QtBot) -> None:
    interrupt(line_session(), 3)
    box = offer_interrupted(window)
    assert box is not None
    qtbot.mouseClick(box.findChild(QPushButton, "interrupted-decline"), Qt.MouseButton.LeftButton)
    assert offer_interrupted(window) is None


def test_the_last_few_autosaves_stay_and_older_ones_beside_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("landscape_app.runs.autosave.KEPT_OLDER", 5)
    names, deleted = [], []
    for number in range(13):
        deleted += set_aside()
        path = new_autosave("digits")
        path.write_bytes(b"")
        os.utime(path, (number, number))
        names.append(path)
    assert sorted(autosaves()) == sorted(names[-5:])
    older = autosave_folder() / "older"
    assert sorted(path.name for path in older.iterdir()) == sorted(path.name for path in names[3:8])
    assert [path.name for path in deleted] == [path.name for path in names[:3]]


def test_plots_and_chains_move_with_a_run_that_is_written_elsewhere(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    session = line_session()
    autosave = Autosave(session, tmp_path / "live.h5")
    training = session.train()
    for _ in range(10):
        next(training)
        autosave.after_epoch()
    autosave.save_now()
    qtbot.waitUntil((tmp_path / "live.h5").exists, timeout=PATIENCE)
    window.engine.open(tmp_path / "live.h5")
    state = lambda: window.engine.state  # noqa: E731
    qtbot.waitUntil(lambda: state().following, timeout=PATIENCE)
    before = state().snapshot
    for _ in range(10):
        next(training)
    autosave.save_now()
    qtbot.waitUntil(lambda: state().epoch == 20, timeout=PATIENCE)
    assert len(state().history) == 20
    qtbot.waitUntil(lambda: "Following · epoch 20" in window.toolbar.status.text(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: state().snapshot is not before, timeout=PATIENCE)
    curve = window.training.metrics["gradient"].lines[0]
    # Its data are None until it is first drawn.
    qtbot.waitUntil(lambda: np.size(curve.getData()[0]) == 20, timeout=PATIENCE)
    autosave.finish()
    autosave.close()
    qtbot.waitUntil(lambda: not state().following and state().message is not None, timeout=PATIENCE)
    assert "has ended after 20 epochs" in state().message.text


def test_a_run_that_nobody_writes_is_read_once(small_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[Path] = []

    def counted(path: Path) -> RunState:
        reads.append(path)
        return read_run(path)

    for module in ("session.checkpoint", "runs.tail"):
        monkeypatch.setattr(f"landscape_app.{module}.read_run", counted)
    desk = Desk(small_run)
    assert reads == [small_run]
    assert not desk.state.following


def test_a_file_that_the_system_hands_over_is_opened(qapp: QApplication, qtbot: QtBot) -> None:
    """As macOS does it: with an event to the application."""

    class Window(QWidget):
        def __init__(self) -> None:
            super().__init__()
            self.opened: list[Path] = []
            self.open_file = self.opened.append

    window = Window()
    qtbot.addWidget(window)
    files = FilesToOpen(window)  # type: ignore[arg-type]
    qapp.installEventFilter(files)
    QApplication.sendEvent(qapp, QFileOpenEvent("/runs/run.h5"))
    qtbot.waitUntil(lambda: window.opened == [Path("/runs/run.h5")], timeout=PATIENCE)
