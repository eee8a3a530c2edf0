"""Places of windows: each comes up whole on a screen that there is, its long tips in lines."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRect
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QStyle, QWidget

from landscape_app.gui.widgets.tips import wrap_tips


def room_for(window: QWidget) -> QRect:
    """Part of a window's screen that the desktop leaves to windows, in logical pixels."""
    screen = QGuiApplication.screenAt(window.geometry().center()) or window.screen()
    return screen.availableGeometry()


def place(window: QWidget, width: int, height: int, remembered: object = None) -> None:
    """Gives a window its size before it is shown, moved and shrunk so that it is whole on a screen.

    Args:
        window: laid out already.
        width: usual, in logical pixels.
        height: usual.
        remembered: what `saveGeometry` gave the last time; anything else counts as nothing.
    """
    wrap_tips(window)
    window.resize(width, height)
    restored = isinstance(remembered, QByteArray) and window.restoreGeometry(remembered)
    if window.isMaximized() or window.isFullScreen():
        return
    # What the desktop puts around a window is known only once it is shown.
    style, metrics = window.style(), QStyle.PixelMetric
    title, frame = (
        style.pixelMetric(metrics.PM_TitleBarHeight),
        style.pixelMetric(metrics.PM_MdiSubWindowFrameWidth),
    )
    room = room_for(window).adjusted(0, 0, -2 * frame, -title - frame)
    window.resize(window.size().boundedTo(room.size()))
    if restored:
        left, top = room.left() + room.width() - window.width(), room.top() + room.height() - window.height()
        window.move(max(room.left(), min(window.x(), left)), max(room.top(), min(window.y(), top)))
