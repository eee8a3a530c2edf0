"""What a table is: `landscape train`, `landscape import` and `load_data` read the same points from the same text."""

import re
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from landscape_app.cli import train
from landscape_app.data.dataset import Kind
from landscape_app.session.dataset_io import open_data
from landscape_app.session.load import load_data

Landscape = Callable[..., Any]

POINTS = np.random.default_rng(0).normal(size=(12, 2)).round(4)
ROWS = [[str(x), str(y)] for x, y in POINTS.tolist()]


def lines(rows: list[list[str]], separator: str = ",") -> str:
    return "\n".join(separator.join(row) for row in rows)


def numbered(first: int) -> str:
    return "id,a,b\n" + lines([[str(i), *row] for i, row in enumerate(ROWS, start=first)])


BROKEN = ["", "NA", "?", "nan", "oops"]

TABLES: dict[str, tuple[str, str]] = {
    "without a header": (lines(ROWS), ""),
    "with a header": ("width,height\n" + lines(ROWS), ""),
    "with a header over every column, and none below one": ("width,\n" + lines(ROWS), ""),
    "with semicolons": ("a;b\n" + lines(ROWS, ";"), ""),
    "with tabs and comments": ("# by hand\na\tb\n" + lines(ROWS, "\t") + "\n# the last\n\n", ""),
    "with blanks": ("a b\n" + lines(ROWS, "  "), ""),
    "as spreadsheets write it": ('\ufeff"a","b"\r\n' + lines(ROWS).replace("\n", "\r\n"), ""),
    "with values missing": (
        lines([["a", "b"], *ROWS[:5], *([word, "1.5"] for word in BROKEN), *ROWS[5:]]),
        r"5 left out: line 7 \(column 'a': no value\).*line 11 \(column 'a': 'oops' is no finite number\)",
    ),
    "with a row too long": (lines([*ROWS, ["1", "2", "3"]]), r"1 left out: line 13 \(3 cells instead of 2\)"),
    "with rows numbered from 0": (numbered(0), r"not used: id \(identifier\)"),
    "with rows numbered from 1": (numbered(1), r"not used: id \(identifier\)"),
    "with words": (
        "town,a,b\n" + lines([["Rome" if i % 3 else "Oslo", *row] for i, row in enumerate(ROWS)]),
        r"not used: town \(category\)",
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_training_import_and_scripts_read_the_same_points(
    landscape: Landscape,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    monkeypatch.setattr("landscape_app.session.api.seconds_per_epoch", lambda *_: 0.5)
    text, omissions = TABLES[name]
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8", newline="")
    done = landscape("import", "mine.csv", "-o", "mine.h5", "--as", "points")
    assert done.code == 0, done.err
    trained_on, _, _ = train._data("points", path)
    told = capsys.readouterr().err.replace("\n", " ")
    assert re.search(omissions, told) if omissions else not told
    with pytest.warns(UserWarning, match=f"of mine, {omissions}") if omissions else nullcontext():
        loaded = load_data(path)
    for dataset in (loaded, trained_on, open_data(tmp_path / "mine.h5")[0]):
        assert dataset.kind is Kind.POINTS
        np.testing.assert_array_equal(dataset.items, POINTS.astype(np.float32))
        np.testing.assert_array_equal(dataset.held_out, loaded.held_out)


def test_columns_of_a_table_are_taken_where_they_are_asked_for(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(numbered(0), encoding="utf-8")
    with pytest.warns(UserWarning, match=r"not used: a \(not chosen\)$"):
        chosen = load_data(tmp_path / "mine.csv", columns=["id", "3"])
    np.testing.assert_allclose(chosen.items, np.stack([np.arange(12), POINTS[:, 1]], axis=1), rtol=1e-6)
    for options, words in (
        ({"columns": ["c"]}, "no column 'c'; choose by name or by number from 1 to 3: id, a, b"),
        ({"height": 8}, "'height' goes with images"),
    ):
        with pytest.raises(ValueError, match=words):
            load_data(tmp_path / "mine.csv", **options)  # type: ignore[arg-type]


def test_an_array_in_a_file_is_what_it_is_in_memory(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    for array in (
        random.normal(size=(9, 4)),
        random.normal(size=7),
        random.integers(0, 4, (9, 4, 4)),
        random.choice([-1, 1], (9, 3)),
    ):
        np.save(tmp_path / "mine.npy", array)
        one, other = load_data(array), load_data(tmp_path / "mine.npy")
        assert (one.kind, one.levels, other.name) == (other.kind, other.levels, "mine")
        np.testing.assert_array_equal(one.items, other.items)
    with pytest.raises(ValueError, match="'columns' goes with tables"):
        load_data(tmp_path / "mine.npy", columns=["1"])
