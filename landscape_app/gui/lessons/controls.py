"""Controls by their names, in all windows that are open: where they are, how to bring them up, what they hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from PySide6.QtCore import QMetaObject, QObject, QRect
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QDockWidget,
    QDoubleSpinBox,
    QLabel,
    QLineEdit,
    QMainWindow,
    QMenu,
    QScrollArea,
    QSpinBox,
    QWidget,
)

from landscape_app.gui.widgets.containers import Pages

NAMED, USED, READ = 40, 4, 1
"""Weights of what a step speaks of, of other controls, and of figures and plots, where they could be covered."""

Control = QWidget | QAction
"""A widget, or an entry of a menu."""


def find(window: QWidget, name: str) -> Control | None:
    """The control of a name in a window and those that are open beside it; of several one that can be seen.

    Dialogs over the window count as part of it; an entry of a menu is named `action-…`.
    """
    found: list[Control] = []
    for place in (window, *_others(window)):
        if place.objectName() == name:
            found.append(place)
        found += place.findChildren(QWidget, name)
        found += place.findChildren(QAction, name)
    return next((control for control in found if is_seen(control)), found[0] if found else None)


def first_seen(window: QWidget, names: Sequence[str]) -> Control | None:
    """The first of several controls that is to be seen; else the first that there is; None where there is none."""
    controls = [control for name in names if (control := find(window, name)) is not None]
    return next((control for control in controls if is_seen(control)), controls[0] if controls else None)


def is_seen(control: Control) -> bool:
    """True of what is in front: not hidden, and not behind another tab."""
    if isinstance(control, QAction):
        return control.isVisible() and _menu_area(control) is not None
    return control.isVisible() and not control.visibleRegion().isEmpty()


def area(control: Control) -> tuple[QWidget, QRect] | None:
    """The window that a control is in, and where; of an entry, the title of its menu. None where it is not seen."""
    if isinstance(control, QAction):
        return _menu_area(control)
    if not is_seen(control):
        return None
    window = control.window()
    # What a scroll area shows of it.
    seen = control.visibleRegion().boundingRect()
    return window, QRect(control.mapTo(window, seen.topLeft()), seen.size())


def places_in(host: QWidget, names: Sequence[str], text: str, *besides: QWidget) -> list[QRect]:
    """Places of what is better left in sight, in a window: each as often as it matters.

    What is named, or has a word of the text set bold on it, counts most; then controls that can be used, and figures.

    Args:
        host: the window.
        names: of controls.
        text: with ** around words.
        besides: what does not count, with all that is in it.
    """
    spoken = {word.strip(" ▾…") for word in re.findall(r"\*\*(.+?)\*\*", text)}
    found: list[QRect] = []
    for widget in host.findChildren(QWidget):
        if not is_seen(widget) or any(part is widget or part.isAncestorOf(widget) for part in besides):
            continue
        is_named = widget.objectName() in names or (
            isinstance(widget, QAbstractButton) and widget.text().strip(" ▾…") in spoken
        )
        is_used = widget.isEnabled() and isinstance(
            widget, QAbstractButton | QAbstractSlider | QComboBox | QSpinBox | QDoubleSpinBox | QLineEdit
        )
        is_read = bool(widget.accessibleName()) and (
            isinstance(widget, QLabel) or widget.objectName().startswith(("mosaic", "plot-", "landscape-"))
        )
        times = NAMED if is_named else USED if is_used else READ if is_read else 0
        if times:
            found += [_place_in(host, widget)] * times
    return found


def seen_in(host: QWidget, names: Sequence[str], *besides: QWidget) -> list[QRect]:
    """Places of all that has one of these names and is to be seen in a window.

    Args:
        host: the window.
        names: of widgets.
        besides: what does not count, with all that is in it.
    """
    return [
        _place_in(host, widget)
        for name in dict.fromkeys(names)
        for widget in host.findChildren(QWidget, name)
        if is_seen(widget) and not any(part is widget or part.isAncestorOf(widget) for part in besides)
    ]


def bring_up(control: Control) -> None:
    """Brings a control to the front: its panel, its page, its part of what scrolls."""
    above: QWidget | None = control if isinstance(control, QWidget) else None
    while above is not None and not above.isWindow():
        if isinstance(above, Pages) and isinstance(control, QWidget):
            above.turn_to(control)
        if isinstance(above, QDockWidget):
            above.show()
            above.raise_()
        if isinstance(above, QScrollArea) and isinstance(control, QWidget):
            above.ensureWidgetVisible(control)
        above = above.parentWidget()


def place_of(control: Control) -> str:
    """Title of the panel that a control is in, such as “Training”; empty where it is in none."""
    above: QWidget | None = control if isinstance(control, QWidget) else None
    while above is not None and not isinstance(above, QDockWidget):
        above = above.parentWidget()
    return "" if above is None else above.windowTitle()


def number_of(control: Control) -> float | None:
    """Number of a box or slider, 1 or 0 of what is on or off; None of others."""
    if isinstance(control, QAbstractSlider | QSpinBox | QDoubleSpinBox):
        return float(control.value())
    if isinstance(control, QAbstractButton | QAction) and control.isCheckable():
        return float(control.isChecked())
    return None


def set_number(control: Control, value: float) -> None:
    """Sets the number of a box or slider, or what is on or off, as its user would; leaves others alone."""
    if isinstance(control, QAbstractButton | QAction) and control.isCheckable():
        if control.isChecked() != bool(value):
            press(control)
    elif isinstance(control, QDoubleSpinBox):
        control.setValue(value)
    elif isinstance(control, QAbstractSlider | QSpinBox):
        control.setValue(round(value))


def press(control: Control) -> None:
    """Presses a button, or takes an entry of a menu; leaves others alone."""
    if isinstance(control, QAction):
        control.trigger()
    elif isinstance(control, QAbstractButton):
        control.click()


def connect(control: Control, deed: str, done: Callable[..., None]) -> QMetaObject.Connection | None:
    """Has something called when a control is pressed or changed; None where it cannot be."""
    if deed == "pressed":
        if isinstance(control, QAction):
            return _to(control.triggered.connect(done))
        if isinstance(control, QAbstractButton):
            return _to(control.clicked.connect(done))
    if isinstance(control, QComboBox):
        return _to((control.activated if deed == "pressed" else control.currentIndexChanged).connect(done))
    if isinstance(control, QAbstractSlider | QSpinBox | QDoubleSpinBox):
        return _to(control.valueChanged.connect(done))
    if isinstance(control, QAbstractButton):
        return _to(control.toggled.connect(done))
    if isinstance(control, QLineEdit):
        return _to(control.textEdited.connect(done))
    return None


def disconnect(connection: QMetaObject.Connection) -> None:
    """Takes a connection back."""
    QObject.disconnect(connection)


def _place_in(host: QWidget, widget: QWidget) -> QRect:
    """Place, in a window, of what is seen of a widget."""
    seen = widget.visibleRegion().boundingRect()
    return QRect(host.mapFromGlobal(widget.mapToGlobal(seen.topLeft())), seen.size())


def _to(connection: object) -> QMetaObject.Connection:
    assert isinstance(connection, QMetaObject.Connection)
    return connection


def _others(window: QWidget) -> Iterator[QWidget]:
    """The other windows that are open; dialogs of the window are among its children."""
    for other in QApplication.topLevelWidgets():
        if other is not window and other.isVisible() and other.parentWidget() is None:
            yield other


def _menu_area(action: QAction) -> tuple[QWidget, QRect] | None:
    """The window whose menu bar has an entry, at any depth, and where its menu's title is."""
    for window in QApplication.topLevelWidgets():
        if not isinstance(window, QMainWindow) or not window.isVisible():
            continue
        bar = window.menuBar()
        if bar.isNativeMenuBar():
            continue
        for title in bar.actions():
            if _holds(title, action):
                place = bar.actionGeometry(title)
                return window, QRect(bar.mapTo(window, place.topLeft()), place.size())
    return None


def _holds(title: QAction, action: QAction) -> bool:
    menu = title.menu()
    return isinstance(menu, QMenu) and (
        action in menu.actions() or any(_holds(entry, action) for entry in menu.actions())
    )
