"""Widgets on their own."""

import csv
from pathlib import Path

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetrics
from pytestqt.qtbot import QtBot

from landscape_app.gui.importing.preview import columns_for
from landscape_app.gui.theme import LIGHT
from landscape_app.gui.training.entropy_plot import EntropyPlot
from landscape_app.gui.widgets.mosaic import Mosaic
from landscape_app.gui.widgets.numbers import DecimalBox, NumberBox, NumberSlider
from landscape_app.gui.widgets.plot_parts import PlainAxis, RoomyAxis
from landscape_app.gui.widgets.plots import MOST_POINTS, EpochPlot, thin, write_csv
from tests.gui.driving import PATIENCE


@pytest.mark.parametrize("count", [1, 7, 100])
@pytest.mark.parametrize("size", [(200, 200), (613, 341), (1000, 1000)])
def test_every_image_of_a_mosaic_is_found_at_its_own_place(
    qtbot: QtBot, count: int, size: tuple[int, int]
) -> None:
    mosaic = Mosaic(LIGHT)
    qtbot.addWidget(mosaic)
    mosaic.resize(*size)
    mosaic.show_images(np.zeros((count, 8, 8), np.uint8), 17)
    for index in range(count):
        assert mosaic.index_at(mosaic.image_rect(index).center()) == index
    assert mosaic.index_at(QPoint(-5, -5)) is None


def test_mosaic_pixels_are_the_images_levels(qtbot: QtBot) -> None:
    mosaic = Mosaic(LIGHT)
    qtbot.addWidget(mosaic)
    images = np.random.default_rng(0).integers(0, 17, (4, 8, 8)).astype(np.uint8)
    mosaic.show_images(images, 17)
    shown = mosaic.pixels[1:9, 10:18]
    expected = LIGHT.ink_table[(images[1] / 16 * 255).astype(np.uint8)]
    np.testing.assert_array_equal(shown, expected)


def test_number_slider_and_box_agree(qtbot: QtBot) -> None:
    slider = NumberSlider("t", "T", (0.25, 4.0), 1.0, "", logarithmic=True)
    qtbot.addWidget(slider)
    assert slider.slider.value() == 200
    with qtbot.waitSignal(slider.changed) as heard:
        slider.slider.setValue(400)
    assert heard.args == [4.0]
    slider.set_value(0.5)
    assert slider.slider.value() == 100


@pytest.mark.parametrize(
    ("written", "value"), [("0,25", 0.25), ("0.25", 0.25), ("1,5", 1.5), ("1,000", 1000.0), ("0,250", 0.25)]
)
def test_a_decimal_comma_is_no_mark_of_thousands(qtbot: QtBot, written: str, value: float) -> None:
    for box in (DecimalBox(decimals=2, maximum=1e4), NumberBox(0.01, 1e4)):
        qtbot.addWidget(box)
        box.show()
        box.selectAll()
        qtbot.keyClicks(box, written)
        qtbot.keyClick(box, Qt.Key.Key_Return)
        assert box.value() == value


def test_thinned_curves_keep_their_ends() -> None:
    chosen = thin(100_000)
    assert len(chosen) == MOST_POINTS
    assert (chosen[0], chosen[-1]) == (0, 99_999)
    np.testing.assert_array_equal(thin(5), np.arange(5))


def test_cursor_reads_the_curves_at_its_epoch(qtbot: QtBot) -> None:
    plot = EpochPlot("p", "χ²", "", LIGHT, [("χ²", "accent")], logarithmic=True)
    qtbot.addWidget(plot)
    plot.show_data(np.arange(1, 101), np.linspace(1, 2, 100)[:, None])
    plot.show_cursor(50)
    assert "50: " in plot.plotItem.titleLabel.text
    plot.show_cursor(-1)
    assert "50: " not in plot.plotItem.titleLabel.text


