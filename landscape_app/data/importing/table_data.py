"""A table on its way to a data set: points, spins, categories or numbers beside categories."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from landscape_app.counting import counted
from landscape_app.data.columns import ColumnMeaning
from landscape_app.data.dataset import KIND_NAMES, MOST_VALUES, SPREADS, Dataset, Kind, stratified_split
from landscape_app.data.importing.cells import LARGEST, is_too_large
from landscape_app.data.importing.columns import TYPE_NAMES, WEIGHING, Column, ColumnType
from landscape_app.data.importing.division import Division, DivisionWay, columns_for
from landscape_app.data.importing.images import Imported, ImportFailure, LeftOut, in_both_sets, numbered
from landscape_app.data.importing.similarity import SIMILARITY, similarity_weights
from landscape_app.data.importing.tables import Table
from landscape_app.data.importing.weights import (
    WEIGHS_NOTHING,
    RowWeights,
    fault_of,
    has_weight,
    proposals,
    split_by_counts,
    weight_column,
    weights_of,
    words_of,
)
from landscape_app.language import english_of, tr

MOST_CATEGORIES = 64
"""Values that a column of categories may have."""

USUAL_CATEGORIES = 12
"""Whole numbers of no more values than these are taken for categories, if nothing else is said."""

REPEATED = 3
"""Mean number of rows of each value of a column from which on the column is one of categories."""

MOST_COORDINATES = 64
"""Columns of numbers that are learned as they are, if nothing else is said; more become as many components."""

MOST_LOST = 0.5
"""Share of the rows beyond which a table whose rows cannot be read is refused."""

FAR = 1e3
"""Deviations by which a mean may lie off zero; beyond, and with deviations outside `SPREADS`, numbers are counted
from their mean in their deviation."""

SENTINELS = frozenset(
    {-7.0, -8.0, -9.0, -77.0, -88.0, 77.0, 88.0, 888.0, 8888.0, 888888.0, -1e30, 1e20, 1e30}
    | {-32768.0, 32767.0, 65535.0, -2147483648.0, 2147483647.0}
)
"""Numbers that often stand for a missing value, beside those of nines alone."""

FAR_AWAY = 100
"""Ranges of all other values that a repeated one may lie off them before it is taken for no value."""

MANY_OTHERS = 10
"""Different numbers beside one below zero that may stand for a missing value."""

TOTALS = re.compile(
    r"(?:grand |sub)?total|sum|all|average|mean|summe|gesamt|mittel(?:wert)?|durchschnitt|somme|moyenne|promedio",
    re.IGNORECASE,
)
"""Words at the beginning of a row that sums up those above it."""

SUBTOTAL = re.compile(r"\s(?:total|subtotal|gesamt|summe)$|^(?:sub|grand )?total$", re.IGNORECASE)
"""Of a group of rows, likewise."""


@dataclass(frozen=True)
class TableOptions:
    """Forms that make a data set of a table.

    Attributes:
        kind: what its rows are.
        columns: names of the columns that are taken, in their order.
        components: of points, to so many principal components where there are more columns; None takes the columns
            as they are.
        held_out: share of the rows that no model learns from.
        most: rows to take, drawn with a fixed seed where there are more; None for all.
        division: which rows are held out.
        similarity: of aligned sequences, the share of equal positions from which on some count as one
            (`similarity_weights`); None where all count alike.

    Raises:
        ValueError: one is out of its range.
    """

    kind: Kind
    columns: tuple[str, ...]
    components: int | None = None
    held_out: float = 0.2
    most: int | None = None
    division: Division = field(default_factory=Division)
    similarity: float | None = None

    def __post_init__(self) -> None:
        if not self.columns or len(set(self.columns)) < len(self.columns):
            raise ValueError(f"columns are needed, each once, got {', '.join(self.columns) or 'none'}")
        if self.components is not None and self.components < 1:
            raise ValueError(f"one component at least is needed, got {self.components}")
        if not 0 < self.held_out < 1:
            raise ValueError(f"the share held out must lie between 0 and 1, got {self.held_out:g}")
        if self.most is not None and self.most < 3:
            raise ValueError(f"three rows at least are needed, got {self.most}")
        if self.similarity is not None and not 0 < self.similarity <= 1:
            raise ValueError(
                f"the share of equal positions must be above 0 and at most 1, got {self.similarity:g}"
            )

    @classmethod
    def proposed(
        cls,
        table: Table,
        kind: Kind | None = None,
        columns: Sequence[str] | None = None,
        division: Division | None = None,
    ) -> TableOptions:
        """Options that suit a table, or some of its columns, or a kind.

        Columns of two values each are spins, those of words or of few whole numbers are categories, others points,
        and numbers beside words mixed rows. Columns that do not fit the kind, or only number the rows, are not taken.
        Nor is one that says the split or the groups of rows: there held-out rows have values that no other row has.
        Dates, which say more often when a row was written than what is learned, are taken where nothing else is.

        Args:
            table: the table.
            kind: what its rows are to be; None leaves it to the columns.
            columns: names or numbers of columns; None for those that fit.
            division: which rows are held out; None for at random.

        Raises:
            ImportFailure: there is no such column, one does not fit, or none does.
        """
        division = division or Division()
        if columns is None:
            wanted = tuple(column for column in table.columns if column.type not in UNUSED)
            wanted = tuple(column for column in wanted if column.name != _divider(table, division)) or wanted
            # Row numbers are learned where there is nothing else.
            wanted = wanted or tuple(one for one in table.columns if np.isfinite(one.numbers).any())
            if not wanted:
                found = "; ".join(
                    tr("{name!r} is {type}", name=column.name, type=TYPE_NAMES[column.type])
                    for column in table.columns[:4]
                )
                raise ImportFailure(
                    tr(
                        "{name} has no column that a model can learn from: {found}",
                        name=table.name,
                        found=found,
                    )
                )
            wanted = without_costly(_without_dates(wanted, kind))
        else:
            wanted = tuple(table.column(name) for name in columns)
        if kind is None:
            kind = _proposed_kind([column for column in wanted if _has_spread(column)])
        fitting = [column for column in wanted if _misfit(column, kind) is None]
        if columns is not None and len(fitting) < len(wanted):
            odd = next(column for column in wanted if column not in fitting)
            raise ImportFailure(tr("column {name!r} {misfit}", name=odd.name, misfit=_misfit(odd, kind)))
        if not fitting:
            reasons = "; ".join(f"{column.name!r} {_misfit(column, kind)}" for column in wanted[:4])
            raise ImportFailure(
                tr(
                    "no column of {name} can be taken as {kind}: {reasons}",
                    name=table.name,
                    kind=KIND_NAMES[kind],
                    reasons=reasons,
                )
            )
        if columns is None:
            fitting = _without_constant(fitting, kind)
            _check_mixed(fitting, kind)
        components = MOST_COORDINATES if kind is Kind.POINTS and len(fitting) > MOST_COORDINATES else None
        room = MOST_VALUES // len(fitting)
        return cls(
            kind,
            tuple(column.name for column in fitting),
            components,
            most=room if len(table) > room else None,
            division=division,
            similarity=SIMILARITY if table.is_alignment else None,
        )


def _divider(table: Table, division: Division) -> str:
    """Name of the column that says which rows are held out, or which belong together; empty where none does."""
    by_column = division.way in (DivisionWay.COLUMN, DivisionWay.GROUP)
    return table.column(division.column).name if by_column else ""


UNUSED = (ColumnType.TEXT, ColumnType.IDENTIFIER, ColumnType.EMPTY, *WEIGHING)
"""Types of columns that no model learns from."""


def without_costly(columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns that keep most cells: one whose missing values cost more rows than it is worth is left out.

    Rows with a missing value are left out, so that a column which is mostly empty would cost nearly all of them.
    """
    kept = list(columns)
    while len(kept) > 1 and any(column.missing_count for column in kept):
        holes = [~column.has_value if column.missing_count else None for column in kept]
        count = np.zeros(len(kept[0]), np.int32)
        for hole in holes:
            if hole is not None:
                count += hole
        whole, single = int((count == 0).sum()), count == 1
        alone = [0 if hole is None else int(np.count_nonzero(hole & single)) for hole in holes]
        worst = int(np.argmax(alone))
        if not alone[worst] or (whole + alone[worst]) * (len(kept) - 1) <= whole * len(kept):
            emptiest = int(np.argmax([column.missing_count for column in kept]))
            if kept[emptiest].missing_count <= MOST_LOST * len(count):
                break
            worst = emptiest
        del kept[worst]
    return tuple(kept)


