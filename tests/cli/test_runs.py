"""`landscape runs`: rows, order, search and what is not listed."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from landscape_app.runs.catalogue import read_summary
from landscape_app.runs.notes import notes_path, write_note
from landscape_app.runs.run_file import read_run, write_run
from landscape_app.session.run_list import SORTS
from tests.small_runs import small_run

Landscape = Callable[..., Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs of different models, one of them in a folder below, and a file that is none."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "below").mkdir()
    small_run(folder / "pairs.h5", seed=1)
    small_run(folder / "below" / "machine.h5", seed=2, model="rbm", units=2, finished=False)
    (folder / "notes.h5").write_text("nothing")
    (folder / "empty.h5").write_text("")
    return folder


def test_every_run_is_a_row_and_the_others_are_named_at_the_end(landscape: Landscape, folder: Path) -> None:
    done = landscape("runs", str(folder), "--sort", "name")
    assert done.code == 0, done.err
    head, machine, pairs, *rest = done.out.splitlines()
    assert head.split("  ")[0] == "run"
    for words in ("chain-of-spins", "Restricted Boltzmann machine", "Persistent chains", "machine.h5"):
        assert words in machine
    for words in ("pairs.h5", "Coupled spins", "nats a row (test)", " kB"):
        assert words in pairs
    assert len(rest) == 1
    assert rest[0].startswith("Not listed: ")
    assert "empty.h5, " in rest[0]
    assert "notes.h5 (cannot be read as a run file" in rest[0]


def test_figures_are_those_of_info(landscape: Landscape, folder: Path) -> None:
    told = json.loads(landscape("info", str(folder / "pairs.h5"), "--json").out)
    found = json.loads(landscape("runs", str(folder), "--json", "--find", "PAIRS h5").out)
    (run,) = found["runs"]
    shared = set(run) & set(told)
    assert {"test_nats", "test_nats_error", "validation_nats", "low", "high", "entropy"} <= shared
    assert {name: run[name] for name in shared} == {name: told[name] for name in shared}
    assert (run["model"], run["fit"], run["seed"], run["epochs"]) == ("pairs", "persistent", 1, 6)
    assert (run["per"], run["judged_by"], run["finished"]) == ("a row", "test", True)
    assert run["saved"] == read_run(folder / "pairs.h5").provenance["date"]
    assert datetime.fromisoformat(run["changed"])
    assert run["bytes"] == (folder / "pairs.h5").stat().st_size
    assert {Path(one["file"]).name for one in found["left_out"]} == {"notes.h5", "empty.h5"}


def test_a_number_in_the_list_is_the_one_that_info_prints(landscape: Landscape, folder: Path) -> None:
    (row,) = [row for row in landscape("runs", str(folder)).out.splitlines() if "pairs.h5" in row]
    nats = next(cell for cell in row.split("  ") if "nats" in cell).strip().removesuffix(" (test)")
    assert f"{nats}," in landscape("info", str(folder / "pairs.h5")).out


def test_titles_and_notes_of_the_window_are_told_and_searched(
    landscape: Landscape, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("landscape_app.runs.autosave.platformdirs.user_data_path", lambda *a, **k: tmp_path)
    write_note(read_summary(folder / "pairs.h5"), "First try", "for the talk")
    (run,) = json.loads(landscape("runs", str(folder), "--json", "--find", "talk").out)["runs"]
    assert (run["title"], run["note"]) == ("First try", "for the talk")
    assert "pairs.h5 “First try”  " in landscape("runs", str(folder)).out
    notes_path().write_text("{")
    done = landscape("runs", str(folder))
    assert (done.code, "mend the file" in done.err) == (2, True)


def test_a_run_of_a_model_of_a_newer_version_is_listed_by_its_names(
    landscape: Landscape, folder: Path, tmp_path: Path
) -> None:
    state = read_run(folder / "pairs.h5")
    configuration = state.configuration | {"model": "newer", "fit": "exact"}
    write_run(tmp_path / "newer.h5", replace(state, configuration=configuration))
    done = landscape("runs", str(tmp_path))
    assert done.code == 0
    assert "newer" in done.out
    (run,) = json.loads(landscape("runs", str(tmp_path), "--json").out)["runs"]
    assert (run["model"], run["fit"]) == ("newer", "exact")


@pytest.mark.parametrize("key", SORTS)
def test_runs_are_sorted_by_every_key(landscape: Landscape, folder: Path, key: str) -> None:
    found = json.loads(landscape("runs", str(folder), "--json", "--sort", key).out)["runs"]
    values = {
        "name": lambda run: run["file"],
        "data": lambda run: run["data"],
        "model": lambda run: {"pairs": 0, "rbm": 1}[run["model"]],
        "fit": lambda run: run["fit"],
        "nats": lambda run: run[f"{run['judged_by']}_nats"] if run["judged_by"] else float("inf"),
        "epochs": lambda run: -run["epochs"],
        "time": lambda run: -run["seconds"],
        "saved": lambda run: -datetime.fromisoformat(run["saved"]).timestamp(),
        "size": lambda run: -run["bytes"],
    }[key]
    assert len(found) == 2
    assert values(found[0]) <= values(found[1])


def test_the_current_folder_is_listed_where_none_is_said(
    landscape: Landscape, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert landscape("runs").out == "No run file lies below “.”.\n"
    monkeypatch.chdir(folder)
    assert "\nbelow/machine.h5 " in landscape("runs").out.replace("\\", "/")
    done = landscape("runs", "--find", "digits")
    assert done.out.startswith("None of 2 runs has “digits”.\n")


def test_what_cannot_be_asked_is_one_message(landscape: Landscape) -> None:
    for arguments, message in (
        (("runs", "nowhere"), "there is no file or folder nowhere; give folders that hold run files"),
        (
            ("runs", "--sort", "naem"),
            "runs are not sorted by 'naem'; did you mean 'name'? choose from name, data",
        ),
    ):
        done = landscape(*arguments)
        assert done.code == 2
        assert message in done.err
