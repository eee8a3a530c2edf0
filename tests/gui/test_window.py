"""The window as a person drives it, with mouse and keys."""

import math
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from pyqtgraph import PlotDataItem
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QComboBox, QSlider
from pytestqt.qtbot import QtBot

from landscape_app.gui.main_window import USUAL_SIZE, MainWindow
from landscape_app.gui.sampler.outcome import WAITS
from landscape_app.gui.state import Activity
from landscape_app.gui.theme import DARK, LIGHT
from landscape_app.gui.widgets.mosaic import Mosaic
from tests.gui.conftest import shown_sweep
from tests.gui.driving import PATIENCE, click, train_for
from tests.gui.room import SMALLEST

pytestmark = pytest.mark.usefixtures("small_problem")


def drawn_points(curve: PlotDataItem) -> int:
    x, _ = curve.getData()
    return 0 if x is None else len(x)


def test_opened_run_has_its_chains_moving_and_its_figures_shown(window: MainWindow, qtbot: QtBot) -> None:
    before = shown_sweep(window)
    qtbot.waitUntil(lambda: shown_sweep(window) > before + 5, timeout=PATIENCE)
    assert window.windowTitle() == "Handwritten digits – small.h5 – Landscape"
    figure = window.training.figures["epoch"].value
    qtbot.waitUntil(lambda: figure.text() == "8", timeout=PATIENCE)
    assert "of unseen images right" in window.steering.accuracy.text()
    curve = window.training.metrics["gradient"].lines[0]
    qtbot.waitUntil(lambda: drawn_points(curve) == 8, timeout=PATIENCE)


def test_clicking_a_digit_steers_the_chains_and_says_how(window: MainWindow, qtbot: QtBot) -> None:
    button = window.steering.targets.button(7)
    click(qtbot, button)
    qtbot.waitUntil(lambda: window.engine.state.steering is not None, timeout=PATIENCE)
    assert window.steering.formula.text() == "H(x) = Σᵢ λᵢ fᵢ(x) − 4 · log p(7 | x)"
    steering = window.engine.state.steering
    assert steering is not None
    assert steering.composition.target == 7
    outcome = window.sampler.outcomes.b
    qtbot.waitUntil(lambda: "of the chains read as 7" in outcome.share.text(), timeout=PATIENCE)
    assert "effective samples" in outcome.evidence.text()
    click(qtbot, button)
    qtbot.waitUntil(lambda: window.engine.state.steering.composition.is_model, timeout=PATIENCE)
    qtbot.waitUntil(lambda: outcome.share.text().startswith("The model alone"), timeout=PATIENCE)
    assert outcome.evidence.text() == ""


def test_strength_and_temperature_reach_the_chains(window: MainWindow, qtbot: QtBot) -> None:
    window.steering.set_target(3)
    window.steering.strength.box.setValue(5.0)
    window.steering.temperature.box.setValue(2.0)
    qtbot.waitUntil(lambda: window.engine.state.steering is not None, timeout=PATIENCE)

    def arrived() -> bool:
        composition = window.engine.state.steering.composition
        strength = composition.layers[0].strength
        return (composition.target, strength, composition.temperature) == (3, 5.0, 2.0)

    qtbot.waitUntil(arrived, timeout=PATIENCE)
    click(qtbot, window.steering.tools.clear)
    qtbot.waitUntil(lambda: window.engine.state.steering.composition.is_model, timeout=PATIENCE)
    assert window.steering.temperature.value == 1.0


