"""Columns of a table: their cells, and the type that is guessed from all of them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt
import polars as pl

from landscape_app.data.importing.cells import (
    EXACT,
    LARGEST,
    LEAST_NUMBERS,
    YES_NO,
    dates_in_digits,
    dates_of,
    has_commas,
    numbers_of,
    tells_comma,
)
from landscape_app.data.importing.images import natural
from landscape_app.data.importing.text import MOST_COLUMNS, build_of
from landscape_app.language import tr

LEAST_TEXT = 0.5
"""Share of different words among the rows from which on a column of words is text, not categories."""


FEW = 20
"""Different words that are categories, however few the rows."""


LONG_TAIL, LEAST_TAILED = 1.5, 20
"""Skewness from which on numbers have a long tail, and the numbers that it takes to tell (an exponential has 2)."""


NEARLY_ALL = 0.95
"""Share of the rows that are numbered in a column which numbers them: lines below a table have no number."""


NAMES_ROWS = re.compile(
    r"id|index|idx|no|nr|row|row_?names?|uuid|key|.*[ _.\-]id|.*[a-z]I[Dd]|[Uu]nnamed: [\d.]+|__index_level_\d__",
)
"""Names of columns that number or name the rows."""


MARKS = frozenset({"x", "✓", "✔", "☑", "☒", "yes", "ja", "oui"})
"""Words that mark some rows of a column, which is empty in all others."""


class ColumnType(StrEnum):
    """Type of a column."""

    NUMBER = "number"
    LOG = "logarithm"
    WHOLE = "whole number"
    CATEGORY = "category"
    YES_NO = "yes/no"
    DATE = "date"
    TEXT = "text"
    IDENTIFIER = "identifier"
    WEIGHT = "weight"
    FREQUENCY = "frequency"
    EMPTY = "empty"


TYPE_NAMES = {
    ColumnType.NUMBER: tr("number"),
    ColumnType.LOG: tr("logarithm"),
    ColumnType.WHOLE: tr("whole number"),
    ColumnType.CATEGORY: tr("category"),
    ColumnType.YES_NO: tr("yes/no"),
    ColumnType.DATE: tr("date"),
    ColumnType.TEXT: tr("text"),
    ColumnType.IDENTIFIER: tr("identifier"),
    ColumnType.WEIGHT: tr("weight"),
    ColumnType.FREQUENCY: tr("frequency"),
    ColumnType.EMPTY: tr("empty"),
}
"""Types of columns, in words."""


NUMERIC = (ColumnType.NUMBER, ColumnType.LOG, ColumnType.WHOLE, ColumnType.DATE)


WEIGHING = (ColumnType.WEIGHT, ColumnType.FREQUENCY)
"""Types of a column that says how much each row counts."""


class _Parsed(NamedTuple):
    """Cells as numbers, shape (rows,), NaN where there is none; their unit, and how many are bounds such as <0.01."""

    values: npt.NDArray[np.float64]
    unit: str = ""
    bounds: int = 0
    behind: tuple[str, ...] = ()


UNTYPED = ("present", "guess", "_parsed", "_has_compact_dates", "_as_dates", "is_positive")
"""Properties of a column that do not depend on the type that is chosen for it."""


@dataclass(frozen=True, eq=False)
class Column:
    """A column of cells.

    Attributes:
        name: of the column.
        cells: text or float64, null where missing, shape (rows,).
        comma: whether the table has commas before decimals; None where nothing tells.
        given: type that the user has chosen; None for what is guessed.
    """

    name: str
    cells: pl.Series
    comma: bool | None = None
    given: ColumnType | None = None

    def __len__(self) -> int:
        return len(self.cells)

    def typed(self, given: ColumnType | None) -> Column:
        """The same with a type that is chosen, or the guess for None; what was found out of its cells is kept."""
        if given is self.given:
            return self
        other = replace(self, given=given)
        kept = UNTYPED if self.cells.dtype != pl.String else (*UNTYPED, "_coded", "value_count")
        other.__dict__.update({name: self.__dict__[name] for name in kept if name in self.__dict__})
        return other

    @cached_property
    def type(self) -> ColumnType:
        """Type that was chosen, else the guess."""
        return self.given or self.guess

    @cached_property
    def present(self) -> npt.NDArray[np.bool_]:
        """Mask of the rows with a value, shape (rows,)."""
        return self.cells.is_not_null().to_numpy()

    @cached_property
    def guess(self) -> ColumnType:
        """Type by the cells.

        Numbers where four in five cells with a value are; dates likewise. Whole numbers that go up by one from row to
        row, and words that hardly ever come again, name the rows.
        """
        rows = int(self.present.sum())
        if not rows:
            return ColumnType.EMPTY
        found = int(np.isfinite(self._as_numbers).sum())
        is_number = found and found + self._parsed.bounds >= LEAST_NUMBERS * rows
        if is_number and not self._has_compact_dates and not self._are_codes:
            return self._kind_of_number()
        if self._as_dates is not None:
            return ColumnType.DATE
        different = self.value_count
        if different == 2 and frozenset(word.lower() for word in self.words) in YES_NO:
            return ColumnType.YES_NO
        if different > FEW and different >= 0.95 * rows:
            longest = self.cells.cast(pl.String).str.len_chars().max()
            return ColumnType.IDENTIFIER if cast(int, longest) <= 40 else ColumnType.TEXT
        if different > FEW and different > LEAST_TEXT * rows:
            return ColumnType.TEXT
        if different == rows and rows > 2:
            return ColumnType.IDENTIFIER
        return ColumnType.CATEGORY

    @property
    def _are_codes(self) -> bool:
        """True of digits that are no numbers, such as postal codes: of one length, and some begin with 0."""
        if self.cells.dtype != pl.String or not self.cells.str.contains("^0[0-9]{3}").any():
            return False
        alike = self.cells.str.len_chars().n_unique() - bool(self.cells.null_count()) == 1
        return alike and bool(self.cells.str.contains("^[0-9]+$").all())

    @property
    def _is_of_long_digits(self) -> bool:
        """True of digits that name something: more of them than a number holds."""
        if self.cells.dtype != pl.String or not self.cells.str.contains("^[+-]?[0-9]+$").all():
            return False
        if self.value_count == self.present.sum():
            return bool((self.cells.str.len_chars() > 15).any())
        return any(int(float(word)) != int(word) for word in self.words)

    def _kind_of_number(self) -> ColumnType:
        numbers = self._as_numbers[np.isfinite(self._as_numbers)]
        whole = bool((numbers == np.rint(numbers)).all())
        if not whole:
            return ColumnType.NUMBER
        if np.abs(numbers).max() > EXACT and self._is_of_long_digits:
            return ColumnType.IDENTIFIER
        if len(numbers) > 2 and len(numbers) >= NEARLY_ALL * len(self):
            with np.errstate(over="ignore"):
                steps = np.diff(numbers)
            name = self.name.strip()
            named = any(NAMES_ROWS.fullmatch(one) for one in (name, name.lower()))
            counts = bool((steps == 1).all()) and (numbers[0] in (0, 1) or named)
            if counts or (named and len(np.unique(numbers)) == len(numbers)):
                return ColumnType.IDENTIFIER
        return ColumnType.WHOLE

    @cached_property
    def numbers(self) -> npt.NDArray[np.float64]:
        """The cells as numbers, shape (rows,), NaN where there is none: dates in days since 1970, or logarithms."""
        if self.type is ColumnType.DATE and self._as_dates is not None:
            return self._as_dates
        if self.type is ColumnType.LOG:
            with np.errstate(divide="ignore", invalid="ignore"):
                logarithms = np.log(self._as_numbers)
            return np.where(np.isfinite(logarithms), logarithms, math.nan)
        return self._as_numbers

    @cached_property
    def is_positive(self) -> bool:
        """True of numbers above zero, all of them."""
        finite = self._as_numbers[np.isfinite(self._as_numbers)]
        return len(finite) > 0 and bool((finite > 0).all())

    @cached_property
    def has_long_tail(self) -> bool:
        """True of positive numbers that are far more skewed than their logarithms: a log scale suits them."""
        if self.type not in (ColumnType.NUMBER, ColumnType.WHOLE) or not self.is_positive:
            return False
        x = self.numbers[np.isfinite(self.numbers)]
        if len(x) < LEAST_TAILED or not np.ptp(x):
            return False
        of_numbers, of_logarithms = _skewness(x), _skewness(np.log(x))
        return of_numbers > LONG_TAIL and abs(of_logarithms) < of_numbers / 2

    @cached_property
    def unit(self) -> str:
        """Sign after or before every number, such as %."""
        return "days since 1970" if self.type is ColumnType.DATE else self._parsed.unit

    @property
    def _as_numbers(self) -> npt.NDArray[np.float64]:
        return self._parsed.values

    @property
    def behind(self) -> tuple[str, ...]:
        """Some of what stands beside numbers and is not read, such as ± 0.1."""
        return self._parsed.behind

    @cached_property
    def _parsed(self) -> _Parsed:
        if self.cells.dtype != pl.String:
            return _Parsed(self.cells.cast(pl.Float64).fill_null(math.nan).to_numpy())
        words: tuple[str, ...] = ()
        codes, cells = None, self.cells
        if self.cells.n_unique() <= len(self) // 10:
            words, codes = self._coded
            cells = pl.Series(words, dtype=pl.String)
        found = numbers_of(cells, self.comma)
        values = found.values.fill_null(math.nan).to_numpy()
        bounds = None if found.bounds is None else found.bounds.fill_null(False).to_numpy()
        if codes is not None:
            values = np.append(values, math.nan)[codes]
            bounds = None if bounds is None else np.append(bounds, False)[codes]
        return _Parsed(values, found.unit, 0 if bounds is None else int(bounds.sum()), found.behind)

    @cached_property
    def _has_compact_dates(self) -> bool:
        """True of whole numbers that are dates, each of them: 20200131, or with hours, minutes and seconds."""
        numbers = self._as_numbers[np.isfinite(self._as_numbers)]
        if len(numbers) < 3:
            return False
        times = 10 ** next((more for more in (6, 4, 2) if numbers.min() > 10 ** (more + 7)), 0)
        if numbers.min() < 18000101 * times or numbers.max() > 22001231 * times + times - 1:
            return False
        return bool((numbers == np.rint(numbers)).all()) and not self._compact_dates.null_count()

    @property
    def _compact_dates(self) -> pl.Series:
        numbers = self._as_numbers[np.isfinite(self._as_numbers)]
        return dates_in_digits(pl.Series(numbers.astype(np.int64)))

    @cached_property
    def _as_dates(self) -> npt.NDArray[np.float64] | None:
        if self._has_compact_dates:
            days = np.full(len(self), math.nan)
            days[np.isfinite(self._as_numbers)] = self._compact_dates.to_numpy()
            return days
        found = dates_of(self.cells) if self.cells.dtype == pl.String else None
        return None if found is None else found.fill_null(math.nan).to_numpy()

    @cached_property
    def _coded(self) -> tuple[tuple[str, ...], npt.NDArray[np.int32]]:
        if self.cells.dtype != pl.String:
            values, inverse = np.unique(self.numbers, return_inverse=True)
            finite = np.isfinite(values)
            ranks = np.where(np.isfinite(self.numbers), inverse.reshape(-1), -1).astype(np.int32)
            return tuple(f"{value:.15g}" for value in values[finite].tolist()), ranks
        words = self.cells.drop_nulls().unique(maintain_order=True)
        codes = self.cells.cast(pl.Enum(words)).to_physical().cast(pl.Int32).fill_null(-1)
        return tuple(words.to_list()), codes.to_numpy()

    @cached_property
    def value_count(self) -> int:
        """Number of different values: words, or of a column of numbers these."""
        if self.cells.dtype == pl.String:
            return self.cells.drop_nulls().n_unique()
        return pl.Series(self.numbers[np.isfinite(self.numbers)]).n_unique()

    @property
    def words(self) -> tuple[str, ...]:
        """Words that occur, each once."""
        return self._coded[0]

    @property
    def codes(self) -> npt.NDArray[np.int32]:
        """Number of the word of each row, shape (rows,); −1 where it is missing."""
        return self._coded[1]

    @property
    def is_numeric(self) -> bool:
        """True of numbers and dates."""
        return self.type in NUMERIC

    @cached_property
    def has_value(self) -> npt.NDArray[np.bool_]:
        """Mask of the rows with a number that can be computed with, or with a word, shape (rows,)."""
        return np.abs(self.numbers) <= LARGEST if self.is_numeric else self.present

    @cached_property
    def missing_count(self) -> int:
        """Rows without such a value."""
        return len(self) - int(self.has_value.sum())

    @cached_property
    def limits(self) -> tuple[float, float]:
        """The least and the largest number; NaN where there is none."""
        finite = self.numbers[self.has_value] if self.is_numeric else np.zeros(0)
        return (float(finite.min()), float(finite.max())) if len(finite) else (math.nan, math.nan)

    @cached_property
    def is_whole(self) -> bool:
        """True if every cell with a value is a whole number."""
        finite = self.numbers[np.isfinite(self.numbers)]
        return len(finite) == int(self.present.sum()) and bool((finite == np.rint(finite)).all())

    def inspect(self) -> None:
        """Finds out, once, all that is asked of a column as a whole."""
        for _ in (
            self.type,
            self.limits,
            self.missing_count,
            self.is_whole,
            self.is_positive,
            self.value_count,
            self.has_long_tail,
        ):
            pass

    def values(self) -> tuple[str, ...]:
        """The words in order: numbers by their size, before all others by the alphabet."""
        return tuple(sorted(self.words, key=natural))

    def cell(self, row: int) -> str:
        """A cell as it lies in the file; empty where it is missing."""
        value = self.cells[row]
        return "" if value is None else value if isinstance(value, str) else f"{value:.15g}"


def _skewness(x: npt.NDArray[np.float64]) -> float:
    # The squares of large numbers are not finite.
    x = x / np.abs(x).max()
    return float((((x - x.mean()) / x.std()) ** 3).mean())


def columns_of(frame: pl.DataFrame, missing: frozenset[str], separator: str = ",") -> tuple[Column, ...]:
    """Columns of a table, their missing cells null; between semicolons, commas stand before decimals if in doubt."""
    cells = [
        _in_one_case(_without_missing(frame[name], missing))
        if frame[name].dtype == pl.String
        else frame[name]
        for name in frame.columns
    ]
    cells = [part for series in cells for part in _numbers_within(series)]
    told = [tells_comma(series.head(1_000)) for series in cells if series.dtype == pl.String]
    commas, points = told.count(True), told.count(False)
    comma = None if commas == points else commas > points
    if comma is None and separator == ";":
        heads = [series.head(1_000) for series in cells if series.dtype == pl.String]
        comma = True if any(has_commas(head) for head in heads) else None
    return tuple(Column(series.name, series, comma) for series in cells)


def _numbers_within(cells: pl.Series) -> list[pl.Series]:
    """Columns in a column of lists of numbers with blanks between them, all as long, such as the pixels of images."""
    if cells.dtype != pl.String or not cells.head(3).str.contains(r"^[0-9.]+(?: [0-9.]+){8,}$").all():
        return [cells]
    lists = cells.str.split(" ")
    lengths = lists.list.len().drop_nulls().unique()
    if len(lengths) != 1 or lengths[0] > MOST_COLUMNS:
        return [cells]
    return [lists.list.get(i).alias(f"{cells.name} {i + 1}") for i in range(int(lengths[0]))]


def _without_missing(cells: pl.Series, missing: frozenset[str]) -> pl.Series:
    """Cells with null for those whose word means that there is no value.

    Where all other words of a column are of the same build, such as two capital letters, a word of that build is one
    of them: NA is Namibia among the codes of countries; and a minus where all others are plus signs.
    """
    different = cells.unique(maintain_order=True).drop_nulls()
    small = different.str.strip_chars().str.to_lowercase()
    is_missing_word = small.is_in(list(missing))
    words = different.filter(is_missing_word).to_list()
    if not words:
        return cells
    others = different.filter(~is_missing_word).head(1_000).to_list()
    builds = {build_of(word) for word in others}
    meant = [word for word in words if word.isalpha() and builds == {build_of(word)} and len(others) >= 3]
    if others and all(word and not word.strip("+") for word in others):
        meant += ["-"]
    return cells.set(cells.is_in([word for word in words if word not in meant]).fill_null(True), None)


def _in_one_case(cells: pl.Series) -> pl.Series:
    """Cells as they are, but for yes and no: in small letters where they are written in several ways.

    A mark that stands in some rows, where all others are empty, is a yes; what Excel is told to take for text,
    ="007", is without its signs.
    """
    if cells.str.starts_with('="').any():
        cells = cells.str.replace('^="(.*)"$', "$1")
    if cells.head(1_000).n_unique() > MOST_ANSWERS:
        return cells
    small = cells.str.to_lowercase()
    words = frozenset(small.unique().drop_nulls().to_list())
    if len(words) == 1 and words <= MARKS and cells.null_count() > 0:
        return (cells.is_not_null()).replace_strict([True, False], ["yes", "no"], return_dtype=pl.String)
    return small if words in YES_NO and cells.n_unique() > small.n_unique() else cells


MOST_ANSWERS = 8
"""Ways to write yes and no, and none of them."""
