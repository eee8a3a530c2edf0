"""Parts of the lattice window by themselves: the mosaic, plots, numbers with errors, the figure of a sweep."""

import math
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from landscape_app.experiments.figure import Curve, Marker, Points
from landscape_app.experiments.lattice_figure import SweepPicture
from landscape_app.gui.lattice.live_page import LivePage
from landscape_app.gui.lattice.picture import GAP, SpinPicture, tiled
from landscape_app.gui.lattice.plots import CorrelationPlot, MagnetisationPlot, TracePlot
from landscape_app.gui.lattice.readouts import average_of, length_of, memory_of, missing_of, with_error
from landscape_app.gui.lattice.worker import LatticeState
from landscape_app.gui.theme import DARK, LIGHT
from landscape_app.physics.correlation import MOST_OF_SIDE
from landscape_app.physics.estimate import Estimate
from landscape_app.physics.square_lattice import CRITICAL_TEMPERATURE, lattice_energy
from landscape_app.session.lattice_run import LatticeMeasurement
from landscape_app.session.lattice_sweep import LatticeSweep, SweepPlan, lattice_sweep


def test_a_mosaic_holds_every_lattice_between_gaps() -> None:
    spins = np.random.default_rng(0).integers(2, size=(5, 4, 4)).astype(np.uint8)
    pixels = tiled(spins)
    assert pixels.shape == (9, 14)
    for k in range(5):
        row, column = divmod(k, 3)
        assert np.array_equal(pixels[5 * row : 5 * row + 4, 5 * column : 5 * column + 4], spins[k])
    assert (pixels[4] == GAP).all()
    assert (pixels[5:, 10:] == GAP).all()
    assert np.array_equal(tiled(spins[:1]), spins[0])


def test_the_picture_has_the_colours_of_its_theme(qtbot: QtBot) -> None:
    picture = SpinPicture(LIGHT)
    qtbot.addWidget(picture)
    picture.resize(300, 300)
    spins = np.zeros((1, 10, 10), np.uint8)
    spins[0, 0, :5] = 1
    picture.show_spins(spins)
    for theme in (LIGHT, DARK):
        picture.set_theme(theme)
        image = picture.grab().toImage()
        ratio = image.devicePixelRatio()
        for x, colour in ((75, theme.ink), (225, theme.paper)):
            assert image.pixelColor(round(x * ratio), round(15 * ratio)) == QColor(colour)
    (series,) = picture.series()
    assert sum(series.values[2][1]) == 5 - 95
    assert [name for name, _ in series.columns] == ["lattice", "row", "column", "spin"]


def test_traces_mark_what_is_exact_and_where_conditions_changed(qtbot: QtBot) -> None:
    plot = TracePlot("plot-x", "E", "meaning", LIGHT, "E/N (J)", "energy", None)
    qtbot.addWidget(plot)
    steps = np.arange(100.0, 2_100.0)
    plot.show_trace(steps, np.sin(steps / 100), 300, (-0.5,))
    assert plot._change.isVisible()  # type: ignore[union-attr]
    assert [line.isVisible() for line in plot._exact] == [True, False]
    assert plot._exact[0].value() == -0.5
    low, high = plot.getViewBox().viewRange()[1]
    assert low <= -1
    assert high >= 1
    jump = np.where(steps < 150, 30.0, np.sin(steps / 100))
    plot.show_trace(steps, jump, 0)
    assert plot.getViewBox().viewRange()[1][1] < 10
    plot.show_trace(steps, np.sin(steps / 100), 50)
    assert not plot._change.isVisible()  # type: ignore[union-attr]
    assert not any(line.isVisible() for line in plot._exact)
    (series,) = plot.series()
    assert len(series.x[1]) == 2_000
    plot.show_trace(np.zeros(0), np.zeros(0), 0)


def test_histogram_and_correlations_write_their_numbers(qtbot: QtBot) -> None:
    bars = MagnetisationPlot("plot-m", "m", "meaning", LIGHT)
    line = CorrelationPlot("plot-g", "G", "meaning", LIGHT)
    for plot in (bars, line):
        qtbot.addWidget(plot)
        plot.set_theme(DARK)
    bars.show_density(np.array([-0.5, 0.0, 0.5]), np.array([0.2, 1.6, 0.2]), (0.4, -0.4))
    assert bars.series()[0].values[0][1].tolist() == [0.2, 1.6, 0.2]
    assert sorted(mark.value() for mark in bars._exact) == [-0.4, 0.4]
    line.show_correlation(np.array([1.0, 0.5, 0.25, 0.1]), 1.4, 2)
    assert line.series()[0].values[0][1].tolist() == [1.0, 0.5, 0.25]
    assert line._length.isVisible()  # type: ignore[union-attr]
    line.show_correlation(None, float("nan"), 2)
    assert len(line.series()[0].x[1]) == 0
    assert not line._length.isVisible()  # type: ignore[union-attr]


