"""Quantities of lessons: as they are defined, of what is on view, and None where that does not tell them."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from landscape_app.gui.lessons.lesson import Compared, shipped_lesson
from landscape_app.gui.lessons.quantities import NAMES, QUANTITIES, SHOWN_BY, LatticeScene, Scene
from landscape_app.gui.state import EngineState, Facts
from landscape_app.physics.estimate import Estimate
from landscape_app.physics.spin_lattices import SpinLattice
from landscape_app.runs import History
from landscape_app.session.lattice_run import LatticeConditions
from landscape_app.session.measurement import Measurement
from landscape_app.session.records import Snapshot


def of(name: str, scene: Scene) -> float | None:
    found = QUANTITIES[name].value(scene)
    return None if found is None else found.value


def test_of_a_window_without_a_run_only_what_is_chosen_is_known() -> None:
    known = {name for name in QUANTITIES if of(name, Scene(EngineState())) is not None}
    always = {"steps", "followed", "trained", "temperature", "energy on", "fields", "compared"}
    assert known == always | {"training", "testing"}


def test_every_quantity_has_a_name() -> None:
    assert {key: key for key in QUANTITIES} == NAMES


def test_the_entropy_is_that_of_the_last_point_that_is_drawn_and_measurements_are_those() -> None:
    measurements = History()
    facts = cast(Facts, SimpleNamespace())

    def scene() -> Scene:
        return Scene(EngineState(facts=facts, measurements=measurements))

    assert of("measurements", scene()) == 0
    assert of("entropy", scene()) is None
    for epoch, entropy in ((1, 106.8), (101, 90.6)):
        found = Estimate(entropy, 0.3)
        measurements.append(Measurement.of_surprisals(epoch, Estimate(0.0, 0.3), found, *[np.ones(3)] * 3))
    assert of("measurements", scene()) == 2
    assert of("entropy", scene()) == pytest.approx(90.6)
    step = next(step for step in shipped_lesson("training").steps if step.read is not None)
    assert step.read is not None
    assert not step.read.accepts(106.8, 90.6, 0.3)
    # It is asked for only once there is one that differs from the first.
    before = shipped_lesson("training").steps[shipped_lesson("training").steps.index(step) - 1]
    assert [condition.name for condition in before.do if isinstance(condition, Compared)] == ["measurements"]


def test_chains_that_recall_are_those_near_a_pattern_or_its_reverse() -> None:
    overlaps = np.array([[0.95, 0.1], [-0.92, 0.0], [0.5, 0.5], [0.0, 0.89]])
    snapshot = cast(Snapshot, SimpleNamespace(overlaps=overlaps))
    scene = Scene(EngineState(snapshot=snapshot))
    assert of("recalled", scene) == 0.5
    assert of("overlap", scene) == pytest.approx((0.95 + 0.92 + 0.5 + 0.89) / 4)


def test_what_is_exact_is_that_of_the_lattice_on_view() -> None:
    def on(graph: str, temperature: float) -> Scene:
        conditions = LatticeConditions(temperature, 0.0, "heat-bath")
        return Scene(EngineState(), LatticeScene(SpinLattice(graph, 16), conditions, None))

    square = on("square", 1.0)
    assert of("critical temperature", square) == pytest.approx(2 / np.log(1 + np.sqrt(2)))
    assert of("T over Tc", square) == pytest.approx(np.log(1 + np.sqrt(2)) / 2)
    # Onsager and Yang.
    assert of("exact magnetisation", square) == pytest.approx((1 - np.sinh(2.0) ** -4) ** 0.125)
    assert of("exact energy", on("square", 2 / np.log(1 + np.sqrt(2)))) == pytest.approx(
        -np.sqrt(2), abs=1e-6
    )
    assert of("critical temperature", on("complete", 1.0)) == 1.0
    assert of("magnetisation", square) is None


def test_numbers_are_shown_with_what_can_be_read() -> None:
    assert QUANTITIES["acceptance rate"].shown(0.2345) == "23.4%"
    assert QUANTITIES["lattice energy"].shown(-1.41421) == "−1.414"
    assert QUANTITIES["steps"].shown(12345.0) == "12,345"


def test_what_shows_a_quantity_is_a_quantity_s() -> None:
    assert set(SHOWN_BY) <= set(QUANTITIES)
