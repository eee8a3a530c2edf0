"""The toggle switch and the icons of play and pause, by their pixels."""

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from landscape_app.gui.widgets.buttons import SIDE, ToggleSwitch, transport_icon


def opaque(pause: bool) -> np.ndarray:
    """Pixels of an icon that are painted, shape (SIDE, SIDE)."""
    image = transport_icon(pause, "#000000").pixmap(SIDE, SIDE).toImage()
    image = image.convertToFormat(QImage.Format.Format_Alpha8)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return pixels[:, : image.width()] > 127


def test_pause_is_two_bars_and_play_a_triangle_to_the_right(qapp: object) -> None:
    middle = opaque(pause=True)[SIDE // 2].astype(int)
    assert (np.diff(middle) == 1).sum() == 2
    columns = np.flatnonzero(opaque(pause=False).any(0))
    heights = opaque(pause=False).sum(0)[columns]
    assert (np.diff(heights[1:-1]) <= 0).all()
    # Area of a triangle with a base of 22 and a height of 17 pixels.
    assert abs(heights.sum() - 22 * 17 / 2) < 22


def test_a_click_on_the_text_of_a_switch_turns_it(qtbot: QtBot) -> None:
    switch = ToggleSwitch("Min-MaxEnt")
    qtbot.addWidget(switch)
    switch.resize(switch.sizeHint())
    qtbot.mouseClick(switch, Qt.MouseButton.LeftButton, pos=QPoint(switch.width() - 3, switch.height() // 2))
    assert switch.isChecked()
    text = switch.fontMetrics().horizontalAdvance(switch.text())
    assert switch.minimumSizeHint().width() > text