def _has_spread(column: Column) -> bool:
    return column.limits[0] < column.limits[1] if column.is_numeric else column.value_count > 1


def _without_dates(columns: Sequence[Column], kind: Kind | None) -> Sequence[Column]:
    """The columns that are no dates; all of them where none of these can be learned, as rows of a kind if given."""
    rest = [column for column in columns if column.type is not ColumnType.DATE]
    left = [column for column in rest if _has_spread(column) and (kind is None or not _misfit(column, kind))]
    can_learn = bool(left) and (kind is None or kind_left(left, kind) is kind)
    return rest if can_learn else columns


def dates_left_out(table: Table, options: TableOptions) -> tuple[str, ...]:
    """Names of the columns of dates that are not taken, nor divide the rows, though they could be."""
    return tuple(
        column.name
        for column in table.columns
        if column.type is ColumnType.DATE
        and column.name not in (*options.columns, _divider(table, options.division))
        and _has_spread(column)
        and not _misfit(column, options.kind)
    )


def _without_constant(columns: list[Column], kind: Kind) -> list[Column]:
    """The columns that still have more than one value in the rows that all of them have."""
    if not any(column.missing_count for column in columns):
        return [column for column in columns if _has_spread(column)] or columns
    kept = np.ones(len(columns[0]), bool)
    for column in columns:
        kept &= column.has_value
    if kept.sum() < 2:
        return columns
    values = [column.numbers if _is_number(column, kind) else column.codes for column in columns]
    varied = [column for column, of_it in zip(columns, values, strict=True) if _is_varied(of_it, kept)]
    return varied or columns


