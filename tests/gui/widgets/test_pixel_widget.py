"""Pictures of levels in the ink of a theme, against the ends of its scale."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from pytestqt.qtbot import QtBot

from landscape_app.gui.theme import DARK, LIGHT, Theme
from landscape_app.gui.widgets.pixel_widget import PixelWidget
from tests.gui.driving import PATIENCE


class OneImage(PixelWidget):
    """Shows one image over all of itself."""

    def __init__(self, image: np.ndarray, levels: int, theme: Theme) -> None:
        super().__init__("one-image", "One image", levels)
        self.image = image
        self.set_theme(theme)

    def _compose(self) -> None:
        self._show_pixels(self._inked(self.image))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._picture is not None:
            painter.drawImage(self.rect(), self._picture)
        self._paint_focus(painter)


def seen(widget: OneImage) -> QImage:
    return widget.grab().toImage()


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_no_ink_is_paper_and_full_ink_is_the_themes(theme: Theme, qtbot: QtBot) -> None:
    widget = OneImage(np.array([[0, 16]]), 17, theme)
    qtbot.addWidget(widget)
    widget.resize(40, 20)
    assert seen(widget).pixelColor(10, 10) == QColor(theme.paper)
    assert seen(widget).pixelColor(30, 10) == QColor(theme.ink)
    other = DARK if theme is LIGHT else LIGHT
    widget.set_theme(other)
    assert seen(widget).pixelColor(10, 10) == QColor(other.paper)


@pytest.mark.parametrize(
    ("reason", "shown"), [(Qt.FocusReason.TabFocusReason, True), (Qt.FocusReason.MouseFocusReason, False)]
)
def test_a_line_shows_where_keys_have_led_but_not_the_mouse(
    reason: Qt.FocusReason, shown: bool, qtbot: QtBot
) -> None:
    widget = OneImage(np.zeros((2, 2)), 2, LIGHT)
    qtbot.addWidget(widget)
    widget.resize(40, 20)
    with qtbot.waitActive(widget, timeout=PATIENCE):
        widget.show()
    widget.clearFocus()
    widget.setFocus(reason)
    qtbot.waitUntil(widget.hasFocus, timeout=PATIENCE)
    assert (seen(widget).pixelColor(0, 10) == QColor(LIGHT.accent)) is shown
