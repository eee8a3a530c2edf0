"""Links between the sites of a lattice, shown couplings of its own, and the switch from the table to them."""

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from landscape_app.experiments.boltzmann import lattice
from landscape_app.gui.theme import DARK, LIGHT
from landscape_app.gui.training.links_plot import MOST_LINKS, LinksPlot
from landscape_app.gui.widgets.plots import Plot


@pytest.fixture
def plot(qtbot: QtBot) -> LinksPlot:
    plot = LinksPlot(LIGHT)
    qtbot.addWidget(plot)
    plot.resize(300, 260)
    plot.show()
    return plot


def test_the_bonds_of_a_lattice_are_its_links(plot: LinksPlot) -> None:
    plot.show_couplings(lattice(4, 0.4).portrait().values, (4, 4))
    links, fields = plot.series()
    assert len(links.x[1]) == 32
    np.testing.assert_allclose(links.values[1][1], 0.4, rtol=1e-6)
    pairs = {(i - 1, j - 1) for i, j in zip(links.x[1].tolist(), links.values[0][1].tolist(), strict=True)}
    steps = {(abs(j // 4 - i // 4), abs(j % 4 - i % 4)) for i, j in pairs}
    assert steps == {(0, 1), (1, 0), (0, 3), (3, 0)}
    assert (fields.values[0][1] == 0).all()
    assert "thickest 0.4 nats" in plot._shown_title
    plot.set_theme(DARK)
    plot.grab()


def test_neighbours_are_joined_by_straight_lines_and_others_by_arcs(plot: LinksPlot) -> None:
    values = np.zeros((6, 6))
    values[0, 1] = values[1, 0] = 1.0
    values[0, 2] = values[2, 0] = -1.0
    plot.show_couplings(values, (2, 3))
    straight, arc = (
        [np.array(item.getOriginalDataset()) for key, item in plot._links.items() if key[0] == positive]
        for positive in (True, False)
    )
    straight, arc = (np.concatenate([xy for xy in one if xy.dtype == float], 1) for one in (straight, arc))
    assert np.nanmax(np.abs(straight[1])) == 0.0
    assert np.nanmax(np.abs(arc[1])) == pytest.approx(0.16 * 2)


def test_of_many_links_the_strongest_are_drawn_and_that_is_said(plot: LinksPlot) -> None:
    upper = np.triu(np.random.default_rng(0).normal(size=(64, 64)), 1)
    plot.show_couplings(upper + upper.T, (8, 8))
    links, _ = plot.series()
    strongest = np.sort(np.abs(upper[np.triu_indices(64, 1)]))[-MOST_LINKS:]
    np.testing.assert_allclose(np.sort(np.abs(links.values[1][1])), strongest)
    assert f"{MOST_LINKS} strongest" in plot._shown_title
    assert isinstance(plot, Plot)
