"""What of a window has too little room."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QDockWidget,
    QHeaderView,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QWidget,
)

from landscape_app.gui.widgets.fixed import FigureLabel
from landscape_app.gui.widgets.paragraph import ShortenedLabel
from landscape_app.gui.widgets.plots import Plot
from tests.gui.audit import names_above

SMALLEST = QSize(900, 600)


def check_room(window: QWidget) -> None:
    """Holds a window to having room for all, as it is now, also where it is as small as can be."""
    before = window.size()
    for size in (before, SMALLEST):
        window.resize(size)
        for _ in range(3):
            QApplication.processEvents()
        assert window.size() == size, f"{window.objectName()} is {window.size().toTuple()}"
        found = cut_off(window)
        assert not found, "; ".join(found)
    window.resize(before)
    QApplication.processEvents()


def cut_off(window: QWidget) -> list[str]:
    """Visible widgets that reach beyond what they are in, or are smaller than they need."""
    return [
        f"{type(widget).__name__} {widget.objectName()!r} {widget.geometry().getRect()} of "
        f"{widget.minimumSizeHint().toTuple()} in {names_above(widget)}"
        for widget in window.findChildren(QWidget)
        if widget.isVisible() and widget.window() is window and not _is_behind(widget) and _lacks_room(widget)
    ]


def _lacks_room(widget: QWidget) -> bool:
    if isinstance(widget, QHeaderView):
        return _cuts_heads(widget)
    if isinstance(widget.parentWidget(), QAbstractSpinBox):
        # Laid out by Qt.
        return False
    if isinstance(widget, QLabel) and _cuts_text(widget):
        return True
    if isinstance(widget, Plot) and widget.getPlotItem().geometry().width() > widget.width():
        return True
    parent = widget.parentWidget()
    area = parent.parentWidget()
    scrolls = isinstance(area, QAbstractScrollArea) and area.viewport() is parent
    if scrolls and not isinstance(area, QScrollArea):
        return False
    width, height = widget.minimumSizeHint().toTuple()
    policy = widget.sizePolicy()
    if policy.horizontalPolicy() == QSizePolicy.Policy.Ignored:
        width = 0
    least_width, least_height = widget.minimumWidth() or width, widget.minimumHeight() or height
    if isinstance(widget, QLabel) and widget.wordWrap():
        least_height = min(least_height, widget.heightForWidth(widget.width()))
    if widget.width() < min(least_width, widget.maximumWidth()):
        return True
    if scrolls:
        sideways = area.horizontalScrollBarPolicy() != Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        return not sideways and widget.geometry().right() > parent.width()
    if widget.height() < min(least_height, widget.maximumHeight()):
        return True
    return not parent.rect().contains(widget.geometry())


def _cuts_text(label: QLabel) -> bool:
    """True of a line that is cut without a sign: a number that lacks its beginning is another number."""
    draws_dots = isinstance(label, FigureLabel | ShortenedLabel)
    return not label.wordWrap() and not draws_dots and label.width() < label.sizeHint().width()


def _cuts_heads(header: QHeaderView) -> bool:
    """True of a head of a table that is cut without a sign."""
    if (
        header.orientation() is Qt.Orientation.Vertical
        or header.textElideMode() != Qt.TextElideMode.ElideNone
    ):
        return False
    sections = [section for section in range(header.count()) if not header.isSectionHidden(section)]
    return any(header.sectionSize(section) < header.sectionSizeHint(section) for section in sections)


def _is_behind(widget: QWidget) -> bool:
    """True in a dock whose tab is not in front, which Qt keeps visible beyond the window's edge."""
    above: QWidget | None = widget
    while above is not None and not isinstance(above, QDockWidget):
        above = above.parentWidget()
    return above is not None and above.visibleRegion().isEmpty()
