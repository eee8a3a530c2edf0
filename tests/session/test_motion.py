"""Change of chains in a hundred steps."""

import pytest
import torch

from landscape_app.session.composition import Composition
from landscape_app.session.motion import BLOCK, LEAST_CHANGE, STEPS, Motion, apart
from tests.session.conftest import NewSession


def test_independent_draws_change_by_the_whole_and_standing_chains_by_nothing() -> None:
    generator = torch.Generator().manual_seed(1)
    data = torch.randn(4000, 6, generator=generator)
    motion = Motion(apart(data, None))
    for steps in range(0, STEPS + 1, BLOCK):
        assert motion.change is None
        motion.note(torch.randn(4000, 6, generator=generator), steps)
    assert motion.change is not None
    assert motion.change.share == pytest.approx(1.0, abs=0.05)
    assert not motion.change.is_frozen
    x = data[:50]
    motion.start()
    assert motion.change is None
    for steps in range(STEPS + 1):
        motion.note(x, steps)
    assert motion.change is not None
    assert motion.change == (0.0, STEPS)
    assert motion.change.is_frozen


def test_weighted_items_are_as_far_apart_as_repeated_ones() -> None:
    items = torch.tensor([[0.0, 1.0], [2.0, 5.0]])
    repeated = apart(items[[0, 0, 0, 1]], None)
    torch.testing.assert_close(apart(items, torch.tensor([3.0, 1.0])), repeated)


def test_items_that_are_all_alike_leave_nothing_to_compare_with() -> None:
    motion = Motion(apart(torch.ones(5, 3), None))
    for steps in range(0, STEPS + 1, BLOCK):
        motion.note(torch.full((4, 3), float(steps)), steps)
    assert motion.change is None


def test_chains_of_tiny_steps_are_told_from_those_that_move(new_session: NewSession) -> None:
    session = new_session(sampler_chains=40)
    sampler, found = session.sampler, {}
    sampler.steer(Composition())
    for step_size in (2.0, 0.2):
        sampler.count_from_here()
        sampler.tune_kernel(step_size=step_size)
        assert session.snapshot(training=False).change is None
        for _ in range(STEPS):
            sampler.step()
        change = session.snapshot(training=False).change
        assert change is not None
        assert change.is_frozen is (change.share < LEAST_CHANGE)
        found[step_size] = change.share
    assert found[0.2] < LEAST_CHANGE < found[2.0]
    sampler.restart("noise")
    assert sampler.change is None
