"""`landscape ising`: its table, its files, going on where it was stopped, and wrong usage."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from landscape_app.cli import ising as command
from landscape_app.session.lattice_sweep import LatticeSweep, SweepPlan, open_sweep

Landscape = Callable[..., Any]
SMALL = ("--sides", "8,12", "--points", "3", "--copies", "4", "--warm-up", "5", "--steps", "20")
PLAN = SweepPlan(sides=(8, 12), points=3, copies=4, warm_up=5, steps=20)


def test_it_prints_its_averages_and_writes_its_files(landscape: Landscape, tmp_path: Path) -> None:
    done = landscape("ising", *SMALL, "-o", "s.h5", "--table", "s.csv", "--picture", "s.png")
    assert done.code == 0
    assert "⟨|m|⟩" in done.out
    assert len([line for line in done.out.splitlines() if line.strip().startswith(("8 ", "12 "))]) == 6
    assert open_sweep(tmp_path / "s.h5").plan == PLAN
    assert len((tmp_path / "s.csv").read_text(encoding="utf-8").splitlines()) == 7
    assert (tmp_path / "s.png").exists()
    assert (tmp_path / "s.svg").exists()


def test_it_goes_on_where_it_was_stopped(
    landscape: Landscape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = LatticeSweep.run

    def stopped(self: LatticeSweep) -> Iterator[float]:
        for share in run(self):
            yield share
            if share > 0.3:
                return

    monkeypatch.setattr(LatticeSweep, "run", stopped)
    done = landscape("ising", *SMALL, "-o", "s.h5")
    assert done.code == 1
    assert "the same command goes on from s.h5" in done.err
    assert 0 < open_sweep(tmp_path / "s.h5").share < 1
    monkeypatch.setattr(LatticeSweep, "run", run)
    assert landscape("ising", *SMALL, "-o", "s.h5").code == 0
    assert open_sweep(tmp_path / "s.h5").is_complete
    other = landscape("ising", *SMALL, "--seed", "1", "-o", "s.h5")
    assert other.code == 2
    assert "another sweep" in other.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--from", "0"), "above 0"),
        (("--sides", "7"), "even number"),
        (("--sides", "x"), "whole numbers such as"),
        (("--graph", "cubic"), "no graph"),
        (("--over", "field"), "--at"),
        (("--copies", "1"), "copies must be"),
        (("-o", "sweep.txt"), "ends in .h5"),
    ],
)
def test_wrong_usage_is_one_line(landscape: Landscape, arguments: tuple[str, ...], words: str) -> None:
    done = landscape("ising", *arguments)
    assert done.code == 2
    assert words in done.err
    assert not done.out


def test_a_sweep_over_the_field(landscape: Landscape) -> None:
    done = landscape("ising", *SMALL, "--over", "field", "--from", "-0.2", "--to", "0.2", "--at", "2.5")
    assert done.code == 0
    assert "⟨m⟩" in done.out
    assert "cross" not in done.out
    assert command.SAVE_SECONDS > 0
