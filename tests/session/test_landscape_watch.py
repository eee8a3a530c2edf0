"""A session's landscape, against its target evaluated elsewhere."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from landscape_app.physics.exact import ExactModel
from landscape_app.problems import PROBLEMS
from landscape_app.session.composition import Composition
from landscape_app.session.landscape_watch import LandscapeWatch
from landscape_app.session.session import Session


def small(problem: str) -> Session:
    defaults = PROBLEMS[problem].defaults
    return Session(replace(defaults, chains=64, hidden=(8, 8)), device="cpu", sampler_chains=9)


@pytest.mark.parametrize("problem", ["two-gaussians", "rings"])
def test_chains_lie_on_the_landscape_that_they_sample(problem: str) -> None:
    session = small(problem)
    for _ in islice(session.train(), 10):
        pass
    session.rest()
    session.steer(Composition(temperature=1.5))
    watch = LandscapeWatch.of(session.sampler)
    assert watch is not None
    for _ in islice(session.sample(), 4):
        pass
    record = watch.record(training=False)
    assert record is not None
    exact = ExactModel(session.sampler.chains.target)
    landscape = record.landscape
    middle = tuple(n // 2 for n in landscape.energy.shape)
    x = torch.tensor([[axis[len(axis) // 2] for axis in landscape.axes]], dtype=torch.float32)
    expected = -float(session.sampler.chains.target.surprisal(x)) - exact.at().log_partition
    assert float(landscape.log_density[middle]) == pytest.approx(expected, abs=0.02)
    assert np.array_equal(record.chains.positions, session.sampler.chains.x.numpy())
    assert record.chains.trajectory is not None
    assert len(record.chains.trajectory.accepted) == 4
    assert record.chains.trajectory.path is None or len(record.chains.trajectory.path) == 2
    assert (record.chains.tracks is not None) == (session.space.sites == 1)
    watch.track(True)
    watch.follow(8)
    record = watch.record(training=False)
    assert record is not None
    assert record.followed == 8
    assert record.chains.tracks is not None
    assert record.landscape is landscape


def test_a_model_in_training_is_surveyed_again_but_not_with_every_epoch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Longer than any machine takes for what follows.
    monkeypatch.setattr("landscape_app.session.landscape_watch.SURVEY_SECONDS", 3600.0)
    session = small("two-gaussians")
    watch = LandscapeWatch.of(session.sampler)
    assert watch is not None
    first = watch.record(training=True)
    assert first is not None
    assert np.ptp(first.landscape.energy) == 0
    assert first.chains.trajectory is None
    assert len(first.chains.positions) == 9
    next(session.train())
    second = watch.record(training=True)
    assert second is not None
    assert second.landscape is first.landscape
    watch._due = 0.0
    third = watch.record(training=True)
    assert third is not None
    assert third.landscape is not first.landscape
    target = session.model.target
    x = torch.from_numpy(third.landscape.axes[0]).float().unsqueeze(1)
    assert third.landscape.energy == pytest.approx(target.hamiltonian.energy(x).detach().numpy(), abs=1e-4)


def test_a_model_that_is_finite_nowhere_has_no_landscape() -> None:
    session = small("two-gaussians")
    watch = LandscapeWatch.of(session.sampler)
    assert watch is not None
    with torch.no_grad():
        session.model.multipliers.fill_(torch.nan)
    assert watch.record(training=True) is None


def test_other_spaces_have_none() -> None:
    assert LandscapeWatch.of(small("ising").sampler) is None
