"""Points as comma-separated values: what is written is read, and what is no table is refused with its line."""

import csv
from pathlib import Path

import numpy as np
import pytest

from landscape_app.data.points import MOST_POINTS, read_points, write_points


def test_what_is_written_is_read_to_the_last_digit(tmp_path: Path) -> None:
    points = np.random.default_rng(0).normal(size=(50, 2)) * [1e-7, 1e5]
    write_points(tmp_path / "points.csv", points)
    assert np.array_equal(read_points(tmp_path / "points.csv"), points)
    with (tmp_path / "points.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert float(rows[7]["y"]) == points[7, 1]


@pytest.mark.parametrize(
    "text", ["1,2\n3,4\n", "x,y\n1,2\n\n3,4", "﻿a,b\r\n1,2\r\n3,4\r\n", '"x","y"\n 1, 2\n3 ,4\n']
)
def test_tables_of_others_are_read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "points.csv"
    path.write_bytes(text.encode())
    assert np.array_equal(read_points(path), [[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "has no points"),
        (b"x,y\n", "has no points"),
        (b"x,y\n1,2,3\n", "line 2: expected two numbers"),
        (b"1,2\n3\n", "line 2: expected two numbers"),
        (b"1,2\n3,hello\n", "line 2: 'hello' is not a finite number"),
        (b"1,2\nnan,1\n", "line 2: 'nan'"),
        (b"1,2\n\xff\xfe,1\n", "not a table"),
        (b"1,2\n" * (MOST_POINTS + 1), "at most 20,000 fit"),
        (b"1,2\n" * 1_000_001, "more than 4 MB"),
    ],
)
def test_what_is_no_table_is_refused_with_the_reason(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "points.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=words):
        read_points(path)
