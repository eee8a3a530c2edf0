"""The bounds window: asked for and stopped by mouse, its record drawn, and its sentences true to the record."""

import functools
from dataclasses import replace

import numpy as np
import pytest
import torch
from PySide6.QtCore import QSettings, Qt
from pytestqt.qtbot import QtBot

from landscape_app.data import ising
from landscape_app.gui.bounds.plots import FallPlot, GapPlot, PairCurves
from landscape_app.gui.bounds.window import BoundsWindow, picture_of, sentence_of
from landscape_app.gui.engine import Engine
from landscape_app.gui.state import Activity, EngineState
from landscape_app.gui.theme import DARK, LIGHT
from landscape_app.physics.estimate import Estimate
from landscape_app.problems import PROBLEMS, fitted_otherwise
from landscape_app.session.bounds import Bounds, BoundsRecord
from tests.gui.audit import unexplained, unreached
from tests.gui.driving import PATIENCE
from tests.gui.test_panels import state_of_model
from tests.session.test_bounds import items_of, lattice


@pytest.fixture(scope="module")
def record() -> BoundsRecord:
    """Of a ferromagnetic 3 × 3 lattice below its mean-field transition."""
    model = lattice()
    items = items_of(model.space)
    *_, last = Bounds(model, items, items, "single-site", 2.0, starts=6).run()
    return last


@functools.cache
def trained_state(model: str) -> EngineState:
    return state_of_model(model, "persistent" if model == "rbm" else "likelihood", 1)


def state_with(record: BoundsRecord | None, model: str = "rbm", **changes: object) -> EngineState:
    return replace(trained_state(model), bounds=record, **changes)  # type: ignore[arg-type]


def test_bounds_are_asked_for_and_stopped_by_mouse(qtbot: QtBot, settings: QSettings) -> None:
    window = BoundsWindow(LIGHT, settings)
    qtbot.addWidget(window)
    window.show_state(state_with(None))
    window.temperature.setValue(2.5)
    window.starts.setValue(7)
    with qtbot.waitSignal(window.asked) as asked:
        qtbot.mouseClick(window.button, Qt.MouseButton.LeftButton)
    assert asked.args == [2.5, 7]
    window.show_state(state_with(None, bounding=True))
    assert window.button.text() == "Stop"
    with qtbot.waitSignal(window.stopped):
        qtbot.mouseClick(window.button, Qt.MouseButton.LeftButton)
    window.show_state(state_with(None, activity=Activity.TRAINING))
    assert not window.button.isEnabled()
    assert "pause" in window.status.text()
    window.show_state(state_with(None, "observables"))
    assert not window.button.isEnabled()
    assert "neither" in window.sentence.text()


def test_a_record_is_drawn_with_its_solutions_lowest_first(
    qtbot: QtBot, settings: QSettings, record: BoundsRecord
) -> None:
    window = BoundsWindow(LIGHT, settings)
    qtbot.addWidget(window)
    window.show_state(state_with(record))
    (series,) = window.falls.series()
    falls = np.array([values for name, values in series.values if name.startswith("F[q]")])
    np.testing.assert_array_equal(falls.T, record.falls)
    table = window.solutions
    assert table.rowCount() == len(record.free_energies) > 1
    energies = [float(table.item(row, 1).text().replace("−", "-")) for row in range(table.rowCount())]
    assert energies == sorted(energies)
    assert table.item(0, 2).text() == "lowest"
    assert table.item(0, 1).font().bold()
    assert not table.item(1, 1).font().bold()
    assert sum(int(table.item(row, 3).text()) for row in range(table.rowCount())) == 6
    assert "No hidden units" in window.evidence_sentence.text()
    assert window.evidence.curves is None
    mixture, drawn = record.mixture, window.mixture.curves
    assert mixture is not None
    assert drawn is not None
    np.testing.assert_array_equal(drawn.below, mixture.elbo)
    assert (drawn.below <= drawn.above + 1e-12).all()
    window.set_theme(DARK)
    window.grab()
    window.show_state(state_with(None))
    assert table.rowCount() == 0
    assert window.falls.series() == []


