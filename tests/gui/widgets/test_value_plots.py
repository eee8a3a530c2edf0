"""Bars, points against β and densities: what they draw is what they are given, and what is saved of them."""

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from landscape_app.gui.theme import DARK, LIGHT
from landscape_app.gui.widgets.value_plots import BarPlot, HistogramPlot, TemperaturePlot


def test_the_scale_of_bars_doubles_until_they_fit(qtbot: QtBot) -> None:
    plot = BarPlot("bars", "Residuals z", "", LIGHT, limit=2.0)
    qtbot.addWidget(plot)
    for values, reach in (([0.5, -1.0], 4.0), ([5.0], 8.0), ([-40.0, 1.0], 64.0)):
        plot.show_values(np.array(values))
        assert plot.viewRange()[1] == pytest.approx([-reach, reach])
    (saved,) = plot.series()
    np.testing.assert_array_equal(saved.x[1], [1, 2])
    np.testing.assert_array_equal(saved.values[0][1], [-40.0, 1.0])


def test_bars_within_a_tolerance_lie_in_their_band_and_the_title_says_which(qtbot: QtBot) -> None:
    plot = BarPlot("bars", "Residuals z", "", LIGHT, limit=0.1)
    qtbot.addWidget(plot)
    assert plot._band is not None
    for tolerance, band in ((0.234, 0.234), (None, 0.1)):
        plot.show_values(np.array([0.05, -0.234]), tolerance)
        plot.set_theme(DARK)
        assert plot._band.getRegion() == pytest.approx((-band, band))
        assert ("all within ±0.23" in plot._shown_title) == (tolerance is not None)


def test_points_against_beta_are_cleared_by_none(qtbot: QtBot) -> None:
    plot = TemperaturePlot("ladder", "Swap rate", "", LIGHT, "model")
    qtbot.addWidget(plot)
    betas, rates = np.array([0.0, 0.5, 1.0]), np.array([0.9, 0.4, 0.2])
    plot.show_points(betas, rates)
    assert plot.viewRange()[1][1] >= 0.9
    np.testing.assert_array_equal(plot.series()[0].values[0][1], rates)
    errors = np.array([0.05, 0.1, 0.02])
    plot.show_points(betas, rates, errors)
    bars = [item for item in plot.getPlotItem().listDataItems() if item.opts["connect"] == "pairs"]
    np.testing.assert_allclose(
        bars[0].getData()[1].reshape(3, 2), np.stack([rates - errors, rates + errors], 1)
    )
    assert plot.viewRange()[1][1] >= 0.95
    np.testing.assert_array_equal(plot.series()[0].values[1][1], errors)
    plot.show_points(np.zeros(0), np.zeros(0))
    assert len(plot.series()[0].x[1]) == 0
    assert len(plot.series()[0].values) == 1


def test_densities_of_sets_are_those_of_a_normal_distribution(qtbot: QtBot) -> None:
    plot = HistogramPlot("energies", "Energy:", "", LIGHT, (("data", "training"), ("chains", "model")))
    qtbot.addWidget(plot)
    sample = np.random.default_rng(0).normal(size=20_000)
    plot.show_sets([sample, sample[:10_000] + 0.5])
    (saved,) = plot.series()
    middles, ((_, of_data), (_, of_chains)) = saved.x[1], saved.values
    expected = np.exp(-(middles**2) / 2) / np.sqrt(2 * np.pi)
    # Four standard errors of the fullest bin: its density is that of n p items in a width of a fifth.
    np.testing.assert_allclose(of_data, expected, atol=4 * np.sqrt(0.4 / (20_000 * 0.2)))
    assert middles[of_chains.argmax()] > middles[of_data.argmax()] - 0.2