def _is_varied(values: npt.NDArray[np.generic], kept: npt.NDArray[np.bool_]) -> bool:
    """True of a column that has more than one value in some of its rows."""
    for rows in (slice(LOOKED_AT), slice(None)):
        some = values[rows][kept[rows]]
        if len(some) > 1 and (some[1:] != some[0]).any():
            return True
    return False


LOOKED_AT = 10_000
"""Rows that mostly tell whether a column has more than one value."""


def import_table(
    table: Table, options: TableOptions, progress: Callable[[float], object] | None = None
) -> Imported:
    """The data set of a table; rows that lack a value, or have a broken one, are left out and named.

    Args:
        table: the table.
        options: what is made of it.
        progress: is told the share of aligned sequences that have been compared.

    Raises:
        ImportFailure: a column does not fit, too few rows are left, or more than half are broken.
    """
    columns = [table.column(name) for name in options.columns]
    for column in columns:
        misfit = _misfit(column, options.kind)
        if misfit is not None:
            raise ImportFailure(tr("column {name!r} {misfit}", name=column.name, misfit=misfit))
    _check_mixed(columns, options.kind)
    weighing = weight_column(table)
    kept, left_out = readable_rows(table, columns, options.kind, weighing)
    faults = [row for row in left_out if not english_of(row.reason).endswith(english_of(WEIGHS_NOTHING))]
    _check_enough(table, int(kept.sum()), len(faults))
    rows = whole = np.flatnonzero(kept)
    if options.most is not None and options.most < len(rows):
        chosen, _ = stratified_split(len(rows), None, 1 - options.most / len(rows))
        rows = rows[chosen[: options.most]]
    dataset, variance = _MAKERS[options.kind](table.name, columns, rows, options)
    labels, names = (None, ()) if table.labels is None else numbered(table.labels[rows].tolist())
    training, held_out = options.division.of(table, rows, options.held_out, labels)
    dataset = replace(dataset, training=training, held_out=held_out, labels=labels, class_names=names)
    told: tuple[str, ...] = (
        () if not table.titles else (tr("above the table: {titles}", titles="; ".join(table.titles[:3])),)
    )
    if table.is_alignment and options.similarity is not None:
        letters = np.stack([column.codes[rows] for column in table.columns], axis=1)
        values = similarity_weights(letters, options.similarity, progress)
        dataset = replace(dataset, weights=None if (values == 1).all() else values)
        told += (
            tr(
                "each sequence weighs 1/m, m those of at least {similarity:.0%} of the same letters: "
                "{rows:,} are worth Meff = {worth:,.1f}",
                similarity=options.similarity,
                rows=len(rows),
                worth=values.sum(),
            ),
        )
    elif weighing is None:
        told += tuple(proposals(table))
    else:
        weights = weights_of(weighing, rows)
        dataset = _weighted(dataset, weights, options, options.division.divides_items(table, rows))
        told += (words_of(weighing, weights),)
    divider = _divider(table, options.division)
    taken = {*options.columns, *([] if weighing is None else [weighing.name])}
    others = tuple(
        tr(
            "{column} ({why})",
            column=column.name,
            why=tr("divides the rows") if column.name == divider else _why_not(column, options.kind, kept),
        )
        for column in table.columns
        if column.name not in taken
    )
    others = (*table.not_used, *others)
    if options.division.way is DivisionWay.RANDOM and table.held_out is None:
        taken_names = {column.name for column in columns}
        told += tuple(
            tr(
                "column {name!r} says train or test, and is learned like any other; rows can be held out as it says "
                "(--split column:{name})",
                name=name,
            )
            for name in columns_for(DivisionWay.COLUMN, table, clear=True)
            if name in taken_names
        )
    odd = (*told, *warnings_of(table, columns, kept, dataset))
    split = options.division.words_of(table, rows)
    beyond = dict(table.beyond)
    if len(whole) > len(rows):
        beyond[tr("not drawn: {count:,} rows are taken, at random, seed 0", count=len(rows))] = len(
            whole
        ) - len(rows)
    return Imported(dataset, tuple(left_out), others, odd, variance, split, beyond).told()


