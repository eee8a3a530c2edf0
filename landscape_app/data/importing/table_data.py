"""A table on its way to a data set: points, spins or categories, of the columns that are chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from landscape_app.data.dataset import ColumnMeaning, Dataset, Kind, stratified_split
from landscape_app.data.importing.images import MOST_NAMED, ImportFailure, LeftOut, named
from landscape_app.data.importing.tables import Column, Table

MOST_CATEGORIES = 64
"""Values that a column of categories may have."""

USUAL_CATEGORIES = 12
"""Whole numbers of no more values than these are taken for categories, if nothing else is said."""

REPEATED = 3
"""Mean number of rows of each value of a column from which on the column is one of categories."""

COMPONENTS = 2
"""Principal components to which more columns of numbers are brought, if nothing else is said."""

MOST_LOST = 0.5
"""Share of the rows beyond which a table whose rows cannot be read is refused."""


@dataclass(frozen=True)
class TableOptions:
    """Forms that make a data set of a table.

    Attributes:
        kind: what its rows are.
        columns: names of the columns that are taken, in their order.
        components: of points, to so many principal components where there are more columns; 1 or 2 are drawn as
            what they are.
        held_out: share of the rows that no model learns from.
        most: rows to take, drawn with a fixed seed where there are more; None for all.

    Raises ValueError where one is out of its range.
    """

    kind: Kind
    columns: tuple[str, ...]
    components: int = COMPONENTS
    held_out: float = 0.2
    most: int | None = None

    def __post_init__(self) -> None:
        if not self.columns or len(set(self.columns)) < len(self.columns):
            raise ValueError(f"columns are needed, each once, got {', '.join(self.columns) or 'none'}")
        if self.components < 1:
            raise ValueError(f"one component at least is needed, got {self.components}")
        if not 0 < self.held_out < 1:
            raise ValueError(f"the share held out must lie between 0 and 1, got {self.held_out:g}")
        if self.most is not None and self.most < 3:
            raise ValueError(f"three rows at least are needed, got {self.most}")

    @classmethod
    def proposed(
        cls, table: Table, kind: Kind | None = None, columns: Sequence[str] | None = None
    ) -> TableOptions:
        """Options that suit a table, or some of its columns, or a kind.

        Columns of two values each are spins, those of words or of few whole numbers are categories, all others
        points. Columns that do not fit the kind, or only number the rows, are not taken.

        Args:
            table: the table.
            kind: what its rows are to be; None leaves it to the columns.
            columns: names or numbers of columns; None for those that fit.

        Raises:
            ImportFailure: there is no such column, one does not fit, or none does.
        """
        if columns is None:
            wanted = tuple(column for column in table.columns if not column.counts_rows) or table.columns
        else:
            wanted = tuple(table.column(name) for name in columns)
        if kind is None:
            kind = _proposed_kind([column for column in wanted if len(column.words) > 1])
        fitting = [column for column in wanted if _misfit(column, kind) is None]
        if columns is not None and len(fitting) < len(wanted):
            odd = next(column for column in wanted if column not in fitting)
            raise ImportFailure(f"column {odd.name!r} {_misfit(odd, kind)}")
        if not fitting:
            reasons = "; ".join(f"{column.name!r} {_misfit(column, kind)}" for column in wanted[:4])
            raise ImportFailure(f"no column of {table.name} can be taken as {kind.value}: {reasons}")
        return cls(kind, tuple(column.name for column in fitting))


class ImportedTable(NamedTuple):
    """A data set and what did not come along.

    Attributes:
        dataset: of points, spins or levels.
        left_out: rows that could not be read, by their line.
        columns_left_out: names of columns that were not taken.
        variance: share of the variance that the components hold; None where no columns were brought together.
    """

    dataset: Dataset
    left_out: tuple[LeftOut, ...]
    columns_left_out: tuple[str, ...]
    variance: float | None

    @property
    def omissions(self) -> str:
        """Losses of a move, in words; empty where there are none."""
        rows = f"{len(self.left_out):,} left out: {named(self.left_out)}" if self.left_out else ""
        columns, more = self.columns_left_out[:MOST_NAMED], len(self.columns_left_out) - MOST_NAMED
        others = f"columns not taken: {', '.join(columns)}{f' and {more:,} more' if more > 0 else ''}"
        return "; ".join(filter(None, (rows, others if columns else "")))


def import_table(table: Table, options: TableOptions) -> ImportedTable:
    """The data set of a table; rows that lack a value, or have a broken one, are left out and named.

    Raises:
        ImportFailure: a column does not fit, too few rows are left, or more than half are broken.
    """
    columns = [table.column(name) for name in options.columns]
    for column in columns:
        misfit = _misfit(column, options.kind)
        if misfit is not None:
            raise ImportFailure(f"column {column.name!r} {misfit}")
    kept, left_out = readable_rows(table, columns, options.kind)
    _check_enough(table, int(kept.sum()), len(left_out))
    rows = np.flatnonzero(kept)
    if options.most is not None and options.most < len(rows):
        chosen, _ = stratified_split(len(rows), None, 1 - options.most / len(rows))
        rows = rows[chosen[: options.most]]
    dataset, variance = _MAKERS[options.kind](table.name, columns, rows, options)
    taken = set(options.columns)
    others = tuple(column.name for column in table.columns if column.name not in taken)
    return ImportedTable(dataset, tuple(left_out), others, variance)


def import_points(table: Table, columns: Sequence[str] | None = None) -> ImportedTable:
    """The points in a table, a column a coordinate, however many there are.

    Args:
        table: the table.
        columns: names or numbers of those that are taken; None for all of numbers that do not only count the rows.

    Raises:
        ImportFailure: as `TableOptions.proposed` and `import_table` do.
        ValueError: the points cannot be learned.
    """
    options = TableOptions.proposed(table, Kind.POINTS, columns)
    return import_table(table, replace(options, components=len(options.columns)))


def readable_rows(
    table: Table, columns: Sequence[Column], kind: Kind
) -> tuple[npt.NDArray[np.bool_], list[LeftOut]]:
    """Mask of rows with a value of a kind in each of some columns, shape (rows,), and the file's other content."""
    is_number = kind is Kind.POINTS
    good = [np.isfinite(column.numbers) if is_number else column.codes >= 0 for column in columns]
    left_out = [*table.left_out, *_broken(table, columns, good)]
    return np.logical_and.reduce(good), sorted(left_out, key=lambda row: int(row.name.split()[1]))


