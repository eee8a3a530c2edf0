"""Rules of an accessible window: names and roles as a screen reader is given them, the focus seen, contrast measured.

Contrast is that of WCAG 2.2: 4.5 for text (1.4.3), 3 for large text, for what tells a control or a curve from what is
around it (1.4.11), and between the pixels of a control without the focus and with it (2.4.7, 2.4.13). What is
disabled need not have any.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np
from pyqtgraph import GraphicsView, PlotCurveItem, ScatterPlotItem
from PySide6.QtCore import QBuffer, QIODevice, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QAccessible, QColor, QFont, QFontMetricsF, QImage, QPainter, QRegion, QTransform
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QToolButton,
    QWidget,
)

from landscape_app.gui.theme import contrast
from tests.gui.audit import interactive, names_above, unreached

TEXT, LARGE_TEXT, GRAPHIC = 4.5, 3.0, 3.0
"""Least contrasts."""

LARGE, LARGE_BOLD = 24.0, 18.66
"""Heights of large letters, and of bold ones, in pixels: 18 and 14 points."""

LEAST_FRAME = 64
"""Pixels that the focus changes at least, as the frame of a square of 16; of a smaller control, its shorter side."""

EDGE = 4
"""Pixels from its side within which a control has its edge."""

NO_ROLE = {
    QAccessible.Role.NoRole,
    QAccessible.Role.Client,
    QAccessible.Role.Border,
    QAccessible.Role.StaticText,
    QAccessible.Role.Window,
}
"""Roles that do not say what can be done with a control."""


def failures(window: QWidget) -> dict[str, list[str]]:
    """What keeps people from using a window as it is shown now, by kind."""
    return {kind: check(window) for kind, check in CHECKS.items()}


# Names and roles


def name_of(widget: QWidget) -> str:
    """The name that a screen reader says: the text of the label that belongs to it, else its own."""
    interface = QAccessible.queryAccessibleInterface(widget)
    labels = [
        other.text(QAccessible.Text.Name)
        for other, relation in interface.relations()
        if relation & QAccessible.RelationFlag.Label
    ]
    if isinstance(widget, QComboBox):
        # On Linux and macOS Qt gives out its text as its name.
        return " ".join(labels)
    return interface.text(QAccessible.Text.Name) or " ".join(labels)


def unnamed(window: QWidget) -> list[str]:
    """Controls without a name, or with one that has no letter and no digit."""
    names = [(widget, name_of(widget)) for widget in interactive(window)]
    return [f"{_described(widget)}: {name!r}" for widget, name in names if not any(map(str.isalnum, name))]


def confused(window: QWidget) -> list[str]:
    """Controls of one role and one name, so that nobody who hears them can tell which is which."""
    heard = [
        (QAccessible.queryAccessibleInterface(widget).role(), name_of(widget))
        for widget in interactive(window)
    ]
    return [
        f"{number} of {role.name} {name!r}"
        for (role, name), number in Counter(heard).items()
        if number > 1 and name
    ]


def without_role(window: QWidget) -> list[str]:
    """Controls, and drawings of ours, of which a screen reader cannot say what they are."""
    return [
        f"{_described(widget)}: {role.name}"
        for widget in [*interactive(window), *drawings(window)]
        if (role := QAccessible.queryAccessibleInterface(widget).role()) in NO_ROLE
    ]


def undescribed(window: QWidget) -> list[str]:
    """Drawings of ours that say nothing: neither a name nor a description."""
    return [_described(widget) for widget in drawings(window) if not name_of(widget)]


def drawings(window: QWidget) -> list[QWidget]:
    """Visible widgets that draw themselves, but for those that Qt knows how to read."""
    return [
        widget
        for widget in _visible(window)
        if any(
            "paintEvent" in vars(kind)
            for kind in type(widget).__mro__
            if kind.__module__.startswith("landscape_app")
        )
        and type(widget).__mro__[1] is QWidget
        and not widget.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    ]


def _visible(window: QWidget) -> list[QWidget]:
    """Widgets of a window that can be seen, itself the first."""
    inside = [widget for widget in window.findChildren(QWidget) if widget.window() is window]
    return [widget for widget in [window, *inside] if not widget.visibleRegion().isEmpty()]


def _described(widget: QWidget) -> str:
    return f"{type(widget).__name__} {widget.objectName()!r} in {names_above(widget)}"


# Contrast


class Text(NamedTuple):
    """A text as it is drawn.

    Attributes:
        words: what it says.
        colour: its colour, red, green, blue and opacity, each up to 1, shape (4,).
        place: around it, in the coordinates of the widget.
        is_large: in the sense of WCAG.
    """

    words: str
    colour: np.ndarray
    place: QRectF
    is_large: bool


def illegible(window: QWidget) -> list[str]:
    """Texts of too little contrast to the pixels behind them, also where the pointer is over a control."""
    found = []
    hovered = [
        w for w in interactive(window) if isinstance(w, QAbstractButton | QComboBox | QAbstractSpinBox)
    ]
    for over in (False, True):
        for widget in hovered if over else []:
            widget.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, True)
        pixels = pixels_of(window)
        for widget in hovered if over else _visible(window):
            if widget.isEnabled() or isinstance(widget, QMenu):
                for text in drawn_texts(widget):
                    found += _judged(text, widget, window, pixels, "hovered " if over else "")
        for widget in hovered:
            widget.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
    return found


def _judged(text: Text, widget: QWidget, window: QWidget, pixels: np.ndarray, state: str) -> Iterator[str]:
    seen = widget.visibleRegion().boundingRect() & text.place.toAlignedRect()
    if seen.width() < 3 or seen.height() < 5 or not any(sign.isalnum() for sign in text.words):
        return
    behind = background(pixels, QRect(widget.mapTo(window, seen.topLeft()), seen.size()))
    if behind is None:
        return
    opacity = text.colour[3]
    colour = opacity * text.colour[:3] + (1 - opacity) * behind / 255
    reached = contrast(_named(colour), _named(behind / 255))
    if reached < (LARGE_TEXT if text.is_large else TEXT):
        yield (
            f"{reached:.2f} {state}{text.words!r} {_named(colour)} on {_named(behind / 255)} in {_described(widget)}"
        )


def _named(colour: np.ndarray) -> str:
    return QColor.fromRgbF(*(float(np.clip(part, 0, 1)) for part in colour)).name()


def pixels_of(window: QWidget, place: QRect | None = None) -> np.ndarray:
    """What is painted in a window, or in a place of it, uint8, shape (height, width, 3)."""
    image = (
        window.grab(window.rect() if place is None else place)
        .toImage()
        .convertToFormat(QImage.Format.Format_RGB888)
    )
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def background(pixels: np.ndarray, place: QRect) -> np.ndarray | None:
    """The colour that most pixels of a place have, shape (3,): letters cover the smaller part of their line."""
    top, left = max(place.top(), 0), max(place.left(), 0)
    part = pixels[top : place.bottom() + 1, left : place.right() + 1].reshape(-1, 3)
    if not len(part):
        return None
    colours, counts = np.unique(part, axis=0, return_counts=True)
    return colours[counts.argmax()].astype(float)


MATRIX = re.compile(r"matrix\(([^)]*)\)")


def drawn_texts(widget: QWidget) -> list[Text]:
    """The texts that a widget draws itself, without those of the widgets within it: it is drawn as an SVG."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setResolution(96)
    generator.setSize(widget.size())
    painter = QPainter(generator)
    QWidget.render(widget, painter, QPoint(), QRegion(), QWidget.RenderFlag(0))
    painter.end()
    root = ElementTree.fromstring(bytes(buffer.data().data()))
    return list(_texts_in(root, QTransform()))


