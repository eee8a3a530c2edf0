"""Hidden units in the window: their split as curves and a table, their activations below the images of weights."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from landscape_app.gui.sampler.view import SamplerView
from landscape_app.gui.session_view import SessionView, facts_of, first_state
from landscape_app.gui.state import Activity, EngineState, Origin
from landscape_app.gui.theme import DARK, LIGHT
from landscape_app.gui.training.hidden_units import METRICS, HiddenPlot, HiddenTable
from landscape_app.gui.training.panel import TrainingPanel
from landscape_app.gui.widgets.fixed import FigureLabel
from landscape_app.models.model import SplitMeans
from landscape_app.physics.exact import JointThermodynamics
from landscape_app.problems import PROBLEMS, fitted_otherwise
from landscape_app.session.session import Session
from tests.gui.driving import PATIENCE

PANEL_WIDTH = 412
"""Of a panel of a window of 900 × 600, in pixels."""


@pytest.fixture(scope="module")
def session() -> Session:
    """A machine of four hidden units on spins, three epochs old."""
    plan = replace(PROBLEMS["ising"].defaults, model="rbm", fit="persistent", units=4, chains=16)
    made = Session(fitted_otherwise(plan), "cpu", sampler_chains=9)
    for _ in islice(made.train(), 3):
        pass
    made.rest()
    return made


@pytest.fixture(scope="module")
def state(session: Session) -> EngineState:
    facts = facts_of(session, 0, Origin.NEW, None)
    return first_state(session, SessionView(session), Activity.SAMPLING, facts)


def test_the_table_shows_the_identity_for_data_chains_and_model(qtbot: QtBot, state: EngineState) -> None:
    table = HiddenTable()
    qtbot.addWidget(table)
    table.show_state(state)
    assert not table.isHidden()
    figures = state.hidden
    assert figures is not None
    for means, texts in zip((figures.training, figures.chains), table.texts, strict=False):
        energy, entropy, free = (float(text.split(" ± ")[0].replace("−", "-")) for text in texts[:3])
        assert (energy, entropy, free) == pytest.approx(means[:3], abs=0.0051)
        assert energy - entropy == pytest.approx(free, abs=0.016)
        assert abs(float(texts[3].replace("−", "-"))) < 1e-5
    joint = figures.joint
    assert joint is not None
    assert table.texts[2][2] == f"{-joint.log_partition:.2f}".replace("-", "−")
    assert "exact sum over hidden units" in table.log_z.text()
    assert f"{joint.log_partition:.3f}".replace("-", "−") in table.log_z.text()
    assert table.names[1].text() == "9 chains"
    assert not table.names[2].isHidden()
    table.show_state(replace(state, hidden=figures._replace(steered=True, joint=None)))
    assert table.names[1].text() == "9 steered"
    assert table.names[2].isHidden()
    assert table.log_z.text() == "log Z is not measured yet"
    table.show_state(replace(state, hidden=None))
    assert table.isHidden()


def test_beyond_what_can_be_summed_the_table_shows_what_the_estimator_found(
    qtbot: QtBot, session: Session, state: EngineState
) -> None:
    found = replace(session.estimator.measure_now(), log_partition=3.0, log_partition_error=0.25, epoch=3)
    table = HiddenTable()
    qtbot.addWidget(table)
    assert state.hidden is not None
    table.show_state(replace(state, hidden=state.hidden._replace(joint=None), kept=found))
    assert table.log_z.text() == "log Z = 3.00 ± 0.25, ladder of replicas, epoch 3"


def test_long_numbers_lose_decimals_and_do_not_widen_the_panel(qtbot: QtBot, state: EngineState) -> None:
    table = HiddenTable()
    qtbot.addWidget(table)
    table.show_state(state)
    before = table.minimumSizeHint().width()
    assert state.hidden is not None
    long = SplitMeans(-12_345.678, 1_234.5, -13_580.178, 3.21, 0.0004, 3.2)
    table.show_state(replace(state, hidden=state.hidden._replace(training=long)))
    assert table.texts[0][:2] == ["−12,346 ± 3", "1,234 ± 0.0004"]
    assert table.minimumSizeHint().width() == before


def test_no_figure_of_the_table_is_cut_in_the_panel_of_the_smallest_window(
    qtbot: QtBot, state: EngineState
) -> None:
    panel = TrainingPanel(LIGHT)
    qtbot.addWidget(panel)
    assert state.hidden is not None
    means = SplitMeans(-137.43, 21.88, -159.31, 0.31, 0.063, 0.21)
    joint = JointThermodynamics(log_partition=139.774, energy=-118.0, log_q=-4.0)
    hidden = state.hidden._replace(training=means, chains=means, joint=joint, size=100)
    panel.show_state(replace(state, hidden=hidden))
    panel.resize(PANEL_WIDTH, 500)
    with qtbot.waitExposed(panel, timeout=PATIENCE):
        panel.show()
    panel.redraw(everything=True)
    table = panel.hidden_table
    labels = [label for row in table.cells for label in row] + table.names + table.findChildren(FigureLabel)
    assert table.isVisible()
    assert {label.text() for label in labels} >= {"−137.4 ± 0.3", "21.88 ± 0.06", "100 chains", "Residual"}
    for label in labels:
        assert label.shown == label.text()
        assert table.rect().contains(label.geometry())


def test_a_figure_without_room_keeps_its_beginning_and_ends_with_dots(qtbot: QtBot) -> None:
    label = FigureLabel("−137.4 ± 0.3")
    qtbot.addWidget(label)
    label.setAlignment(Qt.AlignmentFlag.AlignRight)
    label.resize(label.sizeHint())
    assert label.shown == label.text()
    whole = label.width()
    for width in range(whole - 1, label.minimumSizeHint().width() - 1, -7):
        label.resize(width, label.height())
        assert label.shown.endswith("…")
        assert label.text().startswith(label.shown[:-1])


def test_the_joint_entropy_is_relative_to_the_base_measure() -> None:
    joint = JointThermodynamics(log_partition=2.0, energy=-5.0, log_q=-4.0)
    assert joint.energy - (joint.entropy + joint.log_q) == pytest.approx(-joint.log_partition)


def test_curves_are_the_recorded_metrics(qtbot: QtBot, session: Session) -> None:
    plot = HiddenPlot(LIGHT)
    qtbot.addWidget(plot)
    plot.show_history(session.history, 3)
    (series,) = plot.series()
    for (_, values), metric in zip(series.values, METRICS, strict=True):
        np.testing.assert_array_equal(values, session.history[metric])
    plot.set_theme(DARK)
    plot.show_history(type(session.history)(), 0)
    assert not len(plot.series()[0].values[0][1])


def test_bars_below_the_weights_are_those_of_the_chain_under_the_pointer_or_followed(
    qtbot: QtBot, session: Session, state: EngineState
) -> None:
    view, panel = SamplerView(LIGHT), TrainingPanel(LIGHT)
    for widget in (view, panel):
        qtbot.addWidget(widget)
        widget.resize(600, 700)
        widget.show_state(state)
    view.mosaic.pointed.connect(panel.point_at)
    with qtbot.waitExposed(view, timeout=PATIENCE):
        view.show()
    snapshot = state.snapshot
    assert snapshot is not None
    assert snapshot.activations is not None
    panel.redraw(everything=True)
    assert panel.portrait.shares is None
    with qtbot.waitSignal(view.mosaic.pointed) as pointed:
        qtbot.mouseMove(view.mosaic, view.mosaic.image_rect(2).center())
    assert pointed.args == [2]
    panel.redraw(everything=True)
    np.testing.assert_array_equal(panel.portrait.shares, snapshot.activations[2])
    with qtbot.waitSignal(view.follow_chain) as followed:
        qtbot.mouseClick(view.mosaic, Qt.MouseButton.LeftButton, pos=view.mosaic.image_rect(5).center())
    assert followed.args == [5]
    following = SessionView(session, chain=5).snapshot(training=False)
    panel.show_state(replace(state, snapshot=following))
    panel.point_at(-1)
    panel.redraw(everything=True)
    assert following.activations is not None
    np.testing.assert_array_equal(panel.portrait.shares, following.activations[5])
    panel.grab()


def test_the_objective_is_a_click_behind_the_hidden_units(qtbot: QtBot, state: EngineState) -> None:
    panel = TrainingPanel(LIGHT)
    qtbot.addWidget(panel)
    panel.show_state(state)
    assert panel.objective.shown is panel.hidden
    qtbot.mouseClick(panel.objective.button, Qt.MouseButton.LeftButton, pos=QPoint(3, 3))
    assert panel.objective.shown is panel.metrics["objective"]
