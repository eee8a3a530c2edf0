"""The editor driven with keys alone: what the other tests of it do with the mouse."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.gui.main_window import MainWindow
from landscape_app.physics.fields.pixels import InkAmount, SmoothPixels
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.composition_file import read_composition
from tests.gui.driving import PATIENCE

CONTROL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
INK = Layer(InkAmount(0.2), 80.0)
SMOOTH = Layer(SmoothPixels(), 1.0)


def activate(window: MainWindow, qtbot: QtBot) -> None:
    """Without a window manager none makes a window active again after a menu."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE)


@pytest.fixture(autouse=True)
def active(window: MainWindow, qtbot: QtBot) -> None:
    activate(window, qtbot)


def press(qtbot: QtBot, widget: QWidget, key: Qt.Key = Qt.Key.Key_Space) -> None:
    """Gives a control the focus as Tab does, and presses a key."""
    QApplication.processEvents()
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    widget.window().setAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
    assert widget.hasFocus()
    qtbot.keyClick(widget, key)


def from_menu(qtbot: QtBot, window: MainWindow, key: Qt.Key, steps: int) -> None:
    """Opens a menu with a key, goes down so many entries, and takes that one."""

    def choose() -> None:
        menu = QApplication.activePopupWidget()
        if isinstance(menu, QMenu):
            timer.stop()
            for _ in range(steps):
                qtbot.keyClick(menu, Qt.Key.Key_Down)
            qtbot.keyClick(menu, Qt.Key.Key_Return)

    timer = QTimer(interval=20)
    timer.timeout.connect(choose)
    timer.start()
    qtbot.keyClick(window, key)
    timer.stop()
    activate(window, qtbot)


def test_a_field_and_a_preset_are_taken_from_menus_that_keys_open(window: MainWindow, qtbot: QtBot) -> None:
    from_menu(qtbot, window, Qt.Key.Key_Insert, 4)
    assert [layer.field.kind for layer in window.steering.composition.layers] == ["ink"]
    from_menu(qtbot, window, Qt.Key.Key_P, 5)
    assert window.steering.composition.target == 4
    qtbot.waitUntil(lambda: window.engine.state.composition.target == 4, timeout=PATIENCE)


def test_space_switches_selects_duplicates_and_removes_a_layer(window: MainWindow, qtbot: QtBot) -> None:
    window.steering.edit(Composition((INK, SMOOTH)))
    line = window.steering.layers.lines[0]
    assert not line.controls.isVisible()
    press(qtbot, line.switch)
    assert not window.steering.composition.layers[0].enabled
    assert line.controls.isVisible()
    press(qtbot, line.switch)
    press(qtbot, line.buttons["down"])
    assert window.steering.composition.layers == (SMOOTH, INK)
    press(qtbot, line.buttons["duplicate"])
    assert window.steering.composition.layers == (SMOOTH, INK, INK)
    press(qtbot, window.steering.layers.lines[2].buttons["remove"])
    assert window.steering.composition.layers == (SMOOTH, INK)
    press(qtbot, window.steering.tools.undo)
    assert window.steering.composition.layers == (SMOOTH, INK, INK)
    press(qtbot, window.steering.tools.redo)
    assert window.steering.composition.layers == (SMOOTH, INK)
    press(qtbot, window.steering.tools.clear)
    assert window.steering.composition.is_model


def test_strengths_and_temperatures_are_typed_and_stepped(window: MainWindow, qtbot: QtBot) -> None:
    window.steering.edit(Composition((INK,)))
    strength = window.steering.layers.lines[0].strength
    strength.box.setFocus()
    strength.box.selectAll()
    qtbot.keyClicks(strength.box, "42")
    qtbot.keyClick(strength.box, Qt.Key.Key_Return)
    assert window.steering.composition.layers[0].strength == 42
    before = strength.slider.value()
    press(qtbot, strength.slider, Qt.Key.Key_Right)
    assert strength.slider.value() == before + 1
    assert window.steering.composition.layers[0].strength == strength.value
    press(qtbot, window.steering.temperature.slider, Qt.Key.Key_Right)
    assert window.steering.composition.temperature == window.steering.temperature.value > 1
    press(qtbot, window.steering.model_temperature.box, Qt.Key.Key_Up)
    assert window.steering.composition.model_temperature == window.steering.model_temperature.value > 1


def test_a_and_b_are_compared_swapped_and_left_with_keys(window: MainWindow, qtbot: QtBot) -> None:
    window.steering.edit(Composition((INK,)))
    qtbot.keyClick(window, Qt.Key.Key_C)
    assert window.steering.reference == Composition((INK,))
    window.steering.edit(Composition((SMOOTH,)))
    qtbot.keyClick(window, Qt.Key.Key_C, Qt.KeyboardModifier.ShiftModifier)
    assert (window.steering.reference, window.steering.composition) == (
        Composition((SMOOTH,)),
        Composition((INK,)),
    )
    press(qtbot, window.steering.tools.keep_a)
    assert window.steering.reference is None
    assert window.steering.composition == Composition((SMOOTH,))


def test_compositions_are_saved_and_opened_with_keys(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    window.steering.edit(Composition((INK,)))
    qtbot.keyClick(window, Qt.Key.Key_S, CONTROL_SHIFT)
    assert read_composition(path.read_text()).composition == Composition((INK,))
    qtbot.keyClick(window, Qt.Key.Key_Backspace)
    assert window.steering.composition.is_model
    qtbot.keyClick(window, Qt.Key.Key_O, CONTROL_SHIFT)
    assert window.steering.composition == Composition((INK,))