def _texts_in(node: ElementTree.Element, transform: QTransform) -> Iterator[Text]:
    matrix = MATRIX.match(node.get("transform", ""))
    if matrix is not None:
        transform = QTransform(*(float(number) for number in matrix[1].split(","))) * transform
    if node.tag.endswith("}text") and (words := "".join(node.itertext()).strip()):
        size, bold = float(node.get("font-size", "12")), float(node.get("font-weight", "400")) >= 600
        font = QFont(node.get("font-family", ""))
        font.setPixelSize(max(1, round(size)))
        font.setBold(bold)
        metrics = QFontMetricsF(font)
        corner = float(node.get("x", "0")), float(node.get("y", "0")) - metrics.ascent()
        place = transform.mapRect(QRectF(*corner, metrics.horizontalAdvance(words), metrics.height()))
        colour = QColor(node.get("fill", "#000000"))
        colour.setAlphaF(float(node.get("fill-opacity", "1")) * float(node.get("opacity", "1")))
        large = size >= (LARGE_BOLD if bold else LARGE)
        yield Text(words, np.array(colour.getRgbF()), place, large)
    for inner in node:
        yield from _texts_in(inner, transform)


def edgeless(window: QWidget) -> list[str]:
    """Controls of which neither edge nor inside stands out from what is around them."""
    pixels, found = pixels_of(window), []
    for widget in interactive(window):
        if not widget.isEnabled() or not isinstance(widget, EDGED) or widget.property("quiet"):
            continue
        if isinstance(widget, QToolButton) and widget.autoRaise():
            continue
        if widget.visibleRegion().boundingRect() != widget.rect():
            continue
        corner = widget.mapTo(window, QPoint())
        left, middle = corner.x(), corner.y() + widget.height() // 2
        if left < 1:
            continue
        outside = _named(pixels[middle, left - 1] / 255)
        width = widget.width() if isinstance(widget, QAbstractSlider) else EDGE
        if isinstance(widget, QCheckBox | QRadioButton):
            width = widget.height()
        row = np.unique(pixels[middle, left : left + width], axis=0) / 255
        reached = max(contrast(_named(colour), outside) for colour in row)
        if reached < GRAPHIC:
            found.append(f"{reached:.2f} edge of {_described(widget)}")
    return found


