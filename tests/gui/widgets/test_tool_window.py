"""Windows that remember where they were, and the buttons by which something in them moves."""

from PySide6.QtCore import QSettings, Qt
from pytestqt.qtbot import QtBot

from landscape_app.gui.theme import LIGHT
from landscape_app.gui.widgets.numbers import SpeedSlider
from landscape_app.gui.widgets.tool_window import ToolWindow, Transport
from landscape_app.gui.worker import MovingState


def test_a_window_comes_back_in_the_size_it_had(settings: QSettings, qtbot: QtBot) -> None:
    first = ToolWindow("some", "Some", settings)
    qtbot.addWidget(first)
    first.place()
    assert (first.width(), first.height()) == (1280, 800)
    first.resize(700, 500)
    first.end()
    second, other = ToolWindow("some", "Some", settings), ToolWindow("other", "Other", settings)
    for window in (second, other):
        qtbot.addWidget(window)
        window.place()
    assert (second.width(), second.height()) == (700, 500)
    assert (other.width(), other.height()) == (1280, 800)
    assert (second.objectName(), second.windowTitle()) == ("some-window", "Some – Landscape")


def test_the_button_stays_as_the_user_has_set_it_until_the_worker_follows(qtbot: QtBot) -> None:
    transport = Transport("some", "spins", SpeedSlider("some-speed", 8.0), LIGHT)
    qtbot.addWidget(transport)
    transport.show_state(MovingState(), "")
    assert transport.caption.text() == "Step 0 · paused"
    with qtbot.waitSignal(transport.played) as wanted:
        qtbot.mouseClick(transport.play_button, Qt.MouseButton.LeftButton)
    assert wanted.args == [True]
    transport.show_state(MovingState(), "")
    assert transport.play_button.isChecked()
    transport.show_state(MovingState(steps=1_500, moving=True, rate=12.0), "12 a second")
    assert transport.play_button.isChecked()
    assert transport.caption.text() == "Step 1,500 · 12 a second"
    transport.show_state(MovingState(steps=1_501), "")
    assert not transport.play_button.isChecked()
    with qtbot.waitSignal(transport.stepped):
        qtbot.mouseClick(transport.step_button, Qt.MouseButton.LeftButton)
