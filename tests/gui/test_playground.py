"""The playground, driven with mouse and keys."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.playground.target_panel import DEFAULT_FACTOR
from landscape_app.gui.playground.window import PlaygroundWindow
from landscape_app.gui.theme import DARK, LIGHT, apply_theme
from landscape_app.gui.widgets.numbers import SpeedSlider
from landscape_app.physics.surfaces import SURFACES
from tests.gui.driving import PATIENCE, pick, wait_for_scene
from tests.gui.room import SMALLEST

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[PlaygroundWindow]:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    apply_theme(application, LIGHT)
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    window = PlaygroundWindow(LIGHT, settings, trains=True)
    window.bring_up()
    wait_for_scene(qtbot, window, lambda scene: scene.chains is not None)
    yield window
    window.end()
    window.deleteLater()


def trigger(window: PlaygroundWindow, name: str) -> None:
    action = window.findChild(QAction, f"action-{name}")
    assert isinstance(action, QAction)
    action.trigger()


def test_a_step_shows_what_was_proposed_and_what_became_of_it(window: PlaygroundWindow, qtbot: QtBot) -> None:
    for step in (1, 2, 3):
        qtbot.mouseClick(window.step_button, LEFT)
        scene = wait_for_scene(qtbot, window, lambda scene, step=step: scene.steps == step)
        assert scene.chains is not None
        trajectory = scene.chains.trajectory
        assert trajectory is not None
        assert len(trajectory.accepted) == step
        marks = window.view.plane.overlay.marks
        assert np.array_equal(marks.proposals, trajectory.proposals)
        assert len(marks.path) >= 2
    assert "Step 3" in window.caption.text()
    assert "paused" in window.caption.text()


def test_chains_move_are_held_and_start_anew(window: PlaygroundWindow, qtbot: QtBot) -> None:
    window.speed.slider.setValue(window.speed.slider.maximum())
    qtbot.keyClick(window, Qt.Key.Key_Space)
    wait_for_scene(qtbot, window, lambda scene: scene.steps > 10)
    assert window.play_button.isChecked()
    qtbot.mouseClick(window.play_button, LEFT)
    held = wait_for_scene(qtbot, window, lambda scene: not scene.moving).steps
    qtbot.wait(50)
    assert window.worker.state.steps == held
    pick(qtbot, window.count_box, 16)
    wait_for_scene(
        qtbot, window, lambda scene: scene.chains is not None and len(scene.chains.positions) == 16
    )
    pick(qtbot, window.start_box, "minimum")
    scene = wait_for_scene(qtbot, window, lambda scene: scene.steps == 0)
    scene = wait_for_scene(
        qtbot, window, lambda scene: scene.chains is not None and np.ptp(scene.chains.positions) == 3
    )
    assert scene.chains is not None
    assert scene.chains.positions == pytest.approx(np.tile([0.0, -3.0], (16, 1)))
    qtbot.keyClick(window, Qt.Key.Key_Period)
    wait_for_scene(qtbot, window, lambda scene: scene.steps == 1)
    qtbot.keyClick(window, Qt.Key.Key_R)
    wait_for_scene(qtbot, window, lambda scene: scene.steps == 0)


def test_every_target_comes_on_view(window: PlaygroundWindow, qtbot: QtBot) -> None:
    number = window.worker.state.number
    for name, make in SURFACES.items():
        surface = make()
        pick(qtbot, window.target.picker, name)
        scene = wait_for_scene(qtbot, window, lambda scene, surface=surface: scene.title == surface.label)
        assert window.target.formula.text() == surface.formula
        assert scene.landscape is not None
        assert scene.landscape.dimensions == surface.space.sites
        assert window.view.axes is (window.view.plane if surface.space.sites == 2 else window.view.line)
    assert window.worker.state.number > number


def test_kernel_and_its_parameters_are_set_while_it_runs(window: PlaygroundWindow, qtbot: QtBot) -> None:
    assert set(window.kernel_controls.boxes) == {"step_size", "length"}
    assert window.minimumSizeHint().width() <= SMALLEST.width()
    pick(qtbot, window.kernel_box, "random-walk")
    scene = wait_for_scene(
        qtbot, window, lambda scene: scene.kernel is not None and scene.kernel.name == "random-walk"
    )
    assert set(window.kernel_controls.boxes) == {"step_size"}
    qtbot.mouseClick(window.kernel_controls.switch, LEFT)
    wait_for_scene(qtbot, window, lambda scene: scene.kernel is not None and not scene.kernel.automatic)
    box = window.kernel_controls.boxes["step_size"]
    box.selectAll()
    qtbot.keyClicks(box, "2.5")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    wait_for_scene(qtbot, window, lambda scene: scene.kernel is not None and scene.kernel.values == (2.5,))
    qtbot.mouseClick(window.step_button, LEFT)
    scene = wait_for_scene(qtbot, window, lambda scene: scene.steps == 1)
    assert scene.chains is not None
    assert scene.chains.trajectory is not None
    assert scene.chains.trajectory.path is None


def test_a_chain_is_followed_by_key_and_by_click(window: PlaygroundWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(window.step_button, LEFT)
    wait_for_scene(qtbot, window, lambda scene: scene.steps == 1)
    qtbot.keyClick(window, Qt.Key.Key_N)
    wait_for_scene(qtbot, window, lambda scene: scene.followed == 1)
    qtbot.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
    scene = wait_for_scene(qtbot, window, lambda scene: scene.followed == 63)
    assert scene.chains is not None
    lowest = int(np.argmin(scene.chains.positions[:, 1]))
    overlay = window.view.plane.overlay
    qtbot.mouseClick(window.view.plane.viewport(), LEFT, pos=overlay.place_of(lowest).toPoint())
    scene = wait_for_scene(qtbot, window, lambda scene: scene.followed == lowest)
    assert scene.chains is not None
    assert scene.chains.trajectory is not None
    assert scene.chains.trajectory.chain == lowest
    trigger(window, "tracks")
    scene = wait_for_scene(
        qtbot, window, lambda scene: scene.chains is not None and scene.chains.tracks is not None
    )
    trigger(window, "reset")


def test_heat_lowers_the_landscape(window: PlaygroundWindow, qtbot: QtBot) -> None:
    before = window.worker.state.landscape
    assert before is not None
    box = window.target.temperature_box
    box.selectAll()
    qtbot.keyClicks(box, "4")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    scene = wait_for_scene(qtbot, window, lambda scene: scene.temperature == 4.0)
    assert scene.landscape is not None
    assert scene.landscape.energy == pytest.approx(before.energy / 4, rel=1e-5)
    pick(qtbot, window.target.picker, "ring")
    scene = wait_for_scene(qtbot, window, lambda scene: scene.title == "Ring")
    assert scene.temperature == 4.0


def test_chains_on_one_gaussian_are_found_mixed_and_near_the_exact_means(
    window: PlaygroundWindow, qtbot: QtBot
) -> None:
    assert window.mixing.verdict.text() == "Not judged yet"
    pick(qtbot, window.target.picker, "ring")
    pick(qtbot, window.kernel_box, "random-walk")
    pick(qtbot, window.start_box, "exact")
    wait_for_scene(
        qtbot, window, lambda scene: scene.kernel is not None and scene.kernel.name == "random-walk"
    )
    window.speed.slider.setValue(window.speed.slider.maximum())
    qtbot.mouseClick(window.play_button, LEFT)
    scene = wait_for_scene(qtbot, window, lambda scene: scene.mixing is not None and scene.mixing.steps > 100)
    qtbot.mouseClick(window.play_button, LEFT)
    scene = wait_for_scene(qtbot, window, lambda scene: not scene.moving)
    mixing, table = scene.mixing, window.mixing.table
    assert mixing is not None
    assert [table.item(row, 0).text() for row in range(3)] == ["x", "y", "H"]
    for row, quantity in enumerate(mixing.quantities):
        shown, error = table.item(row, 1).text().replace("−", "-").split(" ± ")
        assert float(shown) == pytest.approx(quantity.mean, abs=float(error) / 2)
        assert float(error) == pytest.approx(quantity.error, rel=0.06)
        exact = float(table.item(row, 2).text().replace("−", "-"))
        assert exact == pytest.approx(quantity.exact, abs=float(error) / 2)
        assert abs(quantity.mean - quantity.exact) < 5 * quantity.error
    assert "effective draws" in window.mixing.worth.text()
    assert window.mixing.verdict.property("kind") in ("good", "stopped", "bad")
    qtbot.mouseClick(window.restart_button, LEFT)
    wait_for_scene(qtbot, window, lambda scene: scene.mixing is None)
    assert table.rowCount() == 0


def test_drawn_points_become_a_target_or_go_to_be_trained_on(window: PlaygroundWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(window.target.draw_button, LEFT)
    qtbot.waitUntil(window.points.isVisible, timeout=PATIENCE)
    editor = window.points.editor
    for x in np.linspace(-3, 3, 13):
        place = editor.canvas.position_of(np.array([x, math.sin(2 * x)])).toPoint()
        qtbot.mouseClick(editor.canvas.viewport(), LEFT, pos=place)
    qtbot.mouseClick(window.points.use_button, LEFT)
    scene = wait_for_scene(qtbot, window, lambda scene: scene.title == "Your points")
    assert scene.data == pytest.approx(editor.points, abs=1e-6)
    assert window.target.picker.currentText() == "Your 13 points"
    assert scene.landscape is not None
    narrow = scene.landscape.mean(-scene.landscape.log_density)
    assert window.target.factor_box.isVisible()
    assert window.target.factor_box.value() == DEFAULT_FACTOR
    window.target.factor_box.selectAll()
    qtbot.keyClicks(window.target.factor_box, "2")
    qtbot.keyClick(window.target.factor_box, Qt.Key.Key_Return)
    scene = wait_for_scene(qtbot, window, lambda other: other.number > scene.number)
    assert scene.landscape is not None
    assert scene.landscape.mean(-scene.landscape.log_density) > narrow + 0.5
    pick(qtbot, window.target.picker, "ring")
    wait_for_scene(qtbot, window, lambda scene: scene.title == "Ring")
    assert not window.target.factor_box.isVisible()
    pick(qtbot, window.target.picker, "points")
    wait_for_scene(qtbot, window, lambda scene: scene.title == "Your points")
    with qtbot.waitSignal(window.train) as train:
        qtbot.mouseClick(window.points.train_button, LEFT)
    assert train.args[0].shape == (13, 2)


def test_a_failure_is_told_and_the_rest_goes_on(window: PlaygroundWindow, qtbot: QtBot) -> None:
    window.worker.take_points(np.zeros((12, 2)), 1.0)
    wait_for_scene(qtbot, window, lambda scene: scene.message_number == 1)
    assert "at one place" in window.banner.text.text()
    qtbot.mouseClick(window.step_button, LEFT)
    wait_for_scene(qtbot, window, lambda scene: scene.steps == 1)


def test_closing_holds_the_chains_and_ending_ends_the_thread(window: PlaygroundWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(window.play_button, LEFT)
    wait_for_scene(qtbot, window, lambda scene: scene.moving and scene.steps > 0)
    window.close()
    qtbot.waitUntil(lambda: not window.worker.state.moving, timeout=PATIENCE)
    window.bring_up()
    wait_for_scene(qtbot, window, lambda scene: not scene.moving)
    window.set_theme(DARK)
    window.end()
    assert not window.worker.is_alive


def test_the_main_window_opens_it_with_a_key_and_takes_it_along(
    make_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    main = make_window()
    qtbot.waitUntil(main.isActiveWindow, timeout=PATIENCE)
    modifiers = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(main, Qt.Key.Key_P, modifiers)
    playground = main.playground
    assert playground is not None
    assert playground.isVisible()
    assert playground.points.train_button.isVisibleTo(playground.points)
    wait_for_scene(qtbot, playground, lambda scene: scene.chains is not None)
    main.set_theme(DARK)
    main.open_playground()
    assert main.playground is playground
    main.may_discard = lambda: True  # type: ignore[method-assign]
    main.close()
    assert not playground.isVisible()
    assert not playground.worker.is_alive


def test_the_speed_is_a_number_from_slow_to_as_fast_as_can_be(qtbot: QtBot) -> None:
    slider = SpeedSlider("speed", 8.0)
    qtbot.addWidget(slider)
    assert slider.speed == pytest.approx(8.0, rel=0.05)
    assert slider.label.text().endswith("steps/s")
    speeds = []
    slider.changed.connect(speeds.append)
    for key in (Qt.Key.Key_Home, Qt.Key.Key_End):
        qtbot.keyClick(slider.slider, key)
    assert speeds == [0.5, math.inf]
    assert slider.label.text() == "full speed"