def _weighted(dataset: Dataset, weights: RowWeights, options: TableOptions, divides_items: bool) -> Dataset:
    """The data set with weights; rows of a table of frequencies are divided one by one where that is at random."""
    if not (weights.are_counts and divides_items):
        return replace(dataset, weights=weights.values)
    parts = weights.divided(options.held_out, options.division.seed)
    places, counts, training, held_out = split_by_counts(parts)
    return replace(
        dataset,
        items=dataset.items[places],
        labels=None if dataset.labels is None else dataset.labels[places],
        training=training,
        held_out=held_out,
        weights=counts,
    )


def _why_not(column: Column, kind: Kind, kept: npt.NDArray[np.bool_]) -> str:
    """Why a column was not taken, in a few words."""
    if column.type in UNUSED:
        return TYPE_NAMES[column.type]
    if column.is_numeric and not column.has_value.any():
        return tr("too large numbers")
    if not _has_spread(column):
        return tr("constant")
    missing = column.missing_count / len(column)
    misfit = _misfit(column, kind)
    if misfit is not None:
        return TYPE_NAMES[column.type]
    if missing > 0:
        return tr("{share:.0%} missing", share=missing)
    if column.type is ColumnType.DATE:
        return tr("dates, which are taken only where they are chosen")
    values = column.numbers if column.is_numeric else column.codes
    return tr("not chosen") if _is_varied(values, kept) else tr("constant in the rows taken")


