"""Points from files: what is written is read, by the editor and as a data set, and what is no table is refused."""

import csv
from pathlib import Path

import numpy as np
import pytest

from landscape_app.data.importing import tables
from landscape_app.data.importing.table_data import import_points
from landscape_app.data.importing.tables import open_table
from landscape_app.data.points import read_table, write_table


def test_what_is_written_is_read_to_the_last_digit(tmp_path: Path) -> None:
    points = np.random.default_rng(0).normal(size=(50, 2)) * [1e-7, 1e5]
    path = tmp_path / "points.csv"
    write_table(path, points, names=("x", "y"))
    assert np.array_equal(read_table(path), points)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert float(rows[7]["y"]) == points[7, 1]


def test_what_the_editor_writes_can_be_trained_on(tmp_path: Path) -> None:
    points = np.random.default_rng(0).normal(size=(50, 2))
    write_table(tmp_path / "mine.csv", points, names=("x", "y"))
    dataset = import_points(open_table(tmp_path / "mine.csv")).dataset
    np.testing.assert_array_equal(dataset.items, points.astype(np.float32))
    assert dataset.name == "mine"


@pytest.mark.parametrize(
    "text",
    [
        "1,2\n3,4\n",
        "x,y\n1,2\n\n3,4",
        "\ufeffa,b\r\n1,2\r\n3,4\r\n",
        '"x","y"\n 1, 2\n3 ,4\n',
        "# made by hand\nx\ty\n1\t2\n3\t4\n",
        "# the first\n1;2\n# the second\n3;4\n",
        "x y\n1  2\n 3   4\n",
    ],
)
def test_tables_of_others_are_read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "points.csv"
    path.write_bytes(text.encode())
    assert np.array_equal(read_table(path), [[1, 2], [3, 4]])


def test_a_single_column_is_a_line(tmp_path: Path) -> None:
    (tmp_path / "line.txt").write_text("height\n1\n2.5\n4\n")
    assert import_points(open_table(tmp_path / "line.txt")).dataset.items.shape == (3, 1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no rows; expected cells with commas between them"),
        (b"x,y\n", "has a header, and no rows below it"),
        (b"1,2\n1,2,3\n", "line 2: 3 cells instead of 2"),
        (b"1,2\n3\n4,5\n", "line 2: column 'column 2': no value"),
        (b"1,2\n3,hello\n", "line 2: column 'column 2': 'hello' is no finite number"),
        (b"1,\n3,4\n", "line 1: column 'column 2': no value"),
        (b"1,2\nnan,1\n", "line 2: column 'column 1': no value"),
        (b"1,2\n\xff\xfe,1\n", "line 2: column 'column 1': 'яю' is no finite number"),
        (b"1,2\n\x00\x01,1\n", "not a table"),
    ],
)
def test_what_is_no_table_is_refused_with_the_reason(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "points.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=words):
        read_table(path)


def test_what_is_missing_too_large_or_of_another_form_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match="No such file"):
        read_table(tmp_path / "missing.csv")
    (tmp_path / "points.docx").touch()
    with pytest.raises(ValueError, match="tables are read from"):
        read_table(tmp_path / "points.docx")
    monkeypatch.setattr(tables, "MOST_CELLS", 8)
    (tmp_path / "large.csv").write_text("1,2\n" * 5)
    with pytest.raises(ValueError, match="has more rows than the 4 that are read"):
        read_table(tmp_path / "large.csv")
