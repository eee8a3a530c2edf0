"""Weights of the rows of a table: how much each counts, or how often it was seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from landscape_app.data.importing.columns import TYPE_NAMES, WEIGHING, Column, ColumnType
from landscape_app.data.importing.images import ImportFailure
from landscape_app.data.importing.tables import Table
from landscape_app.language import tr

COUNT_NAMES = frozenset({"freq", "frequency", "frequencies", "count", "counts", "n", "num", "number"})
WEIGHT_NAMES = frozenset(
    {"weight", "weights", "wt", "wgt", "wts", "w", "fnlwgt", "finalwt", "perwt", "hhwt", "pweight", "fweight"}
)
"""Names of columns that may say how much a row counts, in small letters."""

WEIGHS_NOTHING = tr("weight 0")
"""Reason why a row is left out that is no fault of the file."""

WEIGHT_ENDINGS = ("_weight", "_wt", "_wgt", ".weight", ".wt", " weight")

MOST_DRAWN_EXACTLY = 10**9
"""Rows in all up to which numpy draws some of them without putting back."""


@dataclass(frozen=True, eq=False)
class RowWeights:
    """Weights of some rows.

    Attributes:
        values: rows that each counts as, float64, shape (rows,); their sum is the number of rows that all are worth.
        are_counts: whether these are frequencies, so that the rows of one cell can be divided.
    """

    values: npt.NDArray[np.float64]
    are_counts: bool

    def divided(self, share: float, seed: int) -> npt.NDArray[np.float64]:
        """Counts of each row to learn from and held out in two halves, at random, shape (3, rows).

        Raises:
            ImportFailure: there are too few.
        """
        counts = self.values.astype(np.int64)
        total = int(counts.sum())
        if total < 3:
            raise ImportFailure(
                tr("the frequencies are of {count} rows in all, three at least are needed", count=total)
            )
        random = np.random.default_rng(seed)
        wanted = min(max(1, round(share * total)), total - 2)
        held_out = _drawn(counts, wanted, random)
        validation = _drawn(held_out, (int(held_out.sum()) + 1) // 2, random)
        return np.stack([counts - held_out, validation, held_out - validation]).astype(np.float64)


def _drawn(counts: npt.NDArray[np.int64], some: int, random: np.random.Generator) -> npt.NDArray[np.int64]:
    """So many of the rows that counts stand for, without putting back, by the place of the count, shape (rows,)."""
    total = int(counts.sum())
    if total < MOST_DRAWN_EXACTLY:
        return random.multivariate_hypergeometric(counts, some, method="marginals")
    return random.binomial(counts, some / total)


def weight_column(table: Table) -> Column | None:
    """The column that says how much each row counts; None where no column has such a type.

    Raises:
        ImportFailure: there are two.
    """
    found = [column for column in table.columns if column.type in WEIGHING]
    if len(found) > 1:
        names = ", ".join(repr(column.name) for column in found)
        raise ImportFailure(
            tr("one column can be the weight of a row, and {names} are said to be", names=names)
        )
    return found[0] if found else None


def may_weigh(column: Column, kind: ColumnType) -> bool:
    """True of a column of numbers that can be of a type that weighs rows: none below zero, frequencies whole."""
    if column.guess not in (ColumnType.NUMBER, ColumnType.WHOLE, ColumnType.IDENTIFIER):
        return False
    if column.given is None:
        low, high = column.limits
        return bool(low >= 0 and high > 0) and (kind is not ColumnType.FREQUENCY or column.is_whole)
    numbers = column.typed(kind).numbers
    finite = numbers[np.isfinite(numbers)]
    whole = kind is not ColumnType.FREQUENCY or bool((finite == np.rint(finite)).all())
    return len(finite) > 0 and bool((finite >= 0).all() and finite.any()) and whole


def fault_of(column: Column, row: int) -> str:
    """Reason why a cell is no weight; empty where it is one."""
    number = column.numbers[row]
    if not np.isfinite(number):
        return tr("no finite number")
    if number == 0:
        return WEIGHS_NOTHING
    if number < 0:
        return tr("a weight below zero")
    if column.type is ColumnType.FREQUENCY and number != np.rint(number):
        return tr("no whole number of rows")
    return ""


def has_weight(column: Column) -> npt.NDArray[np.bool_]:
    """Mask of the rows that a column gives a weight, shape (rows,)."""
    numbers = column.numbers
    with np.errstate(invalid="ignore"):
        good = np.isfinite(numbers) & (numbers > 0)
        return good & (numbers == np.rint(numbers)) if column.type is ColumnType.FREQUENCY else good


def weights_of(column: Column, rows: npt.NDArray[np.intp]) -> RowWeights:
    """Weights of rows that have one: frequencies as they are, others in units of which n w sum to (Σ w)² / Σ w².

    That many equal rows would have means with the same standard errors (Kish, "Survey sampling" (1965)).

    Args:
        column: that says them.
        rows: places of those that are taken.
    """
    values = column.numbers[rows].astype(np.float64)
    if column.type is ColumnType.FREQUENCY:
        return RowWeights(values, True)
    return RowWeights(worth_of(values), False)


def worth_of(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Positive weights in units in which their sum is (Σ w)² / Σ w², shape (n,)."""
    relative = weights / weights.max()
    return relative * (relative.sum() / (relative**2).sum())