def warnings_of(
    table: Table, columns: Sequence[Column], kept: npt.NDArray[np.bool_], dataset: Dataset
) -> Iterator[str]:
    """Odd things about what was taken: numbers that look like missing values, sums of rows, rows that come again."""
    for column in columns:
        if column.is_numeric:
            yield from _suspected_sentinels(column, kept)
            if column.behind:
                shown = ", ".join(repr(one) for one in column.behind)
                yield tr(
                    "column {name!r}: what stands beside its numbers is not read, such as {parts}",
                    name=column.name,
                    parts=shown,
                )
        else:
            sums = [word for word in column.values() if SUBTOTAL.search(word)]
            if sums and len(sums) < column.value_count:
                yield tr(
                    "column {name!r} has {value!r}: rows that sum up others are read as all others are",
                    name=column.name,
                    value=sums[0],
                )
            alike = _alike(column)
            if alike:
                yield tr(
                    "column {name!r} has values that differ only in capital letters: {values}",
                    name=column.name,
                    values=", ".join(alike),
                )
    yield from _other_headers(table, columns)
    yield from _sums(table, columns, kept)
    if dataset.kind in (Kind.POINTS, Kind.MIXED):
        # Sorting rows would hold Python's lock, and with it the window, for as long as it takes.
        prints = pl.DataFrame(dataset.items).hash_rows()
        again = len(prints) - prints.n_unique()
        if again:
            across = int(prints[dataset.training].is_in(prints[dataset.held_out].implode()).sum())
            rows = counted(len(dataset.items), "row")
            text = (
                tr("1 of {rows} comes again", rows=rows)
                if again == 1
                else tr("{count:,} of {rows} come again", count=again, rows=rows)
            )
            yield in_both_sets(text, across)


def _suspected_sentinels(column: Column, kept: npt.NDArray[np.bool_]) -> Iterator[str]:
    """The smallest and the largest values, if they lie far from all others and look like a missing value."""
    rows = np.flatnonzero(kept)
    for extreme in (np.min, np.max, np.min):
        numbers = column.numbers[rows]
        suspect = float(extreme(numbers))
        is_it = numbers == suspect
        rest = numbers[~is_it]
        if len(rest) < 3:
            return
        reach = float(np.ptp(rest))
        away = min(abs(suspect - rest.min()), abs(suspect - rest.max()))
        nines = re.fullmatch(r"-?99+(?:\.9+)?", f"{suspect:.12g}") is not None
        repeats = is_it.sum() > 1 and away > FAR_AWAY * reach
        # One number below zero, again and again, where many others are not.
        is_alone = suspect < 0 <= rest.min() and is_it.sum() > 2 and len(np.unique(rest)) > MANY_OTHERS
        if is_alone and away > reach / MANY_OTHERS:
            reach, repeats = min(reach, away / 2), True
        if away > reach > 0 and (nines or suspect in SENTINELS or repeats):
            cell = column.cell(int(rows[is_it][0]))
            yield (
                tr(
                    "column {name!r} has {cell} in {rows}, far from all other "
                    "values: a missing value? Then add it to the missing values (--missing {cell})",
                    name=column.name,
                    cell=cell,
                    rows=counted(int(is_it.sum()), "row"),
                )
            )
            rows = rows[~is_it]


def _alike(column: Column) -> list[str]:
    """Some values of a column that are the same but for their capital letters."""
    small: dict[str, list[str]] = {}
    for word in column.values():
        small.setdefault(word.casefold(), []).append(word)
    return next((words for words in small.values() if len(words) > 1), [])


def _other_headers(table: Table, columns: Sequence[Column]) -> Iterator[str]:
    """Rows of words where columns have numbers, as another table begins below the first."""
    numeric = [column for column in columns if column.is_numeric]
    if len(numeric) < 2:
        return
    is_word = np.logical_and.reduce([column.present & ~np.isfinite(column.numbers) for column in numeric])
    for row in np.flatnonzero(is_word).tolist():
        cells = [column.cell(row) for column in numeric]
        if row < len(table) - 2 and cells != [column.name for column in numeric]:
            yield (
                tr(
                    "line {line} looks like the header of another table: {cells}; the rows "
                    "below it are read as those above",
                    line=table.lines[row],
                    cells=", ".join(cells[:4]),
                )
            )


