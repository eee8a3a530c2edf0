"""Names of widgets, and what groups them: cards, pages, rows that fold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from PySide6.QtCore import QEvent, QPoint, QSize, Qt
from PySide6.QtGui import QHelpEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QBoxLayout,
    QButtonGroup,
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLayout,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from landscape_app.gui.widgets.fixed import FigureLabel, least_height
from landscape_app.language import tr, within_sentence

W = TypeVar("W", bound=QWidget)


def show_description(widget: QWidget, event: QEvent, describe: Callable[[QPoint], str]) -> bool:
    """Answers an event that asks for a tooltip with the description of the place; False for another event."""
    if not isinstance(event, QHelpEvent) or event.type() != QEvent.Type.ToolTip:
        return False
    QToolTip.showText(event.globalPos(), describe(event.pos()), widget)
    return True


def set_name(widget: W, name: str, text: str | None = None) -> W:
    """The widget, with its object name and, for a button, its text set."""
    widget.setObjectName(name)
    if text is not None and isinstance(widget, QAbstractButton):
        widget.setText(text)
    return widget


def restyle(widget: QWidget, name: str, value: object) -> None:
    """Sets a property by which the style sheet tells widgets apart, and has the widget drawn by it."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def measure_anew(widget: QWidget) -> None:
    """Has a widget's size hint hold what is in it as it is now, which Qt would see to with the next events only."""
    layout = widget.layout()
    if layout is not None:
        layout.activate()
    widget.updateGeometry()


def plot_card(content: QWidget) -> QFrame:
    """A card with narrow margins, as plots bring their own."""
    card = set_name(QFrame(), "card")
    layout = QVBoxLayout(card)
    layout.setContentsMargins(4, 2, 6, 3)
    layout.addWidget(content)
    return card


def control_card(*items: QWidget | QLayout) -> QFrame:
    """A card of controls, one below the other."""
    card = set_name(QFrame(), "card")
    layout = QVBoxLayout(card)
    layout.setContentsMargins(12, 10, 12, 10)
    layout.setSpacing(7)
    for item in items:
        if isinstance(item, QWidget):
            layout.addWidget(item)
        else:
            layout.addLayout(item)
    return card


GRID_SPACING, LEAST_CARD_HEIGHT = 8, 150
"""Between plots of a grid, and of a plot that can be read, in pixels."""


class GrowingDialog(QDialog):
    """Grows where its texts need more lines: Qt asks a window for the height of its usual width only."""

    def event(self, event: QEvent) -> bool:
        """Grows as it is laid out."""
        found = super().event(event)
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Show):
            layout = self.layout()
            wanted = 0 if layout is None else layout.heightForWidth(self.width())
            if wanted > self.height():
                self.resize(self.width(), wanted)
        return found


