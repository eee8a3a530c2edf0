"""The figure of an experiment in the window: a card for each panel."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from landscape_app.experiments.figure import Figure
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.containers import plot_card, set_name
from landscape_app.gui.widgets.panel_canvas import Drawer, PanelCanvas, Task
from landscape_app.language import tr

SPACING = 8


class FigureView(QScrollArea):
    """Shows figures, in the cards that are there.

    Args:
        name: object name; those of its plots begin with it.
        theme: colours.
    """

    def __init__(self, name: str, theme: Theme) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(tr("Figure"))
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._theme = theme
        self._canvases: list[PanelCanvas] = []
        self._cards: list[QFrame] = []
        self._lines: list[QHBoxLayout] = []
        self._shape: tuple[int, ...] = ()
        self.figure = Figure()
        self.drawer = Drawer(self._tasks, self)
        sheet = set_name(QWidget(), "sheet")
        self._sheet = QVBoxLayout(sheet)
        self._sheet.setContentsMargins(0, 0, 0, 0)
        self._sheet.setSpacing(SPACING)
        self.setWidget(sheet)

    @property
    def canvases(self) -> list[PanelCanvas]:
        """The canvas of every panel, row after row."""
        return self._canvases[: len(self.figure.panels)]

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        for canvas in self._canvases:
            canvas.set_theme(theme)

    def show_figure(self, figure: Figure, fresh: bool = True) -> None:
        """Shows a figure.

        Args:
            figure: what to show.
            fresh: unrelated to the figure before; else the ends of axes stay as long as they serve.
        """
        before, self.figure = len(self.figure.panels), figure
        while len(self._canvases) < len(figure.panels):
            self._add_canvas()
        shape = tuple(len(row) for row in figure.rows)
        if shape != self._shape:
            self._lay_out(shape)
        for k, (canvas, panel) in enumerate(zip(self.canvases, figure.panels, strict=True)):
            canvas.show_panel(panel, fresh or k >= before)

    def _add_canvas(self) -> None:
        canvas = PanelCanvas(f"{self.objectName()}-{len(self._canvases)}", self._theme)
        canvas.stale.connect(self.drawer.ask)
        self._canvases.append(canvas)
        self._cards.append(plot_card(canvas))

    def _lay_out(self, shape: tuple[int, ...]) -> None:
        """Puts the cards in rows; those that are left over wait unseen."""
        self._shape = shape
        for line in self._lines:
            self._sheet.removeItem(line)
            line.deleteLater()
        self._lines = [QHBoxLayout() for _ in shape]
        for canvas in self._canvases:
            canvas.clear()
        cards = iter(self._cards)
        for line, length in zip(self._lines, shape, strict=True):
            line.setSpacing(SPACING)
            self._sheet.addLayout(line, 1)
            for card in (next(cards) for _ in range(length)):
                line.addWidget(card, 1)
                card.show()
        for card in cards:
            card.setParent(self.widget())
            card.hide()

    def _tasks(self) -> list[Task]:
        return [task for canvas in self.canvases for task in canvas.tasks()]
