"""Keys of widgets: Escape in a box of numbers, and where the focus goes once a control is gone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QSpinBox
from pytestqt.qtbot import QtBot

from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.widgets.keys import leave_by_keys
from tests.gui.driving import PATIENCE


@pytest.mark.parametrize("make", [QSpinBox, QDoubleSpinBox])
@pytest.mark.parametrize("tells_each_digit", [True, False])
def test_escape_brings_back_the_number_that_a_box_had(
    qtbot: QtBot, make: Callable[[], QSpinBox | QDoubleSpinBox], tells_each_digit: bool
) -> None:
    box = make()
    box.setValue(5)
    box.setKeyboardTracking(tells_each_digit)
    leave_by_keys(box)
    qtbot.addWidget(box)
    box.show()
    box.activateWindow()
    box.setFocus()
    qtbot.waitUntil(box.hasFocus, timeout=PATIENCE)
    text = box.text()
    box.selectAll()
    qtbot.keyClicks(box, "7")
    assert box.text() != text
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    assert (box.value(), box.text()) == (5, text)
    assert not box.hasFocus()


def boxes(window: MainWindow) -> list[QAbstractSpinBox]:
    return [
        box
        for box in window.findChildren(QAbstractSpinBox)
        if box.window() is window and box.isVisible() and box.isEnabled() and not box.isReadOnly()
    ]


def test_escape_leads_from_every_box_of_the_window_to_the_chains(window: MainWindow, qtbot: QtBot) -> None:
    assert window.steering.temperature.box in boxes(window)
    for box in boxes(window):
        box.setFocus()
        qtbot.keyClicks(box, "2")
        qtbot.keyClick(box, Qt.Key.Key_Escape)
        assert window.focusWidget() is window.sampler.mosaic, box.objectName()
    qtbot.wait(50)
    assert window.steering.composition.temperature == 1


def test_digits_steer_after_the_button_that_opened_a_run_has_gone(
    own_window: MainWindow, small_run: Path, qtbot: QtBot
) -> None:
    window = own_window
    window.activateWindow()
    strip, button = window.welcome, window.welcome.last_button
    strip.show()
    button.show()
    button.setFocus()
    strip.hide()
    assert window.focusWidget() is window.sampler.mosaic
    window.steering.temperature.box.setFocus()
    number = window.engine.state.facts.number  # type: ignore[union-attr]
    window.engine.open(small_run)
    qtbot.waitUntil(lambda: window.shown.facts.number > number, timeout=PATIENCE)  # type: ignore[union-attr]
    assert window.focusWidget() is window.sampler.mosaic
