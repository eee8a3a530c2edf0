"""What a plot shows, as named columns of numbers, and as CSV."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np

from landscape_app.runs.whole_file import written_whole

Column = tuple[str, np.ndarray]
"""Name with its unit, and numbers or words, shape (n,)."""


@dataclass(frozen=True, eq=False)
class Series:
    """Columns that belong together, row by row: one or several curves over the same places.

    Attributes:
        x: the places.
        values: what is there, each of the same length.

    Raises:
        ValueError: the columns are not of one length.
    """

    x: Column
    values: tuple[Column, ...]

    def __post_init__(self) -> None:
        lengths = {len(column) for _, column in self.columns}
        if len(lengths) > 1:
            raise ValueError(f"columns of one series must be of one length, got {sorted(lengths)}")

    @property
    def columns(self) -> tuple[Column, ...]:
        """All of them, the places first."""
        return (self.x, *self.values)


def write_csv(path: Path, series: Sequence[Series]) -> None:
    """Writes series side by side as CSV, names in the first row, cells that are not finite left empty.

    Series over the same places share their column; others have their own, and end where they end. A name that
    recurs is numbered.

    Raises:
        RunFileError: the file cannot be written.
    """
    columns: list[Column] = []
    last: Column | None = None
    for one in series:
        shares = last is not None and last[0] == one.x[0] and np.array_equal(last[1], one.x[1])
        columns += one.values if shares else one.columns
        last = one.x
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_distinct([name for name, _ in columns]))
    writer.writerows(
        zip_longest(*([_cell(value) for value in column] for _, column in columns), fillvalue="")
    )
    with written_whole(path) as part:
        # The mark tells spreadsheets that names with Greek letters are UTF-8.
        part.write_bytes(text.getvalue().encode("utf-8-sig"))


def _distinct(names: Sequence[str]) -> list[str]:
    """Names in their order, a number after those that have been there before."""
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found


def _cell(value: object) -> str:
    """As many digits as bring the number back."""
    if isinstance(value, float | np.floating):
        return repr(float(value)) if np.isfinite(value) else ""
    return str(value)
