"""The Min-MaxEnt term with its switch and temperature, and the temperature of the whole."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton

from landscape_app.gui.widgets.card import control_card
from landscape_app.gui.widgets.naming import named
from landscape_app.gui.widgets.number_slider import NumberSlider
from landscape_app.gui.widgets.switch import Switch
from landscape_app.session import Composition
from landscape_app.session.composition import LEAST_TEMPERATURE, MOST_TEMPERATURE

REACH = (0.25, 4.0)
"""Of the sliders."""

WARNING = (
    "Off: nothing holds the chains to what the data look like. They fall into the class network's blind "
    "spots: it is sure, and you are not (the paper's figure 7d)."
)


class ModelEntry:
    """The Min-MaxEnt Hamiltonian as the first entry of the list.

    Attributes:
        card: the widget.
        hamiltonian: its switch.
        temperature: T_m of this term alone.
    """

    def __init__(self) -> None:
        self.hamiltonian = named(Switch("Min-MaxEnt  Σᵢ λᵢ fᵢ(x)"), "hamiltonian")
        self.hamiltonian.setChecked(True)
        self.hamiltonian.setToolTip(
            "The trained landscape. Switched off, only the base measure and the fields remain (H)"
        )
        self.temperature = NumberSlider(
            "model-temperature",
            "Temperature of the Min-MaxEnt term",
            REACH,
            1.0,
            "<b>Temperature</b> T<sub>m</sub> of the trained landscape alone: its energy is divided by it, the "
            "fields are not.<br>Hot: the fields have more to say, against the base measure.",
            logarithmic=True,
            box_limits=(max(LEAST_TEMPERATURE, 0.01), MOST_TEMPERATURE),
        )
        self.warning = named(QLabel(WARNING), "warning")
        self.warning.setWordWrap(True)
        self.warning.setVisible(False)
        row = QHBoxLayout()
        row.setSpacing(6)
        caption = named(QLabel("T<sub>m</sub>"), "muted")
        row.addWidget(caption)
        row.addWidget(self.temperature, 1)
        self.card = control_card(self.hamiltonian, row, self.warning)

    def show_composition(self, composition: Composition) -> None:
        """Sets the controls, without a signal."""
        blocked = self.hamiltonian.blockSignals(True)
        self.hamiltonian.setChecked(composition.hamiltonian)
        self.hamiltonian.blockSignals(blocked)
        self.temperature.show_value(composition.model_temperature)
        self.temperature.setEnabled(composition.hamiltonian)
        self.warning.setVisible(not composition.hamiltonian)


class TemperatureEntry:
    """The temperature that divides everything, and the way back to the trained model.

    Attributes:
        card: the widget.
        temperature: T.
        clear: the button back.
    """

    def __init__(self) -> None:
        self.temperature = NumberSlider(
            "temperature",
            "Temperature",
            REACH,
            1.0,
            "<b>Temperature</b> T divides the whole Hamiltonian.<br>Cold: only the likeliest images. Hot: towards "
            "the base measure. At 1 the model is as trained.",
            logarithmic=True,
            box_limits=(max(LEAST_TEMPERATURE, 0.01), MOST_TEMPERATURE),
        )
        self.clear = named(QPushButton("Back to the trained model"), "clear-bias")
        self.clear.setToolTip("No layers, both temperatures 1, Hamiltonian on (Backspace)")
        self.card = control_card(named(QLabel("Temperature T"), "title"), self.temperature, self.clear)

    def show_composition(self, composition: Composition) -> None:
        """Sets the controls, without a signal."""
        self.temperature.show_value(composition.temperature)
        self.clear.setEnabled(composition != Composition())
