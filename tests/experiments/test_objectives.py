"""Six objectives for one network, in a tiny setting; and verdicts on records whose answer is known."""

import dataclasses

import numpy as np
import pytest

from landscape_app.experiments import models, objectives
from landscape_app.experiments.figure import Curve, Images
from landscape_app.experiments.objectives import (
    CONTRASTIVE,
    MIN_MAX_ENT,
    PERSISTENT,
    WAYS,
    ObjectiveRecord,
    Objectives,
    ObjectiveWay,
    References,
    held_out_images,
    objective_findings,
    objectives_figure,
    training_images,
)
from landscape_app.physics.estimate import Estimate
from landscape_app.problems import PROBLEMS, ways_on
from landscape_app.session import convergence, entropy_estimator

REFERENCES = References(21.0, 7.0)


def record(
    way: ObjectiveWay, nats: Estimate, distance: float = 40.0, verdict: str = "mixed"
) -> ObjectiveRecord:
    images = np.zeros((objectives.SHOWN, 8, 8))
    curve = np.array([[1.0, 2.0], [105.0, 102.0]])
    return ObjectiveRecord(way, nats, (90, 80), 10.0, distance, 2.0, verdict, images, curve)


def verdicts(*records: ObjectiveRecord) -> list[bool]:
    return [finding.passed for finding in objective_findings(records, REFERENCES)]


def test_all_ways_that_fit_a_network_on_levels_are_compared() -> None:
    assert {way.fit for way in WAYS} == set(ways_on(PROBLEMS["digits"].space)["observables"])
    plans = [way.plan(3.0, 1) for way in WAYS]
    assert len({(plan.network, plan.channels, plan.observables, plan.planned_seconds) for plan in plans}) == 1


def test_min_max_ent_wins_where_it_is_lower() -> None:
    records = record(MIN_MAX_ENT, Estimate(90.0, 0.3)), record(PERSISTENT, Estimate(95.0, 0.3), 60.0)
    assert verdicts(*records) == [True, True, True, True, True]


def test_it_is_told_where_min_max_ent_does_not_win() -> None:
    records = record(MIN_MAX_ENT, Estimate(97.0, 0.3), 60.0), record(PERSISTENT, Estimate(95.0, 0.3))
    assert verdicts(*records) == [True, True, False, False, True]
    *_, likelihood, samples, _ = objective_findings(records, REFERENCES)
    for finding in (likelihood, samples):
        assert "does not win" in finding.measured
        assert PERSISTENT.title in finding.measured


def test_differences_within_their_errors_are_none() -> None:
    records = record(MIN_MAX_ENT, Estimate(95.5, 0.3)), record(PERSISTENT, Estimate(95.0, 0.3))
    likelihood = objective_findings(records, REFERENCES)[2]
    assert likelihood.passed
    assert "cannot be told apart" in likelihood.measured


def test_open_brackets_and_drifting_chains_do_not_pass() -> None:
    records = (
        record(MIN_MAX_ENT, Estimate(95.0, 0.3), verdict="still drifting"),
        record(CONTRASTIVE, Estimate.between(96.0, 140.0)),
    )
    assert verdicts(*records) == [True, False, True, True, False]
    assert "96.00 to 140.00 nats" in objective_findings(records, REFERENCES)[1].measured


def test_the_figure_has_every_way() -> None:
    records = [record(way, Estimate(90.0 + i, 0.3)) for i, way in enumerate(WAYS[:-1])]
    records.append(record(WAYS[-1], Estimate.between(90.0, np.inf)))
    learning, likelihood, distances, images = objectives_figure(records, REFERENCES).panels
    assert [mark.name for mark in learning.marks if isinstance(mark, Curve)] == [way.title for way in WAYS]
    assert [name for _, name in likelihood.x_names] == [name for _, name in distances.x_names]
    (mosaic,) = images.marks
    assert isinstance(mosaic, Images)
    assert mosaic.rows == ("training images", *(way.short for way in WAYS))


def test_judging_images_are_not_learned_from() -> None:
    training, held_out = training_images().flatten(1), held_out_images().flatten(1)
    assert len(training) + len(held_out) == 1797
    assert not any(bool((held_out == image).all(1).any()) for image in training[:20])


@pytest.mark.usefixtures("quick_evaluator")
def test_ways_are_trained_and_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = PROBLEMS["digits"]
    small = dataclasses.replace(problem.defaults, observables=4, channels=(4, 8))
    monkeypatch.setitem(PROBLEMS, "digits", dataclasses.replace(problem, defaults=small))
    monkeypatch.setattr(models, "FRESH_SWEEPS", 4)
    monkeypatch.setattr(objectives, "LADDERS", 2)
    monkeypatch.setattr(convergence, "TUNING_STEPS", 2)
    monkeypatch.setattr(entropy_estimator, "SETTLING_SWEEPS", 2)
    monkeypatch.setattr(
        objectives, "WAYS", (MIN_MAX_ENT._replace(chains=32), CONTRASTIVE._replace(chains=32))
    )
    progress = list(Objectives().start({"seconds": 0.3, "samples": 80.0, "steps": 100.0}))
    assert progress[-1].is_complete
    shares = [one.share for one in progress]
    assert shares == sorted(shares)
    assert not any(one.findings for one in progress[:-1])
    found = progress[-1].findings
    assert [finding.figure for finding in found] == [
        MIN_MAX_ENT.short,
        CONTRASTIVE.short,
        "likelihood",
        "samples",
        "equilibrium",
    ]
    assert len(progress[-1].figure.panels) == 4
