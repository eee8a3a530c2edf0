"""What is seen of a ladder: images of its replicas, and the path of one through every swap."""

import numpy as np
import pytest
import torch

from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import RandomWalk
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.space import Levels
from landscape_app.session.convergence import STARTS
from landscape_app.session.ladder_watch import MEMORY, LadderWatch
from tests.session.conftest import NewSession


class Ink:
    """½ Σ x."""

    def energy(self, x: torch.Tensor) -> torch.Tensor:
        return 0.5 * x.flatten(1).sum(1)


@pytest.fixture
def ladder() -> Ladder:
    space = Levels((2, 2), 5)
    target = Target(ProductBase.uniform(space), Hamiltonian([WeightedTerm(1.0, Ink())]))
    return Ladder(12, target, RandomWalk(1.0), torch.Generator().manual_seed(0), betas=5)


def test_a_snapshot_shows_the_replicas_as_they_are(ladder: Ladder) -> None:
    watch = LadderWatch(ladder, ("a", "b", "c"), shown=6)
    ladder.on_step = watch.observe
    ladder.run(7)
    seen = watch.snapshot()
    x = ladder.state.x.view(5, 12, 2, 2)[:, [0, 1, 4, 5, 8, 9]]
    np.testing.assert_array_equal(seen.images, x.numpy())
    assert seen.groups == ("a", "a", "b", "b", "c", "c")
    np.testing.assert_array_equal(seen.betas, ladder.betas.numpy())
    np.testing.assert_array_equal(seen.swap_rates, ladder.spacing.swap_rates.numpy())
    assert seen.round_trips == ladder.round_trips


def test_a_replica_s_path_is_where_it_has_been_at_every_step(ladder: Ladder) -> None:
    watch = LadderWatch(ladder)
    replica, rows = int(ladder.replica_ids[2, 3]), []
    watch.follow(replica)
    for _ in range(60):
        ladder.run(1)
        watch.observe()
        rows.append(int((ladder.replica_ids[:, 3] == replica).nonzero()[0]))
    seen = watch.snapshot()
    np.testing.assert_array_equal(seen.path, rows)
    assert seen.place == (rows[-1], 3)
    assert seen.trips >= 1
    assert set(np.abs(np.diff(rows))) == {0, 1}
    other = int(ladder.replica_ids[4, 0])
    watch.follow(other)
    assert watch.snapshot().path[-1] == 4
    assert len(watch.snapshot().path) == 60


def test_round_trips_of_all_replicas_add_up_to_the_ladder_s(ladder: Ladder) -> None:
    watch = LadderWatch(ladder, shown=12)
    ladder.on_step = watch.observe
    ladder.run(200)
    trips = 0
    for replica in watch.snapshot().replica_ids.flatten():
        watch.follow(int(replica))
        trips += watch.snapshot().trips
    # A replica that begins at β = 1 has been there before the first step, which its path does not say.
    assert ladder.round_trips - 12 <= trips <= ladder.round_trips


def test_only_the_last_steps_are_remembered(ladder: Ladder) -> None:
    watch = LadderWatch(ladder)
    ladder.on_step = watch.observe
    ladder.run(MEMORY + 20)
    assert len(watch.snapshot().path) == MEMORY


def test_a_ladder_that_grows_is_followed_on_from_the_same_height(ladder: Ladder) -> None:
    watch = LadderWatch(ladder)
    ladder.on_step = watch.observe
    ladder.run(30)
    row, column = watch.snapshot().place
    assert ladder.respace(least_swap_rate=1.0)
    seen = watch.snapshot()
    assert seen.images.shape[:2] == (6, 6)
    assert seen.replica_ids.shape == (6, 6)
    assert seen.place == (round(row * 5 / 4), column)
    assert len(seen.path) == 0
    ladder.run(3)
    assert len(watch.snapshot().path) == 3


def test_a_replica_that_is_not_shown_is_refused(ladder: Ladder) -> None:
    watch = LadderWatch(ladder)
    before = watch.snapshot().followed
    with pytest.raises(ValueError, match="replica 11 is in none of the columns on view"):
        watch.follow(11)
    assert watch.snapshot().followed == before


def test_watching_changes_nothing_in_a_convergence_test(new_session: NewSession) -> None:
    energies = []
    for watched in (False, True):
        test = new_session().convergence_test(columns=2, seed=3)
        watch = LadderWatch(test.ladder, STARTS)
        records = test.run(100)
        for _ in range(30):
            record = next(records)
            if watched:
                watch.observe()
                assert watch.snapshot().groups == (
                    "noise",
                    "noise",
                    "data",
                    "data",
                    "hot",
                    "hot",
                )
        energies.append(record.energies)
    assert energies[0] == energies[1]
