"""`landscape import` of tables and coloured images, what training makes of them, and what is said of it."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from landscape_app.data.dataset import Kind
from landscape_app.data.importing.table_data import TableOptions
from landscape_app.data.importing.tables import open_table
from landscape_app.gui.importing.source import TableSource, read_source_file
from landscape_app.session.checkpoint import open_session
from landscape_app.session.dataset_io import open_data

Landscape = Callable[..., Any]

QUICK = ("--epochs", "3", "--chains", "8", "--device", "cpu", "--replicas", "1")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("landscape_app.session.api.seconds_per_epoch", lambda *_: 0.5)
    monkeypatch.setattr("landscape_app.learning.classifier.SHOWN", 1)


def test_a_survey_is_imported_trained_sampled_and_described(landscape: Landscape, tmp_path: Path) -> None:
    rows = ["red,yes,3", "blue,no,1", "green,no,2"] * 15 + ["red,,1", "blue,no"]
    (tmp_path / "survey.csv").write_text("colour,smokes,size\n" + "\n".join(rows))
    done = landscape("import", "survey.csv", "-o", "survey.h5")
    assert done.code == 0, done.err
    assert "line 47 (column 'smokes': no value); line 48 (column 'size': no value)" in done.err
    assert "45 rows of 3 columns, as categories" in done.out
    assert "colour (blue, green, red)" in done.out
    assert "quadratic in the values" in done.out
    assert re.search("an epoch here +0.5 s; [0-9,]+ of them [0-9]+ minutes", done.out)
    done = landscape("train", "survey.h5", *QUICK, "-o", "run.h5")
    assert done.code == 0, done.err
    assert done.err.startswith(
        "Model: Learned observables; Min-MaxEnt; observables: 6 quadratic in the values: pairs of columns; "
        "kernel: single-site; "
    )
    assert "bits a column" in done.out
    done = landscape("info", "run.h5")
    assert "3 columns" in done.out
    assert "size (1, 2, 3)" in done.out
    done = landscape("sample", "run.h5", "-n", "6", "--steps", "5", "-o", "x.npz", "--device", "cpu")
    assert done.code == 0, done.err
    x = np.load(tmp_path / "x.npz")["x"]
    assert x.shape == (6, 3)
    assert (x.max(0) <= [2, 1, 2]).all()


def test_a_form_and_columns_can_be_asked_for(landscape: Landscape, tmp_path: Path) -> None:
    rows = [f"{i % 2},{i % 5},{(i * 7 % 11) / 3:.2f}" for i in range(60)]
    (tmp_path / "mine.csv").write_text("a,b,c\n" + "\n".join(rows))
    for arguments, kind, shape in (
        ((), Kind.POINTS, (60, 3)),
        (("--components", "2"), Kind.POINTS, (60, 2)),
        (("--columns", "a,c"), Kind.POINTS, (60, 2)),
        (("--as", "levels"), Kind.LEVELS, (60, 3)),
        (("--as", "spins"), Kind.SPINS, (60, 1)),
        (("--columns", "2", "--as", "points"), Kind.POINTS, (60, 1)),
    ):
        done = landscape("import", "mine.csv", "-o", "mine.h5", *arguments)
        assert done.code == 0, done.err
        dataset, _ = open_data(tmp_path / "mine.h5")
        assert (dataset.kind, dataset.items.shape) == (kind, shape)
    for arguments, words in (
        (("--columns", "z"), "no column 'z'"),
        (("--as", "spins", "--columns", "b"), "spins have two"),
        (("--size", "8x8"), "--size goes with images"),
        (("--as", "pictures"), "invalid value"),
    ):
        done = landscape("import", "mine.csv", "-o", "other.h5", *arguments)
        assert done.code == 2
        assert words in done.err.lower().replace("\n", " ")
    assert not (tmp_path / "other.h5").exists()


def test_spins_of_a_table_train(landscape: Landscape, tmp_path: Path) -> None:
    (tmp_path / "votes.tsv").write_text("\n".join(["1\t-1\t1", "-1\t-1\t1", "1\t1\t-1"] * 12))
    assert landscape("import", "votes.tsv", "-o", "votes.h5").code == 0
    done = landscape(
        "train", "votes.h5", *QUICK, "--network", "perceptron", "--channels", "4,4", "-o", "run.h5"
    )
    assert done.code == 0, done.err
    session = open_session(tmp_path / "run.h5", device="cpu")
    assert session.configuration.hidden == (4, 4)
    assert session.space.label == "spins"


def test_colours_and_their_names_go_all_the_way(landscape: Landscape, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for i in range(40):
        name = ("crimson", "navy")[i % 2]
        (tmp_path / "set" / name).mkdir(parents=True, exist_ok=True)
        pixels = random.integers(0, 60, (8, 8, 3)).astype(np.uint8)
        pixels[..., 2 * (i % 2)] += 150
        Image.fromarray(pixels).save(tmp_path / "set" / name / f"{i}.png")
    done = landscape("import", "set", "-o", "set.h5")
    assert done.code == 0, done.err
    dataset, _ = open_data(tmp_path / "set.h5")
    assert dataset.items.shape == (40, 8, 8, 3)
    assert dataset.levels == 9
    assert (
        dataset.items[dataset.labels == 0][..., 0].mean() > dataset.items[dataset.labels == 0][..., 2].mean()
    )
    done = landscape("train", "set.h5", *QUICK, "--batch", "10", "--observables", "5", "-o", "run.h5")
    assert done.code == 0, done.err
    assert "batch: 10 of 32 training items an epoch" in " ".join(done.err.split())
    session = open_session(tmp_path / "run.h5", device="cpu")
    assert session.class_names == ("crimson", "navy")
    assert session.configuration.observables == 5
    sampled = landscape(
        "sample", "run.h5", "-n", "4", "--steps", "3", "--target", "navy", "-o", "x.png", "--device", "cpu"
    )
    assert sampled.code == 0, sampled.err
    assert "log p(navy | x)" in sampled.out
    with Image.open(tmp_path / "x.png") as picture:
        assert picture.mode == "RGB"
    wrong = landscape("sample", "run.h5", "--target", "nav", "-o", "y.png")
    assert wrong.code == 2
    assert "did you mean 'navy'" in wrong.err
    assert "2: crimson, navy" in landscape("info", "run.h5").out
    grey = landscape("import", "set", "-o", "grey.h5", "--grey")
    assert grey.code == 0
    assert open_data(tmp_path / "grey.h5")[0].items.shape == (40, 8, 8)


def test_a_run_that_is_resumed_keeps_its_settings(landscape: Landscape, tmp_path: Path) -> None:
    (tmp_path / "run.h5").write_bytes(b"not looked at")
    done = landscape("train", "--resume", "run.h5", "--epochs", "5", "--rate", "0.1")
    assert done.code == 2
    assert "leave out --rate" in done.err


def test_what_was_read_is_told_by_import_and_later_by_info(landscape: Landscape, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [
        f"person {i},{rng.normal():.3f},{'' if i % 10 == 3 else f'{rng.normal():.3f}'},{i}" for i in range(60)
    ]
    (tmp_path / "people.csv").write_text("name,a,b,day\n" + "\n".join(rows) + "\n")
    arguments = ("people.csv", "-o", "people.h5", "--columns", "a,b", "--split", "time:day", "--json")
    done = landscape("import", *arguments)
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told | {"warnings": []} == {
        "name": "people",
        "kind": "points",
        "items": 54,
        "held_out": 11,
        "shape": [2],
        "levels": None,
        "columns": [{"name": "a", "type": "number"}, {"name": "b", "type": "number"}],
        "classes": {},
        "left_out": {"column 'b': no value": 6},
        "not_used": ["name (identifier)", "day (identifier)"],
        "warnings": [],
        "split": "by time, the latest rows of column 'day' held out",
    }
    assert json.loads(landscape("info", "people.h5", "--json").out) == told
    text = landscape("info", "people.h5").out
    assert "6: column 'b': no value" in text
    assert "by time, the latest rows" in text
    assert landscape("train", "people.h5", "--epochs", "20", "--chains", "16", "-o", "run.h5").code == 0
    assert json.loads(landscape("info", "run.h5", "--json").out).items() >= told.items()
    held_out = open_data(tmp_path / "people.h5")[0].held_out
    assert held_out.tolist() == list(range(43, 54))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--split", "column:name"), "a split needs train and test"),
        (("--split", "weekday"), "a split is random"),
        (("--type", "a=colour"), "--type must be NAME=TYPE"),
        (("--type", "z=number"), "no column 'z'"),
        (("--as", "images"), "no square number of columns"),
        (("--paper", "glass"), "--paper must be a colour"),
    ],
)
def test_readings_that_cannot_be_are_refused(
    landscape: Landscape, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    rows = [f"p{i},{i / 7:.3f},{i * i / 9:.3f}" for i in range(30)]
    (tmp_path / "mine.csv").write_text("name,a,b\n" + "\n".join(rows))
    done = landscape("import", "mine.csv", "-o", "mine.h5", *arguments)
    assert done.code == 2
    assert words in " ".join(done.err.split())
    assert not (tmp_path / "mine.h5").exists()


def test_a_table_comes_from_the_standard_input(
    landscape: Landscape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = np.random.default_rng(0).normal(size=(40, 2)).round(4)
    text = "\n".join(["a;b", *(f"{a};{b}".replace(".", ",") for a, b in points.tolist())])
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    done = landscape("import", "-", "-o", "piped.h5", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["items"] == 40
    dataset, _ = open_data(tmp_path / "piped.h5")
    np.testing.assert_allclose(dataset.items, points, atol=1e-6)
    assert re.fullmatch(r"standard input \d{4}-\d\d-\d\d \d\d\.\d\d", dataset.name)
    assert dataset.name in landscape("info", "piped.h5").out
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a;b\n")))
    done = landscape("import", "-", "-o", "none.h5")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert re.search("standard input .* has a header, and no rows below it", done.err)
    assert list((tmp_path / "temporary").iterdir()) == []
    assert not (tmp_path / "none.h5").exists()


def test_rows_that_are_not_taken_are_counted(
    landscape: Landscape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"{i / 4},{i * 7 % 11 / 3:.2f}" for i in range(400)]
    (tmp_path / "long.csv").write_text("a,b\n" + "\n".join([*rows, "1.5,"]))
    for module in ("large_text", "tables"):
        monkeypatch.setattr(f"landscape_app.data.importing.{module}.MOST_CELLS", 200)
    done = landscape("import", "long.csv", "-o", "long.h5", "--most", "60", "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["items"] == 60
    assert told["items"] + sum(told["left_out"].values()) == 401
    read = "not drawn: of so large a table 100 rows are read, at random, seed 0"
    assert told["left_out"][read] == 301
    assert f"Left out 301 {read}; " in done.err
    assert f"301: {read}" in landscape("info", "long.h5").out.replace("\n", " ")


def test_dates_are_left_out_as_in_the_window_and_the_command_says_how_to_take_them(
    landscape: Landscape, tmp_path: Path
) -> None:
    lines = [f"2024-05-{1 + i % 28:02d},{i * 0.37 % 5:.3f},{i * 0.61 % 7:.3f}" for i in range(40)]
    (tmp_path / "visits.csv").write_text("\n".join(["visit,a,the b", *lines]))
    done = landscape("import", "visits.csv", "-o", "visits.h5")
    assert done.code == 0, done.err
    assert "Left out the dates of visit; to learn them too: --columns visit,a,3\n" in done.err
    table = open_table(tmp_path / "visits.csv")
    in_window = read_source_file(tmp_path / "visits.csv", lambda _: None)
    assert isinstance(in_window, TableSource)
    assert in_window.proposed == TableOptions.proposed(table)
    columns = [column.name for column in open_data(tmp_path / "visits.h5")[0].columns]
    assert columns == list(in_window.proposed.columns) == ["a", "the b"]
    asked = landscape("import", "visits.csv", "-o", "all.h5", "--columns", "visit,a,3")
    assert "Left out" not in asked.err
    assert len(open_data(tmp_path / "all.h5")[0].columns) == 3
    small = ("--epochs", "1", "--chains", "16", "--device", "cpu")
    trained = landscape("train", "points", "--points", "visits.csv", *small, "-o", "run.h5")
    assert trained.code == 0, trained.err
    said = "to learn them too: landscape import visits.csv -o visits.h5 --columns visit,a,3"
    assert said in trained.err
