"""Training from the window: begun, held, gone on with, diverged, saved and ended."""

import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from landscape_app.gui import engine
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.state import Activity, EngineState, Origin
from landscape_app.gui.theme import LIGHT
from landscape_app.gui.training.panel import TrainingPanel, _in_short
from landscape_app.learning.trainer import DivergenceError, EpochRecord
from landscape_app.runs.atomic import RunFileError
from landscape_app.runs.history import History
from landscape_app.session.checkpoint import open_session
from landscape_app.session.sampler import Sampler
from tests.gui.conftest import shown_sweep
from tests.gui.driving import PATIENCE, click, open_new_run, train_for
from tests.gui.test_messages import FOUND

pytestmark = pytest.mark.usefixtures("small_problem")


def test_train_pause_continue_and_reset(window: MainWindow, qtbot: QtBot) -> None:
    train_for(window, qtbot, 3)
    assert window.engine.state.facts.origin is Origin.NEW
    assert not window.toolbar.train_button.isEnabled()
    click(qtbot, window.toolbar.pause_button)
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.SAMPLING, timeout=PATIENCE)
    paused = window.engine.state.epoch
    before = shown_sweep(window)
    qtbot.waitUntil(lambda: shown_sweep(window) > before + 3, timeout=PATIENCE)
    assert window.engine.state.epoch == paused
    assert window.toolbar.train_button.text() == "Continue"
    train_for(window, qtbot, 2)
    window.may_discard = lambda: True  # type: ignore[method-assign]
    click(qtbot, window.toolbar.reset_button)
    qtbot.waitUntil(lambda: window.engine.state.epoch == 0, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.toolbar.train_button.text() == "Train", timeout=PATIENCE)


def test_step_trains_one_epoch_and_holds(window: MainWindow, qtbot: QtBot) -> None:
    click(qtbot, window.toolbar.reset_button)
    qtbot.waitUntil(lambda: window.engine.state.epoch == 0, timeout=PATIENCE)
    for epoch in (1, 2):
        qtbot.waitUntil(window.toolbar.step_button.isEnabled, timeout=PATIENCE)
        click(qtbot, window.toolbar.step_button)
        qtbot.waitUntil(lambda epoch=epoch: window.engine.state.epoch == epoch, timeout=PATIENCE)
        qtbot.waitUntil(lambda: window.engine.state.activity is Activity.STILL, timeout=PATIENCE)


def test_an_opened_run_is_trained_on_and_not_thrown_away(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.toolbar.train_button.text() == "Continue", timeout=PATIENCE)
    click(qtbot, window.toolbar.step_button)
    qtbot.waitUntil(lambda: window.engine.state.epoch == 9, timeout=PATIENCE)
    title = "Handwritten digits – small.h5 * – Landscape"
    qtbot.waitUntil(lambda: window.windowTitle() == title, timeout=PATIENCE)


def test_steering_while_training_shows_steered_chains(window: MainWindow, qtbot: QtBot) -> None:
    train_for(window, qtbot, 2)
    window.steering.set_target(0)
    qtbot.waitUntil(
        lambda: window.engine.state.steering is not None and not window.engine.state.snapshot.training,
        timeout=PATIENCE,
    )
    assert window.engine.state.activity is Activity.TRAINING
    qtbot.waitUntil(lambda: "steered" in window.sampler.caption.text(), timeout=PATIENCE)


def test_a_composition_out_of_reach_is_told_once_while_training(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def refuse(*_: object, **__: object) -> None:
        asked.append(True)
        raise ValueError("too far")

    train_for(window, qtbot, 2)
    monkeypatch.setattr(Sampler, "steer", refuse)
    monkeypatch.setattr(engine, "PREVIEW_SECONDS", 0.0)
    told = window.engine.state.message_number
    window.steering.set_target(0)
    qtbot.waitUntil(lambda: len(asked) > 3, timeout=PATIENCE)
    assert window.engine.state.message_number == told + 1
    assert window.engine.state.message.text == "too far. Training goes on"
    assert window.engine.state.activity is Activity.TRAINING
    monkeypatch.undo()


def test_divergence_is_told_and_the_last_good_model_stays(window: MainWindow, qtbot: QtBot) -> None:
    train_for(window, qtbot, 2)

    def diverge() -> None:
        raise DivergenceError("the energies became infinite; try a smaller learning rate")

    window.engine.session.trainer.run_epoch = diverge  # type: ignore
    qtbot.waitUntil(lambda: window.banner.isVisible(), timeout=PATIENCE)
    assert "smaller learning rate" in window.banner.text.text()
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.SAMPLING, timeout=PATIENCE)
    before = shown_sweep(window)
    qtbot.waitUntil(lambda: shown_sweep(window) > before + 3, timeout=PATIENCE)


def test_going_back_after_a_divergence_is_told_and_training_goes_on(window: MainWindow, qtbot: QtBot) -> None:
    train_for(window, qtbot, 2)
    trainer = window.engine.session.trainer
    run_epoch, failures = trainer.run_epoch, iter([True])

    def diverge_once() -> EpochRecord:
        if next(failures, False):
            raise DivergenceError("the energies became infinite")
        return run_epoch()

    trainer.run_epoch = diverge_once  # type: ignore[method-assign]
    qtbot.waitUntil(lambda: window.banner.isVisible(), timeout=PATIENCE)
    assert "half the learning rates" in window.banner.text.text()
    epoch = window.engine.state.epoch
    qtbot.waitUntil(lambda: window.engine.state.epoch > epoch + 2, timeout=PATIENCE)
    assert window.engine.state.activity is Activity.TRAINING


