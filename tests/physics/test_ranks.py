"""Messages between ranks, against what one process has in its own memory."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.distributed
from torch import Tensor

from landscape_app.physics.host import random_state, restore_random
from landscape_app.physics.kernels import DiscreteLangevin
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.ranks import RankLostError, Ranks, _told, near
from landscape_app.physics.resampling import systematic_resample
from landscape_app.physics.space import Levels
from tests.physics.exact import coupled_target
from tests.ranks import on_ranks

COUNTS = (1, 2, 3)
TARGET, _ = coupled_target(Levels((2, 2), 4), seed=5)


@pytest.mark.parametrize("n", [3, 7, 12])
@pytest.mark.parametrize("count", COUNTS)
def test_rows_are_shared_as_evenly_as_it_goes(count: int, n: int) -> None:
    slices = Ranks(0, count).slices(n)
    assert [row for own in slices for row in range(n)[own]] == list(range(n))
    sizes = [own.stop - own.start for own in slices]
    assert max(sizes) - min(sizes) <= 1
    assert [Ranks(rank, count).share(n) for rank in range(count)] == sizes


@pytest.mark.parametrize("count", COUNTS)
def test_every_rank_finds_what_all_of_them_have(count: int) -> None:
    n, generator = 7, torch.Generator().manual_seed(0)
    x, y = torch.randn(n, 2, generator=generator), torch.randn(3, n, generator=generator)
    x[3, 0] = -torch.inf
    levels = torch.arange(n, dtype=torch.uint8)

    def work(ranks: Ranks) -> dict[str, object]:
        own = ranks.own(n)
        rows, column = ranks.gather(n, x[own], x[own][:, 1])
        mine = torch.tensor([ranks.rank, 2.5])
        return {
            "rows": rows,
            "column": column,
            "columns": ranks.gather_columns(n, y[:, own])[0],
            "levels": ranks.gather(n, levels[own])[0],
            "sums": ranks.sum(mine, mine.double())[0],
            "first": ranks.first(mine + 1, torch.tensor([ranks.rank == 0]))[0],
            "agreed": ranks.agreed(ranks.rank + 0.1, True),
        }

    for found in on_ranks(count, work):
        for name, expected in {
            "rows": x,
            "column": x[:, 1],
            "columns": y,
            "levels": levels,
            "sums": torch.tensor([count * (count - 1) / 2, 2.5 * count]),
            "first": torch.tensor([1.0, 3.5]),
        }.items():
            value = found[name]
            assert isinstance(value, Tensor)
            assert torch.equal(value, expected), name
        assert found["agreed"] == (0.1, 1.0)


@pytest.mark.parametrize("count", COUNTS)
def test_numbers_that_wait_go_along_with_the_next_sum_of_floats(count: int) -> None:
    def work(ranks: Ranks) -> None:
        step, told = torch.tensor([1.0, 2.0 + ranks.rank]), torch.tensor(ranks.rank + 0.25)
        own = step.clone()
        ranks.mean_later(step)
        ranks.first_later(told)
        # What changes meanwhile is that of the message.
        whole_numbers, decided = (
            ranks.sum(torch.tensor([2**40 + 1]))[0],
            ranks.begin_first(torch.tensor([7 + ranks.rank])),
        )
        assert torch.equal(step, own)
        assert whole_numbers == count * (2**40 + 1)
        assert decided()[0] == 7
        ranks.settle(torch.zeros(1))
        assert torch.equal(step, own)
        before = ranks.messages
        (total,) = ranks.sum(torch.ones(3, dtype=torch.float64))
        assert torch.equal(total, torch.full((3,), float(count), dtype=torch.float64))
        torch.testing.assert_close(step, torch.tensor([1.0, 2.0 + (count - 1) / 2]))
        assert told == 0.25
        ranks.settle()
        assert ranks.messages == before + (count > 1)
        again = torch.tensor(float(ranks.rank))
        ranks.mean_later(again)
        ranks.settle(again)
        assert again == (count - 1) / 2

    on_ranks(count, work)


@pytest.mark.parametrize("count", COUNTS)
def test_rows_travel_to_where_they_are_wanted_and_no_others(count: int) -> None:
    n, rng = 24, np.random.default_rng(1)
    x, energy = torch.as_tensor(rng.normal(size=(n, 2, 2))).float(), torch.arange(n).double()
    drawn = systematic_resample(torch.as_tensor(rng.normal(size=n)), n, torch.Generator().manual_seed(2))
    for wanted in (near(drawn, Ranks(0, count)), torch.as_tensor(rng.permutation(n)), torch.full((n,), 5)):

        def work(ranks: Ranks, wanted: Tensor = wanted) -> tuple[Tensor, Tensor, float]:
            own = ranks.own(n)
            moved, energies = ranks.select(wanted, x[own], energy[own])
            assert energies.dtype == energy.dtype
            return moved, energies, ranks.sent

        found = on_ranks(count, work)
        assert torch.equal(torch.cat([part[0] for part in found]), x[wanted])
        assert torch.equal(torch.cat([part[1] for part in found]), energy[wanted])
        rank_of = torch.cat([torch.full((len(part[0]),), rank) for rank, part in enumerate(found)])
        travelled = int((rank_of[wanted] != rank_of).sum())
        assert sum(part[2] for part in found) == travelled * 5 * 8


@pytest.mark.parametrize("count", COUNTS)
def test_resampled_rows_leave_their_rank_only_where_it_has_too_many(count: int) -> None:
    n, ranks = 60, Ranks(0, count)
    for seed in range(5):
        weights = 2 * torch.randn(n, generator=torch.Generator().manual_seed(seed))
        drawn = systematic_resample(weights, n, torch.Generator().manual_seed(seed))
        wanted = near(drawn, ranks)
        assert torch.equal(wanted.sort().values, drawn)
        stays = torch.isin(torch.arange(n), drawn)
        assert torch.equal(wanted[stays], torch.arange(n)[stays])
        owners = torch.cat([torch.full((own.stop - own.start,), r) for r, own in enumerate(ranks.slices(n))])
        travelled = int((owners[wanted] != owners).sum())
        by_rank = torch.bincount(owners[drawn], minlength=count)
        surplus = sum(max(0, int(k) - ranks.share(n)) for k in by_rank)
        assert travelled == surplus


@pytest.mark.parametrize("count", [2, 3])
def test_random_streams_differ_by_rank_and_come_back_by_rank(count: int) -> None:
    def work(ranks: Ranks) -> tuple[Tensor, Tensor]:
        generator = ranks.generator(torch.device("cpu"), 7)
        state = random_state(generator.get_state(), ranks)
        before = torch.rand(4, generator=generator)
        restore_random(generator, state, ranks)
        assert torch.equal(torch.rand(4, generator=generator), before)
        restore_random(generator, torch.tensor(7), ranks)
        assert torch.equal(torch.rand(4, generator=generator), before)
        with pytest.raises(ValueError, match=f"random states of {count} ranks"):
            restore_random(generator, generator.get_state(), ranks)
        return before, state

    found = on_ranks(count, work)
    assert len({tuple(before.tolist()) for before, _ in found}) == count
    assert all(torch.equal(state, found[0][1]) for _, state in found)
    assert torch.equal(found[0][0], torch.rand(4, generator=torch.Generator().manual_seed(7)))


@pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 2), (2, 3), (3, 1)])
def test_ladders_of_some_ranks_go_on_on_others(before: int, after: int) -> None:
    """Replicas, temperatures, step sizes and what was counted, which are then shared anew."""
    columns = 6

    def made(ranks: Ranks) -> Ladder:
        kernel, generator = DiscreteLangevin(), ranks.generator(torch.device("cpu"), 3)
        return Ladder(columns, TARGET, kernel, generator, 4, ranks=ranks)

    def run(ranks: Ranks) -> tuple[dict[str, Tensor], int]:
        ladder = made(ranks)
        ladder.tune(60)
        return ladder.whole_state(ladder.state_dict()), ladder.round_trips

    (state, trips), *others = on_ranks(before, run)
    for other, _ in others:
        assert all(torch.equal(other[name], state[name]) for name in state)
    assert torch.equal(
        state["replica_ids"].flatten().sort().values, torch.arange(state["replica_ids"].numel())
    )

    def go_on(ranks: Ranks) -> tuple[dict[str, Tensor], int]:
        ladder = made(ranks)
        ladder.load_state_dict(ladder.own_state(state), TARGET)
        return ladder.whole_state(ladder.state_dict()), ladder.round_trips

    for found, found_trips in on_ranks(after, go_on):
        assert found_trips == trips
        for name in state:
            same = state[name]
            if name in ("swaps", "flow") and before != after:
                shape = same.shape[-2:]
                torch.testing.assert_close(found[name].view(-1, *shape).sum(0), same.view(-1, *shape).sum(0))
            else:
                assert torch.equal(found[name], same), name


@pytest.mark.parametrize("count", COUNTS)
def test_a_state_from_before_temperatures_were_added_is_put_together_as_it_was(count: int) -> None:
    def work(ranks: Ranks) -> None:
        generator = ranks.generator(torch.device("cpu"), 3)
        ladder, longer = (
            Ladder(6, TARGET, DiscreteLangevin(), generator, replicas, ranks=ranks) for replicas in (4, 5)
        )
        kept = ladder.state_dict()
        expected = ladder.whole_state(kept)
        ladder.load_state_dict(longer.state_dict(), TARGET)
        assert ladder.replicas == 5
        found = ladder.whole_state(kept)
        assert all(torch.equal(found[name], expected[name]) for name in expected)

    on_ranks(count, work)


def test_more_ranks_than_ladders_are_refused() -> None:
    with pytest.raises(ValueError, match="2 ladders cannot be shared by 3 ranks"):
        Ladder(2, TARGET, DiscreteLangevin(), torch.Generator(), 4, ranks=Ranks(0, 3))


@pytest.mark.parametrize(
    ("error", "lost"),
    [
        (RuntimeError("[/third_party/gloo/gloo/transport/tcp/pair.cc:553] Connection closed by peer"), True),
        (torch.distributed.DistNetworkError("The client socket has timed out"), True),
        (RuntimeError("Split sizes doesn't match total dim 0 size"), False),
        (torch.OutOfMemoryError("CUDA out of memory"), False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_an_error_of_the_connection_alone_is_a_lost_rank(error: RuntimeError, lost: bool) -> None:
    with pytest.raises(RankLostError if lost else type(error)) as raised, _told():
        raise error
    assert isinstance(raised.value, RankLostError) == lost


PROCESS = """
import os, torch
from landscape_app.physics.ranks import MOST_DIRECTLY, RankLostError, join, near
ranks = join(torch.device("cpu"))
x = torch.arange(10.0).view(5, 2)
drawn = torch.tensor([0, 0, 0, 1, 4])
own = ranks.own(5)
moved, = ranks.select(near(drawn, ranks), x[own])
whole, = ranks.gather(5, moved)
sums = ranks.sum(torch.ones(3) * (1 + ranks.rank))[0]
many = ranks.sum(torch.ones(MOST_DIRECTLY) * (1 + ranks.rank))[0].unique()
first, = ranks.first(torch.tensor([ranks.rank == 0]))
print(whole[:, 0].tolist(), *(s.tolist() for s in (sums, many, first)), ranks.agreed(ranks.rank + 0.5), flush=True)
if ranks.rank:
    ranks.leave_word("gone")
    os._exit(3)
try:
    ranks.meet()
except RankLostError as error:
    print(ranks.words(), error, flush=True)
os._exit(0)
"""


def test_processes_tell_each_other_and_notice_one_that_ends() -> None:
    """By gloo, as torchrun starts them: sums of few bytes, which the first rank takes, and of many."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2"}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS],
            env={**shared, "RANK": str(rank), "PYTHONPATH": str(Path(__file__).parents[2])},
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    out = [process.communicate(timeout=60)[0].splitlines() for process in running]
    line = "[0.0, 2.0, 0.0, 0.0, 8.0] [3.0, 3.0, 3.0] [3.0] [True] (0.5,)"
    assert out == [[line, "{1: 'gone'} another rank has ended, or has not answered for 60 s"], [line]]
    assert [process.returncode for process in running] == [0, 3]
