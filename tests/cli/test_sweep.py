"""`landscape sweep`: runs that are missing, their table, failures, and files that are no sweeps."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from landscape_app.cli import sweep as command
from landscape_app.session import many_runs
from landscape_app.session.many_runs import Task
from tests.small_runs import drawn_sweep

Landscape = Callable[..., Any]

FILE = """
command = "ising"
seeds = 2
[options]
sides = "8"
points = 2
copies = 4
warm_up = 5
steps = 20
[grid]
from = [2.0, 2.1]
"""


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the tasks whose command was run, which writes a file of what it was to do, but does not do it."""
    names: list[str] = []

    def ended(task: Task, threads: int) -> tuple[int, str]:
        names.append(task.name)
        given = dict(word[2:].split("=", 1) for word in task.arguments if word.startswith("--"))
        if float(given["from"]) > 2.5:
            return 1, "the lattice is too hot"
        drawn_sweep(task.result, int(given["seed"]), float(given["from"]))
        return 0, ""

    monkeypatch.setattr(many_runs, "_ended", ended)
    return names


def test_runs_that_are_missing_are_made_and_all_are_in_the_table(
    landscape: Landscape, tmp_path: Path, made: list[str]
) -> None:
    pytest.importorskip("distributed")
    file = tmp_path / "hot.toml"
    file.write_text(FILE, encoding="utf-8")
    done = landscape("sweep", "hot.toml", "--table", "hot.csv")
    assert done.code == 0, done.err
    assert len(made) == 4
    assert len((tmp_path / "hot.csv").read_text(encoding="utf-8").splitlines()) == 5
    assert [line.split()[:4] for line in done.out.splitlines()[1:3]] == [
        ["2.0", "8", "2", "2"],
        ["2.0", "8", "2.6", "2"],
    ]
    assert sorted(path.name for path in (tmp_path / "hot").iterdir()) == sorted(f"{name}.h5" for name in made)
    file.write_text(FILE.replace("[2.0, 2.1]", "[2.0, 2.1, 2.55]"), encoding="utf-8")
    failed = landscape("sweep", "hot.toml", "--retries", "1")
    assert failed.code == 1
    assert len(made) == 8
    assert failed.err.count(": the lattice is too hot") == 2
    assert "2 runs of 6 failed" in failed.err
    file.write_text(FILE, encoding="utf-8")
    again = landscape("sweep", "hot.toml", "--json")
    assert again.code == 0
    assert len(made) == 8
    told = json.loads(again.out)
    assert [run["seed"] for run in told["runs"]] == [0, 0, 1, 1]
    assert len(told["table"]) == 4
    listed = landscape("sweep", "hot.toml", "--list")
    assert listed.out.count("done") == 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("warm_up = 5", "warm-upp = 5"),
            "warm-upp: landscape ising has no such option for a sweep; did you mean 'warm-up'?",
        ),
        (
            ("points = 2", 'points = "two"'),
            "invalid value for '--points': expected a whole number, got 'two'",
        ),
        (
            ("points = 2", "points = [2, 3]"),
            "points: --points takes one value; a list of runs goes below [grid]",
        ),
        (("points = 2", "points = true"), "points: --points takes a value, got true"),
        (("points = 2", "points = 1"), "(from = 2.0): points must be a whole number from 2"),
        (("points = 2", 'output = "x.h5"'), "output: all runs would write, or read, the same file"),
        (("points = 2", "seed = 2"), "seed is given beside seeds"),
        (
            ('"ising"', '"dance"'),
            "command: no sweep is made of 'dance'; choose from train, experiment, ising",
        ),
        (('"ising"', '"ising --points 3"'), "command: options go below [options], not --points"),
        (('"ising"', '"experiment"'), "give the name of one experiment"),
        (('"ising"', '"train faces"'), "landscape train has no such option"),
        (("[2.0, 2.1]", "[2.0, 9.0]"), "(from = 9.0): a sweep goes from a smaller number to a larger one"),
    ],
)
def test_a_file_that_is_no_sweep_is_refused_in_one_line_before_anything_starts(
    landscape: Landscape, tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    (tmp_path / "hot.toml").write_text(FILE.replace(*change), encoding="utf-8")
    done = landscape("sweep", "hot.toml")
    assert done.code == 2
    assert done.err.startswith("landscape: hot.toml")
    assert done.err.count("\n") == 1
    assert message in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["hot.toml"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'command = "train two-gaussians"\n[grid]\nchains = [8, 1]',
            "(chains = 1): the number of chains must be",
        ),
        ('command = "train faces"', "no data set is called 'faces'"),
        (
            'command = "experiment textbook"\n[grid.set]\nnodes = [5]',
            "nodes must be a whole number from 1,000",
        ),
        ('command = "experiment textbook"\n[options]\nfull = 3', "full: expected true or false, got 3"),
    ],
)
def test_settings_that_no_run_can_have_are_refused_before_anything_starts(
    landscape: Landscape, tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    done = landscape("sweep", "mine.toml")
    assert done.code == 2
    assert message in done.err
    assert command.CHECKS.keys() == command.SEED.keys()
