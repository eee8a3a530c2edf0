"""Points in the plane as a table of comma-separated values."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np

MOST_POINTS = 20_000
"""Points that a file may hold."""

MOST_BYTES = 4_000_000
"""Of a file: more than so many points can take."""

HEADER = ("x", "y")


def write_points(path: Path, points: np.ndarray) -> None:
    """Writes points, shape (n, 2): a header, then one point a line, in as many digits as they have.

    Raises:
        OSError: the file cannot be written.
    """
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(HEADER)
        table.writerows([repr(float(x)), repr(float(y))] for x, y in points)


def read_points(path: Path) -> np.ndarray:
    """Points of a file, float64, shape (n, 2); a first line that is no numbers is its header.

    Raises:
        ValueError: the file is no such table, empty or too large; says which line.
        OSError: the file cannot be read.
    """
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(
            f"{path.name} has more than {MOST_BYTES / 1e6:g} MB; at most {MOST_POINTS:,} points fit"
        )
    points: list[tuple[float, float]] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            for line, row in enumerate(csv.reader(file), start=1):
                if not row or (line == 1 and not _is_number(row[0])):
                    continue
                points.append(_point(row, path.name, line))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path.name} is not a table of comma-separated values: {error}") from error
    if not points:
        raise ValueError(f"{path.name} has no points; expected one a line, x and y with a comma between them")
    if len(points) > MOST_POINTS:
        raise ValueError(f"{path.name} has {len(points):,} points; at most {MOST_POINTS:,} fit")
    return np.array(points, dtype=np.float64)


def _point(row: list[str], name: str, line: int) -> tuple[float, float]:
    if len(row) != 2:
        raise ValueError(f"{name}, line {line}: expected two numbers, x and y, got {len(row)} columns")
    for text in row:
        if not (_is_number(text) and math.isfinite(float(text))):
            raise ValueError(f"{name}, line {line}: {text.strip()[:40]!r} is not a finite number")
    return float(row[0]), float(row[1])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
