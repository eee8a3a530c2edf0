"""What a person looks at or points to stays where it is while the state of the window changes."""

from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.sampler.outcome import OutcomeLine, Outcomes
from landscape_app.gui.state import Activity, Compared, EngineState, Origin
from landscape_app.gui.theme import LIGHT
from landscape_app.gui.toolbar import Toolbar
from landscape_app.gui.widgets.fixed import FixedScrollArea
from landscape_app.learning.minmaxent import MinMaxEnt
from landscape_app.learning.trainer import DivergenceError
from landscape_app.models import MODELS
from landscape_app.physics.estimate import Estimate
from landscape_app.physics.fields import ClassCondition
from landscape_app.problems import PROBLEMS
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.records import ClassShares, Snapshot, SteeringRecord
from tests.gui.driving import PATIENCE, click, train_for


def places(*widgets: QWidget) -> list[tuple[int, int, int]]:
    """Where widgets lie from left to right, and how high up, in their window."""
    corners = [widget.mapTo(widget.window(), widget.rect().topLeft()) for widget in widgets]
    return [(corner.x(), corner.y(), widget.width()) for corner, widget in zip(corners, widgets, strict=True)]


def test_the_toolbar_keeps_its_places_while_train_becomes_continue(
    window: MainWindow, small_problem: None, qtbot: QtBot
) -> None:
    bar = window.toolbar
    parts = (bar.train_button, bar.pause_button, bar.reset_button, bar.epochs_box)
    window.reset()
    qtbot.waitUntil(lambda: window.engine.state.epoch == 0, timeout=PATIENCE)
    train_for(window, qtbot, 2)
    before = places(*parts)
    assert bar.train_button.text() == "Train"
    click(qtbot, bar.pause_button)
    qtbot.waitUntil(lambda: bar.train_button.text() == "Continue", timeout=PATIENCE)
    assert places(*parts) == before
    # Else the letters would be cut.
    assert bar.train_button.width() >= bar.train_button.sizeHint().width()


def test_training_that_failed_is_told_where_its_state_stands(
    window: MainWindow, small_problem: None, qtbot: QtBot
) -> None:
    window.reset()
    qtbot.waitUntil(lambda: window.engine.state.epoch == 0, timeout=PATIENCE)
    train_for(window, qtbot, 1)

    def diverge(self: MinMaxEnt) -> None:
        raise DivergenceError("an energy was not finite")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MinMaxEnt, "advance", diverge)
        qtbot.waitUntil(lambda: window.toolbar.status.text().startswith("Training failed"), timeout=PATIENCE)
        qtbot.waitUntil(window.banner.isVisible, timeout=PATIENCE)
    assert window.toolbar.status.property("kind") == "complaint"
    assert window.banner.text.text() == "Training stopped: an energy was not finite"
    window.banner.hide()
    train_for(window, qtbot, 1)
    qtbot.waitUntil(lambda: window.toolbar.status.text().startswith("Epoch "), timeout=PATIENCE)
    assert window.toolbar.status.property("kind") == ""


def test_a_scroll_area_leaves_its_bar_the_room_that_it_needs(qtbot: QtBot) -> None:
    area = FixedScrollArea()
    qtbot.addWidget(area)
    body = QLabel("\n".join("line" for _ in range(5)))
    area.setWidget(body)
    area.resize(200, 300)
    area.show()
    width = body.width()
    assert width == area.contentsRect().width() - area.bar_width
    body.setText("\n".join("line" for _ in range(80)))
    qtbot.waitUntil(lambda: area.verticalScrollBar().maximum() > 0, timeout=PATIENCE)
    assert body.width() == width


