"""Trainings that torchrun starts: one model, one voice, and a way on for those that die."""

import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from torch import Tensor

from landscape_app.cli.errors import CommandError, WrongUsageError
from landscape_app.cli.progress import StopRequest
from landscape_app.cli.ranks import (
    Launch,
    SharedStop,
    has_begun,
    launched,
    shares_of_first,
    together,
)
from landscape_app.physics.ranks import ALONE, RankLostError, Ranks
from landscape_app.problems import PROBLEMS
from landscape_app.session.checkpoint import save_session
from landscape_app.session.session import Session
from tests.ranks import on_ranks

Landscape = Callable[..., Any]
OF_TWO = {"RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "localhost"}


def test_a_launch_is_told_by_the_environment() -> None:
    assert launched({}) is None
    assert launched(OF_TWO | {"RANK": "first"}) is None
    assert launched(OF_TWO) == Launch(1, 2)
    more = {"LOCAL_RANK": "3", "TORCHELASTIC_RESTART_COUNT": "4", "TORCHELASTIC_RUN_ID": "job"}
    assert launched(OF_TWO | more) == Launch(1, 2, 3, 4, "job")


@pytest.mark.parametrize(
    "command",
    [
        ("info", "run.h5"),
        ("train", "rings", "--folds", "2"),
        ("train", "--energy", "x**4 - x**2", "-o", "wells.h5"),
    ],
    ids=str,
)
@pytest.mark.parametrize("rank", [0, 1])
def test_what_ranks_cannot_share_is_refused_once(
    landscape: Landscape, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], rank: int
) -> None:
    for name, value in (OF_TWO | {"RANK": str(rank)}).items():
        monkeypatch.setenv(name, value)
    done = landscape(*command)
    assert done.code == 2
    assert ("torchrun has started 2; leave torchrun out" in done.err) == (rank == 0)
    assert done.err.count("\n") == (rank == 0)


def test_what_fails_on_one_rank_another_tells(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    left: dict[int, str] = {}
    found = []

    class Broken:
        """Connection to a rank that has failed, which leaves a word at most."""

        def sum(self, buffer: Tensor) -> Tensor:
            raise RankLostError("another rank has ended")

        def leave_word(self, rank: int, text: str) -> None:
            left[rank] = text

        def word(self, rank: int) -> str | None:
            return left.get(rank)

    def work(rank: int) -> None:
        with together(Launch(rank, 2), "cpu", tmp_path / "run.h5") as (ranks, _):
            if rank:
                raise WrongUsageError("there is no file data.h5")
            ranks.meet()

    for rank in (0, 1, 0):
        monkeypatch.setattr("landscape_app.physics.ranks.join", lambda device, r=rank: Ranks(r, 2, Broken()))  # type: ignore[arg-type, misc]
        with pytest.raises(CommandError) as error:
            work(rank)
        found.append((error.value.exit_code, str(error.value)))
    assert found == [
        (1, "another rank has ended; nothing was saved"),
        (2, "there is no file data.h5"),
        (2, "rank 1: there is no file data.h5"),
    ]


def test_one_request_to_one_rank_stops_all() -> None:
    def work(ranks: Ranks) -> list[int]:
        request = StopRequest()
        stop = SharedStop(request, ranks)
        before = stop.times
        if ranks.rank == 1:
            for _ in range(4):
                request(signal.SIGTERM, None)
        return [before, stop.times]

    assert on_ranks(2, work) == [[0, 2]] * 2


def test_the_first_rank_works_while_the_others_wait() -> None:
    def work(ranks: Ranks) -> list[float]:
        return list(shares_of_first(ranks, iter([0.5, 1.0] if ranks.is_first else [])))

    assert on_ranks(3, work) == [[0.5, 1.0]] * 3


def test_only_the_file_of_the_same_job_is_gone_on_with(tmp_path: Path) -> None:
    """A job without a name of its own tells by the restarts that it has begun."""
    path = tmp_path / "run.h5"
    session = Session(replace(PROBLEMS["two-gaussians"].defaults, chains=16), "cpu", 2)
    assert not has_begun(Launch(0, 1, restarts=1, job="a"), ALONE, path)
    for job, found in (
        (None, [False, False, False]),
        ("a", [True, True, False]),
        ("none", [False, False, True]),
    ):
        session.lineage = replace(session.lineage, job=job)
        save_session(session, path)
        launches = (
            Launch(0, 1, job="a"),
            Launch(0, 1, restarts=1, job="a"),
            Launch(0, 1, restarts=1, job="none"),
        )
        assert [has_begun(launch, ALONE, path) for launch in launches] == found
        assert not has_begun(Launch(0, 1, job="none"), ALONE, path)
