"""What is remembered of chains' steps, against the steps themselves."""

import numpy as np
import pytest
import torch

from landscape_app.physics.chains import Chains
from landscape_app.physics.kernels import make_kernel
from landscape_app.physics.surfaces import Banana, DoubleWell
from landscape_app.session.trajectory import TrajectoryWatch


def watched(kernel: str, memory: int = 20, chains: int = 7) -> tuple[Chains, TrajectoryWatch]:
    target = Banana().target()
    made = make_kernel(kernel, target)
    made.step_size, made.keep_path = 0.5, True
    start = target.base_measure.sample(chains, torch.Generator().manual_seed(0))
    ensemble = Chains(start, target, made, torch.Generator().manual_seed(1), adapt=False)
    watch = TrajectoryWatch(ensemble, memory)
    ensemble.on_step = watch.observe
    return ensemble, watch


@pytest.mark.parametrize("kernel", ["hmc", "mala", "random-walk", "single-site"])
def test_places_are_where_the_followed_chain_has_been(kernel: str) -> None:
    chains, watch = watched(kernel)
    watch.followed = 3
    places = [chains.x[3].numpy().copy()]
    for _ in range(12):
        chains.run(1)
        places.append(chains.x[3].numpy().copy())
    view = watch.snapshot(with_tracks=True)
    trajectory = view.trajectory
    assert trajectory is not None
    assert np.array_equal(trajectory.places, places)
    assert view.tracks is not None
    assert np.array_equal(view.tracks[:, 3], places)
    assert np.array_equal(view.positions, chains.x.numpy())
    moved = (np.diff(places, axis=0) != 0).any(axis=1)
    assert np.array_equal(trajectory.accepted, moved)
    assert np.array_equal(trajectory.proposals[moved], np.array(places)[1:][moved])
    assert ((trajectory.probabilities >= 0) & (trajectory.probabilities <= 1)).all()
    if kernel in ("hmc", "mala"):
        assert trajectory.path is not None
        assert np.array_equal(trajectory.path[0], places[-2])
        assert np.array_equal(trajectory.path[-1], trajectory.proposals[-1])
    else:
        assert trajectory.path is None


def test_only_the_last_steps_are_remembered_and_another_chains_past_is_known() -> None:
    chains, watch = watched("mala", memory=5)
    chains.run(9)
    watch.followed = 6
    trajectory = watch.snapshot().trajectory
    assert trajectory is not None
    assert trajectory.chain == 6
    assert len(trajectory.places) == 6
    assert np.array_equal(trajectory.places[-1], chains.x[6].numpy())
    watch.followed = None
    assert watch.snapshot().trajectory is None
    watch.followed = 100
    assert watch.snapshot().trajectory is None


def test_chains_that_are_set_down_elsewhere_have_no_past() -> None:
    chains, watch = watched("random-walk")
    assert watch.snapshot(with_tracks=True).trajectory is None
    chains.run(4)
    chains.retarget(chains.target, chains.target.base_measure.sample(3))
    view = watch.snapshot(with_tracks=True)
    assert view.trajectory is None
    assert view.tracks is not None
    assert view.tracks.shape == (1, 3, 2)
    chains.run(2)
    trajectory = watch.snapshot().trajectory
    assert trajectory is not None
    assert len(trajectory.accepted) == 2


def test_a_snapshot_does_not_change_with_the_chains() -> None:
    chains, watch = watched("mala")
    chains.run(3)
    view = watch.snapshot(with_tracks=True)
    assert view.tracks is not None
    before = view.positions.copy(), view.tracks.copy()
    chains.run(3)
    assert np.array_equal(view.positions, before[0])
    assert np.array_equal(view.tracks, before[1])


def test_a_line_has_one_coordinate() -> None:
    target = DoubleWell().target()
    chains = Chains(target.base_measure.sample(4), target, make_kernel("hmc", target), torch.Generator())
    watch = TrajectoryWatch(chains)
    chains.on_step = watch.observe
    chains.run(2)
    trajectory = watch.snapshot().trajectory
    assert trajectory is not None
    assert trajectory.places.shape == (3, 1)
    assert trajectory.path is None
