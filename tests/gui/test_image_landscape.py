"""The landscape of images as a person explores it, with mouse and keys."""

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.gui.landscape.dissection import (
    DissectionPage,
    EnergyMapView,
    colour_numbers,
    energy_range,
)
from landscape_app.gui.landscape.map import MapPlot, local_density
from landscape_app.gui.landscape.minima import DisconnectivityPlot, MinimaPage, branches
from landscape_app.gui.landscape.panel import LandscapePanel
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.state import Activity
from landscape_app.gui.theme import DARK, LIGHT, rgb, signed_colours, signed_range
from landscape_app.physics.disconnectivity import disconnectivity
from landscape_app.session.landscape.map import ImageLandscape
from landscape_app.session.landscape.minima import MinimaRecord
from tests.gui.driving import PATIENCE

NO_KEY, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture(autouse=True)
def short_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few images and steps, so that a search is quick; how well it finds passes is tested elsewhere."""
    for module, numbers in {
        "landscape.barrier": {"IMAGES": 8, "MOST_STEPS": 15},
        "landscape.minima": {"IMAGES": 5, "MOST_STEPS": 10, "LOWEST": 3},
    }.items():
        for name, value in numbers.items():
            monkeypatch.setattr(f"landscape_app.session.{module}.{name}", value)


@pytest.fixture(autouse=True)
def no_double_clicks(qapp: QApplication) -> Iterator[None]:
    """Two clicks are two, however soon the second comes."""
    before = qapp.doubleClickInterval()
    qapp.setDoubleClickInterval(1)
    yield
    qapp.setDoubleClickInterval(before)


@pytest.fixture
def panel(window: MainWindow, qtbot: QtBot) -> LandscapePanel:
    """The panel of a window on a small run, in front, its chains on the map."""
    window.landscape_dock.raise_()
    qtbot.waitUntil(lambda: "chain" in window.landscape.map_page.plot.clouds, timeout=PATIENCE)
    return window.landscape


def click(qtbot: QtBot, widget: QAbstractButton) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=QPoint(8, widget.height() // 2))


def known(window: MainWindow) -> ImageLandscape:
    landscape = window.engine.state.landscape
    assert landscape is not None
    return landscape


def loneliest(plot: MapPlot, kind: str, order: int = 0) -> int:
    """A point of a kind that is far from all others on the map."""
    positions = plot.clouds[kind].positions
    everything = np.concatenate([cloud.positions for cloud in plot.clouds.values()])
    distance = np.sort(np.linalg.norm(positions[:, None] - everything[None], axis=2), axis=1)[:, 1]
    return int(np.argsort(-distance)[order])


def click_map(
    qtbot: QtBot, plot: MapPlot, kind: str, index: int, modifier: Qt.KeyboardModifier = NO_KEY
) -> None:
    place = plot.pixel_of(plot.clouds[kind].positions[index])
    qtbot.wait(5)
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, modifier, place)


def choose_two(window: MainWindow, panel: LandscapePanel, qtbot: QtBot) -> tuple[np.ndarray, np.ndarray]:
    """Two held chains, the first picked by a click and the second by a Shift-click; their images."""
    window.engine.play(False)
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.STILL, timeout=PATIENCE)
    plot = panel.map_page.plot
    qtbot.waitUntil(lambda: panel.drawn is window.engine.state.snapshot, timeout=PATIENCE)
    for order, modifier in ((0, NO_KEY), (1, SHIFT)):
        click_map(qtbot, plot, "chain", loneliest(plot, "chain", order), modifier)
    first, second = panel.chosen.first.pick, panel.chosen.second.pick
    assert first is not None
    assert second is not None
    return first.image, second.image


def test_chains_move_on_the_map_and_an_image_pointed_at_is_shown_and_chosen(
    window: MainWindow, panel: LandscapePanel, qtbot: QtBot
) -> None:
    plot = panel.map_page.plot
    before = plot.clouds["chain"].positions
    qtbot.waitUntil(lambda: not np.array_equal(plot.clouds["chain"].positions, before), timeout=PATIENCE)
    low, high = plot.extent
    moved = plot.clouds["chain"].positions
    assert ((moved >= low) & (moved <= high)).all()
    np.testing.assert_allclose(moved, known(window).map.plane.project(panel.drawn.x))
    panel.map_page.held_out.click()
    window.engine.play(False)
    index = loneliest(plot, "training")
    place = plot.pixel_of(plot.clouds["training"].positions[index])
    qtbot.mouseMove(plot.viewport(), place)
    qtbot.waitUntil(plot.card.isVisible, timeout=PATIENCE)
    label = known(window).map.training_labels[index]
    assert plot.card.text.text().startswith(f"Training image {index + 1} · {label}\nE ")
    assert plot.rect().contains(plot.card.geometry())
    click_map(qtbot, plot, "training", index)
    assert panel.chosen.first.pick is not None
    np.testing.assert_array_equal(panel.chosen.first.pick.image, known(window).map.training[index])
    assert f"Training image {index + 1}" in panel.chosen.first.text.text()
    assert panel.chosen.buttons["dissect"].isEnabled()
    assert not panel.chosen.buttons["barrier"].isEnabled()
    qtbot.mouseMove(plot.viewport(), QPoint(1, 1))
    qtbot.waitUntil(lambda: not plot.card.isVisible(), timeout=PATIENCE)


def test_arrow_keys_go_from_point_to_point_and_enter_chooses(
    window: MainWindow, panel: LandscapePanel, qtbot: QtBot
) -> None:
    window.engine.play(False)
    qtbot.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    plot = panel.map_page.plot
    qtbot.waitUntil(plot.hasFocus, timeout=PATIENCE)
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    cloud, index = plot.found()
    start = cloud.positions[index]
    for _ in range(3):
        qtbot.keyClick(plot, Qt.Key.Key_Right)
    cloud, index = plot.found()
    assert cloud.positions[index][0] > start[0]
    assert plot.card.isVisible()
    qtbot.keyClick(plot, Qt.Key.Key_Return)
    np.testing.assert_array_equal(panel.chosen.first.pick.image, cloud.images[index])
    qtbot.keyClick(plot, Qt.Key.Key_Up)
    qtbot.keyClick(plot, Qt.Key.Key_Return, SHIFT)
    assert panel.chosen.second.pick is not None
    assert panel.chosen.buttons["barrier"].isEnabled()
    window.findChild(QAction, "action-map-training").trigger()
    assert not plot._scatter["training"].isVisible()
    assert not panel.map_page.training.isChecked()
    whole = plot.viewRange()
    plot.getViewBox().zoom_by(0.3)
    assert plot.viewRange()[0][1] < whole[0][1]
    qtbot.keyClick(plot, Qt.Key.Key_Home)
    np.testing.assert_allclose(plot.viewRange(), whole, rtol=0.2)


def test_the_key_of_a_search_says_what_is_missing_for_it(
    window: MainWindow, panel: LandscapePanel, qtbot: QtBot
) -> None:
    for key, words in ((Qt.Key.Key_B, "First choose A and B"), (Qt.Key.Key_I, "First choose image A")):
        qtbot.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda words=words: panel.chosen.state.text() == words, timeout=PATIENCE)
    choose_two(window, panel, qtbot)
    assert panel.chosen.state.text() == ""


def test_a_barrier_is_found_between_two_clicked_chains_and_its_images_can_be_chosen(
    window: MainWindow, panel: LandscapePanel, qtbot: QtBot
) -> None:
    first, second = choose_two(window, panel, qtbot)
    click(qtbot, panel.chosen.buttons["barrier"])
    qtbot.waitUntil(
        lambda: known(window).barrier is not None and known(window).barrier.is_done, timeout=PATIENCE
    )
    record = known(window).barrier
    qtbot.waitUntil(lambda: panel.barrier.record is record, timeout=PATIENCE)
    np.testing.assert_array_equal(record.ends, [first, second])
    (_, y), *_ = panel.barrier.plot.series()[0].values
    np.testing.assert_allclose(y, record.energy, rtol=1e-6)
    assert panel.barrier.summary.text().startswith(f"Barrier {record.barriers[0]:.1f} nats")
    assert "Under H(x) = Σᵢ λᵢ fᵢ(x)" in panel.barrier.summary.text()
    assert len(panel.map_page.plot._path.getData()[0]) == len(record.images)
    strip = panel.barrier.strip
    shown = strip.shown()
    assert shown[0][0] == 0
    assert shown[-1][0] == len(record.images) - 1
    number, place = shown[2]
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, SHIFT, place.center())
    np.testing.assert_array_equal(panel.chosen.second.pick.image, record.images[number].round())
    strip.setFocus()
    qtbot.keyClick(strip, Qt.Key.Key_Right)
    qtbot.keyClick(strip, Qt.Key.Key_Return)
    np.testing.assert_array_equal(panel.chosen.first.pick.image, record.images[shown[3][0]].round())
    assert panel.barrier.plot._cursor.isVisible()


def test_a_search_for_minima_can_be_stopped_and_hangs_them_in_a_tree(
    window: MainWindow, panel: LandscapePanel, qtbot: QtBot
) -> None:
    button = panel.chosen.buttons["minima"]
    click(qtbot, button)
    qtbot.waitUntil(lambda: "Minima … " in panel.chosen.state.text(), timeout=PATIENCE)
    assert button.text() == "Stop"
    click(qtbot, button)
    qtbot.waitUntil(lambda: button.text() == "Minima", timeout=PATIENCE)
    assert not known(window).minima.is_done
    assert window.engine.state.message is None
    window.engine.restart("data", 4)
    qtbot.keyClick(window, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(
        lambda: known(window).minima is not None and known(window).minima.is_done, timeout=PATIENCE
    )
    record = known(window).minima
    qtbot.waitUntil(lambda: panel.minima.plot.record is record, timeout=PATIENCE)
    assert record.starts == 4
    assert f"{record.found} local minima below 4 chains" in panel.minima.summary.text()
    plot = panel.minima.plot
    _, y = plot._branches.getData()
    np.testing.assert_allclose(y, branches(record)[1])
    assert len(panel.map_page.plot.clouds["minimum"].images) == len(record.energies)
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, NO_KEY, plot.leaf_rect_centre(1))
    np.testing.assert_array_equal(panel.chosen.first.pick.image, record.images[1])
    plot.setFocus()
    qtbot.keyClick(plot, Qt.Key.Key_Left)
    qtbot.keyClick(plot, Qt.Key.Key_Return, SHIFT)
    assert panel.chosen.second.pick is not None
    assert "Minimum " in plot.accessibleDescription()


def test_an_image_is_dissected_under_the_steered_hamiltonian(
    window: MainWindow, panel: LandscapePanel, qtbot: QtBot
) -> None:
    window.steering.set_target(7)
    qtbot.waitUntil(lambda: not window.engine.state.composition.is_model, timeout=PATIENCE)
    first, _ = choose_two(window, panel, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: known(window).dissection is not None, timeout=PATIENCE)
    record = known(window).dissection
    page = panel.dissection
    qtbot.waitUntil(lambda: page.record is record, timeout=PATIENCE)
    np.testing.assert_array_equal(record.image, first)
    assert [view.accessibleName() for view in page.parts] == ["−log q(x)", "E", "−4 · log p(7 | x)"]
    np.testing.assert_array_equal(page.surprise.values, record.surprise)
    nats = [float(page.table.item(row, 1).text().replace("−", "-")) for row in range(page.table.rowCount())]
    assert nats == sorted(nats, reverse=True)
    np.testing.assert_allclose(nats, np.sort(record.observable_nats)[::-1], atol=0.006)
    page.table.setFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_Down)
    chosen = int(page.table.item(1, 0).text()) - 1
    np.testing.assert_array_equal(page.observable.values, record.observable_maps[chosen])
    assert f"observable {chosen + 1}" in page.observable.accessibleName()
    window.steering.clear()
    qtbot.waitUntil(lambda: window.engine.state.composition.is_model, timeout=PATIENCE)
    click(qtbot, panel.chosen.buttons["dissect"])
    qtbot.waitUntil(lambda: len(page.parts) == 2, timeout=PATIENCE)
    assert known(window).dissection.formula == "H(x) = Σᵢ λᵢ fᵢ(x)"


def test_colours_follow_what_is_asked_for(window: MainWindow, panel: LandscapePanel, qtbot: QtBot) -> None:
    box, key = panel.map_page.colour_box, panel.map_page.key
    box.setFocus()
    for name, said in (
        ("energy", "E"),
        ("class", "Class of chains: 0 1 2"),
        ("density", "densest place"),
    ):
        while box.currentData() != name:
            qtbot.keyClick(box, Qt.Key.Key_Down)
        box.activated.emit(box.currentIndex())
        qtbot.waitUntil(lambda said=said: said in key.text, timeout=PATIENCE)
        if name == "class":
            qtbot.waitUntil(lambda: window.engine.state.snapshot.classes is not None, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.engine.state.snapshot.classes is None, timeout=PATIENCE)
    window.sampler.tools.tint_box.setCurrentIndex(window.sampler.tools.tint_box.findText("Class"))
    qtbot.waitUntil(lambda: window.engine.state.snapshot.classes is not None, timeout=PATIENCE)


def test_all_is_named_and_training_drops_what_was_found(
    window: MainWindow, panel: LandscapePanel, qtbot: QtBot
) -> None:
    for page in ("map", "barrier", "minima", "dissection"):
        panel.pages.button(page).click()
        for widget in panel.findChildren(QWidget):
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisibleTo(panel):
                if widget.objectName().startswith("qt_") or not widget.objectName():
                    continue
                assert widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text()), (
                    widget
                )
                assert widget.toolTip(), widget.objectName()
    choose_two(window, panel, qtbot)
    click(qtbot, panel.chosen.buttons["dissect"])
    qtbot.waitUntil(lambda: known(window).dissection is not None, timeout=PATIENCE)
    window.engine.train()
    qtbot.waitUntil(lambda: "Pause training" in panel.chosen.state.text(), timeout=PATIENCE)
    assert known(window).dissection is None
    assert not any(button.isEnabled() for button in panel.chosen.buttons.values())
    window.engine.pause()
    qtbot.waitUntil(panel.chosen.buttons["barrier"].isEnabled, timeout=PATIENCE)


def test_a_maps_pixels_are_red_where_they_cost_and_blue_where_they_gain(qtbot: QtBot) -> None:
    view = EnergyMapView("map", "Map", "in words", LIGHT)
    qtbot.addWidget(view)
    view.resize(200, 200)
    values = np.zeros((4, 4))
    values[0, 0], values[3, 3] = 2.0, -2.0
    view.show_map("Map", values, np.arange(16).reshape(4, 4), "note")
    area = view.map_rect()
    cell = area.width() // 4
    for theme in (LIGHT, DARK):
        view.set_theme(theme)
        picture = view.grab().toImage()
        scale = picture.devicePixelRatio()

        def colour(row: int, column: int) -> tuple[int, int, int]:
            at = (area.topLeft() + QPoint(cell * column + cell // 2, cell * row + cell // 2)) * scale  # noqa: B023
            found = picture.pixelColor(at)  # noqa: B023
            return found.red(), found.green(), found.blue()

        assert colour(0, 0) == tuple(rgb(theme.danger).tolist())
        assert colour(3, 3) == tuple(rgb(theme.accent).tolist())
        assert colour(1, 2) == tuple(rgb(theme.paper).tolist())
    assert view.describe(area.topLeft() + QPoint(2, 2)).startswith("Row 1, column 1, level 0: +2.00 nats")
    assert view.describe(QPoint(view.width() - 1, 1)) == "in words"


def test_branches_join_at_the_passes(qtbot: QtBot) -> None:
    energies = np.array([-30.0, -28.0, -20.0])
    tree = disconnectivity(energies, np.array([[0, 1], [1, 2], [0, 2]]), np.array([-25.0, -10.0, -12.0]))
    images = np.zeros((3, 8, 8), np.uint8)
    record = MinimaRecord("H", 1.0, 5, 3, images, energies, np.array([2, 2, 1]), tree, 1.0)
    x, y = branches(record)
    assert x.tolist() == [0, 0, 0, 1, 1, 1, 0.5, 0.5, 0.5, 2, 2, 2]
    assert y.tolist() == [-30, -25, -25, -25, -25, -28, -25, -12, -12, -12, -12, -20]
    page = MinimaPage(LIGHT)
    qtbot.addWidget(page)
    page.resize(400, 400)
    page.show_record(record, 17)
    assert isinstance(page.plot, DisconnectivityPlot)
    page.grab()
    centres = [page.plot.leaf_rect_centre(leaf) for leaf in range(3)]
    assert centres[0].x() < centres[1].x() < centres[2].x()
    assert centres[2].y() < centres[1].y() < centres[0].y()
    page.show_record(None, 17)
    assert "Press Minima" in page.summary.text()


def test_an_empty_dissection_says_what_to_do(qtbot: QtBot) -> None:
    page = DissectionPage(LIGHT)
    qtbot.addWidget(page)
    page.show_record(None, 17)
    page.set_theme(DARK)
    assert "press Dissect" in page.summary.text()
    page.grab()


def test_scales_hold_their_ends() -> None:
    assert colour_numbers(np.array([-9.0, 0.0, 0.49, 1.0, 9.0, np.nan]), 0, 1, 4).tolist() == [
        0,
        0,
        1,
        3,
        3,
        0,
    ]
    low, high = energy_range(np.linspace(-10, 10, 101))
    assert (low % 5, high % 5) == (0, 0)
    assert low < -10 < 10 < high
    assert signed_range(np.array([-0.43, 0.1])) == pytest.approx(0.5)
    assert signed_range(np.zeros(3)) == 1.0
    table = signed_colours(LIGHT)
    np.testing.assert_array_equal(
        table[[0, 127, 254]], [rgb(LIGHT.accent), rgb(LIGHT.paper), rgb(LIGHT.danger)]
    )


def test_density_is_highest_where_points_are_many() -> None:
    rng = np.random.default_rng(0)
    positions = np.concatenate([rng.normal(0, 0.3, (90, 2)), rng.uniform(-9, 9, (10, 2))])
    density = local_density(positions, np.array([-10.0, -10.0]), np.array([10.0, 10.0]))
    assert density.max() == 1.0
    assert density[:90].min() > np.median(density[90:])