def test_every_control_is_explained_and_reached_with_the_keys(
    qtbot: QtBot, settings: QSettings, record: BoundsRecord
) -> None:
    window = BoundsWindow(LIGHT, settings)
    qtbot.addWidget(window)
    window.show_state(state_with(record))
    with qtbot.waitActive(window, timeout=PATIENCE):
        window.bring_up()
    assert unexplained(window) == []
    assert unreached(window) == []


def test_the_sentence_says_bound_truth_and_gap(record: BoundsRecord) -> None:
    assert record.free_energy is not None
    said = sentence_of(record).replace("−", "-")
    for number in (record.bound, record.free_energy.value, record.bound - record.free_energy.value):
        assert f"{number:.3f}" in said
    assert "no bound" in said
    assert "enumeration" in said
    wrong = replace(record, free_energy=Estimate(record.bound + 1, 0.1), method="ladder of replicas")
    assert "above a bound" in sentence_of(wrong)
    assert "not known yet" in sentence_of(replace(record, free_energy=None))


def test_pictures_of_spins_have_two_colours_and_those_of_levels_ink() -> None:
    spins = picture_of(np.array([[-1.0, 1.0]]), (-1.0, 1.0), LIGHT).toImage()
    left, right = spins.pixelColor(1, 1), spins.pixelColor(spins.width() - 2, 1)
    assert left.blue() > left.red()
    assert right.red() > right.blue()
    levels = picture_of(np.array([0.0, 1.0]), (0.0, 1.0), LIGHT).toImage()
    assert levels.pixelColor(1, 1).name() == LIGHT.paper
    assert levels.pixelColor(levels.width() - 2, 1).name() == LIGHT.ink


def test_gaps_and_falls_clear(qtbot: QtBot, record: BoundsRecord) -> None:
    gap = GapPlot("plot-evidence", "Evidence", "", LIGHT, ("log p", "ELBO"), "updates")
    falls = FallPlot(LIGHT)
    for plot in (gap, falls):
        qtbot.addWidget(plot)
    gap.show_curves(PairCurves(np.arange(3), np.zeros(3), -np.arange(3.0)))
    assert len(gap.series()) == 1
    gap.show_curves(None)
    assert gap.series() == []
    falls.show_record(replace(record, free_energy=Estimate(-5.0, 0.2)))
    falls.show_record(None)
    assert falls.series() == []


def test_the_engine_finds_bounds_beside_the_chains_and_forgets_them_with_the_model(qtbot: QtBot) -> None:
    torch.manual_seed(0)
    engine = Engine(threads=1, device="cpu")
    engine.start()
    try:
        plan = fitted_otherwise(replace(PROBLEMS["ising"].defaults, model="rbm", units=4, chains=16))
        engine.new(plan, train=False, dataset=ising(side=3, samples=400))
        qtbot.waitUntil(lambda: engine.state.facts is not None, timeout=PATIENCE)
        engine.find_bounds(1.0, 5)
        qtbot.waitUntil(
            lambda: engine.state.bounds is not None and engine.state.bounds.is_done, timeout=PATIENCE
        )
        qtbot.waitUntil(lambda: not engine.state.bounding, timeout=PATIENCE)
        found = engine.state.bounds
        assert found is not None
        assert found.evidence is not None
        assert found.falls.shape[1] == 5
        engine.find_bounds(1.0, 0)
        qtbot.waitUntil(lambda: engine.state.message is not None, timeout=PATIENCE)
        assert "starts must be" in engine.state.message.text
        engine.find_bounds(1.0, 5)
        engine.step_epoch()
        qtbot.waitUntil(lambda: engine.state.epoch == 1, timeout=PATIENCE)
        assert engine.state.bounds is None
        assert not engine.state.bounding
    finally:
        engine.end()
