"""`landscape train --plan`, and ensembles that the command sizes to the device."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from landscape_app.cli.plan import print_plan
from landscape_app.problems import PROBLEMS
from landscape_app.session import api, ensemble_size
from landscape_app.session.ensemble_size import EnsembleSize
from tests.cli.conftest import Done

Landscape = Callable[..., Done]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A problem of few chains, and trials of one epoch."""
    line = PROBLEMS["two-gaussians"]
    defaults = replace(line.defaults, chains=16, replicas=2, observables=2, hidden=(4,))
    monkeypatch.setitem(PROBLEMS, "two-gaussians", replace(line, defaults=defaults))
    monkeypatch.setattr(api, "PLANNED_EPOCHS", 1)


def test_a_plan_is_printed_and_nothing_saved(landscape: Landscape, tmp_path: Path) -> None:
    planned = ("train", "two-gaussians", "--plan", "--ranks", "2", "--device", "cpu", "-o", "out.h5")
    done = landscape(*planned)
    assert done.code == 0, done.err
    for heading in ("Memory of each of 2 ranks", "Sent by each rank in an epoch", "Speed"):
        assert heading in done.out
    assert "1 rank " in done.out
    assert "gloo on one machine (" in done.out
    told: dict[str, Any] = json.loads(landscape(*planned, "--json").out)
    assert told["ranks"] == 2
    assert set(told["epochs_per_second"]) == {"1", "2"}
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("cores", "words"), [(2, "; with a core for each rank, and here are 2 cores"), (3, "")]
)
def test_a_speed_that_takes_more_cores_than_there_are_says_so(
    landscape: Landscape, monkeypatch: pytest.MonkeyPatch, cores: int, words: str
) -> None:
    monkeypatch.setattr("landscape_app.session.device.available_cores", lambda: cores)
    done = landscape("train", "two-gaussians", "--plan", "--ranks", "3", "--device", "cpu")
    said = " ".join(done.out.split())
    assert f"ms exchange{words} 3 ranks" in said


def test_one_rank_sends_nothing(landscape: Landscape) -> None:
    done = landscape("train", "two-gaussians", "--plan", "--device", "cpu", "--chains", "8")
    assert done.code == 0
    assert "chains                      8" in done.out
    assert "Sent" not in done.out
    assert print_plan.__doc__ is not None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("two-gaussians", "--ranks", "2", "-o", "out.h5"), "--ranks goes with --plan"),
        (("two-gaussians", "--plan", "--ranks", "0"), "number of ranks must be at least 1"),
        (("two-gaussians", "--plan", "--ranks", "9", "--members", "2"), "several members is trained by one"),
        (("--resume", "out.h5", "--plan"), "--plan is of a new training"),
        (("two-gaussians", "--folds", "3", "--plan"), "leave out -o, --resume and --plan"),
    ],
)
def test_plans_that_cannot_be_are_refused(
    landscape: Landscape, arguments: tuple[str, ...], message: str
) -> None:
    done = landscape("train", *arguments, "--device", "cpu")
    assert done.code == 2
    assert message in done.err


def test_a_gpu_gets_as_many_chains_as_it_moves_unless_they_are_said(
    landscape: Landscape, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = EnsembleSize(16, 64, 0.002, 1_000_000, "cuda:0")
    monkeypatch.setattr(ensemble_size, "ensemble_size", lambda *_: found)
    done = landscape("train", "two-gaussians", "--plan", "--json", "--device", "cpu")
    assert found.sentence in done.err
    assert json.loads(done.out)["chains"] == 64
    said = landscape("train", "two-gaussians", "--plan", "--json", "--chains", "8", "--device", "cpu")
    assert "→" not in said.err
    assert json.loads(said.out)["chains"] == 8


def test_several_ranks_plan_nothing(landscape: Landscape, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("RANK", "0"), ("WORLD_SIZE", "2"), ("MASTER_ADDR", "localhost")):
        monkeypatch.setenv(name, value)
    done = landscape("train", "two-gaussians", "--plan")
    assert done.code == 2
    assert "leave torchrun out" in done.err