def _proposed_kind(columns: Sequence[Column]) -> Kind:
    if columns and all(len(column.words) == 2 for column in columns):
        return Kind.SPINS
    if any(column.is_numeric and not _is_of_categories(column) for column in columns):
        return Kind.POINTS
    return Kind.LEVELS


def _is_of_categories(column: Column) -> bool:
    few = len(column.words) <= (USUAL_CATEGORIES if column.is_numeric else MOST_CATEGORIES)
    repeated = REPEATED * len(column.words) <= len(column.codes)
    return few and repeated and (column.is_whole or not column.is_numeric)


def _misfit(column: Column, kind: Kind) -> str | None:
    """Why a column cannot be taken as a kind; None where it can."""
    values = len(column.words)
    if values < 2:
        return "has the same value in every row" if values else "has no values"
    if kind is Kind.POINTS:
        return None if column.is_numeric else "has words, no numbers"
    if kind is Kind.SPINS:
        return None if values == 2 else f"has {values:,} values; spins have two"
    if values > MOST_CATEGORIES:
        return f"has {values:,} values; categories are {MOST_CATEGORIES} at most"
    return None


def _broken(table: Table, columns: Sequence[Column], good: Sequence[npt.NDArray[np.bool_]]) -> list[LeftOut]:
    """Rows with a cell that cannot be taken, each with the first such cell."""
    found: dict[int, str] = {}
    for column, fine in zip(columns, good, strict=True):
        for row in np.flatnonzero(~fine).tolist():
            code = int(column.codes[row])
            what = "no value" if code < 0 else f"{column.words[code][:40]!r} is no finite number"
            found.setdefault(row, f"column {column.name!r}: {what}")
    return [LeftOut(f"line {table.lines[row]}", reason) for row, reason in found.items()]


