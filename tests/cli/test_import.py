"""`landscape import`: one's own data, and what training makes of them."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from landscape_app.cli.import_data import Form
from landscape_app.data.dataset import Kind
from landscape_app.data.digits import load_digits
from landscape_app.runs.run_file import RunState, write_run
from landscape_app.session.checkpoint import open_session
from landscape_app.session.dataset_io import open_data

Landscape = Callable[..., Any]


def test_a_folder_with_classes_is_imported_trained_and_opened(landscape: Landscape, tmp_path: Path) -> None:
    digits = load_digits()
    assert digits.labels is not None
    for i in range(60):
        place = tmp_path / "set" / ["even", "odd"][int(digits.labels[i]) % 2]
        place.mkdir(parents=True, exist_ok=True)
        image = np.asarray(digits.items[i] * 15.9, np.uint8)
        Image.fromarray(image).save(place / f"{i}.png")
    (tmp_path / "set" / "odd" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    for name in ("notes.txt", "more.txt", ".DS_Store"):
        (tmp_path / "set" / name).touch()
    done = landscape("import", "set", "-o", "set.h5", "--levels", "17", "--held-out", "0.25")
    assert done.code == 0, done.err
    assert "broken.png" in done.err
    assert "2: even, odd" in done.out
    assert re.search(r"not used +1: 3 files \(no images: 2 \.txt; hidden: 1\)", done.out)
    assert "3 files (no images: 2 .txt; hidden: 1)" in landscape("info", "set.h5").out
    dataset, configuration = open_data(tmp_path / "set.h5")
    assert dataset.items.shape == (60, 8, 8)
    assert len(dataset.held_out) == 15
    assert configuration.problem == "set"

    done = landscape("train", "set.h5", "--epochs", "2", "--chains", "16", "--device", "cpu", "-o", "run.h5")
    assert done.code == 0, done.err
    session = open_session(tmp_path / "run.h5", device="cpu")
    assert session.dataset.class_names == ("even", "odd")
    assert np.array_equal(session.dataset.items, dataset.items)
    assert session.classes == 2


def test_a_file_of_data_alone_opens_untrained(landscape: Landscape, tmp_path: Path) -> None:
    np.savetxt(
        tmp_path / "mine.csv", np.random.default_rng(0).normal(size=(40, 2)), delimiter=",", header="x,y"
    )
    done = landscape("import", "mine.csv", "-o", "mine.h5")
    assert done.code == 0, done.err
    session = open_session(tmp_path / "mine.h5", device="cpu")
    assert session.trainer.epoch == 0
    assert len(session.dataset.items) == 40

    told = landscape("info", "mine.h5")
    assert told.code == 0, told.err
    assert "landscape train mine.h5" in told.out
    assert "40: 32 to learn from, 8 held out" in told.out
    checked = landscape("check", "mine.h5")
    assert checked.code == 0, checked.err
    assert "no model has been trained" in checked.out


def test_a_table_can_be_taken_for_every_kind_of_data() -> None:
    assert {form.value for form in Form} == {*Kind, "images"}


def test_what_cannot_be_imported_is_refused_and_nothing_is_written(
    landscape: Landscape, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    with gzip.open(tmp_path / "labels-idx1-ubyte.gz", "wb") as file:
        file.write(bytes((0, 0, 8, 1, 0, 0, 0, 4, 0, 1, 2, 3)))
    (tmp_path / "prose.csv").write_text("hello world\nthis is prose, not a table,\nwhatever it is called\n")
    np.savetxt(tmp_path / "mine.csv", np.eye(3), delimiter=",")
    for arguments, words in (
        (("missing", "-o", "a.h5"), "no file or folder"),
        (("empty", "-o", "a.h5"), "has no images"),
        (("mine.csv", "-o", "a.h5", "--levels", "4"), "--levels goes with images"),
        (("empty", "-o", "a.png"), "ends in .h5"),
        (("labels-idx1-ubyte.gz", "-o", "a.h5"), "no images but 4 numbers"),
        (("prose.csv", "-o", "a.h5"), "prose"),
    ):
        done = landscape("import", *arguments)
        assert done.code == 2
        assert words in done.err
    assert not (tmp_path / "a.h5").exists()


def test_a_file_of_landscape_is_no_source_of_data(
    landscape: Landscape, tmp_path: Path, run_file: Path
) -> None:
    np.savetxt(tmp_path / "mine.csv", np.eye(5), delimiter=",")
    assert landscape("import", "mine.csv", "-o", "data.h5").code == 0
    before = (tmp_path / "data.h5").read_bytes()
    for arguments, code, words in (
        (("import", run_file.name, "-o", "a.h5"), 2, "is a run, not data; go on with it with"),
        (
            ("import", "data.h5", "-o", "a.h5"),
            2,
            "imported already; train on it with: landscape train data.h5",
        ),
        (("train", "data.h5", "-o", "data.h5"), 2, "is the data itself; choose another name"),
        (("script", "data.h5"), 2, "holds no trained model yet"),
        (("sample", "data.h5", "-o", "a.h5"), 2, "data.h5 holds no trained model yet; train one first"),
        (("diagnose", "data.h5"), 2, "data.h5 holds no trained model yet"),
        (("verify", "data.h5", "--model", "data.h5"), 2, "data.h5 holds no trained model yet"),
    ):
        done = landscape(*arguments)
        assert (done.code, done.out) == (code, "")
        assert words in done.err
    assert not (tmp_path / "a.h5").exists()
    assert (tmp_path / "data.h5").read_bytes() == before
    # Of the base measure alone there are samples before any training.
    assert landscape("sample", "data.h5", "--no-hamiltonian", "-n", "3", "-o", "base.npz").code == 0


def test_data_without_their_items_are_no_whole_file(landscape: Landscape, tmp_path: Path) -> None:
    write_run(tmp_path / "data.h5", RunState({}, {}, {}, {"data/training": np.arange(3)}))
    done = landscape("info", "data.h5")
    assert (done.code, done.out) == (2, "")
    assert "data.h5 is not a whole run file: the data set lacks its items" in done.err


def test_training_on_what_is_not_imported_says_how_to_import_it(landscape: Landscape, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "mine.csv").write_text("1,2\n")
    for name, advice in (
        ("photos", "import photos -o photos.h5"),
        ("mine.csv", "import mine.csv -o mine.h5"),
    ):
        done = landscape("train", name, "-o", "run.h5", "--epochs", "1")
        assert done.code == 2
        assert f"landscape {advice}" in done.err