def test_entropy_is_drawn_with_its_bands_and_its_best_point(qtbot: QtBot) -> None:
    plot = EntropyPlot("e", "", LIGHT)
    qtbot.addWidget(plot)
    epochs = np.array([1, 100, 200, 300])
    values = np.array([[111.0, 105, 110], [98, 97, 101], [94, 93, 97.5], [90, 91, 98.0]])
    plot.show_measurements(epochs, values, np.full((4, 3), 0.5))
    assert plot.best is not None
    assert plot.best.getData()[0].tolist() == [200]
    assert plot.best.getData()[1].tolist() == [97.5]
    low, high = plot.edges[0]
    np.testing.assert_allclose(high.getData()[1] - low.getData()[1], 1.0)

    def axis() -> tuple[float, float]:
        bottom, top = plot.getViewBox().viewRange()[1]
        return bottom, top

    # The fall from where training started is what the plot is there for.
    assert axis()[0] < 90
    assert axis()[1] > 111
    plot.menu.open(QPoint())
    assert plot.menu.menu is not None
    (zoom,) = [action for action in plot.menu.menu.actions() if action.objectName() == "zoom"]
    zoom.trigger()
    assert axis()[0] < 90
    assert 98 < axis()[1] < 101
    plot.menu.menu.close()
    plot.zoom(False)
    # Of the third there is a bound from below, and nothing is known of S.
    errors = np.full((4, 3), 0.5)
    errors[2], values[2, 0] = np.inf, np.nan
    plot.show_measurements(epochs, values, errors, (150, 96.0))
    assert plot.bounds is not None
    assert [part.tolist() for part in plot.bounds.getData()] == [[200], [97.5]]
    assert plot.lines[0].getData()[0].tolist() == [1, 100, 300]
    assert [part.tolist() for part in plot.best.getData()] == [[150], [96]]
    plot.show_measurements(np.zeros(0), np.zeros((0, 3)), np.zeros((0, 3)))
    assert not any(band.isVisible() for band in plot.bands)
    assert len(plot.best.getData()[0]) == 0


def test_the_entropy_in_a_table_has_the_error_that_the_header_has(qtbot: QtBot, tmp_path: Path) -> None:
    plot = EntropyPlot("entropy", "", LIGHT)
    qtbot.addWidget(plot)
    values = np.array([[3.0, 2.0, 2.1], [2.0, 1.0, 1.1]])
    errors, scatter = np.array([[0.5, 0.3, 0.3], [0.5, np.inf, 0.3]]), np.array([0.4, 0.1])
    plot.show_measurements(np.array([1, 2]), values, errors, None, scatter)
    write_csv(tmp_path / "entropy.csv", plot.series())
    # No mark that other programs would read as part of the first name.
    names, row = list(csv.reader((tmp_path / "entropy.csv").read_text(encoding="utf-8").splitlines()))
    found = dict(zip(names, map(float, row), strict=True))
    assert found["epoch"] == 1
    assert found["standard error of S"] == 0.5
    assert found["standard error of training"] == found["standard error of log Z"] == 0.3
    assert found["standard error of validation items"] == 0.4
    assert found["standard error of validation"] == pytest.approx(0.5)


def test_a_logarithmic_axis_says_the_number_at_each_tick(qapp: object) -> None:
    axis = RoomyAxis("left")
    axis.setLogMode(y=True)
    values = np.array([2e-5, 1e-4, 5e-4, 1e-3, 0.2, 1, 5000, 20_000, 1e6])
    said = axis.tickStrings(list(np.log10(values)), 1.0, 1.0)
    np.testing.assert_allclose([float(text) for text in said], values)
    assert said[:4] == ["2e-5", "1e-4", "5e-4", "0.001"]


@pytest.mark.parametrize("size", [3e-6, 123_456.0])
def test_the_numbers_of_an_axis_do_not_run_into_its_name(qtbot: QtBot, size: float) -> None:
    plot = EpochPlot("p", "Energy", "", LIGHT, [("a", "training")])
    plot.label_axis("left", "nats")
    qtbot.addWidget(plot)
    plot.resize(240, 200)
    plot.show_data(np.arange(3), size * np.array([[-1.0], [0.5], [1.0]]))
    plot.show()
    axis = plot.getAxis("left")

    def room() -> float:
        """Pixels between the name and the longest number."""
        low, high = plot.getViewBox().viewRange()[1]
        texts = [
            text
            for spacing, values in axis.tickValues(low, high, axis.size().height())
            for text in pg.AxisItem.tickStrings(axis, values, 1.0, spacing)
        ]
        metrics = QFontMetrics(axis.style["tickFont"])
        longest = max(metrics.horizontalAdvance(text) for text in texts)
        name = axis.label.mapRectToParent(axis.label.boundingRect()).right()
        name -= axis.label.document().documentMargin()
        return axis.size().width() - axis.style["tickTextOffset"][0] - longest - name

    qtbot.waitUntil(lambda: room() > 0, timeout=PATIENCE)