def test_numbers_have_the_digits_that_their_errors_allow() -> None:
    assert with_error(Estimate(-1.74563, 0.0021)) == "−1.7456 ± 0.0021"
    assert with_error(Estimate(0.5, float("nan"))) == "0.5000"
    assert with_error(Estimate(0.9126, 0.2)) == "0.91 ± 0.20"
    assert average_of(Estimate(0.9126, 0.2)) == "0.91 ± 0.20"
    assert average_of(Estimate(0.9126, float("nan"))) == "0.913"
    assert (memory_of(238.24, True), memory_of(238.24, False)) == ("238.2 steps", "> 238 steps")
    assert (length_of(63.94, 128), length_of(109.0, 128)) == ("63.9", "> 64  (L/2)")


def test_averages_say_what_they_lack_for_an_error_while_they_lack_it() -> None:
    assert missing_of(None) == ""
    assert missing_of(measured(True, 41.0)) == ""
    assert missing_of(measured(False, 7.9)) == "± from 20 τ on: 7 of 20"
    assert missing_of(measured(False, math.nan)) == "± from 20 τ on"
    assert missing_of(measured(False, math.inf)) == "no ±: not in equilibrium"
    # The time is a bound from below: enough by it is not enough.
    assert missing_of(measured(False, 19.99)) == "± from 20 τ on: 19 of 20"


def measured(is_long: bool, times: float) -> LatticeMeasurement:
    """A measurement of which no more is looked at than this."""
    return cast(LatticeMeasurement, SimpleNamespace(is_long=is_long, times=times))


def test_the_page_shows_a_state_without_a_measurement(qtbot: QtBot) -> None:
    page = LivePage(LIGHT)
    qtbot.addWidget(page)
    page.show_state(LatticeState())
    page.set_theme(DARK)
    assert page.readouts.values["energy"].text() == "–"
    assert page.caption.text() == "Step 0 · paused"


def test_the_figure_of_a_sweep_has_exact_curves_and_points_with_errors() -> None:
    plan = SweepPlan(sides=(8, 12), points=3, copies=4, warm_up=5, steps=20)
    empty = SweepPicture(plan).figure(LatticeSweep(plan))
    assert not any(isinstance(mark, Points) for panel in empty.panels for mark in panel.marks)
    figure = SweepPicture(plan).figure(lattice_sweep(plan))
    names = [panel.title.split()[0] for panel in figure.panels]
    assert names == ["Magnetisation", "Energy", "Heat", "Susceptibility", "Binder", "Correlation"]
    energy = figure.panels[1].marks
    curves = [mark for mark in energy if isinstance(mark, Curve)]
    points = [mark for mark in energy if isinstance(mark, Points)]
    np.testing.assert_allclose(curves[1].y, lattice_energy(curves[1].x, 8))
    assert [mark.name for mark in points] == ["L = 8", "L = 12"]
    assert curves[1].role == points[0].role != points[1].role
    assert points[0].error is not None
    assert (points[0].error > 0).all()
    lines = [mark.at for mark in figure.panels[4].marks if isinstance(mark, Marker)]
    assert lines == pytest.approx([CRITICAL_TEMPERATURE, 0.6107])
    lengths = figure.panels[5].marks
    shown = [mark for mark in lengths if isinstance(mark, Points)]
    lines = [mark.at for mark in lengths if isinstance(mark, Marker)]
    whole = [mark for mark in lengths if isinstance(mark, Curve)]
    # As the page of the moving lattice, it tells no length beyond L/2, where the line to the crossing goes on.
    assert all((mark.y <= MOST_OF_SIDE).all() for mark in shown)
    assert max(mark.y.max() for mark in whole) > MOST_OF_SIDE in lines
    for graph, count in (("chain", 6), ("complete", 5), ("random", 5), ("free", 6)):
        other = SweepPlan(graph=graph, sides=(8,), low=0.5, high=1.5, points=2)
        assert len(SweepPicture(other).figure(LatticeSweep(other)).panels) == count


def test_picture_and_plots_have_the_menu_that_exports_them(qtbot: QtBot) -> None:
    page = LivePage(LIGHT)
    qtbot.addWidget(page)
    page.picture.show_spins(np.ones((1, 4, 4), np.uint8))
    for plot in (page.picture, *page.plots):
        plot.menu.open(QPoint())
        assert plot.menu.menu is not None
        names = [action.objectName() for action in plot.menu.menu.actions()]
        assert names[:3] == ["export-png", "export-svg", "export-csv"]
        plot.menu.menu.close()
        plot.menu.menu.close()
