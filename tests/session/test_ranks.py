"""Sessions of ranks that train one model: the same on every rank, saved whole, and resumed on others."""

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from landscape_app.learning import balance
from landscape_app.models.model import Model
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.host import to_host
from landscape_app.physics.ranks import Ranks
from landscape_app.problems import Configuration
from landscape_app.problems.model import build_model, build_space
from landscape_app.runs import RunState, read_run
from landscape_app.session import entropy_estimator
from landscape_app.session.autosave import Autosave
from landscape_app.session.checkpoint import run_state, session_of
from landscape_app.session.description import sections_of
from landscape_app.session.session import Session
from tests.ranks import on_ranks
from tests.session.exact import exact_record
from tests.small_runs import correlated_spins

DATA = correlated_spins()
PLAN = Configuration(
    problem="own", network="perceptron", hidden=(4,), chains=20, balance=4, observables=3, planned_epochs=400
)
"""Small observables, whose chains and balancing ladders do not divide evenly by three."""

TIMES = ("seconds", "share")


def new_session(ranks: Ranks, plan: Configuration = PLAN) -> Session:
    return Session(plan, "cpu", 4, DATA, MODELS[plan], ranks=ranks)


def untrained(plan: Configuration) -> Model:
    items = torch.as_tensor(DATA.training_items).float()
    return build_model(plan, build_space(DATA), items)


MODELS: dict[Configuration, Model] = {}
"""Made before the ranks begin, which are threads here and share torch's random numbers."""


@pytest.fixture(autouse=True)
def models() -> None:
    for plan in (PLAN, replace(PLAN, balance=0, replicas=4), replace(PLAN, balance=0, model="rbm")):
        MODELS[plan] = untrained(plan)


def unlike(a: RunState, b: RunState) -> list[str]:
    """Names of the arrays and metrics in which two runs differ, but for what tells the time."""
    found = []
    for left, right in ((a.arrays, b.arrays), (a.metrics, b.metrics)):
        assert set(left) == set(right)
        found += [
            name
            for name in left
            if not name.endswith(TIMES) and not np.array_equal(left[name], right[name], equal_nan=True)
        ]
    return found


@pytest.mark.parametrize(
    "settings", [{}, {"balance": 0, "replicas": 4}, {"balance": 0, "model": "rbm"}], ids=str
)
def test_ranks_train_one_model_and_resume_to_the_last_bit(
    settings: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Amid an estimate of the entropy by ladders, which no sum spares it."""
    monkeypatch.setattr(ProductBase, "is_summable", False)
    monkeypatch.setattr(entropy_estimator, "SHARE", 0.6)
    monkeypatch.setattr(entropy_estimator, "SETTLING_SWEEPS", 2)
    monkeypatch.setattr(balance, "FIRST", 5)
    monkeypatch.setattr(balance, "INTERVAL", 5)
    plan = replace(PLAN, **settings)  # type: ignore[arg-type]

    def straight(ranks: Ranks) -> tuple[RunState, RunState]:
        session = new_session(ranks, plan)
        for _ in islice(session.train(), 9):
            pass
        halved = run_state(session, passing=True)
        for _ in islice(session.train(), 4):
            pass
        return halved, run_state(session, passing=True)

    found = on_ranks(2, straight)
    (halved, whole), (_, of_other) = found
    assert not unlike(whole, of_other)
    assert whole.provenance["ranks"] == 2
    if not settings:
        assert "estimator/pending/recorded/energy" in halved.arrays
    assert ("ranks", "2") in [row for rows in sections_of(whole, "run.h5").values() for row in rows]

    def resumed(ranks: Ranks) -> RunState:
        session = session_of(halved, Path("run.h5"), "cpu", 4, ranks=ranks)
        assert session.lineage.random is None
        for _ in islice(session.train(), 4):
            pass
        return run_state(session, passing=True)

    for state in on_ranks(2, resumed):
        assert not unlike(state, whole)
    for count in (1, 3):
        on_others = on_ranks(count, resumed_on_others(halved))
        assert all(to == on_others[0] for to in on_others)


def resumed_on_others(state: RunState) -> Callable[[Ranks], tuple[int, int, float]]:
    """Epoch, chains, mean energy: of a session that goes on on another number of ranks."""

    def work(ranks: Ranks) -> tuple[int, int, float]:
        session = session_of(state, Path("run.h5"), "cpu", 4, ranks=ranks)
        assert "2 ranks before" in str(session.lineage.random)
        before = to_host(session.trainer.ensemble.chains_at_one.energy)
        expected = state.arrays["trainer/ensemble/log_weights"]
        assert np.array_equal(to_host(session.trainer.ensemble.log_weights).numpy(), expected)
        record = next(session.train())
        return record.epoch, len(session.trainer.ensemble), float(before.sum())

    return work


def test_a_training_of_ranks_ends_and_is_written_by_the_first(tmp_path: Path) -> None:
    """Estimates, fresh chains and samples of all of them, in a file that any process opens."""
    plan = replace(PLAN, planned_epochs=30)
    MODELS[plan] = MODELS[PLAN]

    def work(ranks: Ranks) -> tuple[float, float, int]:
        session = new_session(ranks, plan)
        autosave = Autosave(session, tmp_path / "run.h5")
        for _ in session.train():
            autosave.after_epoch()
            if session.is_done:
                break
        outcome = session.finish()
        for _ in session.collect_samples(40, 2):
            pass
        autosave.finish()
        autosave.close()
        return outcome.final.log_partition, outcome.final.validation_nats, len(session.measurements)

    found = on_ranks(2, work)
    assert found[0] == found[1]
    assert [path.name for path in tmp_path.iterdir()] == ["run.h5"]
    state = read_run(tmp_path / "run.h5")
    assert len(state.metrics["epoch"]) == 30
    session = session_of(state, tmp_path / "run.h5", "cpu", 4)
    exact = exact_record(session)
    assert exact is not None
    assert exact.log_partition == pytest.approx(found[0][0], abs=1e-4)