EDGED = (
    QPushButton,
    QToolButton,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QCheckBox,
    QRadioButton,
    QAbstractSlider,
)


def pale(window: QWidget) -> list[str]:
    """Curves and points in plots of too little contrast to the plot's surface."""
    found = []
    for view in [widget for widget in _visible(window) if isinstance(widget, GraphicsView)]:
        surface = view.backgroundBrush().color().name()
        for item in view.scene().items():
            if not item.isVisible() or item.effectiveOpacity() < 0.5:
                # One that stands behind a smoothed one, which tells it.
                continue
            for colour in _colours_of(item):
                reached = contrast(_over(colour, surface), surface)
                if reached < GRAPHIC:
                    found.append(
                        f"{reached:.2f} {colour.name(QColor.NameFormat.HexArgb)} of {_described(view)}"
                    )
    return sorted(set(found))


def _colours_of(item: object) -> list[QColor]:
    if isinstance(item, PlotCurveItem) and item.xData is not None and len(item.xData):
        pen = item.opts["pen"]
        return [] if pen is None or pen.style() == Qt.PenStyle.NoPen else [pen.color()]
    if isinstance(item, ScatterPlotItem) and len(item.data):
        spots = item.points()[:200]
        filled = [spot.brush().color() for spot in spots if spot.brush().style() != Qt.BrushStyle.NoBrush]
        return filled or [spot.pen().color() for spot in spots]
    return []


def _over(colour: QColor, surface: str) -> str:
    share, behind = colour.alphaF(), np.array(QColor(surface).getRgbF()[:3])
    return _named(share * np.array(colour.getRgbF()[:3]) + (1 - share) * behind)


def unseen_focus(window: QWidget) -> list[str]:
    """Controls that look alike with the focus of the keys and without."""
    found = []
    window.activateWindow()
    # As once Tab has been pressed.
    window.setAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
    before = QApplication.focusWidget()
    for widget in interactive(window):
        if not widget.isEnabled() or widget.focusPolicy() == Qt.FocusPolicy.NoFocus:
            continue
        # Scrolls it into sight.
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        place = QRect(widget.mapTo(window, QPoint()), widget.size()) & window.rect()
        if place.isEmpty() or widget.visibleRegion().isEmpty():
            continue
        widget.clearFocus()
        without = pixels_of(window, place)
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        if not widget.hasFocus():
            continue
        shown = pixels_of(window, place)
        widget.clearFocus()
        if without.shape != shown.shape:
            continue
        changed = (without != shown).any(axis=2)
        pairs = np.unique(
            np.concatenate([without[changed], shown[changed]], axis=1), axis=0, return_counts=True
        )
        seen = sum(
            int(count)
            for pair, count in zip(*pairs, strict=True)
            if contrast(_named(pair[:3] / 255), _named(pair[3:] / 255)) >= GRAPHIC
        )
        if seen < min(widget.width(), widget.height(), LEAST_FRAME):
            found.append(f"{seen} pixels of {_described(widget)}")
    if before is not None:
        before.setFocus()
    return found


CHECKS: dict[str, Callable[[QWidget], list[str]]] = {
    "controls without a name": unnamed,
    "controls of the same name": confused,
    "controls and drawings without a role": without_role,
    "drawings that say nothing": undescribed,
    "controls that Tab does not reach": unreached,
    "controls whose focus is not seen": unseen_focus,
    "texts of too little contrast": illegible,
    "controls without an edge": edgeless,
    "curves of too little contrast": pale,
}
"""Kinds of failure, and what looks for them."""