class PlotGrid(QWidget):
    """Plots in as many columns as there is room for; where their number leaves some over, the first is wider.

    Args:
        plots: row by row.
        most: columns.
    """

    def __init__(self, plots: Sequence[QWidget], most: int = 2) -> None:
        super().__init__()
        self._cards = [plot_card(plot) for plot in plots]
        self._most, self._shown, self.columns = most, len(plots), most
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GRID_SPACING)
        self._arrange()

    def show_first(self, count: int) -> None:
        """Shows so many plots, from the first."""
        if count != self._shown:
            self._shown = count
            self._arrange()

    @property
    def _narrowest(self) -> int:
        return max(card.minimumSizeHint().width() for card in self._cards)

    def hasHeightForWidth(self) -> bool:
        """Never: its rows are as high as there is room for."""
        return False

    def minimumSizeHint(self) -> QSize:
        """As narrow as one column."""
        return QSize(self._narrowest, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Takes as many columns as there is room for."""
        super().resizeEvent(event)
        room = (self.width() + GRID_SPACING) // (self._narrowest + GRID_SPACING)
        columns = max(1, min(self._most, room))
        if columns != self.columns:
            self.columns = columns
            self._arrange()
            # Else what it scrolls in keeps the height of the rows that were.
            self.updateGeometry()

    def _arrange(self) -> None:
        over = -self._shown % self.columns
        rows = (self._shown + over) // self.columns
        for index, card in enumerate(self._cards):
            row, column = divmod(index + (over if index else 0), self.columns)
            self._grid.addWidget(card, row, column, 1, 1 if index else 1 + over)
            card.setVisible(index < self._shown)
            self._grid.setRowStretch(index, int(index < rows))
            self._grid.setRowMinimumHeight(index, LEAST_CARD_HEIGHT if index < rows else 0)
        for column in range(self._most):
            self._grid.setColumnStretch(column, int(column < self.columns))


SPACING = 10


class FoldingRow(QWidget):
    """Two groups of widgets: beside each other, the second at the right end, or one below the other.

    Args:
        first, second: the groups, in their order.
    """

    def __init__(self, first: Sequence[QWidget], second: Sequence[QWidget]) -> None:
        super().__init__()
        self._groups = (_group(first, stretch_behind=True), _group(second, stretch_behind=False))
        self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(SPACING)
        for group in self._groups:
            self._layout.addWidget(group)

    @property
    def is_folded(self) -> bool:
        """True if the groups are one below the other."""
        return self._layout.direction() == QBoxLayout.Direction.TopToBottom

    def minimumSizeHint(self) -> QSize:
        """As narrow as the wider group."""
        sizes = [group.minimumSizeHint() for group in self._groups]
        return QSize(max(size.width() for size in sizes), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Folds or unfolds."""
        super().resizeEvent(event)
        self._fold()

    def event(self, event: QEvent) -> bool:
        """Folds or unfolds where widgets have been shown or hidden."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self._fold()
        return done

    def _fold(self) -> None:
        wanted = sum(group.minimumSizeHint().width() for group in self._groups) + SPACING
        directions = QBoxLayout.Direction
        direction = directions.LeftToRight if wanted <= self.width() else directions.TopToBottom
        if direction != self._layout.direction():
            self._layout.setDirection(direction)
            self.updateGeometry()


def _group(widgets: Sequence[QWidget], stretch_behind: bool) -> QWidget:
    group = QWidget()
    row = QHBoxLayout(group)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(SPACING)
    if not stretch_behind:
        row.addStretch(1)
    for widget in widgets:
        row.addWidget(widget)
    if stretch_behind:
        row.addStretch(1)
    return group


def _need_height(page: QWidget, needed: bool) -> None:
    """Has a page in a stack need the height that it needs, or none while another is shown."""
    policy = page.sizePolicy()
    policy.setVerticalPolicy(QSizePolicy.Policy.Preferred if needed else QSizePolicy.Policy.Ignored)
    page.setSizePolicy(policy)


class Page(NamedTuple):
    """A page.

    Attributes:
        name: of its button, behind "page-".
        title: on the button.
        tooltip: of the button.
        content: what the page shows.
    """

    name: str
    title: str
    tooltip: str
    content: QWidget


class Pages(QWidget):
    """Shows one page at a time; the first, to begin with.

    Attributes:
        names: of the pages, in their order.
    """

    def __init__(self, pages: Sequence[Page]) -> None:
        super().__init__()
        self._captions = [""] * len(pages)
        self.names = [page.name for page in pages]
        self._contents = [page.content for page in pages]
        self._stack = QStackedWidget()
        self._group = QButtonGroup(self)
        # A caption that is too long ends with dots, rather than widening what it is in.
        self.caption = set_name(FigureLabel(), "muted")
        self.caption.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.caption.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout()
        row.setSpacing(4)
        for i, page in enumerate(pages):
            button = set_name(QToolButton(), f"page-{page.name}", text=page.title)
            button.setCheckable(True)
            button.setChecked(i == 0)
            button.setToolTip(page.tooltip)
            button.setAccessibleName(tr("Show {page}", page=within_sentence(page.title)))
            self._group.addButton(button, i)
            _need_height(page.content, i == 0)
            self._stack.addWidget(page.content)
            row.addWidget(button)
        row.addWidget(self.caption, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(row)
        layout.addWidget(self._stack, 1)
        self._group.idClicked.connect(self._turn)

    def heightForWidth(self, width: int) -> int:
        """Least height of the page on view, below the buttons."""
        buttons = self.minimumSizeHint().height() - self._stack.minimumSizeHint().height()
        return buttons + least_height(self._contents[self._stack.currentIndex()], width)

    def button(self, name: str) -> QToolButton:
        """The button that turns to a page."""
        button = self._group.button(self.names.index(name))
        assert isinstance(button, QToolButton)
        return button

    def turn_to(self, part: QWidget) -> None:
        """Turns to the page that has a widget."""
        for name, content in zip(self.names, self._contents, strict=True):
            if content is part or content.isAncestorOf(part):
                self.button(name).click()

    def set_caption(self, name: str, text: str) -> None:
        """Note beside the buttons while a page is on view."""
        index = self.names.index(name)
        self._captions[index] = text
        if self._stack.currentIndex() == index and self.caption.text() != text:
            self.caption.setText(text)

    def _turn(self, index: int) -> None:
        for number, content in enumerate(self._contents):
            _need_height(content, number == index)
        self._stack.setCurrentIndex(index)
        self.caption.setText(self._captions[index])
