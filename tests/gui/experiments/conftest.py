"""The experiment browser on experiments of its own, ended after each test."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from landscape_app.experiments.catalogue import EXPERIMENTS
from landscape_app.experiments.experiment import Experiment
from landscape_app.gui.experiments.browser import Browser
from landscape_app.gui.experiments.page import ExperimentPage
from landscape_app.gui.experiments.window import ExperimentsWindow
from landscape_app.gui.theme import LIGHT, apply_theme
from tests.gui.experiments.driving import PATIENCE, Failing, Steps, browser_of


@pytest.fixture
def steps() -> Steps:
    return Steps()


MakeWindow = Callable[[Mapping[str, Experiment]], ExperimentsWindow]


@pytest.fixture
def make_window(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Mapping[str, Experiment]], ExperimentsWindow]]:
    """Makes windows on some experiments, which are ended afterwards; results are kept in a folder of their own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    windows: list[ExperimentsWindow] = []

    def make(experiments: Mapping[str, Experiment]) -> ExperimentsWindow:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        apply_theme(application, LIGHT)
        settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
        window = ExperimentsWindow(LIGHT, settings, lambda: experiments, threads=1)
        windows.append(window)
        window.bring_up()
        qtbot.waitUntil(lambda: window.browser is not None, timeout=PATIENCE)
        return window

    yield make
    for window in windows:
        if window.browser is not None:
            for experiment in window.browser.worker.experiments.values():
                if isinstance(experiment, Steps):
                    experiment.gate.set()
        window.end()
        window.deleteLater()


@pytest.fixture
def window(make_window: MakeWindow, steps: Steps) -> ExperimentsWindow:
    return make_window({"steps": steps, "failing": Failing(), "textbook": EXPERIMENTS["textbook"]})


@pytest.fixture
def browser(window: ExperimentsWindow) -> Browser:
    return browser_of(window)


@pytest.fixture
def page(browser: Browser) -> ExperimentPage:
    return browser.page
