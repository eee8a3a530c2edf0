"""Points of one's own from a file, a row each, and back: as a table of text or as a NumPy array."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from landscape_app.data.dataset import Dataset

ENDINGS = (".csv", ".tsv", ".txt", ".npy")
SEPARATORS = ",;\t"
"""Between the numbers of a row, the first of these that the table's first row has; else blanks."""

MOST_BYTES = 64_000_000
"""Largest file that is read."""


def read_points(path: Path) -> Dataset:
    """The points in a file as a data set that carries the file's name.

    Raises ValueError where the file is missing, is of another form, or holds no points that can be learned.
    """
    path = Path(path)
    table = read_table(path)
    try:
        return Dataset.of_points(table, name=path.stem)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def read_table(path: Path) -> np.ndarray:
    """The numbers in a file, shape (rows, columns), float64 where it is text.

    Text is read with commas, semicolons, tabs or blanks between the numbers; a first row of names is its header, and
    # begins a comment. An array may be of any numbers (.npy).

    Raises ValueError where the file is missing, too large, or no such table; of text it says which line.
    """
    path = Path(path)
    if path.suffix.lower() not in ENDINGS:
        raise ValueError(f"points are read from {', '.join(ENDINGS)}, not from {path}")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"{path} is larger than {MOST_BYTES // 10**6} MB; it is not read")
        return _read_array(path) if path.suffix.lower() == ".npy" else _read_text(path)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror or error}") from error


def write_table(path: Path, table: np.ndarray, names: Iterable[str]) -> None:
    """Writes a table, shape (rows, columns): the columns' names, then a row a line, in as many digits as they have.

    Raises:
        OSError: the file cannot be written.
    """
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(names)
        rows.writerows([repr(float(number)) for number in row] for row in table)


def _read_array(path: Path) -> np.ndarray:
    try:
        return np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ValueError(f"{path} does not hold rows of numbers: {error}") from error


def _read_text(path: Path) -> np.ndarray:
    rows: list[list[float]] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            for line, cells in _cells(file):
                if not rows and not any(_is_number(cell) for cell in cells):
                    continue
                if rows and len(cells) != len(rows[0]):
                    raise ValueError(
                        f"{path}, line {line}: expected {len(rows[0])} numbers as above, got {len(cells)}"
                    )
                rows.append([_number(cell, f"{path}, line {line}") for cell in cells])
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is not a table of numbers: {error}") from error
    if not rows:
        raise ValueError(f"{path} holds no points; expected rows of numbers with commas between them")
    return np.array(rows, dtype=np.float64)


def _cells(file: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Every row that is more than a comment, with its line's number."""
    separator = None
    for line, text in enumerate(file, start=1):
        text = text.partition("#")[0].strip()
        if not text:
            continue
        if separator is None:
            separator = next((s for s in SEPARATORS if s in text), " ")
        yield line, next(csv.reader([text], delimiter=separator, skipinitialspace=True))


def _number(cell: str, where: str) -> float:
    if not (_is_number(cell) and math.isfinite(float(cell))):
        raise ValueError(f"{where}: {cell.strip()[:40]!r} is not a finite number")
    return float(cell)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