def test_differences_that_are_as_good_as_none_do_not_fill_the_plot(qtbot: QtBot) -> None:
    plot = EpochPlot("p", "Gap", "", LIGHT, [("a", "training")], zero_line=True, least_range=0.1)
    qtbot.addWidget(plot)
    plot.show()
    plot.show_data(np.arange(3), np.array([[1e-6], [2e-6], [8e-6]]))
    qtbot.waitUntil(lambda: np.ptp(plot.getViewBox().viewRange()[1]) >= 0.1, timeout=PATIENCE)
    plot.show_data(np.arange(3), np.array([[1.0], [2.0], [8.0]]))
    qtbot.waitUntil(lambda: np.ptp(plot.getViewBox().viewRange()[1]) >= 7, timeout=PATIENCE)


def test_another_name_of_an_axis_stands_in_its_middle(qtbot: QtBot) -> None:
    plot = EpochPlot("p", "Energy", "", LIGHT, [("a", "training")])
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    plot.label_axis("bottom", "x")
    plot.show()
    for name in ("a name of many more letters than the one before", "y"):
        plot.label_axis("bottom", name)
        axis = plot.getAxis("bottom")
        middle = axis.label.mapRectToParent(axis.label.boundingRect()).center().x()
        assert middle == pytest.approx(axis.size().width() / 2, abs=2)


@pytest.mark.parametrize(
    ("count", "height", "width", "columns"),
    [(35, 8, 8, 5), (30, 10, 64, 2), (30, 64, 10, 10), (3, 8, 8, 1), (1, 8, 8, 1)],
)
def test_a_grid_has_the_columns_in_which_its_images_are_largest(
    count: int, height: int, width: int, columns: int
) -> None:
    assert columns_for(count, height, width) == columns


def test_a_name_that_is_longer_than_its_axis_ends_with_dots_and_is_told_whole(qtbot: QtBot) -> None:
    plot = EpochPlot("p", "Energy", "", LIGHT, [("a", "training")])
    qtbot.addWidget(plot)
    plot.resize(200, 160)
    plot.show()
    name = "the name of a column of a table, as long as a sentence may be"
    for side in ("left", "bottom"):
        plot.label_axis(side, name)
        assert plot.getAxis(side).labelText.endswith("…</span>")
        assert plot.getAxis(side).toolTip() == name
        # Exported tables have it whole.
        assert plot.named_axis(side, "") == name
    plot.resize(700, 600)
    for side in ("left", "bottom"):
        assert name in plot.getAxis(side).labelText
        assert plot.getAxis(side).toolTip() == ""


def test_numbers_far_from_zero_are_told_apart_on_an_axis(qtbot: QtBot) -> None:
    axis = PlainAxis("bottom")
    assert axis.tickStrings([1e8, 1e8 + 50, 1e8 + 100], 1.0, 50.0) == ["100000000", "100000050", "100000100"]
    assert axis.tickStrings([-1.0, 0.0], 1.0, 1.0) == ["−1", "0"]


@pytest.mark.parametrize("size", [60, 120, 400])
@pytest.mark.parametrize("ends", [(0, 2_000), (64_224, 66_224), (1_064_224, 1_066_224)])
def test_numbers_side_by_side_do_not_run_into_one_another(
    qtbot: QtBot, size: int, ends: tuple[float, float]
) -> None:
    axis = PlainAxis("bottom")
    (spacing, _), *_ = axis.tickSpacing(*ends, size)
    widest = max(map(QFontMetrics(axis.font()).horizontalAdvance, axis.tickStrings(list(ends), 1.0, spacing)))
    assert spacing * size / 2_000 > widest or spacing >= 2_000


def test_bands_and_the_ring_of_the_entropy_are_whole(qtbot: QtBot) -> None:
    plot = EntropyPlot("e", "", LIGHT)
    qtbot.addWidget(plot)
    epochs = np.array([1, 400, 800])
    values = np.array([[236.0, 226, 224], [182, 182, 185], [180, 178, 180]])
    plot.show_measurements(epochs, values, np.full((3, 3), 15.0))
    (first, last), (bottom, top) = plot.getViewBox().viewRange()
    assert (bottom < 178 - 15, top > 236 + 15) == (True, True)
    # Nine pixels of a plot that is 170 wide.
    assert (last - 800) / (last - first) > 4.5 / 170
    # A band that is far larger leaves the curves their height.
    plot.show_measurements(epochs, values, np.full((3, 3), 1e4))
    bottom, top = plot.getViewBox().viewRange()[1]
    assert top - bottom < 3 * (236 - 178)
