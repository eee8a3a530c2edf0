"""Verdicts of convergence tests: kept with the run, each on the state of the model that was tested."""

import math
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from landscape_app.experiments.run_page import page_of
from landscape_app.physics.estimate import Estimate
from landscape_app.physics.matching import MeanMatch
from landscape_app.problems import PROBLEMS
from landscape_app.runs import RunFileError, RunState, read_run, write_run
from landscape_app.session import convergence
from landscape_app.session.api import diagnose
from landscape_app.session.checkpoint import open_session, save_session
from landscape_app.session.description import sections_of
from landscape_app.session.journal import BestKept, Entry, Finished, StartsTested
from landscape_app.session.session import Session
from landscape_app.session.verdict import (
    MOST_VERDICTS,
    NOT_TESTED,
    VERDICTS,
    KeptEstimate,
    KeptMean,
    Verdict,
    describe_last_test,
    from_json,
    to_json,
    verdict_in,
    with_verdict,
)

A_VERDICT = Verdict(
    model_sha256="00",
    epoch=800,
    temperature=1.0,
    date="2026-11-30T21:20:00+00:00",
    kernel="mala",
    chains=24,
    seed=0,
    steps=400,
    mixed=True,
    matched=True,
    sentences={
        "en": ("mixed: R-hat 1.002", "matched: all"),
        "de": ("durchmischt: R-hat 1.002", "passt: alle"),
    },
    r_hat=1.002,
    effective_samples=512.5,
    round_trips=37,
    means={"f1": {"chains": 0.5, "error": None}},
    class_shares={},
)