def _sums(table: Table, columns: Sequence[Column], kept: npt.NDArray[np.bool_]) -> Iterator[str]:
    """The last row, if its numbers are the sums or the means of all those above."""
    numeric = [column for column in columns if column.type in (ColumnType.NUMBER, ColumnType.WHOLE)]
    rows = np.flatnonzero(kept)
    if len(rows) < 5 or not numeric:
        return
    fits = {"sums": not table.not_drawn, "means": not table.not_drawn}
    for column in numeric:
        numbers = column.numbers[rows]
        above, below = numbers[:-1], numbers[-1]
        spread = above.std()
        fits["sums"] &= bool(spread > 0 and abs(below - above.sum()) <= 1e-3 * np.abs(above).sum())
        fits["means"] &= bool(spread > 0 and abs(below - above.mean()) <= 1e-2 * spread)
        if not any(fits.values()):
            return
    last = int(rows[-1])
    name = next(
        (column.cell(last) for column in table.columns if not column.is_numeric and column.cell(last)), ""
    )
    fits["means"] &= len(numeric) > 2 or TOTALS.fullmatch(name) is not None
    for what in (what for what, it_fits in fits.items() if it_fits):
        line = table.lines[last]
        if what == "sums":
            yield (
                tr(
                    "line {line}, {name!r}, has the sums of the rows above it, and is read as one of them",
                    line=line,
                    name=name,
                )
                if name
                else tr(
                    "line {line} has the sums of the rows above it, and is read as one of them", line=line
                )
            )
        else:
            yield (
                tr(
                    "line {line}, {name!r}, has the means of the rows above it, and is read as one of them",
                    line=line,
                    name=name,
                )
                if name
                else tr(
                    "line {line} has the means of the rows above it, and is read as one of them", line=line
                )
            )


def import_points(table: Table) -> Imported:
    """The points in a table, a column a coordinate, however many there are: all of numbers but what counts the rows.

    Raises:
        ImportFailure: as `TableOptions.proposed` and `import_table` do.
        ValueError: the points cannot be learned.
    """
    return import_table(table, replace(TableOptions.proposed(table, Kind.POINTS), components=None))


def readable_rows(
    table: Table, columns: Sequence[Column], kind: Kind, weighing: Column | None = None
) -> tuple[npt.NDArray[np.bool_], list[LeftOut]]:
    """Mask of rows with a value of a kind in each of some columns, shape (rows,), and the file's other content.

    Where a column says how much each row counts, they need a weight too.
    """
    good = [
        np.abs(column.numbers) <= LARGEST if _is_number(column, kind) else column.present
        for column in columns
    ]
    left_out = [*table.left_out, *_broken(table, columns, good)]
    if weighing is not None:
        whole = np.logical_and.reduce(good)
        good.append(has_weight(weighing))
        left_out += [
            LeftOut(
                tr("line {line}", line=table.lines[row]),
                tr("column {name!r}: {why}", name=weighing.name, why=fault_of(weighing, row)),
            )
            for row in np.flatnonzero(whole & ~good[-1]).tolist()
        ]
    return np.logical_and.reduce(good), sorted(left_out, key=lambda row: int(english_of(row.name).split()[1]))


def _proposed_kind(columns: Sequence[Column]) -> Kind:
    if columns and all(_is_pair(column) for column in columns):
        return Kind.SPINS
    numbers = [column for column in columns if _is_number(column, Kind.MIXED)]
    words = [column for column in columns if not column.is_numeric and _misfit(column, Kind.LEVELS) is None]
    if numbers and words and len(numbers) <= MOST_COORDINATES:
        return Kind.MIXED
    if any(column.is_numeric and not _is_of_categories(column) for column in columns):
        return Kind.POINTS
    return Kind.LEVELS


def kind_left(columns: Sequence[Column], kind: Kind) -> Kind:
    """Kind of the rows of some columns of a table of a kind: of numbers alone points, of words alone categories."""
    if kind is not Kind.MIXED:
        return kind
    numbers = [_is_number(column, kind) for column in columns]
    return Kind.POINTS if all(numbers) else kind if any(numbers) else Kind.LEVELS


def _is_number(column: Column, kind: Kind) -> bool:
    """True of a column that is taken as numbers, not as categories.

    Beside words, few whole numbers are categories, unless someone has said that they are numbers.
    """
    if kind is Kind.MIXED:
        return column.is_numeric and (column.given is not None or not _is_of_categories(column))
    return kind is Kind.POINTS


