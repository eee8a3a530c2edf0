"""The experiment browser from the main window, whose chains make way for it."""

import threading
import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from landscape_app.experiments.catalogue import EXPERIMENTS
from landscape_app.experiments.experiment import SEED, Experiment, Progress, Values
from landscape_app.experiments.figure import Figure
from landscape_app.gui.experiments.browser import Browser
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.state import Activity
from landscape_app.gui.theme import DARK
from tests.gui.driving import PATIENCE


class Waiting(Experiment):
    """Goes on until it may end."""

    name = "waiting"
    title = "Waiting"
    paper = "nowhere"
    summary = "It waits."
    parameters = (SEED,)
    minutes = (0.1, 0.1)

    def __init__(self) -> None:
        self.may_end = threading.Event()

    def run(self, values: Values) -> Iterator[Progress]:
        """Waits."""
        while not self.may_end.is_set():
            yield Progress(0.5, "Waiting", Figure())
            time.sleep(0.002)


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Waiting:
    experiment = Waiting()
    monkeypatch.setitem(EXPERIMENTS, "waiting", experiment)
    return experiment


def opened(window: MainWindow, qtbot: QtBot) -> Browser:
    """The browser, opened by its key, on the experiment that waits."""
    modifiers = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window, Qt.Key.Key_E, modifiers)
    assert window.experiments is not None
    assert window.experiments.isVisible()
    qtbot.waitUntil(lambda: window.experiments.browser is not None, timeout=PATIENCE)
    browser = window.experiments.browser
    assert browser is not None
    browser.list.choose("waiting")
    return browser


@pytest.fixture
def browser(window: MainWindow, waiting: Waiting, qtbot: QtBot) -> Iterator[Browser]:
    """The browser of the window that tests share."""
    browser = opened(window, qtbot)
    yield browser
    waiting.may_end.set()
    qtbot.waitUntil(lambda: not browser.is_running, timeout=PATIENCE)


def activity_is(window: MainWindow, activity: Activity, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.engine.state.activity is activity, timeout=PATIENCE)


def test_chains_rest_while_an_experiment_runs_and_go_on_after(
    window: MainWindow, browser: Browser, waiting: Waiting, qtbot: QtBot
) -> None:
    activity_is(window, Activity.SAMPLING, qtbot)
    browser.page.start()
    activity_is(window, Activity.STILL, qtbot)
    waiting.may_end.set()
    activity_is(window, Activity.SAMPLING, qtbot)
    window.set_theme(DARK)


def test_chains_that_were_held_stay_held(
    window: MainWindow, browser: Browser, waiting: Waiting, qtbot: QtBot
) -> None:
    window.engine.play(False)
    activity_is(window, Activity.STILL, qtbot)
    browser.page.start()
    qtbot.waitUntil(lambda: browser.is_running, timeout=PATIENCE)
    waiting.may_end.set()
    qtbot.waitUntil(lambda: len(browser.page.entries) == 1, timeout=PATIENCE)
    qtbot.wait(100)
    assert window.engine.state.activity is Activity.STILL


def test_a_training_goes_on_beside_an_experiment(window: MainWindow, browser: Browser, qtbot: QtBot) -> None:
    window.engine.train()
    activity_is(window, Activity.TRAINING, qtbot)
    browser.page.start()
    qtbot.waitUntil(lambda: browser.is_running, timeout=PATIENCE)
    epoch = window.engine.state.epoch
    qtbot.waitUntil(lambda: window.engine.state.epoch > epoch, timeout=PATIENCE)
    assert window.engine.state.activity is Activity.TRAINING


def test_closing_the_main_window_asks_about_the_experiment_and_ends_it(
    own_window: MainWindow, waiting: Waiting, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = own_window
    browser = opened(window, qtbot)
    browser.page.start()
    qtbot.waitUntil(lambda: browser.is_running, timeout=PATIENCE)
    monkeypatch.setattr(QMessageBox, "exec", lambda self: QMessageBox.StandardButton.Cancel)
    assert not window.close()
    assert browser.is_running
    monkeypatch.setattr(QMessageBox, "exec", lambda self: QMessageBox.StandardButton.Yes)
    assert window.close()
    assert not browser.worker.is_alive
    assert window.experiments is not None
    assert not window.experiments.isVisible()
