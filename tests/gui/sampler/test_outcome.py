"""Words under the chains: what the jump was worth, how much they move, and their mean energy."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from scipy.stats import binomtest

from landscape_app.gui.sampler.outcome import (
    OutcomeLine,
    Outcomes,
    describe_motion,
    describe_steering,
    summarise_steering,
)
from landscape_app.gui.state import Compared, EngineState
from landscape_app.gui.theme import LIGHT, apply_theme
from landscape_app.physics.estimate import Estimate, share_in_words
from landscape_app.session.composition import Composition
from landscape_app.session.motion import Change
from landscape_app.session.records import Snapshot, SteeringRecord

COLD = Composition(temperature=0.25)
NARROW = 432
"""Pixels of the line in a window of 1,280."""


def snapshot(change: float | None) -> Snapshot:
    energies = np.array([-50.0, -48.0])
    moved = None if change is None else Change(change, 100)
    return Snapshot(False, np.zeros((2, 8, 8)), energies, None, None, None, change=moved)


@pytest.mark.parametrize(
    ("change", "words", "frozen"),
    [
        (None, "⟨E⟩ −49.0 nats", False),
        (0.32, "32% change in 100 steps · ⟨E⟩ −49.0 nats", False),
        (0.0423, "Nearly frozen: 4.2% change in 100 steps · ⟨E⟩ −49.0 nats", True),
    ],
)
def test_chains_that_hardly_move_are_warned_of_and_their_energy_is_said(
    qtbot: QtBot, qapp: QApplication, change: float | None, words: str, frozen: bool
) -> None:
    apply_theme(qapp, LIGHT)
    outcome = OutcomeLine("B")
    qtbot.addWidget(outcome)
    outcome.resize(NARROW, 60)
    outcome.show()
    # After a restart there is no jump, and the warning is the same.
    for steering in (None, SteeringRecord(COLD, "model", 2.0, 3072, 5, 100, 9, 3.2)):
        outcome.show_outcome(COLD, snapshot(change), steering, EngineState(composition=COLD))
        line = outcome.motion
        assert line.text() == words
        assert line.fontMetrics().horizontalAdvance(words) <= line.width()
        assert ("Raise T until the chains move" in line.toolTip()) is frozen
        colour = line.palette().color(line.foregroundRole()).name()
        assert colour == (LIGHT.warning if frozen else LIGHT.muted)


def test_the_numbers_on_view_are_those_that_a_jump_is_judged_by() -> None:
    alone = SteeringRecord(COLD, "model", 2.0, 3072, 5, 100, 9, 3.22)
    assert summarise_steering(alone) == "Hardly in the model · 5 ancestors · 2 of 3,072 effective samples"
    assert describe_steering(alone).endswith(" · 3.22 s, in 9 steps")
    # Of one jump all the way hardly anything would be left; the ancestors are what counts.
    hot = SteeringRecord(Composition(temperature=4), "base", 7.0, 2560, 38, 100, 3, 2.3)
    assert summarise_steering(hot) == "38 ancestors · from the base measure in 3 steps"
    few = replace(hot, ancestors=6)
    assert summarise_steering(few).startswith("Hardly in the model · 6 ancestors")
    taken = replace(alone, source="chains")
    assert summarise_steering(taken) == "The chains are taken along: 2 of 100 effective samples"


def test_the_line_is_whole_in_its_tip_and_as_high_without_words(qtbot: QtBot) -> None:
    outcomes = Outcomes()
    qtbot.addWidget(outcomes)
    outcomes.resize(NARROW, 60)
    outcomes.show()
    height = outcomes.sizeHint().height()
    record = SteeringRecord(COLD, "model", 2.0, 3072, 5, 100, 9, 3.22)
    still = snapshot(0.04)
    outcomes.show_state(EngineState(composition=COLD, snapshot=still, steering=record))
    assert outcomes.sizeHint().height() == height
    evidence = outcomes.b.evidence
    assert evidence.fontMetrics().horizontalAdvance(evidence.text()) <= evidence.width()
    assert "3.22 s, in 9 steps" in evidence.toolTip()
    outcomes.show_state(
        EngineState(composition=COLD, snapshot=still, steering=record, compared=Compared(COLD, still, record))
    )
    for line in (outcomes.a.motion, outcomes.b.motion):
        assert line.text() == describe_motion(still, in_short=True) == "⟨E⟩ −49.0 nats · nearly frozen"
        assert "4.0% change in 100 steps" in line.toolTip()


def test_a_share_stays_between_nothing_and_all() -> None:
    assert share_in_words(Estimate(0.97, 0.02)) == "97.0% ± 2.0%"
    # Ends of Wilson's two-sided interval at 95%.
    assert share_in_words(Estimate.share(0.99, 100)) == "99.0% (≥ 94.6%)"
    assert share_in_words(Estimate.share(1.0, 100)) == "100.0% (≥ 96.3%)"
    assert share_in_words(Estimate.share(0.0, 100)) == "0.0% (≤ 3.7%)"
    assert share_in_words(Estimate.share(1.0, 10)) == "100.0% (≥ 72.2%)"


@pytest.mark.parametrize(("hits", "of"), [(0, 1), (1, 1), (2, 7), (99, 100), (100, 100), (3_000, 12_345)])
def test_the_bounds_of_a_share_are_those_of_as_many_as_its_error_tells_of(hits: int, of: int) -> None:
    expected = binomtest(hits, of).proportion_ci(0.95, method="wilson")
    assert Estimate.share(hits / of, of).share_bounds == pytest.approx(
        (expected.low, expected.high), abs=1e-6
    )


def test_words_on_two_compositions_have_a_second_line_where_nothing_else_needs_the_room(qtbot: QtBot) -> None:
    outcomes = Outcomes()
    qtbot.addWidget(outcomes)
    asked = Composition.towards(7)
    record = SteeringRecord(asked, "model", 4.0, 3072, 12, 100, 2, 0.1)
    compared = Compared(asked, snapshot(0.2), record)
    state = EngineState(composition=asked, snapshot=snapshot(0.2), steering=record, compared=compared)
    outcomes.show_state(state)
    outcomes.resize(520, 200)
    outcomes.show()
    QApplication.processEvents()
    one_line = outcomes.sizeHint().height()
    assert outcomes.b.evidence.shown[0].endswith("…")
    outcomes.fit(255, 100)
    QApplication.processEvents()
    for line in (outcomes.a, outcomes.b):
        assert " ".join(line.evidence.shown) == line.evidence.text()
        assert len(line.evidence.shown) == 2
        assert line.evidence.height() >= 2 * line.evidence.fontMetrics().height()
        assert line.motion.geometry().top() >= line.evidence.geometry().bottom()
    two_lines = outcomes.sizeHint().height()
    assert two_lines > one_line
    # As high whatever they say.
    outcomes.show_state(replace(state, steering=None, compared=compared._replace(steering=None)))
    assert outcomes.sizeHint().height() == two_lines
    for width, spare in ((255, 3), (900, 100), (0, 0)):
        outcomes.fit(width, spare)
        assert outcomes.sizeHint().height() == one_line
