"""Chains that are points, shown states without an engine: axes are those of the data, points those of the chains."""

from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from landscape_app.data.dataset import ColumnMeaning
from landscape_app.gui.sampler.points_view import MARGIN, PointScatter, PointsView
from landscape_app.gui.state import EngineState, Facts, Origin
from landscape_app.gui.theme import LIGHT
from landscape_app.physics.space import Line, Mixed
from landscape_app.problems.problem import Configuration
from landscape_app.session.plan import DataSize
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
        data_size=DataSize(50, 0, 0, TRAINING.nbytes, 0, carried=True),
        class_names=(),
        column_names=names,
        kernels=("mala",),
        neighbours=None,  # type: ignore[arg-type]
        columns=tuple(map(ColumnMeaning, names)),
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
    assert view.currentWidget() is view.page
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


def mixed_state(x: np.ndarray, *values: tuple[str, ...]) -> EngineState:
    """A state of rows, some of whose columns have words."""
    columns = tuple(ColumnMeaning(f"c{i}", words) for i, words in enumerate(values))
    before = state(x)
    assert before.facts is not None
    space = Mixed(tuple(map(len, values)))
    facts = replace(before.facts, space=space, columns=columns, training_items=x)
    return replace(before, facts=facts)


ROWS = np.array([[0, 1.5, 2, -1], [1, 2.5, 0, -2], [1, 3.5, 1, -3]])
WORDS = (("f", "m"), (), ("A", "B", "C"), ())


def test_two_columns_of_many_are_chosen(view: PointsView) -> None:
    view.show_state(mixed_state(ROWS, *WORDS))
    across, up = view.boxes
    assert [across.itemText(i) for i in range(4)] == ["c0", "c1", "c2", "c3"]
    # Two numbers to begin with.
    assert (across.currentText(), up.currentText()) == ("c1", "c3")
    np.testing.assert_array_equal(view.scatter.series()[1].x[1], ROWS[:, 1])
    up.setCurrentIndex(2)
    up.activated.emit(2)
    (_, found) = view.scatter.series()
    np.testing.assert_array_equal(found.values[0][1], ROWS[:, 2])
    assert "c2" in found.values[0][0]
    view.show_state(mixed_state(ROWS + 1, *WORDS))
    np.testing.assert_array_equal(view.scatter.series()[1].values[0][1], ROWS[:, 2] + 1)


def test_a_category_has_its_words_on_the_axis_and_a_band_for_each(view: PointsView) -> None:
    view.show_state(mixed_state(np.tile(ROWS, (40, 1)), *WORDS))
    across, _ = view.boxes
    across.setCurrentIndex(2)
    across.activated.emit(2)
    axis = view.scatter.getAxis("bottom")
    assert [text for _, text in axis._tickLevels[0]] == ["A", "B", "C"]
    assert view.scatter.viewRange()[0] == pytest.approx([-0.5, 2.5])
    drawn = view.scatter._points[1].getData()[0]
    category = np.tile(ROWS, (40, 1))[:, 2]
    assert np.abs(drawn - category).max() < 0.5
    assert len(np.unique(drawn)) == len(drawn)
    across.setCurrentIndex(1)
    across.activated.emit(1)
    np.testing.assert_array_equal(view.scatter._points[1].getData()[0], np.tile(ROWS, (40, 1))[:, 1])


def test_one_number_and_one_category_need_no_choice(view: PointsView) -> None:
    view.show_state(mixed_state(ROWS[:, [1, 2]], (), ("A", "B", "C")))
    across, up = view.boxes
    assert (across.currentText(), up.currentText()) == ("c1", "c0")
    assert not across.isVisibleTo(view)
