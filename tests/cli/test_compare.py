"""`landscape compare`: its table, its differences, and the same as JSON."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from landscape_app.cli.compare import compare
from landscape_app.cli.errors import WrongUsageError
from landscape_app.session.comparison_table import FIGURES
from tests.small_runs import small_run

Landscape = Callable[..., Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two repeats, and a run of other settings."""
    folder = tmp_path_factory.mktemp("compare")
    small_run(folder / "a1.h5", seed=1)
    small_run(folder / "a2.h5", seed=2)
    small_run(folder / "b.h5", seed=1, fit="mean-field")
    return folder


@pytest.fixture
def here(folder: Path, landscape: Landscape, monkeypatch: pytest.MonkeyPatch) -> Landscape:
    """The command in that folder."""
    monkeypatch.chdir(folder)
    return landscape


def test_repeats_are_a_column_and_settings_that_differ_a_row(here: Landscape) -> None:
    done = here("compare", "a1.h5", "a2.h5", "b.h5")
    assert done.code == 0, done.err
    head, *rows = done.out.splitlines()
    assert head.split() == ["2", "repeats:", "a1.h5,", "a2.h5", "b.h5"]
    titles = [row[:24].rstrip() for row in rows]
    assert titles[: 2 + len(FIGURES)] == ["fit", "seed", *FIGURES]
    assert rows[0].split() == ["fit", "persistent", "mean-field"]
    assert "nats a row" in rows[4]
    assert rows[-1].startswith("b.h5 minus 2 repeats: a1.h5, a2.h5: ")
    assert rows[-1].endswith(" nats a row, test set of 20 items, paired by item")


def test_json_has_the_figures_of_the_runs_and_of_their_means(here: Landscape) -> None:
    found = json.loads(here("compare", "b.h5", "a1.h5", "a2.h5", "--json").out)
    told = json.loads(here("runs", "a1.h5", "a2.h5", "b.h5", "--json", "--sort", "name").out)["runs"]
    assert all((run.pop("title"), run.pop("note")) == ("", "") for run in told)
    assert sorted(found["runs"], key=lambda run: run["file"]) == told
    nats = {run["file"]: run["test_nats"] for run in told}
    first, repeats = found["settings"]
    assert (first["files"], repeats["files"]) == (["b.h5"], ["a1.h5", "a2.h5"])
    assert (repeats["seeds"], repeats["values"]) == ([1, 2], {"fit": "persistent"})
    both = np.array([nats["a1.h5"], nats["a2.h5"]])
    assert repeats["test_nats"] == pytest.approx(both.mean())
    assert repeats["test_nats_error"] == pytest.approx(both.std(ddof=1) / np.sqrt(2))
    assert first["test_nats"] == nats["b.h5"]
    (difference,) = found["differences"]
    assert difference["nats"] == pytest.approx(both.mean() - nats["b.h5"], abs=1e-5)
    assert (difference["paired"], difference["items"], difference["minus"]) == (True, 20, ["b.h5"])


def test_a_run_and_its_copy_have_the_same_settings(here: Landscape, folder: Path) -> None:
    (folder / "copy").mkdir()
    (folder / "copy" / "a1.h5").write_bytes((folder / "a1.h5").read_bytes())
    lines = here("compare", "a1.h5", "copy/a1.h5").out.splitlines()
    assert lines[1].split() == ["settings", "the", "same", "the", "same"]
    assert "minus a1.h5: none: the same model" in lines[-1]
    lines = here("compare", "a2.h5", "b.h5").out.splitlines()
    assert [line.split() for line in lines[1:3]] == [["fit", "persistent", "mean-field"], ["seed", "2", "1"]]


def test_one_run_and_a_file_that_is_none_are_one_message(here: Landscape, tmp_path: Path) -> None:
    (tmp_path / "text.h5").write_text("nothing")
    with pytest.raises(WrongUsageError, match="one run cannot be compared"):
        compare([tmp_path / "text.h5"])
    for arguments, message in (
        (("a1.h5",), "one run cannot be compared: give two run files at least"),
        (("a1.h5", str(tmp_path / "text.h5")), "cannot be read as a run file"),
        (("a1.h5", "none.h5"), "there is no file none.h5"),
    ):
        done = here("compare", *arguments)
        assert (done.code, done.out) == (2, "")
        assert message in done.err
