"""The list of keys is complete: of each window all that it takes, of each widget all that it acts on."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QKeyCombination, QSettings, Qt, QTimer, QTranslator
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.gui.chosen_language import translate_qt
from landscape_app.gui.equilibrium.ladder_view import LADDER_KEYS, LadderView
from landscape_app.gui.experiments.window import LIST_KEYS, ExperimentsWindow
from landscape_app.gui.keyboard import KeyboardDialog
from landscape_app.gui.landscape.dissection import PIXEL_KEYS, EnergyMapView
from landscape_app.gui.landscape.images import IMAGE_KEYS, ImageStrip
from landscape_app.gui.landscape.map import MAP_KEYS, Cloud, MapPlot
from landscape_app.gui.landscape.minima import DisconnectivityPlot
from landscape_app.gui.main_window import WIDGET_KEYS, MainWindow
from landscape_app.gui.playground.points_canvas import CANVAS_KEYS, PointsCanvas
from landscape_app.gui.playground.points_drawing import Drawing
from landscape_app.gui.playground.points_window import PointsWindow
from landscape_app.gui.playground.window import PlaygroundWindow
from landscape_app.gui.sampler.chain_trace import HISTORY_KEYS, Scrubber
from landscape_app.gui.steering.context import FieldSignals
from landscape_app.gui.steering.layers import LAYER_KEYS, LayerList
from landscape_app.gui.theme import LIGHT
from landscape_app.gui.widgets.keys import KeyTable
from landscape_app.gui.widgets.mosaic import MOSAIC_KEYS, Mosaic
from landscape_app.gui.widgets.pixel_brush import BRUSH_KEYS, PixelBrush
from landscape_app.gui.widgets.plots import READING_KEYS, VIEW_KEYS, EpochPlot, Plot
from landscape_app.gui.widgets.surface.axes import AXES_KEYS, PlaneAxes
from landscape_app.language import VARIABLE
from landscape_app.physics.fields import KINDS
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.landscape.minima import MinimaRecord
from tests.gui.audit import keys_of
from tests.gui.driving import PATIENCE
from tests.gui.test_equilibrium import snapshot

CANDIDATES = (
    "Left",
    "Right",
    "Up",
    "Down",
    "Home",
    "End",
    "PgUp",
    "PgDown",
    "Return",
    "Space",
    "Del",
    "Backspace",
    "F11",
)
OTHERS = ("F2", "Ctrl+D", "+", "-", "A", "1", "Esc")


def takes(widget: QWidget, chord: str) -> bool:
    """Whether a widget acts on a key, rather than leaving it to what it is in."""
    combination: QKeyCombination = QKeySequence(chord)[0]
    event = QKeyEvent(QEvent.Type.KeyPress, combination.key(), combination.keyboardModifiers())
    event.accept()
    widget.keyPressEvent(event)
    return event.isAccepted()


def documented(table: KeyTable) -> list[str]:
    return [chord for keys, _ in table.rows for chord in keys.split(", ")]


def mosaic() -> QWidget:
    widget = Mosaic(LIGHT)
    widget.show_images(np.zeros((9, 8, 8), np.uint8), 17)
    widget.select(4)
    return widget


def history() -> QWidget:
    scrubber = Scrubber()
    scrubber.show_range(0, 500)
    scrubber.go_to(200)
    # The slider alone would be taken away with what it is in.
    scrubber.slider.setParent(None)
    return scrubber.slider


def layer() -> QWidget:
    layers = LayerList(FieldSignals(), LIGHT)
    layers.show_composition(Composition((Layer(KINDS["smoothness"]()),)))
    return layers


def reading() -> QWidget:
    plot = EpochPlot("plot", "Curve", "in words", LIGHT, [("curve", "accent")])
    plot.show_data(np.arange(10), np.ones((10, 1)))
    return plot


def ladder() -> QWidget:
    view = LadderView(LIGHT)
    view.show_snapshot(snapshot())
    return view


def image_map() -> QWidget:
    plot = MapPlot(LIGHT)
    nothing = np.full(5, np.nan)
    positions = np.array([[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    plot.show_cloud(Cloud("chain", positions, np.zeros((5, 8, 8), np.uint8), nothing, nothing, None))
    return plot


def strip() -> QWidget:
    widget = ImageStrip(LIGHT)
    widget.resize(400, 48)
    widget.show_images(np.zeros((9, 8, 8), np.float32), np.arange(9.0), 17)
    return widget


def minima() -> QWidget:
    plot = DisconnectivityPlot(LIGHT)
    energies = np.array([-3.0, -2.0])
    plot.show_record(
        MinimaRecord("H", 1.0, 2, 2, np.zeros((2, 8, 8), np.uint8), energies, np.ones(2, int)), 17
    )
    return plot


def energies() -> QWidget:
    view = EnergyMapView("map", "Map", "in words", LIGHT)
    view.resize(200, 200)
    view.show_map("Map", np.ones((4, 4)), np.ones((4, 4), np.uint8), "note")
    return view


WIDGETS: dict[Callable[[], QWidget], KeyTable] = {
    mosaic: MOSAIC_KEYS,
    history: HISTORY_KEYS,
    layer: LAYER_KEYS,
    lambda: PixelBrush(LIGHT): BRUSH_KEYS,
    reading: READING_KEYS,
    ladder: LADDER_KEYS,
    image_map: MAP_KEYS,
    strip: IMAGE_KEYS,
    minima: IMAGE_KEYS,
    energies: PIXEL_KEYS,
    lambda: PlaneAxes(LIGHT): AXES_KEYS,
    lambda: PointsCanvas(Drawing(4.0, 100), LIGHT): CANVAS_KEYS,
}


@pytest.mark.parametrize("make", WIDGETS, ids=[table.title for table in WIDGETS.values()])
def test_a_widget_acts_on_the_keys_that_are_listed_and_on_no_others(
    qtbot: QtBot, make: Callable[[], QWidget]
) -> None:
    widget, listed = make(), documented(WIDGETS[make])
    qtbot.addWidget(widget)
    if isinstance(widget, Plot):
        listed += documented(VIEW_KEYS)
    assert [chord for chord in listed if not takes(widget, chord)] == []
    # A slider's Up is its Right.
    spare = {"Up", "Down"} if make is history else set()
    taken = {chord for chord in (*CANDIDATES, *OTHERS) if takes(widget, chord)}
    assert taken <= {*listed, *spare}


def test_every_widget_with_keys_of_its_own_is_in_a_list() -> None:
    assert {table.title for table in WIDGETS.values()} - {table.title for table in WIDGET_KEYS} == {
        CANVAS_KEYS.title
    }
    assert VIEW_KEYS in WIDGET_KEYS
    ours = [kind for kind in all_widgets(QWidget) if kind.__module__.startswith("landscape_app")]
    handlers = {kind.__name__ for kind in ours if "keyPressEvent" in vars(kind)}
    listed = "Mosaic LayerList PixelBrush EpochPlot LadderView MapPlot ImageStrip DisconnectivityPlot EnergyMapView"
    others = "ImportDialog LandscapeAxes PointsCanvas ParameterForm MainWindow PlaygroundWindow LatticeWindow"
    assert handlers <= {*listed.split(), *others.split(), "Plot", "Enlarged"}


def all_widgets(kind: type[QWidget]) -> list[type[QWidget]]:
    return [found for below in kind.__subclasses__() for found in (below, *all_widgets(below))]


class Shown(NamedTuple):
    """What a list of keys has shown."""

    tables: tuple[KeyTable, ...]
    written: str

    @property
    def chords(self) -> set[str]:
        """Every key in it."""
        chords = {chord for table in self.tables for chord in documented(table)}
        return chords | {str(c) for c in range(10) if "0 … 9" in chords}


def list_of(window: QWidget, qtbot: QtBot) -> Shown:
    """Presses F1, reads the list that comes up, and closes it with Escape."""
    shown: list[Shown] = []

    def read() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, KeyboardDialog):
            timer.stop()
            written = " ".join(label.text() for label in dialog.findChildren(QLabel))
            shown.append(Shown(dialog.tables, written))
            qtbot.keyClick(dialog, Qt.Key.Key_Escape)

    timer = QTimer(interval=20)
    timer.timeout.connect(read)
    timer.start()
    qtbot.waitUntil(lambda: window.isVisible() and window.isActiveWindow(), timeout=PATIENCE)
    qtbot.keyClick(window, Qt.Key.Key_F1)
    timer.stop()
    return shown[0]


def test_f1_lists_every_key_of_the_main_window(window: MainWindow, qtbot: QtBot) -> None:
    shown = list_of(window, qtbot)
    assert set(keys_of(window)) <= shown.chords
    assert {table.title for table in WIDGET_KEYS} <= {table.title for table in shown.tables}
    assert all(meaning for table in shown.tables for _, meaning in table.rows)
    for text in ("Make it a 0 … 9", "Alt+↑ ↓", "Ctrl++", "Page Up, Page Down"):
        assert text in shown.written


def test_f1_lists_every_key_of_the_points_editor(qtbot: QtBot) -> None:
    window = PointsWindow(LIGHT, trains=True)
    qtbot.addWidget(window)
    window.bring_up()
    shown = list_of(window, qtbot)
    assert set(keys_of(window)) <= shown.chords
    assert CANVAS_KEYS in shown.tables


def test_f1_lists_every_key_of_playground_and_experiments(settings: QSettings, qtbot: QtBot) -> None:
    playground = PlaygroundWindow(LIGHT, settings)
    experiments = ExperimentsWindow(LIGHT, settings, load=dict, threads=1)
    for window, table in ((playground, AXES_KEYS), (experiments, LIST_KEYS[0])):
        window.bring_up()
        shown = list_of(window, qtbot)
        assert set(keys_of(window)) <= shown.chords
        assert table in shown.tables
        window.end()
        window.deleteLater()


def test_keys_are_called_as_menus_call_them(
    qapp: QApplication, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "de")
    before = qapp.findChildren(QTranslator)
    translate_qt(qapp)
    window = QWidget()
    qtbot.addWidget(window)
    keys = KeyTable("Keys", (("Ctrl+Del", "one"), ("Shift+Up, Shift+Down", "two"), ("-", "three")))
    dialog = KeyboardDialog([keys], window)
    written = " ".join(label.text() for label in dialog.findChildren(QLabel))
    for translator in set(qapp.findChildren(QTranslator)) - set(before):
        qapp.removeTranslator(translator)
    for text in ("Strg+Entf", "Umschalt+↑ ↓", "−"):
        assert f">{text}</td>" in written
