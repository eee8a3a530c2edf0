"""Columns of a table in data and in chains: moments, shares, correlations, and the rows near a condition."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from landscape_app.counting import counted
from landscape_app.data import ColumnMeaning
from landscape_app.language import tr
from landscape_app.physics.estimate import Estimate
from landscape_app.physics.fields import Field, FixedColumns
from landscape_app.physics.space import Space
from landscape_app.session.conditioning import place_of

Array = npt.NDArray[np.float64]

LEAST_ROWS = 4
"""Rows or chains that have moments with errors."""

NEAR = 0.25
"""Deviations of a column by which a row may lie off a number that is fixed, and be near."""

LEAST_NEAR = 20
"""Rows that are near in any case, where so many have the words that are fixed."""

MOMENTS = ("mean", "deviation", "skewness")


class ColumnFigure(NamedTuple):
    """A figure of a column.

    Attributes:
        column: its number, from 0.
        what: "mean", "deviation" or "skewness", of a column on a log scale of its natural logarithm; or "share".
        value: of a share, the place of its word; 0 of others.
        data: over the rows, with the error of as many.
        chains: over the chains, likewise.
    """

    column: int
    what: str
    value: int
    data: Estimate
    chains: Estimate

    @property
    def errors(self) -> float:
        """Chains less data, in joint standard errors; NaN where one is not known."""
        return difference(self.chains, self.data)


class Near(NamedTuple):
    """Rows of the data near what is fixed.

    Attributes:
        rows: mask, bool, shape (n,); all where nothing is fixed.
        words: such as "23 of 353 training rows near sex = f, bmi 29.1 to 30.8"; "" where nothing is fixed.
    """

    rows: npt.NDArray[np.bool_]
    words: str


@dataclass(frozen=True, eq=False)
class ColumnComparison:
    """A table and chains.

    Attributes:
        figures: of every column that is not fixed.
        names: of what is correlated: numbers, and words of categories against all others of their column.
        columns: numbers of their columns, from 0.
        data: correlations of the rows, shape (k, k); NaN where something does not vary.
        data_errors: standard errors of those.
        chains: correlations of the chains.
        chain_errors: standard errors of those.
    """

    figures: tuple[ColumnFigure, ...]
    names: tuple[str, ...]
    columns: tuple[int, ...]
    data: Array
    data_errors: Array
    chains: Array
    chain_errors: Array

    @classmethod
    def of(
        cls,
        columns: Sequence[ColumnMeaning],
        rows: Array,
        chains: Array,
        worth: float,
        fixed: Sequence[int] = (),
    ) -> ColumnComparison:
        """Compares rows with chains.

        Args:
            columns: of the table.
            rows: in the units of the file, shape (n, columns).
            chains: likewise, shape (m, columns).
            worth: number of independent chains that they count as.
            fixed: columns that are left out, as they have one value in every chain.
        """
        free = [i for i in range(len(columns)) if i not in fixed]
        figures = [
            figure for i in free for figure in _figures(i, columns[i], rows[:, i], chains[:, i], worth)
        ]
        names, of, members = _variables(columns, free)
        data, data_errors = _correlations(_values(columns, members, rows), len(rows))
        found, errors = _correlations(_values(columns, members, chains), worth)
        return cls(tuple(figures), names, of, data, data_errors, found, errors)

    @property
    def differences(self) -> Array:
        """Correlations of the chains less those of the data, in joint standard errors, shape (k, k)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return (self.chains - self.data) / np.hypot(self.data_errors, self.chain_errors)

    @property
    def furthest(self) -> tuple[int, ...]:
        """Columns by how far the chains lie off the data in one of their figures, the furthest first."""
        worst: dict[int, float] = {}
        for figure in self.figures:
            off = abs(figure.errors)
            worst[figure.column] = max(worst.get(figure.column, 0.0), off if math.isfinite(off) else 0.0)
        return tuple(sorted(worst, key=lambda column: -worst[column]))


def difference(a: Estimate, b: Estimate) -> float:
    """a less b in joint standard errors; NaN where one is not known."""
    error = math.hypot(a.error, b.error)
    return (a.value - b.value) / error if error > 0 else math.nan


def fixed_values(fields: Sequence[Field], columns: Sequence[ColumnMeaning], space: Space) -> dict[int, float]:
    """Values of the columns that are fixed, by their number: in the unit of the file, of a word its place."""
    return {
        column: float(columns[column].in_unit(place_of(columns[column], space, value)))
        for field in fields
        if isinstance(field, FixedColumns)
        for column, value in field.columns
        if column < len(columns)
    }