def test_text_that_would_fit_without_a_bar_beside_it_scrolls_beside_one(qtbot: QtBot) -> None:
    area, body = FixedScrollArea(), QLabel("one word after another " * 5)
    body.setWordWrap(True)
    qtbot.addWidget(area)
    area.setWidget(body)
    area.show()
    height = 3 * body.fontMetrics().lineSpacing()
    scrolled = set()
    for width in range(150, 400):
        area.resize(width, height)
        assert body.width() == area.contentsRect().width() - area.bar_width
        scrolled.add(area.verticalScrollBar().maximum() > 0)
    assert scrolled == {True, False}


def test_what_the_model_hardly_contains_is_warned_of_in_the_same_line(qtbot: QtBot) -> None:
    outcome = OutcomeLine("B")
    qtbot.addWidget(outcome)
    outcome.resize(900, 20)
    outcome.show()
    steered = Composition.towards(7)
    heights, colours = [], []
    for worth in (300.0, 2.0):
        record = SteeringRecord(steered, "model", worth, 3072, 9, 100, 2, 0.1)
        outcome.show_outcome(steered, None, record, EngineState())
        heights.append(outcome.sizeHint().height())
        colours.append(outcome.evidence.palette().color(outcome.evidence.foregroundRole()).name())
        advice = "The model hardly contains this: give the chains time to move."
        assert (advice in outcome.evidence.toolTip()) is (worth < 100)
        assert outcome.evidence.text().startswith("Hardly in the model · ") is (worth < 100)
        assert f"9 ancestors · {worth:.0f} of 3,072 effective samples" in outcome.evidence.text()
    assert heights[0] == heights[1]
    assert colours == [LIGHT.muted, LIGHT.warning]


def test_shares_of_chains_are_shown_with_their_errors(qtbot: QtBot) -> None:
    shares = ClassShares(Estimate(0.7, 0.04), (Estimate(0.3, 0.05), Estimate(0.4, 0.06)))
    snapshot = Snapshot(False, np.zeros((9, 8, 8)), np.zeros(9), np.zeros(9), np.ones(9), shares)
    outcomes = Outcomes()
    qtbot.addWidget(outcomes)
    both = Composition((Layer(ClassCondition((0, 1), names=("a", "b"))),))
    one = Composition.towards(1)
    for composition, words in (
        (Composition(), "The model alone: nothing is added to its energy"),
        (one, "70.0% ± 4.0% of the chains read as 1"),
        (both, "Chains read as a: 30.0% ± 5.0% · b: 40.0% ± 6.0%"),
    ):
        outcomes.show_state(EngineState(composition=composition, snapshot=snapshot))
        assert outcomes.b.share.text() == words
        assert not outcomes.a.isVisibleTo(outcomes)
    outcomes.show_state(
        EngineState(composition=one, snapshot=snapshot, compared=Compared(both, snapshot, None))
    )
    assert outcomes.a.share.text() == "A: Chains read as a: 30.0% ± 5.0% · b: 40.0% ± 6.0%"
    assert outcomes.b.share.text() == "B: 70.0% ± 4.0% read as 1"


@pytest.mark.parametrize(
    ("activity", "words"),
    [
        (Activity.SAMPLING, "Training failed · sampling · 0 steps/s"),
        (Activity.STILL, "Training failed · chains paused"),
    ],
)
def test_a_training_that_failed_at_once_is_said_to_have_failed(
    qtbot: QtBot, activity: Activity, words: str
) -> None:
    configuration = PROBLEMS["digits"].defaults
    facts = SimpleNamespace(
        number=0,
        origin=Origin.NEW,
        device="cpu",
        configuration=configuration,
        title="Handwritten digits",
        space=PROBLEMS["digits"].space,
        is_given=False,
        is_set_at_once=False,
        path=None,
        remote="",
        model=MODELS["observables"],
    )
    toolbar = Toolbar()
    qtbot.addWidget(toolbar)
    toolbar.show_state(EngineState(activity=activity, facts=facts, failed=True))  # type: ignore[arg-type]
    assert toolbar.status.text() == words
    assert toolbar.status.property("kind") == "complaint"
