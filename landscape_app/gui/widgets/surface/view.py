"""View of a surface of one or two coordinates: its axes, the layers shown, the chain that is followed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QLabel, QSpinBox, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.accessible import ChoiceBox
from landscape_app.gui.widgets.buttons import ToggleSwitch
from landscape_app.gui.widgets.containers import FoldingRow, plot_card, set_name
from landscape_app.gui.widgets.keys import leave_by_keys
from landscape_app.gui.widgets.surface.axes import LineAxes, PlaneAxes
from landscape_app.gui.widgets.surface.shades import Quantity
from landscape_app.gui.widgets.tips import wrapped
from landscape_app.language import tr
from landscape_app.session.landscape.plane import Landscape
from landscape_app.session.trajectory import EnsembleSnapshot

LINE_CHOICES: tuple[tuple[str, Quantity | None], ...] = (
    (tr("H and p"), None),
    (Quantity.ENERGY.value, Quantity.ENERGY),
    (Quantity.DENSITY.value, Quantity.DENSITY),
)
PLANE_CHOICES: tuple[tuple[str, Quantity | None], ...] = tuple((q.value, q) for q in Quantity)
NONE = tr("none")


class LandscapeView(QWidget):
    """Shows landscapes, data and chains that it is given; what drives the chains is elsewhere.

    Args:
        theme: colours.
        symbol: of the energy that is drawn, such as H/T.

    Signals:
        followed: index of the chain that shall be followed; None for none.
        tracked: whether snapshots shall tell where all chains have been.

    Attributes:
        landscape: the landscape on view; None before the first.
    """

    followed = Signal(object)
    tracked = Signal(bool)

    def __init__(self, theme: Theme, symbol: str = "H") -> None:
        super().__init__()
        self.setObjectName("landscape-view")
        self._theme, self._symbol = theme, symbol
        self.landscape: Landscape | None = None
        self._data: np.ndarray | None = None
        self._view: EnsembleSnapshot | None = None
        self._names: tuple[str, ...] = ()
        self.line, self.plane = LineAxes(theme, symbol), PlaneAxes(theme, symbol)
        self._pages = QStackedWidget()
        self._pages.addWidget(plot_card(self.plane))
        self._pages.addWidget(plot_card(self.line))
        self.key = set_name(QLabel(), "muted")
        self.key.setAccessibleName(tr("What the marks mean"))
        self.key.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._build_choices())
        layout.addWidget(self._pages, 1)
        layout.addWidget(self.key)
        for axes in (self.line, self.plane):
            axes.taken.connect(self._take)
        self._list_choices(PLANE_CHOICES)
        self._write_key()

    @property
    def quantity(self) -> Quantity | None:
        """Quantity of the landscape that is shown; None for energy and density."""
        choice = self.quantity_box.currentData()
        return choice if isinstance(choice, Quantity) else None

    @property
    def axes(self) -> LineAxes | PlaneAxes:
        """The axes on view."""
        return self.plane if self._pages.currentIndex() == 0 else self.line

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        self.line.set_theme(theme)
        self.plane.set_theme(theme)
        self._write_key()

    def show_landscape(self, landscape: Landscape) -> None:
        """Draws a landscape, if it is another than before."""
        before, self.landscape = self.landscape, landscape
        if landscape is before:
            return
        if before is None or before.dimensions != landscape.dimensions:
            self._pages.setCurrentIndex(0 if landscape.dimensions == 2 else 1)
            self._list_choices(PLANE_CHOICES if landscape.dimensions == 2 else LINE_CHOICES)
            self._data = self._view = None
            self._name_axes()
        self._draw_landscape()

    def name_coordinates(self, names: Sequence[str]) -> None:
        """Says what the coordinates of the landscape on view are called; none for x and y."""
        if tuple(names) != self._names:
            self._names = tuple(names)
            self._name_axes()

    def _name_axes(self) -> None:
        plain = ("x", "y") if self.axes is self.plane else ("x",)
        self.axes.name_coordinates(self._names if len(self._names) == len(plain) else plain)

    def show_data(self, data: np.ndarray) -> None:
        """Draws data, shape (n, coordinates) of the landscape before it; none clears them."""
        if data is self._data:
            return
        self._data = data
        self.data_switch.setEnabled(len(data) > 0)
        self.axes.show_data(data)
        self._write_key()

    def show_chains(self, view: EnsembleSnapshot) -> None:
        """Draws chains on the landscape before them."""
        before, self._view = self._view, view
        if view is before:
            return
        if before is None or len(before.positions) != len(view.positions):
            self.chain_box.setMaximum(len(view.positions))
        self.axes.show_chains(view)

    def show_followed(self, chain: int | None) -> None:
        """Says which chain is followed, without a signal."""
        with QSignalBlocker(self.chain_box):
            self.chain_box.setValue(0 if chain is None else chain + 1)

    def _build_choices(self) -> FoldingRow:
        self.quantity_box = set_name(ChoiceBox(), "landscape-quantity")
        self.quantity_box.setAccessibleName(tr("What the landscape shows"))
        self.quantity_box.setToolTip(
            tr(
                "<b>H</b>: the energy, in nats. <b>−log p</b>: with the base measure q, H − log q + log Z, in nats; "
                "below zero where the density is above one per unit.<br>"
                "<b>p</b>: the density per unit of the coordinates, normalised by quadrature."
            )
        )
        self.quantity_box.currentIndexChanged.connect(lambda _: self._draw_landscape())
        self.contour_switch = set_name(ToggleSwitch(tr("Contours")), "landscape-contours")
        self.contour_switch.setToolTip(tr("Lines of equal energy or density"))
        self.contour_switch.setChecked(True)
        self.contour_switch.toggled.connect(self.plane.contours.setVisible)
        self.data_switch = set_name(ToggleSwitch(tr("Data")), "landscape-data")
        self.data_switch.setToolTip(tr("Show the data that were learned from, or the points that were drawn"))
        self.data_switch.setChecked(True)
        self.data_switch.toggled.connect(self.plane.data.setVisible)
        self.steps_switch = set_name(ToggleSwitch(tr("Steps")), "landscape-steps")
        self.steps_switch.setToolTip(
            wrapped(
                tr(
                    "The last 100 steps of the chain that is followed: a dot where a proposal was accepted, a ring "
                    "where it was rejected; the last proposal as an arrow, with the leapfrog steps of Hamiltonian "
                    "Monte Carlo"
                )
            )
        )
        self.steps_switch.setChecked(True)
        self.steps_switch.toggled.connect(self._show_steps)
        self.tracks_switch = set_name(ToggleSwitch(tr("All tracks")), "landscape-tracks")
        self.tracks_switch.setToolTip(tr("Where every chain has been in its last 100 steps"))
        self.tracks_switch.toggled.connect(self.tracked)
        self.chain_box = set_name(QSpinBox(), "landscape-chain")
        self.chain_box.setAccessibleName(tr("Chain to follow"))
        self.chain_box.setToolTip(tr("The chain that is followed; a click on a chain takes it"))
        self.chain_box.setRange(0, 1)
        self.chain_box.setSpecialValueText(NONE)
        self.chain_box.setValue(1)
        self.chain_box.setKeyboardTracking(False)
        leave_by_keys(self.chain_box)
        self.chain_box.valueChanged.connect(lambda n: self.followed.emit(n - 1 if n else None))
        self.reset_button = set_name(QToolButton(), "landscape-reset", text=tr("Reset view"))
        self.reset_button.setAccessibleName(tr("Show the whole landscape"))
        self.reset_button.setToolTip(tr("Show the whole landscape again (Home)"))
        self.reset_button.clicked.connect(lambda: self.axes.reset_view())
        return FoldingRow(
            (self.contour_switch, self.data_switch, self.steps_switch, self.tracks_switch),
            (
                self.quantity_box,
                set_name(QLabel(tr("Follow chain")), "muted"),
                self.chain_box,
                self.reset_button,
            ),
        )

    def _list_choices(self, choices: tuple[tuple[str, Quantity | None], ...]) -> None:
        with QSignalBlocker(self.quantity_box):
            self.quantity_box.clear()
            for text, quantity in choices:
                self.quantity_box.addItem(text.replace("H", self._symbol, 1), quantity)
        plane = choices is PLANE_CHOICES
        for switch in (self.contour_switch, self.data_switch, self.tracks_switch):
            switch.setVisible(plane)

    def _draw_landscape(self) -> None:
        landscape = self.landscape
        if landscape is None:
            return
        if landscape.dimensions == 2:
            self.plane.show_landscape(landscape, self.quantity or Quantity.ENERGY)
        else:
            self.line.show_landscape(landscape, self.quantity)
        quantity = self.quantity
        if quantity is not None:
            self.contour_switch.setToolTip(tr("Contours {places}", places=quantity.about_contours))
        self._write_key()

    def _show_steps(self, shown: bool) -> None:
        for axes in (self.plane, self.line.energy):
            assert axes.overlay is not None
            axes.overlay.shows_steps = shown
            axes.overlay.update()

    def _take(self, chain: int) -> None:
        self.chain_box.setValue(chain + 1)

    def _write_key(self) -> None:
        """Names the marks, each in its colour."""
        theme = self._theme
        entries = [(theme.model, "•", tr("chains")), (theme.held_out, "●", tr("followed"))]
        if self._data is not None and len(self._data):
            entries.insert(0, (theme.training, "·", tr("data")))
        if self.quantity is not Quantity.DENSITY or self.axes is self.plane:
            entries += [(theme.held_out, "➤", tr("accepted")), (theme.danger, "○", tr("rejected"))]
        parts = [f'<span style="color:{colour}">{sign}</span> {name}' for colour, sign, name in entries]
        landscape, quantity = self.landscape, self.quantity
        if landscape is not None and landscape.dimensions == 2 and quantity is not None:
            parts.append(tr("contours {places}", places=quantity.about_contours))
        if landscape is not None and landscape.inside < 0.995:
            parts.append(tr("{share:.1%} of the probability on view", share=landscape.inside))
        self.key.setText(" &nbsp; ".join(parts))
        self.key.setTextFormat(Qt.TextFormat.RichText)