@pytest.fixture(autouse=True)
def short_tuning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Temperatures that are tuned for moments only."""
    monkeypatch.setattr(convergence, "TUNING_ROUNDS", 1)


@pytest.fixture(scope="module")
def tested() -> Session:
    """A run of some epochs, whose model was tested as it rests."""
    plan = replace(PROBLEMS["two-gaussians"].defaults, chains=64, planned_epochs=30)
    session = Session(plan, "cpu", sampler_chains=8)
    for _ in islice(session.train(), 30):
        pass
    session.rest()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convergence, "TUNING_ROUNDS", 1)
        diagnose(session, 100, columns=4)
    return session


def test_a_model_is_said_to_be_untested_until_it_is_tested() -> None:
    finished, entry = Entry(800, Finished()), Entry(800, StartsTested(250))
    assert describe_last_test(None, [], 800) == NOT_TESTED
    assert describe_last_test(None, [Entry(700, StartsTested(250)), finished], 800) == NOT_TESTED
    assert describe_last_test(None, [entry, Entry(800, BestKept())], 800) == NOT_TESTED
    # Of a file from before verdicts were kept.
    assert describe_last_test(None, [finished, entry], 800).startswith(
        "Equilibrium tested before, over 250 steps"
    )
    said = describe_last_test(A_VERDICT, [finished, entry], 800)
    assert said == "Equilibrium tested at epoch 800: mixed; matched"


def test_a_verdict_says_when_and_for_what_it_was_made() -> None:
    assert A_VERDICT.when == "2026-11-30 21:20 UTC"
    assert A_VERDICT.subject == "the model of epoch 800 alone, at T = 1"
    assert A_VERDICT.test == (
        "400 steps of 24 chains from each start, kernel mala · 37 round trips · R-hat 1.002"
    )


def test_a_verdict_comes_back_from_the_file_of_its_run(tested: Session, tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    save_session(tested, path)
    verdict = tested.verdict
    assert verdict is not None
    assert (verdict.epoch, verdict.chains, verdict.steps) == (30, 4, 100)
    again = open_session(path, "cpu", sampler_chains=4)
    assert again.verdict == verdict
    # Where the session is not made, as for `landscape info`.
    assert verdict_in(read_run(path).arrays) == verdict
    # It was resumed, and its parameters are others after one epoch.
    next(again.train())
    assert again.verdict is None
    again.rest()
    assert again.verdict is None
    assert again.verdicts == (verdict,)


def test_a_verdict_is_not_shown_for_another_state_of_the_model(tested: Session, tmp_path: Path) -> None:
    early = tested.snapshots.epochs[0]
    past = tested.at_epoch(early)
    assert past.verdict is None
    assert past.at_epoch(early).verdict is None
    diagnose(past, 100, columns=4)
    assert past.verdict is not None
    assert past.verdict.epoch == early
    # Both are kept, each for its own.
    past.go_to(tested, early)
    assert past.verdict is None
    state = _saved(tested, tmp_path)
    moved = state.arrays["model/multipliers"] + 1
    other = replace(state, arrays={**state.arrays, "model/multipliers": moved})
    assert verdict_in(other.arrays) is None
    assert describe_last_test(verdict_in(other.arrays), (), 30) == NOT_TESTED
    write_run(tmp_path / "other.h5", other)
    assert open_session(tmp_path / "other.h5", "cpu").verdict is None


def test_info_and_the_report_say_the_verdict_with_its_date_and_what_it_is_on(
    tested: Session, tmp_path: Path
) -> None:
    state, verdict = _saved(tested, tmp_path), tested.verdict
    assert verdict is not None
    rows = dict(sections_of(state, "run.h5")["Equilibrium"])
    assert rows["chains"] == verdict.mixing
    assert rows["chains"].startswith(("mixed: ", "still drifting: ", "stuck: "))
    assert rows["tested"] == verdict.when
    assert rows["what was tested"] == "the model of epoch 30 alone, at T = 1"
    page = page_of(state, "run.h5")
    assert f"Equilibrium tested at epoch 30: {verdict.in_short}." in page
    assert verdict.when in page
    without = replace(state, arrays={name: a for name, a in state.arrays.items() if name != VERDICTS})
    ((name, told),) = sections_of(without, "run.h5")["Equilibrium"]
    assert (name, told[:10]) == ("tested", "no verdict")
    assert NOT_TESTED in page_of(without, "run.h5")


def test_a_run_keeps_the_last_verdicts_one_for_each_state() -> None:
    verdicts: tuple[Verdict, ...] = ()
    for state in range(MOST_VERDICTS + 3):
        verdicts = with_verdict(verdicts, replace(A_VERDICT, model_sha256=f"{state}"))
    assert [one.model_sha256 for one in verdicts] == [f"{i}" for i in range(3, MOST_VERDICTS + 3)]
    later = with_verdict(verdicts, replace(A_VERDICT, model_sha256="5", steps=900))
    assert [one.steps for one in later if one.model_sha256 == "5"] == [900]
    assert from_json(to_json(later)) == later


def test_estimates_and_means_come_back_from_json_and_the_oldest_verdicts_make_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for estimate in (
        Estimate(1.5, 0.25),
        Estimate.between(1.0, 2.0),
        Estimate.between(-math.inf, 2.0),
        Estimate.between(1.0, math.inf),
    ):
        (again,) = from_json(to_json([replace(A_VERDICT, entropy=KeptEstimate.of(estimate))]))
        assert again.entropy is not None
        assert again.entropy.estimate == estimate
    of_chains, of_data = Estimate(0.5, 0.1), Estimate(0.25, 0.0)
    row = MeanMatch("f1", "nats", of_chains, of_data, 0.5, 3.0, False, 0.4, 0.6, True)
    kept = KeptMean.of(row)
    assert kept.match(True) == row
    # A mean over chains that have not mixed is none of the model, and is not in the file.
    stuck = KeptMean.of(row._replace(mixed=False))
    assert stuck.chains is None
    assert (stuck.match(False).lowest, stuck.match(False).decimals) == (0.4, row.decimals)
    several = [replace(A_VERDICT, model_sha256=str(i), table=(kept,) * 50) for i in range(4)]
    monkeypatch.setattr("landscape_app.session.verdict.MOST_BYTES", len(to_json(several[:2])) + 1)
    assert [one.model_sha256 for one in from_json(to_json(several))] == ["2", "3"]


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "{}",
        "[{}]",
        to_json([replace(A_VERDICT, date="yesterday")]),
        to_json([replace(A_VERDICT, date="0001-01-01T00:00:00+14:00")]),
        to_json([replace(A_VERDICT, sentences={"de": ("a", "b")})]),
        to_json([replace(A_VERDICT, sentences={"en": ("mixed: " + 9_000 * "x", "b")})]),
    ],
)
def test_what_is_no_list_of_verdicts_is_refused(tested: Session, tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match="verdicts of convergence tests"):
        from_json(text)
    state = _saved(tested, tmp_path)
    damaged = {**state.arrays, VERDICTS: np.frombuffer(text.encode(), np.uint8)}
    write_run(tmp_path / "damaged.h5", replace(state, arrays=damaged))
    with pytest.raises(RunFileError, match="verdicts of convergence tests"):
        open_session(tmp_path / "damaged.h5", "cpu")


def test_a_verdict_is_shown_in_the_language_where_it_is_known_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert A_VERDICT.mixing == "mixed: R-hat 1.002"
    monkeypatch.setattr("landscape_app.session.verdict.tr", lambda text: {"en": "de"}.get(text, text))
    assert (A_VERDICT.mixing, A_VERDICT.in_short) == ("durchmischt: R-hat 1.002", "durchmischt; passt")
    monkeypatch.setattr("landscape_app.session.verdict.tr", lambda text: {"en": "fr"}.get(text, text))
    assert A_VERDICT.mixing == "mixed: R-hat 1.002"


def _saved(session: Session, folder: Path) -> RunState:
    save_session(session, folder / "run.h5")
    return read_run(folder / "run.h5")


def test_the_figures_of_a_model_that_does_not_mix_are_bounds_in_the_file_too(tmp_path: Path) -> None:
    session = Session(replace(PROBLEMS["digits"].defaults, chains=64, planned_epochs=2), "cpu", 2)
    for _ in session.train():
        if session.is_done:
            break
    session.finish()
    before = session.kept
    assert before is not None
    test = session.convergence_test(columns=2, seed=1)
    *_, last = test.run(convergence.LEAST_STEPS)
    assert last.diagnosis is not None
    assert last.measurement is not None
    stuck = replace(last, diagnosis=replace(last.diagnosis, verdict="stuck"))
    session.keep_verdict(test, stuck)
    save_session(session, tmp_path / "run.h5")
    kept = open_session(tmp_path / "run.h5", "cpu").kept
    assert kept is not None
    low = min(before.log_z.bounds[0], last.measurement.log_z.bounds[0])
    assert kept.log_z.low == pytest.approx(low)
    assert kept.epoch == before.epoch