def _is_pair(column: Column) -> bool:
    """True of two values, which are no two of many numbers."""
    return (not column.is_numeric or column.is_whole) and column.value_count == 2


def _is_of_categories(column: Column) -> bool:
    if column.is_numeric and not column.is_whole:
        return False
    few = column.value_count <= (USUAL_CATEGORIES if column.is_numeric else MOST_CATEGORIES)
    return few and REPEATED * column.value_count <= len(column)


def _check_mixed(columns: Sequence[Column], kind: Kind) -> None:
    """Refuses mixed rows without numbers, or without categories.

    Raises:
        ImportFailure: there are none.
    """
    if kind is Kind.MIXED and len({_is_number(column, kind) for column in columns}) < 2:
        names = ", ".join(repr(column.name) for column in columns[:4])
        raise ImportFailure(
            tr("mixed rows have numbers and categories, and {names} are numbers alone", names=names)
            if _is_number(columns[0], kind)
            else tr("mixed rows have numbers and categories, and {names} are categories alone", names=names)
        )


def _misfit(column: Column, kind: Kind) -> str | None:
    """Why a column cannot be taken as a kind; None where it can."""
    if column.type in WEIGHING:
        if column.type is ColumnType.WEIGHT:
            return tr("is the weight of each row")
        return tr("is the frequency of each row")
    if not column.present.any():
        return tr("has no values")
    if _is_number(column, kind):
        if not np.isfinite(column.numbers).sum() * 2 >= column.present.sum():
            return tr("has words, no numbers")
        if column.is_numeric and not column.has_value.any():
            return tr("has numbers that are too large")
        return None if _has_spread(column) or not column.is_numeric else tr("has the same value in every row")
    values = column.value_count
    if values < 2:
        return tr("has the same value in every row")
    if kind is Kind.SPINS:
        return None if values == 2 else tr("has {count:,} values; spins have two", count=values)
    if values > MOST_CATEGORIES:
        return tr("has {count:,} values; categories are {most} at most", count=values, most=MOST_CATEGORIES)
    return None


def _broken(table: Table, columns: Sequence[Column], good: Sequence[npt.NDArray[np.bool_]]) -> list[LeftOut]:
    """Rows with a cell that cannot be taken, each with the first such cell."""
    found: dict[int, str] = {}
    for column, fine in zip(columns, good, strict=True):
        for row in np.flatnonzero(~fine).tolist():
            cell = column.cell(row)
            what = tr("{cell!r} is no finite number", cell=cell[:40]) if cell else tr("no value")
            if is_too_large(cell):
                what = tr("{cell!r} is too large a number", cell=cell[:40])
            found.setdefault(row, tr("column {name!r}: {why}", name=column.name, why=what))
    return [LeftOut(tr("line {line}", line=table.lines[row]), reason) for row, reason in found.items()]


def _check_enough(table: Table, kept: int, left_out: int) -> None:
    if kept < 3:
        raise ImportFailure(
            tr(
                "{name} has {count} rows that can be read, three at least are needed",
                name=table.name,
                count=kept,
            )
        )
    if left_out > MOST_LOST * (kept + left_out):
        raise ImportFailure(
            tr(
                "{count:,} of {all:,} rows of {name} cannot be read; choose other columns",
                count=left_out,
                all=kept + left_out,
                name=table.name,
            )
        )


def _points(
    name: str, columns: Sequence[Column], rows: npt.NDArray[np.intp], options: TableOptions
) -> tuple[Dataset, float | None]:
    x = np.stack([column.numbers[rows] for column in columns], axis=1)
    meanings = tuple(ColumnMeaning(column.name, type=column.type.value) for column in columns)
    variance = None
    if options.components is not None and x.shape[1] > options.components:
        x, variance = principal_components(x, options.components)
        meanings = tuple(ColumnMeaning(f"component {i + 1}") for i in range(x.shape[1]))
    else:
        x, meanings = in_handy_units(x, meanings)
    made = Dataset.of_points(x, name, options.held_out)
    return replace(made, columns=meanings), variance


