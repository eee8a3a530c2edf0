"""Windows hold the rules of `accessibility.py`, and each rule finds what breaks it."""

import pytest
from PySide6.QtGui import QAccessible, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.gui.own_energy import OwnEnergyDialog
from landscape_app.gui.theme import DARK, LIGHT, Theme, apply_theme
from landscape_app.gui.widgets.accessible import ChoiceBox
from landscape_app.gui.widgets.numbers import NumberSlider
from landscape_app.gui.widgets.plots import Plot
from tests.gui.accessibility import failures, name_of


class Canvas(QWidget):
    """A control that draws itself, and tells a screen reader nothing."""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Takes the mouse."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws a line."""
        QPainter(self).drawLine(0, 0, 9, 9)


# The rules look for widgets of ours.
Canvas.__module__ = "landscape_app.canvas"


@pytest.fixture
def window(qapp: QApplication, qtbot: QtBot) -> QWidget:
    """An empty window."""
    apply_theme(qapp, LIGHT)
    window = QWidget()
    qtbot.addWidget(window)
    QVBoxLayout(window)
    return window


def put(window: QWidget, *widgets: QWidget) -> None:
    """Shows widgets one below the other."""
    layout = window.layout()
    assert layout is not None
    for widget in widgets:
        layout.addWidget(widget)
    window.show()
    QApplication.processEvents()


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_a_dialog_with_a_plot_has_no_failures(
    window: QWidget, theme: Theme, qapp: QApplication, qtbot: QtBot
) -> None:
    apply_theme(qapp, theme)
    dialog = OwnEnergyDialog((), window)
    plot = Plot("plot-curve", "Energy", "Energy in nats", theme)
    plot.plot([0, 1, 2], [2, 1, 3], pen=theme.held_out)
    layout = dialog.layout()
    assert layout is not None
    layout.addWidget(plot)
    dialog.show()
    QApplication.processEvents()
    assert {kind: found for kind, found in failures(dialog).items() if found} == {}
    dialog.close()
    apply_theme(qapp, LIGHT)


def test_each_rule_finds_what_breaks_it(window: QWidget) -> None:
    glyph, first, second, bare = QPushButton("▶"), QPushButton("Open"), QPushButton("Open"), QPushButton("Go")
    bare.setStyleSheet("border: 0; background: #eef0f3; color: #bbbbbb")
    plot = Plot("plot-curve", "Energy", "Energy in nats", LIGHT)
    plot.plot([0, 1, 2], [2, 1, 3], pen="#dddddd")
    canvas = Canvas()
    canvas.setMinimumSize(40, 40)
    put(window, glyph, first, second, bare, plot, canvas)
    found = failures(window)
    assert "'▶'" in found["controls without a name"][0]
    assert "2 of Button 'Open'" in found["controls of the same name"]
    assert "Canvas" in found["controls and drawings without a role"][0]
    assert "Canvas" in found["drawings that say nothing"][0]
    assert "Canvas" in found["controls that Tab does not reach"][0]
    assert "QPushButton" in found["controls whose focus is not seen"][0]
    assert "'Go' #bbbbbb on #eef0f3" in found["texts of too little contrast"][0]
    assert "QPushButton" in found["controls without an edge"][0]
    assert "#ffdddddd" in found["curves of too little contrast"][0]


def test_a_box_of_choices_is_heard_by_its_name_with_a_label_beside_it_or_without(window: QWidget) -> None:
    alone, beside, label = ChoiceBox(), ChoiceBox(), QLabel("Sort by")
    for box in (alone, beside):
        box.addItems(["energy", "age"])
        box.setAccessibleName("Order & tint")
    label.setBuddy(beside)
    put(window, alone, label, beside)
    assert name_of(alone) == "Order & tint"
    assert name_of(beside) == "Sort by"


def test_a_reader_is_told_what_a_plot_is_and_the_number_of_a_slider(window: QWidget) -> None:
    plot = Plot("plot-curve", "Energy", "Energy in nats", LIGHT)
    slider = NumberSlider("temperature", "Temperature", (0.1, 10.0), 1.0, "", logarithmic=True)
    put(window, plot, slider, QLineEdit())
    assert QAccessible.queryAccessibleInterface(plot).role() == QAccessible.Role.Chart
    slider.set_value(2.5)
    heard = QAccessible.queryAccessibleInterface(slider.slider)
    assert (heard.text(QAccessible.Text.Name), heard.text(QAccessible.Text.Description)) == (
        "Temperature",
        slider.box.text(),
    )


def test_a_choice_that_has_no_room_ends_in_dots(window: QWidget) -> None:
    box = ChoiceBox()
    box.addItem("Metropolis-adjusted Langevin")
    put(window, box)
    box.setFixedWidth(400)
    QApplication.processEvents()
    assert box.shown_text() == "Metropolis-adjusted Langevin"
    box.setFixedWidth(120)
    QApplication.processEvents()
    assert box.shown_text().startswith("Metro")
    assert box.shown_text().endswith("…")
    box.grab()
