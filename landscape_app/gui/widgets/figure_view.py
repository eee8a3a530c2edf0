"""The figure of an experiment on the screen: a card a panel, changed in place while its layout stays."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from landscape_app.experiments.figure import Figure, Panel
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.axes_panel import AxesPanel
from landscape_app.gui.widgets.images_panel import ImagesPanel
from landscape_app.gui.widgets.legend import Legend
from landscape_app.gui.widgets.naming import named

LEAST_WIDTH, LEAST_HEIGHT = 196, 184
"""Of a panel; where there is less room, the figure scrolls."""

LEAST_PLOT = 132
"""Height of a plot with its axes, however long the title and the legend above it."""


class PanelCard(QFrame):
    """One panel: its title, what its marks are, and the plot or the images.

    Args:
        name: of the plot, for tests and tools.
        theme: colours.
        of_images: whether it shows images, which have no axes.
    """

    def __init__(self, name: str, theme: Theme, of_images: bool) -> None:
        super().__init__()
        self.setObjectName("card")
        self._of_images = of_images
        self.setMinimumSize(LEAST_WIDTH, LEAST_HEIGHT)
        self.title = named(QLabel(), "panel-title")
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setWordWrap(True)
        self.legend = Legend(theme)
        self.content = ImagesPanel(name, theme) if of_images else AxesPanel(name, theme)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 7, 8, 4)
        layout.setSpacing(2)
        layout.addWidget(self.title)
        if of_images:
            self.legend.hide()
        else:
            self.content.setMinimumHeight(LEAST_PLOT)
            layout.addWidget(self.legend)
        layout.addWidget(self.content, 1)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.legend.set_theme(theme)
        self.content.set_theme(theme)

    def serves(self, panel: Panel) -> bool:
        """Whether a panel is of its kind; one without marks is of any."""
        return not panel.marks or panel.is_of_images == self._of_images

    def show_panel(self, panel: Panel, fresh: bool) -> None:
        """Draws a panel of its kind."""
        if self.title.text() != panel.title:
            self.title.setText(panel.title)
            self.content.setAccessibleName(panel.title)
        self.legend.show_panel(panel)
        self.content.show_panel(panel, fresh)


class FigureView(QScrollArea):
    """Draws figures.

    Args:
        name: object name; those of its plots begin with it.
        theme: colours.
    """

    def __init__(self, name: str, theme: Theme) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName("Figure")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._theme = theme
        self._cards: list[list[PanelCard]] = []
        self._lines: list[QHBoxLayout] = []
        self._figure = Figure()
        sheet = named(QWidget(), "sheet")
        self._sheet = QVBoxLayout(sheet)
        self._sheet.setContentsMargins(0, 0, 0, 0)
        self._sheet.setSpacing(8)
        self.setWidget(sheet)

    @property
    def figure(self) -> Figure:
        """What it shows."""
        return self._figure

    @property
    def cards(self) -> list[PanelCard]:
        """A card for every panel, row after row."""
        return [card for row in self._cards for card in row]

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        for card in self.cards:
            card.set_theme(theme)

    def show_figure(self, figure: Figure, fresh: bool = True) -> None:
        """Draws a figure: in the cards that are there, as far as they serve.

        Args:
            figure: what to draw.
            fresh: whether it has nothing to do with the one before; else ranges stay as long as they serve.
        """
        self._figure = figure
        self.setUpdatesEnabled(False)
        for i, row in enumerate(figure.rows):
            if i == len(self._lines):
                self._add_line()
            self._show_row(i, row, fresh)
        while len(self._lines) > len(figure.rows):
            self._drop_line()
        self.setUpdatesEnabled(True)

    def _show_row(self, i: int, row: tuple[Panel, ...], fresh: bool) -> None:
        cards, line = self._cards[i], self._lines[i]
        for j, panel in enumerate(row):
            if j < len(cards) and not cards[j].serves(panel):
                _discard(cards.pop(j))
            elif j < len(cards):
                cards[j].show_panel(panel, fresh)
                continue
            card = PanelCard(f"{self.objectName()}-{i}-{j}", self._theme, panel.is_of_images)
            cards.insert(j, card)
            line.insertWidget(j, card, 1)
            card.show_panel(panel, fresh)
        while len(cards) > len(row):
            _discard(cards.pop())

    def _add_line(self) -> None:
        line = QHBoxLayout()
        line.setSpacing(8)
        self._sheet.addLayout(line, 1)
        self._lines.append(line)
        self._cards.append([])

    def _drop_line(self) -> None:
        for card in self._cards.pop():
            _discard(card)
        line = self._lines.pop()
        self._sheet.removeItem(line)
        line.deleteLater()


def _discard(card: PanelCard) -> None:
    card.hide()
    card.setParent(None)
    card.deleteLater()