def with_frequencies(table: Table) -> Table:
    """The table with the type of a column of frequencies, where that is beyond doubt.

    Its name says so, its numbers are whole, all other columns are categories, and no two rows have the same.
    """
    named = [column for column in table.columns if column.name.strip().lower() in COUNT_NAMES]
    if len(named) != 1 or len(table.columns) < 2:
        return table
    (column,) = named
    if column.given is not None or column.guess not in (ColumnType.WHOLE, ColumnType.IDENTIFIER):
        return table
    others = [one for one in table.columns if one is not column and not _numbers_rows(one)]
    numbers = column.numbers
    whole = np.isfinite(numbers).all() and (numbers >= 0).all() and column.is_whole and numbers.max() > 1
    if not (whole and others) or any(
        one.guess not in (ColumnType.CATEGORY, ColumnType.YES_NO, ColumnType.IDENTIFIER) for one in others
    ):
        return table
    cells = np.stack([one.codes for one in others], axis=1)
    if len(np.unique(cells, axis=0)) < len(cells):
        return table
    return table.typed({column.name: ColumnType.FREQUENCY})


def _numbers_rows(column: Column) -> bool:
    """True of a column of whole numbers that only counts the rows."""
    return column.guess is ColumnType.IDENTIFIER and bool(np.isfinite(column.numbers).all())


def proposals(table: Table) -> list[str]:
    """Columns that may be weights, each with the option that says so; none where one is taken already."""
    if weight_column(table) is not None:
        return []
    found = []
    for column in table.columns:
        name = column.name.strip().lower()
        counts = name in COUNT_NAMES
        if not (counts or name in WEIGHT_NAMES or name.endswith(WEIGHT_ENDINGS)) or column.given is not None:
            continue
        if not (column.is_numeric and column.is_positive):
            continue
        kind = ColumnType.FREQUENCY if counts and column.is_whole else ColumnType.WEIGHT
        found.append(
            tr(
                "column {name!r} may say how much each row counts, and is learned like any other; if it does, "
                "give it the type {type} (--type {name}={option})",
                name=column.name,
                type=TYPE_NAMES[kind],
                option=kind.value,
            )
        )
    return found


def words_of(column: Column, weights: RowWeights) -> str:
    """Weights in words, with the number of rows that they are worth."""
    worth, rows = weights.values.sum(), len(weights.values)
    if weights.are_counts:
        return tr(
            "column {name!r} says how often each of {rows:,} rows was seen: {worth:,.0f} times in all",
            name=column.name,
            rows=rows,
            worth=worth,
        )
    return tr(
        "column {name!r} weighs the rows: {rows:,} are worth {worth:,.1f} of equal weight, (Σ w)² / Σ w²",
        name=column.name,
        rows=rows,
        worth=worth,
    )


def split_by_counts(
    parts: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Items once for each set that has some of them.

    Args:
        parts: counts to learn from and of two held-out halves, shape (3, n).

    Returns:
        Places among the n items, their counts, shape (m,) each, and which of the m are to learn from and held out.
    """
    sets = [np.flatnonzero(counts) for counts in parts]
    counts = np.concatenate([part[places] for part, places in zip(parts, sets, strict=True)])
    learned = len(sets[0])
    return (
        np.concatenate(sets),
        counts,
        np.arange(learned),
        np.arange(learned, len(counts)),
    )
