"""`landscape experiment`: the list, a run with its table and files, and wrong usage."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from landscape_app.cli.experiment import ALL
from landscape_app.experiments.catalogue import EXPERIMENTS
from landscape_app.experiments.experiment import Finding, Progress, Values
from landscape_app.experiments.figure import Figure
from landscape_app.experiments.result import open_result
from landscape_app.experiments.textbook import Textbook

Landscape = Callable[..., Any]


@pytest.fixture(autouse=True)
def textbook_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*EXPERIMENTS]:
        if name != "textbook":
            monkeypatch.delitem(EXPERIMENTS, name)


def test_the_list_names_them_and_says_how_long_they_take(landscape: Landscape) -> None:
    done = landscape("experiment", "--list")
    assert done.code == 0
    assert "textbook" in done.out
    assert "Textbook distributions" in done.out
    assert "5 s" in done.out


@pytest.mark.parametrize("name", ["textbook", ALL])
def test_an_experiment_prints_its_table_and_writes_its_files(
    landscape: Landscape, tmp_path: Path, name: str
) -> None:
    done = landscape("experiment", name, "--set", "nodes=2000", "--set", "seed=4", "-o", "results")
    assert done.code == 0
    assert "This takes about" in done.err
    for word in ("quantity", "expected", "measured", "verdict", "good"):
        assert word in done.out
    assert "BAD" not in done.out
    folder = tmp_path / "results"
    assert sorted(path.name for path in folder.iterdir()) == ["textbook.h5", "textbook.png", "textbook.svg"]
    result = open_result(folder / "textbook.h5")
    assert result.values == {"nodes": 2_000, "scale": 1, "seed": 4}
    assert result.has_passed


class Failing(Textbook):
    """Finds that something is wrong."""

    def run(self, values: Values) -> Iterator[Progress]:
        yield Progress(1.0, "Done", Figure(), (Finding("1", "S", "1.0 [nats]", "[bold]2.0", False),))


def test_a_bad_verdict_is_told_and_fails(landscape: Landscape, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXPERIMENTS, "textbook", Failing())
    done = landscape("experiment", "textbook")
    assert done.code == 1
    assert "BAD" in done.out
    assert "1.0 [nats]" in done.out
    assert "[bold]2.0" in done.out
    assert "a verdict was bad in textbook" in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give the name of an experiment"),
        (("faces",), "no experiment is called 'faces'; choose from textbook, all"),
        (("textbook", "--set", "nodes"), "write it as NAME=VALUE, such as seed=3"),
        (("textbook", "--set", "nodes=many"), "a number is needed, such as seed=3"),
        (("textbook", "--set", "nodes=5"), "nodes must be a whole number from 1,000 to 1,000,000, got 5"),
        (("textbook", "--set", "colour=5"), "textbook has no parameter 'colour'"),
        (("textbook", "-o", "no/such/folder"), "there is no folder"),
        (("textbook", "--workers", "2", "--scheduler", "tcp://host:1"), "leave it out with --scheduler"),
    ],
)
def test_wrong_usage_is_one_message(landscape: Landscape, arguments: tuple[str, ...], message: str) -> None:
    done = landscape("experiment", *arguments)
    assert done.code == 2
    assert message in done.err
    assert done.err.count("\n") == 1