def test_switching_the_hamiltonian_off_warns_and_starts_from_the_base(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.steering.set_target(1)
    click(qtbot, window.steering.hamiltonian)
    assert window.steering.warning.isVisible()
    qtbot.waitUntil(
        lambda: window.engine.state.steering is not None and window.engine.state.steering.source == "base",
        timeout=PATIENCE,
    )
    assert window.steering.formula.text() == "H(x) = −4 · log p(1 | x)"


def test_digit_keys_steer_after_a_click_on_the_toolbar(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(window.toolbar.reset_button.isEnabled, timeout=PATIENCE)
    window.toolbar.reset_button.setFocus()
    click(qtbot, window.toolbar.reset_button)
    qtbot.waitUntil(lambda: window.engine.state.epoch == 0, timeout=PATIENCE)
    assert not window.toolbar.epochs_box.hasFocus()


def test_chains_can_be_held_stepped_and_restarted(window: MainWindow, qtbot: QtBot) -> None:
    click(qtbot, window.sampler.play_button)
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.STILL, timeout=PATIENCE)
    before = shown_sweep(window)
    click(qtbot, window.sampler.step_button)
    qtbot.waitUntil(lambda: shown_sweep(window) == before + 1, timeout=PATIENCE)
    images = window.engine.state.snapshot.x
    window.sampler.restart.emit("noise", 36)
    qtbot.waitUntil(lambda: len(window.engine.state.snapshot.x) == 36, timeout=PATIENCE)
    noise = window.engine.state.snapshot.x
    assert noise.mean() == pytest.approx(8, abs=0.5)
    assert images.mean() < 7
    window.sampler.kernel_box.setCurrentIndex(2)
    window.sampler.kernel_box.activated.emit(2)
    qtbot.waitUntil(lambda: window.engine.state.kernel.name == "single-site", timeout=PATIENCE)


def test_clicking_a_chain_follows_it(window: MainWindow, qtbot: QtBot) -> None:
    mosaic = window.sampler.mosaic
    centre = mosaic.image_rect(5).center()
    qtbot.mouseClick(mosaic, Qt.MouseButton.LeftButton, pos=centre)
    assert window.sampler.detail.isVisible()
    qtbot.waitUntil(lambda: "accepted" in window.sampler.detail.title.text(), timeout=PATIENCE)
    assert window.sampler.detail.title.text().startswith("Chain 6 · ")
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.sampler.detail.isVisible()


def test_keys_steer_hold_and_clear(window: MainWindow, qtbot: QtBot) -> None:
    window.sampler.mosaic.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_4)
    assert window.steering.composition.target == 4
    qtbot.keyClick(window, Qt.Key.Key_Plus)
    assert window.steering.strength.value == 4.5
    qtbot.keyClick(window, Qt.Key.Key_H)
    assert not window.steering.hamiltonian.isChecked()
    qtbot.keyClick(window, Qt.Key.Key_Backspace)
    assert window.steering.composition.is_model
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.STILL, timeout=PATIENCE)


def test_a_file_that_cannot_be_opened_is_told_and_the_chains_go_on(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "foreign.h5").write_bytes(b"not a run")
    window.engine.open(tmp_path / "foreign.h5")
    qtbot.waitUntil(lambda: window.banner.isVisible(), timeout=PATIENCE)
    assert "foreign.h5" in window.banner.text.text()
    before = shown_sweep(window)
    qtbot.waitUntil(lambda: shown_sweep(window) > before + 3, timeout=PATIENCE)
    assert window.toolbar.train_button.isEnabled()


def test_the_multipliers_are_behind_the_residuals(window: MainWindow, qtbot: QtBot) -> None:
    pair = window.training.observables
    assert pair.shown is window.training.residuals
    click(qtbot, pair.button)
    assert pair.shown is window.training.multipliers
    assert "Constraint residuals" in pair.button.accessibleName()
    click(qtbot, pair.button)
    assert pair.shown is window.training.residuals