def rows_near(columns: Sequence[ColumnMeaning], rows: Array, fixed: Mapping[int, float]) -> Near:
    """Rows that have the words that are fixed, and numbers near those.

    Near are rows within `NEAR` deviations of every number, and the `LEAST_NEAR` nearest in any case.

    Args:
        columns: of the table.
        rows: in the units of the file, shape (n, columns).
        fixed: values by column, in the same units.
    """
    if not fixed:
        return Near(np.ones(len(rows), bool), "")
    distance, has_words = np.zeros(len(rows)), np.ones(len(rows), bool)
    for i, value in fixed.items():
        if columns[i].values:
            has_words &= rows[:, i] == value
            continue
        places = columns[i].drawn(rows[:, i])
        spread = float(places.std()) or 1.0
        distance = np.maximum(distance, np.abs(places - float(columns[i].drawn(value))) / spread)
    distance[~has_words] = math.inf
    reach = max(NEAR, float(np.sort(distance)[min(LEAST_NEAR, len(rows)) - 1]))
    near = has_words & (distance <= reach)
    said = []
    for i, value in fixed.items():
        if columns[i].values:
            said.append(f"{columns[i].name} = {columns[i].values[round(value)]}")
        elif near.any():
            low, high = (columns[i].text_in_unit(end) for end in (rows[near, i].min(), rows[near, i].max()))
            said.append(tr("{column} {low} to {high}", column=columns[i].name, low=low, high=high))
    of_rows = {
        "count": int(near.sum()),
        "rows": counted(len(rows), "training row"),
        "values": ", ".join(said),
    }
    return Near(
        near,
        tr("{count:,} of {rows} near {values}", **of_rows)
        if any(not columns[i].values for i in fixed)
        else tr("{count:,} of {rows} with {values}", **of_rows),
    )


def _figures(
    number: int, column: ColumnMeaning, rows: Array, chains: Array, worth: float
) -> list[ColumnFigure]:
    if column.values:
        counts = [
            np.bincount(x.astype(int), minlength=len(column.values)) / max(len(x), 1) for x in (rows, chains)
        ]
        return [
            ColumnFigure(
                number,
                "share",
                place,
                Estimate.share(float(counts[0][place]), len(rows)),
                Estimate.share(float(counts[1][place]), worth),
            )
            for place in range(len(column.values))
        ]
    of_rows, of_chains = _moments(column.drawn(rows), len(rows)), _moments(column.drawn(chains), worth)
    return [
        ColumnFigure(number, what, 0, data, found)
        for what, data, found in zip(MOMENTS, of_rows, of_chains, strict=True)
    ]


def _moments(x: Array, worth: float) -> list[Estimate]:
    """Mean, deviation and skewness, with errors by their influence functions (Hampel 1974)."""
    deviation = float(x.std()) if len(x) else 0.0
    if len(x) < LEAST_ROWS or not deviation:
        return [
            Estimate(float(x.mean()) if len(x) else math.nan, math.nan),
            *[Estimate(math.nan, math.nan)] * 2,
        ]
    mean = float(x.mean())
    z = (x - mean) / deviation
    skewness = float((z**3).mean())
    influence = (
        deviation * z,
        deviation * (z**2 - 1) / 2,
        z**3 - skewness - 3 * z - 1.5 * skewness * (z**2 - 1),
    )
    errors = [float(values.std()) / math.sqrt(worth) for values in influence]
    return [Estimate(*pair) for pair in zip((mean, deviation, skewness), errors, strict=True)]


def _variables(
    columns: Sequence[ColumnMeaning], free: Sequence[int]
) -> tuple[tuple[str, ...], tuple[int, ...], list[tuple[int, int]]]:
    """Names of what is correlated, their columns, and (column, word) of each; a category of two words is one."""
    members: list[tuple[int, int]] = []
    for i in free:
        words = len(columns[i].values)
        members += [(i, 0)] if not words else [(i, word) for word in (range(words) if words > 2 else (1,))]
    names = tuple(
        f"{columns[i].name} = {columns[i].values[word]}" if columns[i].values else columns[i].title
        for i, word in members
    )
    return names, tuple(i for i, _ in members), members


def _values(columns: Sequence[ColumnMeaning], members: Sequence[tuple[int, int]], x: Array) -> Array:
    """Numbers, and indicators of words, shape (n, k)."""
    found = [
        (x[:, i] == word).astype(float) if columns[i].values else columns[i].drawn(x[:, i])
        for i, word in members
    ]
    return np.stack(found, 1) if found else np.zeros((len(x), 0))


def _correlations(x: Array, worth: float) -> tuple[Array, Array]:
    """Pearson's correlations of columns, and their errors by the influence function, shape (k, k) both."""
    count = x.shape[1]
    if len(x) < LEAST_ROWS:
        return np.full((count, count), math.nan), np.full((count, count), math.nan)
    deviation = x.std(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (x - x.mean(0)) / np.where(deviation > 1e-12 * np.abs(x).max(0), deviation, math.nan)
    r = z.T @ z / len(z)
    squares, cubes = (z**2).T @ z**2 / len(z), (z**3).T @ z / len(z)
    fourth = np.diag(squares)
    variance = squares - r * (cubes + cubes.T) + r**2 / 4 * (fourth[:, None] + fourth + 2 * squares)
    return r, np.sqrt(np.maximum(variance, 0.0) / worth)
