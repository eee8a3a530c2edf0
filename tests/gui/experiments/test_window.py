"""The experiments' window: opened, closed, dressed and remembered."""

import subprocess
import sys
from collections.abc import Mapping

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QAbstractSpinBox, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.experiments.catalogue import EXPERIMENTS
from landscape_app.experiments.experiment import Experiment
from landscape_app.experiments.figure import Panel
from landscape_app.gui.experiments.browser import Browser
from landscape_app.gui.experiments.experiment_list import PICTURE
from landscape_app.gui.experiments.page import ExperimentPage
from landscape_app.gui.experiments.thumbnail import SIZE, thumbnail
from landscape_app.gui.experiments.window import ExperimentsWindow
from landscape_app.gui.theme import DARK, LIGHT, Theme
from landscape_app.gui.widgets.panel_canvas import style_of
from tests.gui.experiments.conftest import MakeWindow
from tests.gui.experiments.driving import PATIENCE, Failing, Steps, browser_of, run, run_to_the_gate


def test_closing_asks_about_what_runs_and_stops_it(
    window: ExperimentsWindow,
    page: ExperimentPage,
    steps: Steps,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_to_the_gate(qtbot, page)
    monkeypatch.setattr(QMessageBox, "exec", lambda self: QMessageBox.StandardButton.Cancel)
    window.close()
    assert window.isVisible()
    assert page.running is not None
    monkeypatch.setattr(QMessageBox, "exec", lambda self: QMessageBox.StandardButton.Yes)
    window.close()
    assert not window.isVisible()
    qtbot.waitUntil(lambda: len(page.entries) == 1, timeout=PATIENCE)
    window.bring_up()
    assert page.view.verdict.text() == "■ Stopped at 60%"


def test_ending_stops_the_thread_in_the_middle_of_an_experiment(
    window: ExperimentsWindow, page: ExperimentPage, steps: Steps, qtbot: QtBot
) -> None:
    run_to_the_gate(qtbot, page)
    window.end()
    assert not browser_of(window).worker.is_alive
    assert steps.closed


def test_experiments_that_cannot_be_loaded_are_told(make_window: MakeWindow, qtbot: QtBot) -> None:
    def fail() -> Mapping[str, Experiment]:
        raise ImportError("no module named scipy")

    window = ExperimentsWindow(LIGHT, QSettings(), fail)
    qtbot.addWidget(window)
    assert "Loading" in window.waiting.text()
    qtbot.waitUntil(lambda: "no module named scipy" in window.waiting.text(), timeout=PATIENCE)
    window.end()


def test_a_browser_that_cannot_be_made_is_told(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no page to turn to")

    monkeypatch.setattr("landscape_app.gui.experiments.browser.Browser", broken)
    window = ExperimentsWindow(LIGHT, QSettings(), lambda: {"steps": Steps()})
    qtbot.addWidget(window)
    qtbot.waitUntil(lambda: "no page to turn to" in window.waiting.text(), timeout=PATIENCE)
    window.end()


def test_geometry_and_experiment_are_remembered(make_window: MakeWindow, qtbot: QtBot) -> None:
    experiments = {"steps": Steps(), "failing": Failing()}
    first = make_window(experiments)
    steps = browser_of(first).page
    browser_of(first).list.choose("failing")
    browser_of(first).page.view.fold.click()
    assert steps.view.fold.isChecked()
    first.resize(1100, 650)
    first.end()
    second = make_window(experiments)
    assert browser_of(second).page.experiment.name == "failing"
    assert browser_of(second).page.view.fold.isChecked()
    assert browser_of(second).page.view.table.isVisibleTo(browser_of(second))
    assert second.height() == 650


def test_themes_dress_everything(
    window: ExperimentsWindow, page: ExperimentPage, steps: Steps, qtbot: QtBot
) -> None:
    run(qtbot, page, steps, slope=1.5)
    for theme in (DARK, LIGHT):
        window.set_theme(theme)
        assert page.view.table.item(0, 4).foreground().color().name() == theme.danger
        qtbot.waitUntil(lambda: page.view.figure.drawer.is_idle, timeout=PATIENCE)
        for canvas in page.view.figure.canvases:
            assert canvas.image is not None
            assert canvas.image.pixelColor(0, 0).name() == theme.surface


def test_every_control_has_a_name_for_tests_and_for_screen_readers(
    window: ExperimentsWindow, page: ExperimentPage, steps: Steps, qtbot: QtBot
) -> None:
    run(qtbot, page, steps)
    for fold in (page.fold, page.view.fold):
        fold.click()
    kinds: tuple[type[QWidget], ...] = (QAbstractButton, QAbstractSpinBox, QAbstractItemView)
    for kind in kinds:
        for widget in window.findChildren(kind):
            if widget.objectName().startswith("qt_") or not widget.isVisible():
                continue
            if type(widget).__name__ in ("QHeaderView", "QTableCornerButton", "QAbstractButton"):
                continue
            assert widget.objectName(), widget
            assert widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text())
    assert all(canvas.accessibleName() for canvas in page.view.figure.canvases)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_has_a_sketch_and_a_thumbnail(qtbot: QtBot, name: str, theme: Theme) -> None:
    picture = thumbnail(Panel(name, EXPERIMENTS[name].sketch()), style_of(theme), 2.0)
    assert (picture.width(), picture.height()) == (2 * SIZE.width(), 2 * SIZE.height())
    assert picture != thumbnail(Panel(name, ()), style_of(theme), 2.0)


def test_an_experiment_without_a_sketch_has_the_face_of_its_result(
    page: ExperimentPage, browser: Browser, steps: Steps, qtbot: QtBot
) -> None:
    def face() -> object:
        qtbot.waitUntil(lambda: browser.list._drawer.is_idle, timeout=PATIENCE)
        return browser.list.item(0).data(PICTURE)

    before = face()
    run(qtbot, page, steps)
    qtbot.waitUntil(lambda: face() != before, timeout=PATIENCE)


@pytest.mark.parametrize("name", ["hopfield", "mean-field"])
def test_a_page_with_long_references_has_room_in_the_smallest_window(qtbot: QtBot, name: str) -> None:
    page = ExperimentPage(EXPERIMENTS[name], LIGHT)
    qtbot.addWidget(page)
    assert page.minimumSizeHint().width() < 640


def test_diagnostics_do_without_scipy_and_the_main_window_and_the_import_dialog_without_the_experiments() -> (
    None
):
    code = (
        "import sys, landscape_app.physics.diagnostics\n"
        "print([m for m in ('scipy',) if m in sys.modules])\n"
        "import landscape_app.gui.application, landscape_app.gui.experiments.window\n"
        "print([m for m in ('landscape_app.experiments', 'scipy.stats', 'matplotlib') if m in sys.modules])\n"
        "import landscape_app.gui.importing.dialog\n"
        "print([m for m in ('landscape_app.experiments.catalogue', 'scipy.stats', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]"] * 3
