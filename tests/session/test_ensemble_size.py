"""Ensembles sized to the device, under the stand-in device: doubled while moves take as long, never on the host."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from landscape_app.data import Dataset
from landscape_app.data.synthetic import two_gaussians
from landscape_app.learning import FITS
from landscape_app.physics.ranks import Ranks
from landscape_app.problems import PROBLEMS, fitted_otherwise
from landscape_app.problems.problem import Configuration
from landscape_app.session import ensemble_size as sizing
from landscape_app.session.api import new_session
from landscape_app.session.checkpoint import resume_session, save_session
from landscape_app.session.device import DeviceChoice
from landscape_app.session.ensemble_size import EnsembleSize, ensemble_size, has_proposed_chains, sized
from landscape_app.session.memory import NotEnoughMemoryError
from landscape_app.session.plan import RankMemory
from tests.stand_in_device import DEVICE, StandInDevice

HOST = torch.device("cpu")
POINTS = two_gaussians(samples=40)
SMALL = replace(PROBLEMS["two-gaussians"].defaults, chains=8, replicas=1, observables=2, hidden=(4,))
IMAGES = Configuration(chains=4, observables=2, channels=(2, 2), training_size=20)

Law = Callable[[int], float]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[Law], list[int]]:
    """A clock of moves by a law of the number of chains, which moves them once all the same."""

    def of(law: Law) -> list[int]:
        seen: list[int] = []
        build = sizing.build_ensemble

        def built(plan: Configuration, *rest: object) -> object:
            seen.append(plan.chains)
            return build(plan, *rest)  # type: ignore[arg-type]

        def seconds(move: Callable[[], object]) -> float:
            move()
            return law(seen[-1])

        monkeypatch.setattr(sizing, "build_ensemble", built)
        monkeypatch.setattr(sizing, "seconds_of", seconds)
        monkeypatch.setattr(sizing, "free_memory", lambda device: None)
        return seen

    return of


def test_chains_are_doubled_until_moves_take_longer(clock: Callable[[Law], list[int]]) -> None:
    with StandInDevice():
        tried = clock(lambda chains: max(1.0, chains / 60))
        found = ensemble_size(SMALL, POINTS, DEVICE)
    assert tried == [8, 16, 32, 64, 128]
    assert found is not None
    assert (found.proposed, found.chains, found.device) == (8, 64, "cpu:0")
    assert found.sentence.startswith("8 → 64 chains: cpu:0 moves them in about the same time")


def test_slow_growth_from_doubling_to_doubling_ends_too(clock: Callable[[Law], list[int]]) -> None:
    """Each takes a fifth longer than the one before, and is compared with the first."""
    with StandInDevice():
        clock(lambda chains: chains**0.25)
        found = ensemble_size(SMALL, POINTS, DEVICE)
    assert found is not None
    assert found.chains == 16


def test_chains_end_at_the_most_that_there_may_be(
    clock: Callable[[Law], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sizing, "MOST_CHAINS", 100)
    with StandInDevice():
        clock(lambda chains: 1.0)
        found = ensemble_size(replace(SMALL, chains=3), POINTS, DEVICE)
    assert found is not None
    assert found.chains == 96


def test_memory_bounds_the_chains(clock: Callable[[Law], list[int]], monkeypatch: pytest.MonkeyPatch) -> None:
    def memory(plan: Configuration, *_: object, **__: object) -> RankMemory:
        return RankMemory(0, 1_000 * plan.chains, 0, 0, 0, 0, 0)

    clock(lambda chains: 1.0)
    monkeypatch.setattr(sizing, "rank_memory", memory)
    for free, chains in ((40_000, 16), (80_000, 32)):
        monkeypatch.setattr(sizing, "free_memory", lambda device, free=free: free)
        with StandInDevice():
            found = ensemble_size(SMALL, POINTS, DEVICE)
        assert found is not None
        assert (found.chains, found.memory) == (chains, 1_000 * chains)


def test_chains_that_find_no_memory_are_left_out(clock: Callable[[Law], list[int]]) -> None:
    def law(chains: int) -> float:
        if chains > 16:
            raise NotEnoughMemoryError("CUDA out of memory")
        return 1.0

    with StandInDevice():
        clock(law)
        found = ensemble_size(SMALL, POINTS, DEVICE)
    assert found is not None
    assert found.chains == 16


class OtherRank:
    """Channel to a rank that has found a number of chains, seconds and bytes."""

    def __init__(self, *found: float) -> None:
        self._found = torch.tensor(found, dtype=torch.float64)

    def sum(self, buffer: Tensor) -> Tensor:
        table = buffer.view(2, -1)
        assert not table[1].any()
        return torch.stack([table[0], self._found]).flatten()


@pytest.mark.parametrize(
    ("other", "wanted"), [((32, 1.5, 7_000), (32, 1.5, 7_000)), ((512, 1.5, 9_000), (128, 64 / 60, 128_000))]
)
def test_ranks_take_what_the_one_that_moves_least_has_found(
    clock: Callable[[Law], list[int]],
    monkeypatch: pytest.MonkeyPatch,
    other: tuple[float, ...],
    wanted: tuple[float, ...],
) -> None:
    """Each moves its part of the chains."""

    def memory(plan: Configuration, *sizes: object, **_: object) -> RankMemory:
        assert sizes[-1] == 2
        return RankMemory(0, 1_000 * plan.chains, 0, 0, 0, 0, 0)

    monkeypatch.setattr(sizing, "rank_memory", memory)
    with StandInDevice():
        tried = clock(lambda chains: max(1.0, chains / 60))
        found = ensemble_size(SMALL, POINTS, DEVICE, Ranks(0, 2, OtherRank(*other)))  # type: ignore[arg-type]
    assert tried == [4, 8, 16, 32, 64, 128]
    assert found is not None
    assert (found.proposed, found.chains, found.seconds, found.memory) == (8, *wanted)
    assert "chains: each of 2 ranks moves its part in about the same time" in found.sentence


def test_the_number_stays_where_a_rank_is_none_of_an_accelerator(clock: Callable[[Law], list[int]]) -> None:
    clock(lambda chains: 1.0)
    with StandInDevice():
        assert ensemble_size(SMALL, POINTS, DEVICE, Ranks(0, 2, OtherRank(0, 0, 0))) is None  # type: ignore[arg-type]
    assert ensemble_size(SMALL, POINTS, HOST, Ranks(0, 2, OtherRank(16, 1, 1))) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("plan", "data"),
    [
        (SMALL, POINTS),
        (replace(SMALL, chains=4, replicas=3), POINTS),
        (replace(IMAGES, members=2), None),
        (fitted_otherwise(replace(IMAGES, model="rbm", fit=None, units=4)), None),
    ],
    ids=["chains", "ladder", "members", "machine"],
)
def test_every_ensemble_is_moved_there_by_the_clock(plan: Configuration, data: Dataset | None) -> None:
    with StandInDevice():
        found = ensemble_size(plan, data, DEVICE)
    assert found is not None
    assert found.chains >= plan.chains
    assert found.seconds > 0


def test_the_host_and_ways_without_chains_keep_their_number() -> None:
    assert ensemble_size(SMALL, None, HOST) is None
    plan = fitted_otherwise(replace(PROBLEMS["ising"].defaults, model="pairs", fit="pseudo-likelihood"))
    assert ensemble_size(plan, None, DEVICE) is None
    assert sized(SMALL, None, "cpu") == (SMALL, None)


def test_only_proposed_numbers_of_chains_are_changed() -> None:
    for problem in PROBLEMS.values():
        if problem.load is not None:
            by_chains = FITS[problem.defaults.way_of_fitting].learns_from_chains
            assert has_proposed_chains(problem.defaults, None) == by_chains
            assert not has_proposed_chains(replace(problem.defaults, chains=7), None)
    machine = fitted_otherwise(replace(PROBLEMS["digits"].defaults, model="rbm", fit=None))
    assert has_proposed_chains(machine, None)
    assert has_proposed_chains(sizing.starting_configuration(two_gaussians()), two_gaussians())


def test_a_session_of_a_script_has_them_unless_it_says_how_many_and_keeps_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = EnsembleSize(4, 8, 0.01, 1_000, "cuda:0")
    monkeypatch.setattr(sizing, "resolve_device", lambda name: DeviceChoice(DEVICE))
    monkeypatch.setattr(sizing, "ensemble_size", lambda *_: found)
    session = new_session("two-gaussians", device="cpu")
    assert session.configuration.chains == len(session.trainer.ensemble) == 8
    assert new_session("two-gaussians", device="cpu", chains=3).configuration.chains == 3
    next(session.train())
    save_session(session, tmp_path / "run.h5")
    resumed = resume_session(tmp_path / "run.h5", {}, "cpu", epochs=5)
    assert resumed.configuration.chains == len(resumed.trainer.ensemble) == 8
