"""One share of all that is done at the end of a training."""

import itertools
from dataclasses import replace

import pytest

from landscape_app.physics.base_measure import ContinuousBase
from landscape_app.problems import PROBLEMS
from landscape_app.session.finish_share import FinishShare, finish_share
from landscape_app.session.session import Session


def test_works_fill_their_part_of_one_share() -> None:
    share = FinishShare({"a": 10, "b": 30, "c": 60})
    found = [
        share.of(*told) for told in (("a", 0.5), ("a", 1), ("b", 0.5), ("b", 0.2), ("c", 0.5), ("?", 0.9))
    ]
    assert found == pytest.approx([0.05, 0.1, 0.25, 0.25, 0.7, 0.7])
    # Solved again, as fresh chains did not agree.
    assert share.of("b", 0.5) == pytest.approx(0.25)
    assert share.of("c", 1.0) == pytest.approx(1.0)


def test_the_share_of_a_whole_end_of_a_training_rises_to_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ContinuousBase, "is_summable", False)
    session = Session(replace(PROBLEMS["two-gaussians"].defaults, planned_epochs=1, chains=32), "cpu", 4)
    next(iter(session.train()))
    share = finish_share(session.estimator, session.fresh_chains(), session.trainer.epoch)
    told: list[tuple[str, float]] = []
    session.estimator.on_step = lambda words, part: told.append((words, share.of(words, part)))
    session.finish()
    words, shares = zip(*told, strict=True)
    assert len(set(words)) > 2
    assert shares[0] < 0.01
    assert shares[-1] == pytest.approx(1.0, abs=0.02)
    assert all(before <= after for before, after in itertools.pairwise(shares))
