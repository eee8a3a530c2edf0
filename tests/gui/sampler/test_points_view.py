"""Chains that are points, shown states without an engine: axes are those of the data, points those of the chains."""

from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from landscape_app.gui.sampler.points_view import MARGIN, PointScatter, PointsView
from landscape_app.gui.state import EngineState, Facts, Origin
from landscape_app.gui.theme import LIGHT
from landscape_app.physics.space import Line
from landscape_app.problems.problem import Configuration
from landscape_app.session.records import Snapshot

TRAINING = np.random.default_rng(0).uniform(-1, 1, (50, 3)) * [4.0, 1.0, 1.0]


def state(chains: np.ndarray, number: int = 0, names: tuple[str, ...] = ()) -> EngineState:
    facts = Facts(
        number=number,
        configuration=Configuration(problem="points"),
        origin=Origin.NEW,
        path=None,
        device="cpu",
        title="Points",
        formula="E(x)",
        space=Line((3,)),
        training_items=TRAINING,
        class_names=(),
        column_names=names,
        kernels=("mala",),
        neighbours=None,  # type: ignore[arg-type]
    )
    return EngineState(facts=facts, snapshot=Snapshot(False, chains, np.zeros(len(chains)), None, None, None))


@pytest.fixture
def view(qtbot: QtBot) -> PointsView:
    view = PointsView(LIGHT)
    qtbot.addWidget(view)
    view.resize(400, 400)
    return view


def test_points_of_more_than_two_coordinates_are_scattered_by_the_first_two(view: PointsView) -> None:
    chains = np.arange(12.0).reshape(4, 3)
    view.show_state(state(chains, names=("length", "width", "height")))
    assert view.currentWidget() is view.scatter
    data, moved = view.scatter.series()
    np.testing.assert_array_equal(data.x[1], TRAINING[:, 0])
    np.testing.assert_array_equal(moved.values[0][1], chains[:, 1])
    assert "length" in data.x[0]
    view.show_state(state(chains + 1, names=("length", "width", "height")))
    np.testing.assert_array_equal(view.scatter.series()[1].x[1], chains[:, 0] + 1)


def test_nothing_is_drawn_before_there_are_chains(view: PointsView) -> None:
    view.show_state(EngineState())
    view.show_state(replace(state(np.zeros((1, 3))), snapshot=None))
    assert all(len(series.x[1]) == 0 for series in view.scatter.series())


def test_the_axes_hold_the_data_with_a_margin(qtbot: QtBot) -> None:
    scatter = PointScatter(LIGHT)
    qtbot.addWidget(scatter)
    scatter.resize(400, 400)
    # Ranges of so different lengths are not drawn to one scale.
    training = TRAINING[:, :2] * [100.0, 1.0]
    scatter.show_data(training)
    for shown, values in zip(scatter.viewRange(), training.T, strict=True):
        margin = MARGIN * (values.max() - values.min())
        assert shown == pytest.approx([values.min() - margin, values.max() + margin])
