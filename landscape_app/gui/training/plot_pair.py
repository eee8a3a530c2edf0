"""Two plots in the place of one, with a button that turns to the other."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedLayout, QToolButton, QWidget

from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.plots import Plot


class PlotPair(QWidget):
    """Shows one plot of two.

    Args:
        plots: both.
        symbols: what the button calls each, short.
    """

    def __init__(self, plots: tuple[Plot, Plot], symbols: tuple[str, str]) -> None:
        super().__init__()
        self._plots, self._symbols = plots, symbols
        self._pages = QStackedLayout(self)
        for plot in plots:
            self._pages.addWidget(plot)
        self.button = set_name(QToolButton(self), "turn-" + plots[0].objectName())
        self.button.setProperty("quiet", True)
        self.button.clicked.connect(lambda: self.turn())
        self._name_button()

    @property
    def shown(self) -> Plot:
        """The plot on view."""
        return self._plots[self._pages.currentIndex()]

    def turn(self) -> None:
        """Shows the other plot."""
        self._pages.setCurrentIndex(1 - self._pages.currentIndex())
        self._name_button()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the button in the upper right corner."""
        super().resizeEvent(event)
        self._place_button()

    def _name_button(self) -> None:
        other = 1 - self._pages.currentIndex()
        self.button.setText(self._symbols[other])
        name = f"Show {self._plots[other].accessibleName()}"
        self.button.setAccessibleName(name)
        self.button.setToolTip(name)
        self._place_button()

    def _place_button(self) -> None:
        self.button.adjustSize()
        self.button.move(self.width() - self.button.width(), 0)
        self.button.raise_()
