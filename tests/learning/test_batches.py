"""Batches of a large training set: every item has its turn, and what they say is said without a bias."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from landscape_app.data.dataset import Dataset, Kind
from landscape_app.learning.batches import Batches
from landscape_app.learning.schedule import Schedule
from landscape_app.problems.problem import Configuration
from landscape_app.session.checkpoint import open_session, save_session
from landscape_app.session.session import Session

ITEMS = torch.arange(100).float().unsqueeze(1)


def test_every_item_has_one_turn_in_a_pass() -> None:
    batches = Batches(ITEMS, 20, seed=3)
    for number in range(3):
        seen = torch.cat([batches.at(number * len(batches) + place) for place in range(len(batches))])
        assert torch.equal(seen.flatten().sort().values, ITEMS.flatten())
    assert not torch.equal(batches.at(0), batches.at(len(batches)))


def test_the_averages_of_batches_are_those_of_the_set_without_a_bias() -> None:
    values = torch.linspace(-1, 3, 103).unsqueeze(1) ** 3
    batches = Batches(values, 10, seed=0)
    means = torch.stack([batches.at(epoch).mean() for epoch in range(4_000)])
    # Of n numbers drawn without replacement, σ² (1/B − 1/n) is the variance of their mean.
    error = float(values.std()) * (1 / 10 - 1 / 103) ** 0.5
    assert abs(float(means.mean() - values.mean())) < 4 * error / len(means) ** 0.5
    assert float(means.std()) == pytest.approx(error, rel=0.05)


def test_a_batch_depends_on_seed_and_epoch_alone() -> None:
    first, second = Batches(ITEMS, 30, seed=5), Batches(ITEMS, 30, seed=5)
    list(map(first.at, range(9)))
    assert torch.equal(first.at(4), second.at(4))
    assert not torch.equal(first.at(4), Batches(ITEMS, 30, seed=6).at(4))


@pytest.mark.parametrize("size", [None, 100, 500])
def test_without_batches_the_whole_set_is_looked_at_as_it_lies(size: int | None) -> None:
    batches = Batches(ITEMS, size, seed=1)
    assert batches.at(7) is ITEMS
    assert batches.monitored is ITEMS


def images(count: int = 60) -> Dataset:
    items = np.random.default_rng(0).integers(0, 4, (count, 4, 4)).astype(np.uint8)
    return Dataset("own", Kind.LEVELS, items, np.arange(50), np.arange(50, count), levels=4)


def plan(batch: int | None) -> Configuration:
    return Configuration("own", chains=8, channels=(2, 2), observables=2, schedule=Schedule(batch=batch))


def test_a_batch_as_large_as_the_set_trains_the_same_to_the_last_bit() -> None:
    sessions = [Session(plan(batch), "cpu", sampler_chains=2, dataset=images()) for batch in (None, 50)]
    for session in sessions:
        list(islice(session.train(), 5))
    for a, b in zip(*(session.model.values() for session in sessions), strict=True):
        assert torch.equal(a, b)


def test_training_on_batches_resumes_to_the_last_bit(tmp_path: Path) -> None:
    whole = Session(plan(16), "cpu", sampler_chains=2, dataset=images())
    list(islice(whole.train(), 9))
    part = Session(plan(16), "cpu", sampler_chains=2, dataset=images())
    list(islice(part.train(), 4))
    save_session(part, tmp_path / "run.h5")
    resumed = open_session(tmp_path / "run.h5", "cpu")
    assert resumed.configuration.schedule.batch == 16
    list(islice(resumed.train(), 5))
    for a, b in zip(whole.trainer.model.values(), resumed.trainer.model.values(), strict=True):
        assert torch.equal(a, b)


def test_an_epoch_of_a_batch_evaluates_no_more_than_that() -> None:
    counts = []
    for batch in (None, 10):
        session = Session(plan(batch), "cpu", sampler_chains=2, dataset=images())
        list(islice(session.train(), 3))
        counts.append(session.trainer.evaluations)
    assert counts[0] - counts[1] == 3 * 40


def test_a_batch_of_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least two"):
        replace(Schedule(), batch=1)