def in_handy_units(
    x: npt.NDArray[np.float64], columns: tuple[ColumnMeaning, ...]
) -> tuple[npt.NDArray[np.float64], tuple[ColumnMeaning, ...]]:
    """Columns far from numbers of order one, counted from their mean in their deviation; all others as they are.

    Logarithms and dates are counted so in any case: they are shown as the file has them.

    Args:
        x: shape (rows, columns), each with a spread.
        columns: their names.
    """
    x = x.copy()
    meanings = list(columns)
    for i, column in enumerate(x.T):
        mean, spread = float(column.mean()), float(column.std())
        is_shown_otherwise = columns[i].is_log or columns[i].is_date
        is_handy = SPREADS[0] <= spread <= SPREADS[1] and abs(mean) <= FAR * spread
        if is_handy and not is_shown_otherwise:
            continue
        if not spread:
            raise ImportFailure(
                tr(
                    "column {name!r} varies by less than can be computed with; give it in other units",
                    name=columns[i].name,
                )
            )
        offset = mean if is_shown_otherwise or abs(mean) > spread / FAR else 0.0
        x[:, i] = (column - offset) / spread
        meanings[i] = replace(columns[i], offset=offset, scale=spread)
    return x, tuple(meanings)


def principal_components(x: npt.NDArray[np.float64], count: int) -> tuple[npt.NDArray[np.float64], float]:
    """The first components of columns brought to mean 0 and deviation 1, and the share of the variance they hold.

    Signs are such that the largest weight of each is positive.

    Args:
        x: shape (rows, columns), each with a spread.
        count: components, at most as many as columns; there are fewer where the rows have no spread along more.

    Returns:
        Shape (rows, count), and a number from 0 to 1.
    """
    standard = (x - x.mean(0)) / x.std(0)
    if len(x) < x.shape[1]:
        _, singular, rows = np.linalg.svd(standard, full_matrices=False)
        variances, axes = singular**2 / len(x), rows.T
    else:
        variances, axes = np.linalg.eigh(standard.T @ standard / len(x))
        variances, axes = variances[::-1], axes[:, ::-1]
    count = min(count, int((variances > NO_VARIANCE * variances[0]).sum()))
    axes = axes[:, :count]
    axes = axes * np.sign(axes[np.abs(axes).argmax(0), np.arange(count)])
    return standard @ axes, float(variances[:count].sum() / variances.sum())


NO_VARIANCE = 1e-10
"""Share of the largest variance below which there is none but for rounding."""


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


def _mixed(
    name: str, columns: Sequence[Column], rows: npt.NDArray[np.intp], options: TableOptions
) -> tuple[Dataset, float | None]:
    items = np.empty((len(rows), len(columns)), np.float32)
    meanings: list[ColumnMeaning] = []
    for i, column in enumerate(columns):
        meaning = ColumnMeaning(column.name, type=column.type.value)
        if _is_number(column, Kind.MIXED):
            numbers, (meaning,) = in_handy_units(column.numbers[rows][:, None], (meaning,))
            items[:, i] = numbers[:, 0]
        else:
            levels, (meaning,) = _ranked([column], rows)
            items[:, i] = levels[:, 0]
        meanings.append(meaning)
    return _table_dataset(name, Kind.MIXED, items, tuple(meanings), options), None


def _ranked(
    columns: Sequence[Column], rows: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.uint8], tuple[ColumnMeaning, ...]]:
    """The values of every column by their order, shape (rows, columns), and what they are called."""
    levels = np.empty((len(rows), len(columns)), np.uint8)
    meanings = []
    for i, column in enumerate(columns):
        values = column.values()
        taken = set(np.unique(column.codes[rows]).tolist())
        values = tuple(word for word in values if column.words.index(word) in taken)
        rank = {word: level for level, word in enumerate(values)}
        levels[:, i] = np.array([rank.get(word, 0) for word in column.words], np.uint8)[column.codes[rows]]
        kind = column.type if column.type is ColumnType.YES_NO else ColumnType.CATEGORY
        meanings.append(ColumnMeaning(column.name, values, type=kind.value))
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
] = {Kind.POINTS: _points, Kind.SPINS: _spins, Kind.LEVELS: _categories, Kind.MIXED: _mixed}
