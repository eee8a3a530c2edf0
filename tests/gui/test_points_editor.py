"""Points drawn with mouse and keys."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from landscape_app.gui.playground.points_editor import MOST_POINTS, PointsEditor
from landscape_app.gui.playground.points_window import PointsWindow
from landscape_app.gui.theme import DARK, LIGHT, apply_theme
from tests.gui.driving import PATIENCE

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def window(qtbot: QtBot) -> PointsWindow:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    apply_theme(application, LIGHT)
    window = PointsWindow(LIGHT, trains=True)
    qtbot.addWidget(window)
    window.bring_up()
    qtbot.waitUntil(lambda: window.editor.canvas.hasFocus(), timeout=PATIENCE)
    return window


@pytest.fixture
def editor(window: PointsWindow) -> PointsEditor:
    return window.editor


def position(editor: PointsEditor, x: float, y: float) -> QPoint:
    return editor.canvas.position_of(np.array([x, y])).toPoint()


def click(qtbot: QtBot, editor: PointsEditor, x: float, y: float, button: Qt.MouseButton = LEFT) -> None:
    qtbot.mouseClick(editor.canvas.viewport(), button, pos=position(editor, x, y))


def drag(qtbot: QtBot, editor: PointsEditor, *places: tuple[float, float]) -> None:
    canvas = editor.canvas.viewport()
    qtbot.mousePress(canvas, LEFT, pos=position(editor, *places[0]))
    for place in places[1:]:
        qtbot.mouseMove(canvas, position(editor, *place))
    qtbot.mouseRelease(canvas, LEFT, pos=position(editor, *places[-1]))


def test_a_click_adds_a_point_a_drag_moves_it_and_a_right_click_removes_it(
    editor: PointsEditor, qtbot: QtBot
) -> None:
    click(qtbot, editor, 1.0, 2.0)
    click(qtbot, editor, -2.0, -1.0)
    assert editor.points == pytest.approx(np.array([[1, 2], [-2, -1]]), abs=0.05)
    assert editor.count.text() == "2 points"
    drag(qtbot, editor, (1.0, 2.0), (2.0, 2.5), (3.0, 3.0))
    assert editor.points == pytest.approx(np.array([[3, 3], [-2, -1]]), abs=0.05)
    click(qtbot, editor, -2.0, -1.0, RIGHT)
    click(qtbot, editor, 0.0, 0.0, RIGHT)
    assert editor.points == pytest.approx(np.array([[3, 3]]), abs=0.05)
    assert editor.count.text() == "1 point"


def test_a_drag_beyond_the_square_stays_inside(editor: PointsEditor, qtbot: QtBot) -> None:
    click(qtbot, editor, 3.5, 0.0)
    drag(qtbot, editor, (3.5, 0.0), (4.3, 0.0))
    assert editor.points == pytest.approx(np.array([[4.0, 0.0]]), abs=0.05)


def test_every_edit_is_undone_and_redone(editor: PointsEditor, qtbot: QtBot) -> None:
    states = [editor.points]
    for act in (
        lambda: click(qtbot, editor, 1, 1),
        lambda: click(qtbot, editor, -1, 1),
        lambda: drag(qtbot, editor, (1, 1), (1.5, 1), (2, 1)),
        lambda: click(qtbot, editor, -1, 1, RIGHT),
        lambda: qtbot.mouseClick(editor.clear_button, LEFT),
    ):
        act()
        states.append(editor.points)
    assert len(states[-1]) == 0
    assert not editor.redo_button.isEnabled()
    for state in states[-2::-1]:
        qtbot.keyClick(editor.canvas, Qt.Key.Key_Z, CONTROL)
        assert np.array_equal(editor.points, state)
    assert not editor.undo_button.isEnabled()
    for state in states[1:]:
        qtbot.mouseClick(editor.redo_button, LEFT)
        assert np.array_equal(editor.points, state)


def test_the_brush_sprays_with_its_width_in_one_edit(editor: PointsEditor, qtbot: QtBot) -> None:
    qtbot.keyClick(editor, Qt.Key.Key_B)
    assert editor.brush_switch.isChecked()
    assert editor.width_box.isEnabled()
    editor.width_box.selectAll()
    qtbot.keyClicks(editor.width_box, "0.2")
    qtbot.keyClick(editor.width_box, Qt.Key.Key_Return)
    drag(qtbot, editor, *((x, 1.0) for x in np.linspace(-2, 2, 60)))
    n = len(editor.points)
    assert n > 100
    # Normal about the line y = 1, with the deviation of the brush.
    assert editor.points[:, 1].mean() == pytest.approx(1.0, abs=4 * 0.2 / np.sqrt(n) + 0.02)
    assert editor.points[:, 1].std() == pytest.approx(0.2, abs=4 * 0.2 / np.sqrt(2 * n))
    qtbot.mouseClick(editor.undo_button, LEFT)
    assert len(editor.points) == 0


def test_points_are_drawn_without_a_mouse(editor: PointsEditor, qtbot: QtBot) -> None:
    canvas = editor.canvas
    for _ in range(3):
        qtbot.keyClick(canvas, Qt.Key.Key_Right, SHIFT)
    qtbot.keyClick(canvas, Qt.Key.Key_Up)
    qtbot.keyClick(canvas, Qt.Key.Key_Return)
    assert editor.points == pytest.approx(np.array([[1.2, 0.08]]))
    qtbot.keyClick(canvas, Qt.Key.Key_Left, CONTROL)
    assert editor.points == pytest.approx(np.array([[1.12, 0.08]]))
    qtbot.keyClick(canvas, Qt.Key.Key_Delete)
    assert len(editor.points) == 0
    editor.brush_switch.toggle()
    qtbot.keyClick(canvas, Qt.Key.Key_Space)
    assert 0 < len(editor.points) <= 6


def test_points_are_saved_loaded_and_refused(
    editor: PointsEditor, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    click(qtbot, editor, 1, 1)
    click(qtbot, editor, 2, -1)
    drawn, path = editor.points, tmp_path / "mine.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path.with_suffix("")), ""))
    qtbot.keyClick(editor.canvas, Qt.Key.Key_S, CONTROL)
    qtbot.mouseClick(editor.clear_button, LEFT)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    qtbot.mouseClick(editor.load_button, LEFT)
    assert np.array_equal(editor.points, drawn)
    assert not editor.message.isVisible()
    path.write_text("x,y\n1,two\n")
    qtbot.mouseClick(editor.load_button, LEFT)
    assert editor.message.isVisible()
    assert "line 2" in editor.message.text()
    assert np.array_equal(editor.points, drawn)
    path.unlink()
    qtbot.mouseClick(editor.load_button, LEFT)
    assert editor.message.isVisible()


def test_points_far_out_widen_the_canvas_and_too_many_are_cut(
    editor: PointsEditor, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "far.csv"
    path.write_text("".join(f"{i % 40},{-20}\n" for i in range(MOST_POINTS + 5)))
    editor.load(path)
    assert len(editor.points) == MOST_POINTS
    assert f"first {MOST_POINTS:,}" in editor.message.text()
    (left, right), _ = editor.canvas.getViewBox().viewRange()
    assert left < -39
    assert right > 39
    click(qtbot, editor, 0, 20)
    assert len(editor.points) == MOST_POINTS


def test_enough_points_are_handed_on(window: PointsWindow, qtbot: QtBot) -> None:
    for button in (window.use_button, window.train_button):
        assert not button.isEnabled()
    assert "At least 10" in window.hint.text()
    for i in range(10):
        click(qtbot, window.editor, -3 + 0.6 * i, 0.5 * (i % 3))
    with qtbot.waitSignal(window.train) as train:
        qtbot.mouseClick(window.train_button, LEFT)
    assert np.array_equal(train.args[0], window.editor.points)
    with qtbot.waitSignal(window.used) as used:
        qtbot.keyClick(window, Qt.Key.Key_Return, CONTROL)
    assert used.args[0].shape == (10, 2)
    window.set_theme(DARK)


def test_points_at_one_place_are_not_handed_on(window: PointsWindow, qtbot: QtBot) -> None:
    for _ in range(12):
        qtbot.keyClick(window.editor.canvas, Qt.Key.Key_Return)
    assert window.editor.count.text() == "12 points"
    assert not window.use_button.isEnabled()
