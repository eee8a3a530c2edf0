"""What a person can act on in a window, whether it says what it is, and whether keys reach it."""

from __future__ import annotations

from collections import Counter
from typing import TypeVar

from pyqtgraph import GraphicsView
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QMenu,
    QMenuBar,
    QPlainTextEdit,
    QScrollBar,
    QTabBar,
    QWidget,
)

from landscape_app.gui.widgets.mosaic import Mosaic
from landscape_app.gui.widgets.tips import wrapped

STANDARD = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
)
PASSED_BY = (QHeaderView, QMenu, QMenuBar, QScrollBar, QTabBar)
MOST_TABS = 1_000

T = TypeVar("T", bound=QObject)

OTHERWISE = {
    "layer-handle": "Alt+Up and Alt+Down move the layer",
    "plot-trace": "the scrubber below goes through the same states",
    "followed-image": "Save writes the image that is dragged out",
}
"""Widgets that the Tab key passes by, and how keys do what the mouse does there."""


def interactive(window: QWidget) -> list[QWidget]:
    """What takes the mouse or keys among what is visible: standard controls, and widgets of ours that handle them."""
    return [
        widget
        for widget in window.findChildren(QWidget)
        if widget.isVisible() and widget.window() is window and _is_interactive(widget)
    ]


def unexplained(window: QWidget) -> list[str]:
    """Widgets that lack an object name, a name for screen readers, or a tooltip."""
    found = []
    for widget in interactive(window):
        lacks = []
        if not widget.objectName():
            lacks.append("object name")
        if not (widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text())):
            lacks.append("accessible name")
        # A number with its slider is explained as one thing.
        tip = widget.toolTip() or widget.parentWidget().toolTip()
        if not tip:
            lacks.append("tooltip")
        if wrapped(tip) != tip:
            lacks.append("lines in its tooltip")
        if lacks:
            found.append(f"{_describe(widget)}: no {', no '.join(lacks)}")
    return found


def unreached(window: QWidget) -> list[str]:
    """Enabled widgets that the Tab key does not lead to, nor the arrow keys from another button of their group."""
    reached = tab_walk(window)
    groups = {one.group() for one in reached if isinstance(one, QAbstractButton) and one.group() is not None}
    return [
        _describe(widget)
        for widget in interactive(window)
        if widget.isEnabled()
        and widget not in reached
        and widget.objectName() not in OTHERWISE
        and not (isinstance(widget, QAbstractButton) and widget.group() in groups)
    ]


def tab_walk(window: QWidget) -> list[QWidget]:
    """Presses Tab until it comes round, and returns every widget that had the focus, in their order."""
    if not any(widget.isEnabled() for widget in interactive(window)):
        # But for a page of text, whose links it goes to.
        return []
    window.activateWindow()
    reached: list[QWidget] = []
    for _ in range(MOST_TABS):
        at = QApplication.focusWidget()
        QTest.keyClick(window if at is None else at, Qt.Key.Key_Tab)
        now = QApplication.focusWidget()
        assert now is not None, "no widget has the focus"
        if now is at and not reached:
            # There is no other.
            return [now]
        assert now is not at, f"{_describe(now)} keeps the focus"
        if now in reached:
            return reached
        reached.append(now)
    raise AssertionError("the Tab key does not come round")


def keys_of(window: QWidget) -> Counter[str]:
    """How often each key is taken in a window, by its actions and its shortcuts."""
    keys = [key for action in _own(window, QAction) for key in action.shortcuts()]
    keys += [shortcut.key() for shortcut in _own(window, QShortcut)]
    return Counter(key.toString() for key in keys if not key.isEmpty())


def menu_actions(window: QWidget) -> list[QAction]:
    """Every entry of the menus in a window, those of buttons too."""
    actions = [action for menu in _own(window, QMenu) for action in menu.actions()]
    return [action for action in actions if not action.isSeparator() and action.menu() is None]


def _own(window: QWidget, kind: type[T]) -> list[T]:
    """What belongs to a window, and not to another that hangs on it."""
    return [found for found in window.findChildren(kind) if _window_of(found) is window]


def _window_of(thing: QObject) -> QObject | None:
    """The nearest window above, which a menu is not."""
    above = thing.parent()
    while above is not None and (
        not isinstance(above, QWidget) or isinstance(above, QMenu) or not above.isWindow()
    ):
        above = above.parent()
    return above


def _is_interactive(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    if widget.objectName().startswith("qt_") or isinstance(widget, PASSED_BY):
        return False
    if isinstance(parent, (QAbstractSpinBox, QComboBox, QMenuBar, QAbstractItemView)):
        return False
    if isinstance(widget, QAbstractSpinBox) and widget.isReadOnly():
        return False
    if isinstance(widget, STANDARD):
        return True
    if isinstance(widget, Mosaic) and widget._plain:
        return widget.receivers("2dragged(int)") > 0
    if isinstance(widget, GraphicsView) and any(widget.getViewBox().mouseEnabled()):
        return True
    takes_mouse = _handles(widget, "mousePressEvent") or _handles(widget, "wheelEvent")
    takes_keys = _handles(widget, "keyPressEvent") and widget.focusPolicy() != Qt.FocusPolicy.NoFocus
    through = widget.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    return (takes_mouse and not through) or takes_keys


def _handles(widget: QWidget, event: str) -> bool:
    """Whether a class of ours among its own takes such an event."""
    ours = (kind for kind in type(widget).__mro__ if kind.__module__.startswith("landscape_app"))
    return any(event in vars(kind) for kind in ours)


def _describe(widget: QWidget) -> str:
    return f"{type(widget).__name__} {widget.objectName()!r} in {names_above(widget)}"


def names_above(widget: QWidget) -> str:
    """Names of the widgets that one is in, from the inside."""
    names: list[str] = []
    above = widget.parentWidget()
    while above is not None and len(names) < 5:
        names.append(above.objectName() or type(above).__name__)
        above = above.parentWidget()
    return " < ".join(names)