def no_autosave(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a full disk."""

    def fails(*_: object) -> None:
        raise RunFileError("the disk is full")

    monkeypatch.setattr("landscape_app.gui.run_files.Autosave", fails)


def test_what_no_file_holds_is_asked_about_and_can_be_saved(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_autosave(monkeypatch)
    before = window.engine.state.epoch
    train_for(window, qtbot, 2)
    asked: list[str] = []

    def cancel(box: QMessageBox) -> QMessageBox.StandardButton:
        # Nothing is trained meanwhile.
        qtbot.waitUntil(lambda: window.engine.state.activity is not Activity.TRAINING, timeout=PATIENCE)
        asked.append(box.text())
        return QMessageBox.StandardButton.Cancel

    monkeypatch.setattr(QMessageBox, "exec", cancel)
    assert not window.close()
    assert re.fullmatch(r"No file holds \d+ epochs? of this run\.", asked[0])
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.TRAINING, timeout=PATIENCE)
    qtbot.waitUntil(window.toolbar.pause_button.isEnabled, timeout=PATIENCE)
    click(qtbot, window.toolbar.pause_button)
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.SAMPLING, timeout=PATIENCE)
    assert window.engine.state.lost == f"{window.engine.state.epoch - before:,} epochs"
    path = tmp_path / "mine.h5"
    monkeypatch.setattr(QMessageBox, "exec", lambda self: QMessageBox.StandardButton.Save)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    assert window.may_discard()
    qtbot.waitUntil(lambda: not window.engine.state.unsaved, timeout=PATIENCE)
    assert open_session(path, "cpu").trainer.epoch == window.engine.state.epoch
    assert window.may_discard()


def test_what_the_application_saves_by_itself_is_not_asked_about(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_for(window, qtbot, 2)
    monkeypatch.setattr(QMessageBox, "exec", lambda self: pytest.fail(self.text()))
    assert window.engine.state.unsaved
    assert window.may_discard()


def test_answering_save_when_closing_saves(
    own_window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = own_window
    no_autosave(monkeypatch)
    train_for(window, qtbot, 2)
    path = tmp_path / "closing.h5"
    monkeypatch.setattr(QMessageBox, "exec", lambda self: QMessageBox.StandardButton.Save)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    assert window.close()
    assert open_session(path, "cpu").trainer.epoch >= 2


def test_a_failed_command_does_not_stop_training(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    train_for(window, qtbot, 2)
    window.engine.open(tmp_path / "missing.h5")
    window.steering.set_target(2)
    qtbot.waitUntil(lambda: window.banner.isVisible(), timeout=PATIENCE)
    epoch = window.engine.state.epoch
    qtbot.waitUntil(lambda: window.engine.state.epoch > epoch + 2, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.engine.state.composition.target == 2, timeout=PATIENCE)


def test_the_figure_is_that_of_the_model_kept_and_says_of_which_set_and_epoch(qtbot: QtBot) -> None:
    panel = TrainingPanel(LIGHT)
    qtbot.addWidget(panel)
    figure, measured = panel.figures["nats"], History()
    measured.append(replace(FOUND, epoch=600, test_nats=math.nan, test_scatter=math.nan))

    def shown(**changes: object) -> tuple[str, str]:
        panel.show_state(replace(EngineState(measurements=measured), **changes))  # type: ignore[arg-type]
        for _ in panel.plots:
            panel.redraw(everything=True)
        return figure.value.text(), figure.caption.text()

    assert shown() == ("4.20 ± 0.15", "Validation nats, epoch 600")
    assert shown(kept=replace(FOUND, epoch=118)) == ("3.98 ± 0.15", "Test nats, epoch 118")
    assert panel.entropy.best is not None
    assert [part.tolist() for part in panel.entropy.best.getData()] == [[118], [4.2]]
    measured.append(
        replace(FOUND, epoch=700, log_partition_error=math.inf, log_partition_low=1.0, test_nats=math.nan)
    )
    assert shown() == ("at least 3.96", "Validation nats, epoch 700")


def test_training_ends_where_it_was_planned_to_and_can_go_on(window: MainWindow, qtbot: QtBot) -> None:
    told = window.engine.state.message_number
    window.toolbar.epochs_box.setValue(50)
    train_for(window, qtbot, 1)
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.SAMPLING, timeout=PATIENCE)
    assert window.engine.state.epoch == 50
    qtbot.waitUntil(lambda: "finished" in window.toolbar.status.text(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.engine.state.message_number > told, timeout=PATIENCE)
    assert window.engine.state.message is not None
    assert "Test" in window.engine.state.message.text
    assert window.engine.state.kept is not None
    # To go on is to plan more, and how many is said before and after.
    assert window.toolbar.train_button.text() == "Train 250 more"
    train_for(window, qtbot, 2)
    qtbot.waitUntil(lambda: window.toolbar.epochs_box.value() == 300, timeout=PATIENCE)
    assert window.banner.text.text() == "Training had ended: 250 more epochs are planned, 300 in all"


@pytest.mark.usefixtures("quick_classifier")
def test_without_a_model_a_new_one_can_be_trained(
    make_window: Callable[[], MainWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    window = make_window()
    window.engine.open(tmp_path / "missing.h5")
    dialog = open_new_run(window, qtbot, window.toolbar.train_button)
    click(qtbot, dialog.train_button)
    qtbot.waitUntil(lambda: window.engine.state.epoch >= 1, timeout=PATIENCE)


def test_small_figures_have_a_power_of_ten_for_which_there_is_room() -> None:
    assert _in_short(0.000333, ".2g") == "3.3e−4"
    assert (_in_short(0.0042, ".2g"), _in_short(0.0, ".2g"), _in_short(12.3, ".2g")) == ("0.0042", "0", "12")