def test_reset_keeps_the_composition_and_the_formula_tells_the_truth(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.steering.set_target(5)
    qtbot.waitUntil(lambda: window.engine.state.composition.target == 5, timeout=PATIENCE)
    click(qtbot, window.toolbar.reset_button)
    qtbot.waitUntil(lambda: window.engine.state.epoch == 0, timeout=PATIENCE)
    assert window.engine.state.composition == window.steering.composition
    assert window.engine.state.snapshot.shares.on_target.value > 0


@pytest.mark.usefixtures("quick_classifier")
def test_the_classifier_is_retrained_while_the_chains_move(window: MainWindow, qtbot: QtBot) -> None:
    before = window.engine.state.accuracy
    click(qtbot, window.steering.retrain_button)
    qtbot.waitUntil(
        lambda: "%" in window.toolbar.status.text() and window.engine.state.beside != "", timeout=PATIENCE
    )
    start = shown_sweep(window)
    qtbot.waitUntil(lambda: shown_sweep(window) > start + 2, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.engine.state.accuracy != before, timeout=PATIENCE)
    assert window.engine.state.unsaved


def test_layout_is_remembered(make_window: Callable[[], MainWindow], qtbot: QtBot) -> None:
    first = make_window()
    # As tabs, for which the window then has room beside each other again.
    first.resize(SMALLEST)
    QApplication.processEvents()
    first.docks[1].hide()
    first.close()
    second = make_window()
    second.resize(*USUAL_SIZE)
    QApplication.processEvents()
    assert [dock.isVisible() for dock in second.docks[:2]] == [True, False]
    assert second.dockWidgetArea(second.docks[0]) == Qt.DockWidgetArea.LeftDockWidgetArea


def test_themes_change_every_plot_and_the_mosaic(window: MainWindow) -> None:
    for theme in (DARK, LIGHT):
        window.set_theme(theme)
        for plot in window.training.plots:
            assert plot.backgroundBrush().color().name() == theme.surface
        assert window.sampler.mosaic._theme is theme


def test_every_control_has_a_name_for_tests_and_for_screen_readers(window: MainWindow) -> None:
    kinds = (QAbstractButton, QAbstractSpinBox, QComboBox, QSlider, Mosaic)
    for kind in kinds:
        for widget in window.findChildren(kind):
            if widget.objectName().startswith("qt_") or not widget.isVisible():
                continue
            assert widget.objectName(), widget
            named = widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text())
            assert named, widget.objectName()


def test_painting_keeps_the_references_to_none(window: MainWindow, qtbot: QtBot) -> None:
    """PySide6 6.12.0 on Python 3.11 loses a reference in every call that returns nothing."""
    window.engine.play(False)
    qtbot.wait(100)
    before = sys.getrefcount(None)
    for _ in range(300):
        window.sampler.mosaic.repaint()
    assert before - sys.getrefcount(None) < 200


@pytest.mark.usefixtures("quick_starts")
def test_the_convergence_test_runs_beside_the_chains_and_end_with_a_verdict(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.docks[2].raise_()
    panel = window.equilibrium
    qtbot.waitUntil(panel.energies.isVisible, timeout=PATIENCE)
    # A step beside each of the test's, however quickly those go on this machine.
    window.engine.set_speed(math.inf)
    where = [panel.energies.mapTo(panel, QPoint()), panel.energies.size(), panel.button.size()]
    click(qtbot, panel.button)
    qtbot.waitUntil(lambda: panel.button.text() == "Stop", timeout=PATIENCE)
    start = shown_sweep(window)
    qtbot.waitUntil(lambda: "±" in panel.entropy.text(), timeout=3 * PATIENCE)
    assert shown_sweep(window) > start
    assert "R-hat" in panel.details.text()
    assert "<b" in panel.verdict.text()
    qtbot.wait(50)
    # Nothing jumps when the verdict comes.
    assert [panel.energies.mapTo(panel, QPoint()), panel.energies.size(), panel.button.size()] == where
    click(qtbot, panel.button)
    qtbot.waitUntil(lambda: not window.engine.state.testing, timeout=PATIENCE)
    qtbot.waitUntil(lambda: panel.button.text() == "Test convergence", timeout=PATIENCE)
    assert "±" in panel.cross_entropy.text()
    train_for(window, qtbot, 1)
    qtbot.waitUntil(lambda: panel.entropy.text() == "–", timeout=PATIENCE)
    assert not panel.button.isEnabled()


def test_what_waits_for_the_engine_is_seen_to_wait(window: MainWindow, qtbot: QtBot) -> None:
    outcomes, released = window.sampler.outcomes, threading.Event()
    before = outcomes.b.share.text()

    def work() -> None:
        released.wait(PATIENCE / 1000)

    window.engine.post(work)
    window.engine.restart("base")
    assert outcomes.b.share.text() == before
    qtbot.waitUntil(lambda: outcomes.b.share.text() == WAITS, timeout=PATIENCE)
    assert window.toolbar.status.text().endswith(" · a command waits")
    released.set()
    qtbot.waitUntil(lambda: outcomes.b.share.text() == before, timeout=PATIENCE)
    assert not window.toolbar.status.text().endswith("waits")
