"""Points drawn by hand as tables of text, and back."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from landscape_app.data.dataset import Kind
from landscape_app.data.importing import open_rows
from landscape_app.data.importing.images import ImportFailure
from landscape_app.data.importing.table_data import readable_rows
from landscape_app.language import tr


def read_table(path: Path) -> np.ndarray:
    """The numbers in a table, float64, shape (rows, columns): all of them, or none.

    Raises:
        ImportFailure: the file is no table, or something in it is no finite number; says in which line.
    """
    table = open_rows(path)
    _, left_out = readable_rows(table, table.columns, Kind.POINTS)
    if table.not_drawn:
        raise ImportFailure(
            tr("{path} has more rows than the {count:,} that are read of it", path=path, count=len(table))
        )
    if left_out:
        raise ImportFailure(f"{path}, {left_out[0].name}: {left_out[0].reason}")
    return np.stack([column.numbers for column in table.columns], axis=1)


def write_table(path: Path, table: np.ndarray, names: Iterable[str]) -> None:
    """Writes a table, shape (rows, columns): the columns' names, then a row a line, in as many digits as they have.

    Raises:
        OSError: the file cannot be written.
    """
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(names)
        rows.writerows([repr(float(number)) for number in row] for row in table)
