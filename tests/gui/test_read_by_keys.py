"""What the pointer reads off a plot, keys read off it too."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.gui.landscape.dissection import EnergyMapView
from landscape_app.gui.landscape.map import Cloud, MapPlot
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.state import Activity
from landscape_app.gui.theme import LIGHT
from tests.gui.driving import PATIENCE


def test_arrow_keys_read_all_curves_at_an_epoch(window: MainWindow, qtbot: QtBot) -> None:
    gradient, chi = (window.training.metrics[name] for name in ("gradient", "chi"))
    qtbot.waitUntil(
        lambda: all(len(plot.series()[0].x[1]) == 8 for plot in (gradient, chi)), timeout=PATIENCE
    )
    gradient.setFocus()
    for key, row in (
        (Qt.Key.Key_Right, 7),
        (Qt.Key.Key_Left, 6),
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_Right, 1),
    ):
        qtbot.keyClick(gradient, key)
        for plot, name in ((gradient, "gradient"), (chi, "χ²")):
            (series,) = plot.series()
            epoch, value = int(series.x[1][row]), f"{series.values[0][1][row]:.3g}"
            assert plot.accessibleDescription() == f"Epoch {epoch}: {name} {value}"
            assert f"{epoch}: " in plot.getPlotItem().titleLabel.text
            assert value in plot.getPlotItem().titleLabel.text
    window.sampler.mosaic.setFocus()
    for plot in (gradient, chi):
        assert plot.accessibleDescription() == ""
        assert f"{epoch}: " not in plot.getPlotItem().titleLabel.text


def test_keys_enlarge_the_map_about_the_image_they_have_come_to(qtbot: QtBot) -> None:
    # A plot of pyqtgraph's that is a window itself falls apart before it has let go of the focus.
    window = QWidget()
    qtbot.addWidget(window)
    plot = MapPlot(LIGHT)
    QVBoxLayout(window).addWidget(plot)
    window.resize(500, 400)
    rng = np.random.default_rng(0)
    positions = rng.normal(size=(60, 2))
    nothing = np.full(60, np.nan)
    plot.show_cloud(Cloud("chain", positions, np.zeros((60, 8, 8), np.uint8), nothing, nothing, None))
    plot.hold(positions)
    window.show()
    plot.setFocus()
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    whole = np.array(plot.getViewBox().viewRange())
    for _ in range(8):
        qtbot.keyClick(plot, Qt.Key.Key_PageUp)
    near = np.array(plot.getViewBox().viewRange())
    np.testing.assert_allclose(np.ptp(near, axis=1), 0.8**8 * np.ptp(whole, axis=1), rtol=1e-6)
    for _ in range(40):
        qtbot.keyClick(plot, Qt.Key.Key_Right)
        cloud, index = plot.found()
        seen = np.array(plot.getViewBox().viewRange())
        assert (seen[:, 0] < cloud.positions[index]).all()
        assert (cloud.positions[index] < seen[:, 1]).all()
    assert index == positions[:, 0].argmax() or positions[index, 0] > 1
    qtbot.keyClick(plot, Qt.Key.Key_PageDown)
    assert (np.ptp(np.array(plot.getViewBox().viewRange()), axis=1) > np.ptp(near, axis=1)).all()
    qtbot.keyClick(plot, Qt.Key.Key_Home)
    np.testing.assert_allclose(plot.getViewBox().viewRange(), whole, rtol=1e-6)


def test_arrow_keys_read_a_map_of_energies_pixel_by_pixel(qtbot: QtBot) -> None:
    view = EnergyMapView("map", "Map", "in words", LIGHT)
    qtbot.addWidget(view)
    view.resize(240, 240)
    values = np.arange(12.0).reshape(3, 4) - 4
    view.show_map("Map", values, np.zeros((3, 4), np.uint8), "note")
    view.show()
    view.activateWindow()
    view.setFocus()
    qtbot.waitUntil(view.hasFocus, timeout=PATIENCE)
    keys = (
        Qt.Key.Key_Right,
        Qt.Key.Key_Down,
        Qt.Key.Key_Right,
        Qt.Key.Key_Up,
        Qt.Key.Key_Left,
        Qt.Key.Key_Up,
    )
    places = ((0, 1), (1, 1), (1, 2), (0, 2), (0, 1), (0, 1))
    for key, (row, column) in zip(keys, places, strict=True):
        qtbot.keyClick(view, key)
        value = f"{values[row, column]:+.2f}".replace("-", "−")
        assert view.accessibleDescription() == f"Row {row + 1}, column {column + 1}, level 0: {value} nats"
        assert view.describe(view.pixel_rect(row, column).center()).startswith(view.accessibleDescription())
    view.clearFocus()
    assert view.accessibleDescription() == "note"


def test_the_landscape_of_images_is_explored_with_keys(window: MainWindow, qtbot: QtBot) -> None:
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window.sampler.mosaic, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.STILL, timeout=PATIENCE)
    qtbot.keyClick(window, Qt.Key.Key_L, control)
    landscape = window.landscape
    plot = landscape.map_page.plot
    assert plot.hasFocus()
    qtbot.waitUntil(lambda: "chain" in plot.clouds, timeout=PATIENCE)
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    qtbot.keyClick(plot, Qt.Key.Key_Return)
    qtbot.keyClick(plot, Qt.Key.Key_Up)
    qtbot.keyClick(plot, Qt.Key.Key_Return, shift)
    assert landscape.chosen.first.pick is not None
    assert landscape.chosen.second.pick is not None
    qtbot.keyClick(window, Qt.Key.Key_I, control)
    assert landscape.dissection.isVisible()
    qtbot.waitUntil(lambda: landscape.dissection.table.rowCount() > 0, timeout=PATIENCE)
    table = landscape.dissection.table
    before = landscape.dissection.observable.accessibleName()
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert landscape.dissection.observable.accessibleName() != before
    qtbot.keyClick(window, Qt.Key.Key_B, control)
    assert landscape.barrier.isVisible()
    qtbot.waitUntil(lambda: len(landscape.barrier.strip.shown()) > 0, timeout=PATIENCE)
    qtbot.keyClick(window, Qt.Key.Key_B, control)
    qtbot.waitUntil(lambda: landscape.chosen.buttons["barrier"].text() == "Barrier", timeout=PATIENCE)
