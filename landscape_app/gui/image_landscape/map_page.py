"""The map with its controls: what colours mean, and which data are shown."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from landscape_app.gui.image_landscape.colour_key import ColourKey
from landscape_app.gui.image_landscape.map_plot import MapPlot
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.card import plot_card
from landscape_app.gui.widgets.naming import named
from landscape_app.gui.widgets.switch import Switch

COLOURS = {
    "surprisal": "−log P",
    "energy": "energy Σ λ f",
    "class": "class",
    "density": "density",
}


class MapPage(QWidget):
    """The map, and what is drawn on it.

    Signals:
        coloured: the chains shall have other colours.
    """

    coloured = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("map-page")
        self.plot = MapPlot(theme)
        self.colour_box = named(QComboBox(), "map-colour")
        self.colour_box.setAccessibleName("Colour chains by")
        self.colour_box.setToolTip(
            "What the colours of the chains mean: −log P and the energy Σ λ f, in nats from the training images' "
            "mean; the class that the class network gives; or how densely chains lie on the map"
        )
        for name, text in COLOURS.items():
            self.colour_box.addItem(f"Colour: {text}", name)
        self.colour_box.activated.connect(lambda: self.coloured.emit())
        self.training = named(Switch("Training"), "map-training")
        self.training.setToolTip("Show the training images on the map")
        self.held_out = named(Switch("Held-out"), "map-held-out")
        self.held_out.setToolTip("Show the held-out images, which training never sees, on the map")
        for switch, kind in ((self.training, "training"), (self.held_out, "held_out")):
            switch.setChecked(True)
            switch.toggled.connect(lambda shown, kind=kind: self.plot.set_shown(kind, shown))
        whole = named(QToolButton(), "map-whole", text="Whole map")
        whole.setAccessibleName("Show the whole map")
        whole.setToolTip("Show the whole map again (Home)")
        whole.clicked.connect(self.plot.show_all)
        self.key = ColourKey("map-key")
        self.legend = named(QLabel(), "muted")
        self.legend.setAccessibleName("What is on the map")
        controls = QHBoxLayout()
        controls.setSpacing(10)
        for widget in (self.colour_box, self.training, self.held_out):
            controls.addWidget(widget)
        controls.addStretch(1)
        controls.addWidget(whole)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(controls)
        layout.addWidget(plot_card(self.plot), 1)
        layout.addWidget(self.key)
        layout.addWidget(self.legend)
        self.set_theme(theme)

    @property
    def colour_by(self) -> str:
        """What colours mean: a key of `COLOURS`."""
        return str(self.colour_box.currentData())

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.plot.set_theme(theme)
        self.legend.setText(
            f'<span style="color:{theme.training}">●</span> training  '
            f'<span style="color:{theme.held_out}">●</span> held-out  '
            f'<span style="color:{theme.text}">▽</span> local minima  '
            f'<span style="color:{theme.text}">—</span> path'
        )