def _check_enough(table: Table, kept: int, left_out: int) -> None:
    if kept < 3:
        raise ImportFailure(f"{table.name} has {kept} rows that can be read, three at least are needed")
    if left_out > MOST_LOST * (kept + left_out):
        raise ImportFailure(
            f"{left_out:,} of {kept + left_out:,} rows of {table.name} cannot be read; choose other columns"
        )


def _points(
    name: str, columns: Sequence[Column], rows: npt.NDArray[np.intp], options: TableOptions
) -> tuple[Dataset, float | None]:
    x = np.stack([column.numbers[rows] for column in columns], axis=1)
    meanings = tuple(ColumnMeaning(column.name) for column in columns)
    variance = None
    if x.shape[1] > options.components:
        x, variance = principal_components(x, options.components)
        meanings = tuple(ColumnMeaning(f"component {i + 1}") for i in range(options.components))
    made = Dataset.of_points(x, name, options.held_out)
    return replace(made, columns=meanings), variance


def principal_components(x: npt.NDArray[np.float64], count: int) -> tuple[npt.NDArray[np.float64], float]:
    """The first components of columns brought to mean 0 and deviation 1, and the share of the variance they hold.

    Signs are such that the largest weight of each is positive.

    Args:
        x: shape (rows, columns), each with a spread.
        count: components, at most as many as columns.

    Returns:
        Shape (rows, count), and a number from 0 to 1.
    """
    standard = (x - x.mean(0)) / x.std(0)
    variances, axes = np.linalg.eigh(standard.T @ standard / len(x))
    axes = axes[:, ::-1][:, :count]
    axes = axes * np.sign(axes[np.abs(axes).argmax(0), np.arange(count)])
    return standard @ axes, float(variances[::-1][:count].sum() / variances.sum())


def _spins(
    name: str, columns: Sequence[Column], rows: npt.NDArray[np.intp], options: TableOptions
) -> tuple[Dataset, float | None]:
    levels, meanings = _ranked(columns, rows)
    return _table_dataset(name, Kind.SPINS, 2 * levels.astype(np.int8) - 1, meanings, options), None


def _categories(
    name: str, columns: Sequence[Column], rows: npt.NDArray[np.intp], options: TableOptions
) -> tuple[Dataset, float | None]:
    levels, meanings = _ranked(columns, rows)
    return _table_dataset(name, Kind.LEVELS, levels, meanings, options), None


def _ranked(
    columns: Sequence[Column], rows: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.uint8], tuple[ColumnMeaning, ...]]:
    """The values of every column by their order, shape (rows, columns), and what they are called."""
    levels = np.empty((len(rows), len(columns)), np.uint8)
    meanings = []
    for i, column in enumerate(columns):
        values = column.values()
        rank = {word: level for level, word in enumerate(values)}
        levels[:, i] = np.array([rank[word] for word in column.words], np.uint8)[column.codes[rows]]
        meanings.append(ColumnMeaning(column.name, values))
    return levels, tuple(meanings)


def _table_dataset(
    name: str,
    kind: Kind,
    items: npt.NDArray[np.generic],
    columns: tuple[ColumnMeaning, ...],
    options: TableOptions,
) -> Dataset:
    training, held_out = stratified_split(len(items), None, options.held_out)
    levels = max(len(column.values) for column in columns) if kind is Kind.LEVELS else 0
    return Dataset(name, kind, items, training, held_out, levels=levels, columns=columns)


_MAKERS: dict[
    Kind,
    Callable[[str, Sequence[Column], npt.NDArray[np.intp], TableOptions], tuple[Dataset, float | None]],
] = {Kind.POINTS: _points, Kind.SPINS: _spins, Kind.LEVELS: _categories}
