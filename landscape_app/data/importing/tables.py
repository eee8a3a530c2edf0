"""Tables as they lie in a file: columns of cells, each with a type that is guessed from all of them."""

from __future__ import annotations

import io
import json
import lzma
import math
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, cast

import fastexcel
import numpy as np
import numpy.typing as npt
import polars as pl

from landscape_app.data.importing.blocks import Progress, drawn_rows, unwatched
from landscape_app.data.importing.cells import (
    LEAST_NUMBERS,
    MISSING,
    SECONDS_A_DAY,
    YES_NO,
    dates_in_digits,
    dates_of,
    has_commas,
    looks_typed,
    numbers_of,
    tells_comma,
)
from landscape_app.data.importing.images import ImportFailure, LeftOut, damaged, natural
from landscape_app.data.importing.large_text import MOST_CELLS, read_beginning, read_large
from landscape_app.data.importing.markup import tables_in
from landscape_app.data.importing.memory import check_memory
from landscape_app.data.importing.text import (
    MOST_BYTES,
    MOST_COLUMNS,
    PACKED,
    ROW_BY_ROW,
    TextTable,
    build_of,
    decoded,
    is_archive,
    opened,
    packer_of,
    read_rows,
    read_text,
    rows_in_brackets,
    unique,
    unpacked,
)
from landscape_app.language import tr

TEXT_ENDINGS = (".csv", ".tsv", ".txt", ".dat", ".tab", ".data", ".html", ".htm", ".arff")
EXCEL_ENDINGS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")
PARQUET_ENDINGS = (".parquet", ".pq")
ARROW_ENDINGS = (".feather", ".arrow", ".ipc")
JSON_ENDINGS = (".json", ".jsonl", ".ndjson")
SEQUENCE_ENDINGS = (
    ".fasta",
    ".fa",
    ".faa",
    ".fna",
    ".afa",
    ".aln",
    ".a3m",
    ".a2m",
    ".sto",
    ".phy",
    ".nex",
    ".msf",
    ".pir",
)
"""Of files that hold aligned sequences."""

PACKED_TEXT = tuple(
    f"{text}{packed}" for text in (*TEXT_ENDINGS, *SEQUENCE_ENDINGS, *JSON_ENDINGS) for packed in PACKED
)
TABLE_ENDINGS = (
    *(*TEXT_ENDINGS, *EXCEL_ENDINGS, *PARQUET_ENDINGS, *ARROW_ENDINGS, *JSON_ENDINGS),
    *(*SEQUENCE_ENDINGS, *PACKED_TEXT),
)
"""Of files that hold tables."""

LEAST_TEXT = 0.5
"""Share of different words among the rows from which on a column of words is text, not categories."""

FEW = 20
"""Different words that are categories, however few the rows."""

BYTES_A_CELL = 24
BYTES_A_LETTER_OF_BOOKS = 6
BYTES_A_LETTER_OF_JSON = 12
"""Of memory that tables in columns, and spreadsheets and JSON for each letter unpacked, take while they are read."""

DAMAGES = (
    *(ValueError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, struct.error, RuntimeError),
    *(LookupError, ArithmeticError, pl.exceptions.PolarsError, pl.exceptions.PanicException),
    fastexcel.FastExcelError,
)
"""Errors that packers, Polars and calamine raise of damaged files."""

LONG_TAIL, LEAST_TAILED = 1.5, 20
"""Skewness from which on numbers have a long tail, and the numbers that it takes to tell (an exponential has 2)."""

LEAST_DRAWN = 3
"""Rows that are read, however many columns they have."""

LARGE_CELLS = 1_000_000
"""Of a table in columns, from which on its first rows are shown before all are read."""

FIRST_ROWS = 2_000
"""Of a large table in columns that are shown so."""

EXACT = 2.0**53
"""Whole numbers beyond which are no longer told apart; different ones in every row are names, such as of stars."""

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
        """True of digits, different in every row, of which a number does not hold the last ones."""
        if self.cells.dtype != pl.String or self.value_count < self.present.sum():
            return False
        return bool(self.cells.str.contains("^[0-9]+$").all()) and bool(
            (self.cells.str.len_chars() > 15).any()
        )

    def _kind_of_number(self) -> ColumnType:
        numbers = self._as_numbers[np.isfinite(self._as_numbers)]
        whole = bool((numbers == np.rint(numbers)).all())
        if not whole:
            return ColumnType.NUMBER
        if np.abs(numbers).max() > EXACT and self._is_of_long_digits:
            return ColumnType.IDENTIFIER
        if len(numbers) > 2 and len(numbers) >= NEARLY_ALL * len(self):
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
        """Mask of the rows with a finite number, or with a word, shape (rows,)."""
        return np.isfinite(self.numbers) if self.is_numeric else self.present

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
    return float((((x - x.mean()) / x.std()) ** 3).mean())


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of a table and what of the file is none of its rows.

    Attributes:
        name: of the file.
        columns: all of the same length, at least one.
        lines: where in the file each row lies, from 1, shape (rows,).
        left_out: rows that have more cells than there are columns.
        titles: lines above the table.
        comments: lines that begin with #.
        has_header: whether the file has the names of the columns.
        held_out: rows that the file itself holds out, bool, shape (rows,); None where it does not say.
        not_used: what else is in the file, such as other sheets and arrays.
        labels: class of each row, numbers or words, shape (rows,); None where there are none beside the columns.
        is_alignment: whether rows are aligned sequences, a column a position.
        not_drawn: rows of the file beyond those that are read, which were drawn at random.
        is_beginning: whether these are only the first rows, such as for a preview.
        arrays: names of the arrays of the file that can be chosen, the one that is taken first; none of other files.
    """

    name: str
    columns: tuple[Column, ...]
    lines: npt.NDArray[np.int64]
    left_out: tuple[LeftOut, ...] = ()
    titles: tuple[str, ...] = ()
    comments: int = 0
    has_header: bool = True
    held_out: npt.NDArray[np.bool_] | None = None
    not_used: tuple[str, ...] = ()
    labels: npt.NDArray[np.generic] | None = None
    is_alignment: bool = False
    not_drawn: int = 0
    is_beginning: bool = False
    arrays: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def beyond(self) -> dict[str, int]:
        """Number of rows that are not read as they are too many, by the reason; empty where all are."""
        reason = tr(
            "not drawn: of so large a table {count:,} rows are read, at random, seed 0", count=len(self)
        )
        return {reason: self.not_drawn} if self.not_drawn else {}

    @property
    def memory(self) -> int:
        """Bytes of the cells."""
        return sum(int(column.cells.estimated_size()) for column in self.columns)

    def drawn(self, most: int) -> Table:
        """The same with so many rows, drawn at random, where there are more."""
        if len(self) <= most:
            return self
        rows = drawn_rows(len(self), most)
        return replace(
            self,
            columns=tuple(replace(column, cells=column.cells.gather(rows)) for column in self.columns),
            lines=self.lines[rows],
            held_out=None if self.held_out is None else self.held_out[rows],
            labels=None if self.labels is None else self.labels[rows],
            not_drawn=self.not_drawn + len(self) - most,
        )

    def column(self, wanted: str) -> Column:
        """The column of a name, or of a number from 1.

        Raises:
            ImportFailure: there is none; says which there are.
        """
        for column in self.columns:
            if column.name == wanted:
                return column
        if wanted.isdecimal() and 1 <= int(wanted) <= len(self.columns):
            return self.columns[int(wanted) - 1]
        names = ", ".join(column.name for column in self.columns[:20])
        raise ImportFailure(
            tr(
                "there is no column {wanted!r}; choose by name or by number from 1 to {count}: {names}",
                wanted=wanted,
                count=len(self.columns),
                names=names,
            )
        )

    def typed(self, types: Mapping[str, ColumnType]) -> Table:
        """The same with the types of some columns chosen, by their names."""
        columns = tuple(column.typed(types.get(column.name, column.given)) for column in self.columns)
        return replace(self, columns=columns)


@dataclass(frozen=True)
class ReadOptions:
    """Ways in which a file is read as a table, or a folder.

    Attributes:
        missing: words of cells without a value, in small letters.
        header: whether the first row has the names of the columns; None finds out.
        sheet: of a spreadsheet, by name or number from 1; None for the first with a table.
        array: of a file of several arrays, the name of the one that is taken; None for the one that is meant.
        only: of a folder, names of the files and folders in it that are taken; empty for all.
        beginning: whether of a large table the first rows are enough, such as for a preview.
        progress: told the share of a large file that is read, 0 to 1; what it raises ends the reading.
    """

    missing: frozenset[str] = field(default=MISSING)
    header: bool | None = None
    sheet: str | None = None
    array: str | None = None
    only: tuple[str, ...] = ()
    beginning: bool = False
    progress: Progress = field(default=unwatched, compare=False)


@dataclass(frozen=True)
class Content:
    """Bytes of a file, unpacked where they were packed.

    Attributes:
        path: of the file, for messages.
        name: of what is in it, without the endings of packers.
        data: what was packed; None of a file that is not, and of a large one.
        others: names of other files beside it in a .zip.
        start: first bytes of what is packed.
    """

    path: Path
    name: str
    data: bytes | None = None
    others: tuple[str, ...] = ()
    start: bytes = b""

    @classmethod
    def of(cls, path: Path) -> Content:
        """Content of a file, whatever its ending says of how it is packed.

        Raises:
            ImportFailure: it is an archive of files.
        """
        if packer_of(path) is None:
            return cls(path, path.name)
        with opened(path) as found:
            data = found.file.read(ROW_BY_ROW + 1)
        if is_archive(data):
            raise ImportFailure(tr("{path} is an archive of files (tar); unpack it", path=path))
        whole = data if len(data) <= ROW_BY_ROW else None
        return cls(path, found.name, whole, found.others, data[:4096])

    @property
    def title(self) -> str:
        """Name without its ending."""
        return Path(self.name).stem

    @cached_property
    def head(self) -> bytes:
        """The first bytes."""
        if self.is_packed:
            return self.start
        with self.path.open("rb") as file:
            return file.read(4096)

    @property
    def is_packed(self) -> bool:
        """True of a file that is unpacked to be read."""
        return bool(self.start) or self.data is not None

    @property
    def is_large(self) -> bool:
        """True of more bytes than a text is read of row by row."""
        return self.data is None and (self.is_packed or self.path.stat().st_size > ROW_BY_ROW)

    @property
    def source(self) -> Path | bytes:
        """Path or bytes, as libraries read it."""
        return self.whole() if self.is_packed else self.path

    @property
    def stream(self) -> Path | io.BytesIO:
        """The same, of which parts can be read."""
        return io.BytesIO(self.whole()) if self.is_packed else self.path

    def whole(self) -> bytes:
        """All bytes."""
        return unpacked(self.path).data if self.data is None else self.data


def open_table(path: Path, options: ReadOptions | None = None) -> Table:
    """The table in a file: text in any dialect and charset, also packed; Excel, Parquet, Feather, JSON; an array.

    Raises:
        ImportFailure: the file is missing, too large, or no table.
    """
    path, options = Path(path), options or ReadOptions()
    if not path.exists():
        raise ImportFailure(tr("{path} cannot be read: No such file or directory", path=path))
    try:
        content = Content.of(path)
        reader = _reader_of(content)
        if reader is None:
            shown = ", ".join(
                (*TEXT_ENDINGS, *EXCEL_ENDINGS, *PARQUET_ENDINGS, *ARROW_ENDINGS, *JSON_ENDINGS)
            )
            raise ImportFailure(
                tr(
                    "tables are read from {endings}, text also packed ({packed}), not from {path}",
                    endings=shown,
                    packed=", ".join(PACKED),
                    path=path,
                )
            )
        table = reader(content, options)
    except OSError as error:
        raise ImportFailure(
            tr("{path} cannot be read: {why}", path=path, why=error.strerror or error)
        ) from error
    except DAMAGES as error:
        if isinstance(error, ImportFailure):
            raise
        raise damaged(path, error) from error
    return _bounded(replace(table, not_used=(*table.not_used, *content.others)))


def _bounded(table: Table) -> Table:
    """The same with no more cells than a table may have."""
    return table.drawn(max(LEAST_DRAWN, MOST_CELLS // len(table.columns)))


def _reader_of(content: Content) -> Reader | None:
    """The reader that suits how a file begins, else its ending: people give files any ending."""
    head, name = content.head, content.name.lower()
    for sign, reader in SIGNS:
        if head.startswith(sign):
            return reader
    text = head.replace(b"\x00", b"").removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").lstrip()
    for pattern, reader in BEGINNINGS:
        if re.match(pattern, text):
            return reader
    found = next((reader for endings, reader in READERS if name.endswith(endings)), None)
    if found in (_of_excel, _of_parquet, _of_arrow) and _is_printed(head):
        return _of_text
    if found is _of_json and not text.startswith((b"[", b"{")) and _is_printed(head):
        return _of_text
    return found or (_of_text if _is_printed(head) else None)


def has_table(path: Path) -> bool:
    """True of a file that may hold a table: it is packed, or begins or ends as tables do."""
    return packer_of(path) is not None or _reader_of(Content(path, path.name)) is not None


def _is_printed(head: bytes) -> bool:
    """True of two lines of letters and signs."""
    printed = sum(byte >= 32 or byte in b"\t\n\r" for byte in head)
    return printed == len(head) and len(head.splitlines()) > 1 and not head.startswith(b"%PDF")


def table_of_text(text: str, name: str, options: ReadOptions | None = None) -> Table:
    """The table in a text, such as one from the clipboard.

    Raises:
        ImportFailure: it is none.
    """
    options = options or ReadOptions()
    return _bounded(_of_cells(read_text(text, name, options.missing, options.header), name, options))


def _of_cells(found: TextTable, name: str, options: ReadOptions) -> Table:
    odd = tuple(LeftOut(tr("line {line}", line=line), reason) for line, reason in found.odd)
    columns = _columns(found.cells, options.missing, found.layout.dialect.separator)
    return Table(
        name,
        columns,
        found.lines,
        odd,
        found.layout.titles,
        found.comments,
        found.layout.has_header,
        not_drawn=found.not_drawn,
    )


def _of_text(content: Content, options: ReadOptions) -> Table:
    path, name = content.path, str(content.path)
    if not content.is_large:
        return table_of_text(decoded(content.whole(), name), content.title, options)
    if options.beginning:
        first = read_beginning(path, name, options.missing, options.header)
        return replace(_of_cells(first, content.title, options), is_beginning=True)
    whole = read_large(path, name, options.missing, options.header, options.progress)
    return _of_cells(whole, content.title, options)


def _of_markup(content: Content, options: ReadOptions) -> Table:
    """The largest table of a page."""
    data = content.whole()
    check_memory(BYTES_A_LETTER_OF_BOOKS * len(data), content.path)
    tables = tables_in(decoded(data, str(content.path)))
    if not tables:
        raise ImportFailure(tr("{path} is a page in HTML or XML without a table", path=content.path))
    sizes = [len(rows) * len(rows[0]) for rows in tables]
    largest = sizes.index(max(sizes))
    found = read_rows(tables[largest], content.title, options.missing, options.header)
    others = tuple(tr("table {number} of the page", number=i + 1) for i in range(len(tables)) if i != largest)
    table = _of_cells(found, content.title, options)
    return replace(table, not_used=(*table.not_used, *others))


def sheets_of(path: Path) -> tuple[str, ...]:
    """Names of the sheets of a spreadsheet; none of a file that cannot be read."""
    try:
        return tuple(fastexcel.read_excel(path).sheet_names)
    except (fastexcel.FastExcelError, OSError):
        return ()


def _of_excel(content: Content, options: ReadOptions) -> Table:
    path = content.path
    _check_book(content)
    book = fastexcel.read_excel(content.source)
    chosen = _sheet_of(book, options.sheet, path)
    rows = _rows_of(book, chosen)
    others = [name for name in book.sheet_names if name != chosen and _first_rows(book, name, 1)]
    if not rows:
        raise ImportFailure(tr("{path} holds no rows in its sheet {sheet!r}", path=path, sheet=chosen))
    found = read_rows(rows, content.title, options.missing, options.header)
    table = _of_cells(found, content.title, options)
    return replace(table, not_used=(*table.not_used, *(tr("sheet {name}", name=name) for name in others)))


def _check_book(content: Content) -> None:
    """Fails where a spreadsheet is larger, unpacked, than what can be read."""
    source = content.path if content.data is None else io.BytesIO(content.data)
    if zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > MOST_BYTES:
            raise ImportFailure(
                tr(
                    "{path} is larger than {most:,} MB unpacked; it is not read",
                    path=content.path,
                    most=MOST_BYTES // 10**6,
                )
            )
        check_memory(BYTES_A_LETTER_OF_BOOKS * size, content.path)


def _first_rows(book: fastexcel.ExcelReader, sheet: str, count: int) -> list[tuple[str | None, ...]]:
    return book.load_sheet(sheet, header_row=None, n_rows=count, dtypes="string").to_polars().rows()


def _sheet_of(book: fastexcel.ExcelReader, wanted: str | None, path: Path) -> str:
    """Name of the sheet that is wanted, else of the first that has numbers, has a table, or has anything."""
    names = book.sheet_names
    shown = [name for name in names if book.load_sheet(name, n_rows=0).visible == "visible"] or names
    if wanted is not None:
        if wanted in names:
            return wanted
        if wanted.isdecimal() and 1 <= int(wanted) <= len(names):
            return names[int(wanted) - 1]
        raise ImportFailure(
            tr(
                "{path} has no sheet {sheet!r}; it has {names}",
                path=path,
                sheet=wanted,
                names=", ".join(names),
            )
        )
    best = {}
    for name in shown:
        rows = _first_rows(book, name, 40)
        filled = [[cell for cell in row if cell] for row in rows]
        is_table = len(rows) > 2 and len(rows[0]) > 1
        values = sum(sum(map(looks_typed, row)) > 0.4 * len(row) for row in filled if row)
        best[name] = (is_table and 2 * values > len(filled)) + is_table + bool(rows)
        if best[name] == 3:
            return name
    return max(shown, key=lambda name: best[name])


def _rows_of(book: fastexcel.ExcelReader, sheet: str) -> list[list[str]]:
    """Cells of a sheet as text: numbers with all their digits, dates without a time where they have none."""
    words = book.load_sheet(sheet, header_row=None, dtypes="string").to_polars()
    numbers = book.load_sheet(sheet, header_row=None, dtypes="float").to_polars()
    rows = zip(words.iter_rows(), numbers.iter_rows(), strict=True)
    return [
        [_excel_cell(word, number) for word, number in zip(texts, values, strict=True)]
        for texts, values in rows
    ]


def _excel_cell(word: str | None, number: float | None) -> str:
    if word is None:
        return ""
    if number is not None:
        try:
            return word if float(word) == number else repr(number)
        except ValueError:
            # A date, or true or false.
            pass
    if word.startswith(("1899-12-3", "1900-01-", "1900-02-")) and len(word) == 19:
        # Times lie in the first days that Excel knows.
        days = (date.fromisoformat(word[:10]) - date(1899, 12, 31)).days
        return f"{24 * days + int(word[11:13]):02d}{word[13:]}"
    return word.removesuffix(" 00:00:00")


def _of_parquet(content: Content, options: ReadOptions) -> Table:
    return _of_columns(pl.scan_parquet(content.stream), content, options)


def _of_arrow(content: Content, options: ReadOptions) -> Table:
    return _of_columns(pl.scan_ipc(content.stream), content, options)


def _of_columns(file: pl.LazyFrame, content: Content, options: ReadOptions) -> Table:
    """The table in a columnar file: of one with more than `MOST_CELLS` cells so many rows as may be.

    Raises:
        ImportFailure: they need more memory than is free.
    """
    width = max(1, len(file.collect_schema()))
    count = int(file.select(pl.len()).collect().item())
    if options.beginning and count * width > LARGE_CELLS:
        return replace(
            _of_records(file.head(FIRST_ROWS).collect(), content.title, options), is_beginning=True
        )
    most = max(LEAST_DRAWN, MOST_CELLS // width)
    check_memory(BYTES_A_CELL * min(count, most) * width, content.path)
    if count <= most:
        return _of_records(file.collect(), content.title, options)
    rows = drawn_rows(count, most)
    place = "row of the file"
    chosen = file.with_row_index(place).filter(pl.col(place).is_in(pl.lit(pl.Series(rows)).implode()))
    frame = chosen.drop(place).collect(engine="streaming")
    table = _of_records(frame, content.title, options)
    return replace(table, lines=rows + 1, not_drawn=count - most)


def _of_json(content: Content, options: ReadOptions) -> Table:
    """A table in JSON, of one value or of a record a line."""
    data = content.whole()
    check_memory(BYTES_A_LETTER_OF_JSON * len(data), content.path)
    text = decoded(data, str(content.path))
    if rows_in_brackets(text) and not content.name.lower().endswith(JSON_ENDINGS):
        return table_of_text(text, content.title, options)
    try:
        columns = _json_columns(_json_value(text))
        series = [one for name, values in columns.items() for one in _json_series(name, values)]
    except RecursionError as error:
        raise ImportFailure(tr("{path} is no table: it is nested too deeply", path=content.path)) from error
    if not series:
        raise ImportFailure(
            tr(
                "{name} is no table; expected a list of records, or columns of values, each by its name",
                name=content.title,
            )
        )
    return _of_records(pl.DataFrame(series), content.title, options)


def _json_value(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) < 2:
            raise
        try:
            return [json.loads(line) for line in lines]
        except json.JSONDecodeError:
            return _json_values(text)


def _json_values(text: str) -> list[object]:
    """Values of JSON one after the other, over as many lines as they take."""
    values, place, decoder = [], 0, json.JSONDecoder()
    while place < len(text):
        value, place = decoder.raw_decode(text, place)
        values.append(value)
        while text[place : place + 1].isspace():
            place += 1
    return values


RESIDUES = frozenset("ACDEFGHIKLMNPQRSTVWY")
"""Letters of the amino acids."""

NUCLEOTIDES = frozenset("ACGTU")
MOSTLY_NUCLEOTIDES = 0.9
"""Share of the letters from which on sequences are of nucleotides: others, such as N, are unknown ones."""


def _of_sequences(content: Content, options: ReadOptions) -> Table:
    """Aligned sequences, a column a position: 20 letters and the gap, for which every other letter is taken too."""
    path = content.path
    text = decoded(content.whole(), str(path))
    letters_alone = re.match(LINES_OF_LETTERS, text) is not None
    if letters_alone and len(set(map(len, text.split()))) > 1:
        return _of_text(content, options)
    sequences = _aligned(list(enumerate(text.split(), start=1)) if letters_alone else _sequences_in(text))
    if len(sequences) < LEAST_SEQUENCES:
        raise ImportFailure(
            tr(
                "{path} has {count} sequences; expected lines that begin with > above each",
                path=path,
                count=len(sequences),
            )
        )
    lengths = [len(letters) for _, letters in sequences]
    usual = max(set(lengths), key=lengths.count)
    kept = [(line, letters) for line, letters in sequences if len(letters) == usual]
    if usual > MOST_COLUMNS or 2 * len(kept) < len(sequences):
        raise ImportFailure(
            tr(
                "{path} is no alignment of up to {most:,} positions: only {count:,} of {all:,} "
                "sequences are of one length, {length:,}; align them first",
                path=path,
                most=MOST_COLUMNS,
                count=len(kept),
                all=len(sequences),
                length=usual,
            )
        )
    odd = tuple(
        LeftOut(
            tr("line {line}", line=line),
            tr("{count} positions instead of {expected}", count=len(letters), expected=usual),
        )
        for line, letters in sequences
        if len(letters) != usual
    )
    known = _alphabet(letters for _, letters in kept)
    columns = tuple(
        Column(
            str(i + 1),
            pl.Series([letters[i] if letters[i] in known else "-" for _, letters in kept], dtype=pl.String),
            given=ColumnType.CATEGORY,
        )
        for i in range(usual)
    )
    lines = np.array([line for line, _ in kept])
    return Table(content.title, columns, lines, odd, has_header=False, is_alignment=True)


def _alphabet(sequences: Iterable[str]) -> frozenset[str]:
    """Letters of nucleotides where nearly all are such, else of amino acids; others are taken for the gap."""
    counts = Counter[str]()
    for letters in sequences:
        counts.update(letters)
    letters_alone = sum(count for letter, count in counts.items() if letter.isalpha())
    if sum(counts[letter] for letter in NUCLEOTIDES) >= MOSTLY_NUCLEOTIDES * letters_alone:
        return NUCLEOTIDES
    return RESIDUES | {"U"} if counts["U"] else RESIDUES


LEAST_SEQUENCES = 3

LINES_OF_LETTERS = r"(?:[ACDEFGHIKLMNPQRSTVWY.-]{8,}[ \t]*\r?\n){3}"
"""Beginning of a text of sequences without names, a line each."""


def _sequences_in(text: str) -> list[tuple[int, str]]:
    """Sequences and the line that each begins in: FASTA, FASTQ, PHYLIP, or blocks of names and letters.

    Such blocks are those of Clustal, MUSCLE, Stockholm, MSF and NEXUS.
    """
    lines = text.splitlines()
    if re.match(r"\s*[0-9]+[ \t]+[0-9]+[ \t]*(?:\n|\r)", text):
        return _in_phylip(lines)
    if text.startswith("@"):
        return [(number, line.strip()) for number, line in enumerate(lines, start=1) if number % 4 == 2]
    found: dict[object, tuple[int, str]] = {}
    is_fasta = not re.match(BLOCKS_OF_SEQUENCES, text)
    # Above the letters, some formats have lines of other things.
    start = next(
        (i for i, line in enumerate(lines) if re.match(r"\s*(?://|matrix)\s*$", line, re.IGNORECASE)), 0
    )
    start = start if text.lstrip().startswith(("#NEXUS", "!!", "PileUp")) else 0
    name: object = None
    is_pir = bool(re.match(r">[A-Z][0-9A-Z];", text))
    for number, line in enumerate(lines, start=1):
        if is_fasta and line.startswith(">"):
            name = number
            found[name] = (number, "")
        elif is_fasta and name is not None and not (is_pir and number == found[name][0] + 1):
            found[name] = (found[name][0], found[name][1] + "".join(line.split()).rstrip("*"))
        elif not is_fasta and number > max(1, start + 1) and re.match(r"\s*[^\s#/;:.*]", line):
            if line.strip().lower() in ("end;", ";"):
                break
            word, *letters = line.split()
            if letters and letters[-1].isdecimal():
                letters = letters[:-1]
            begin, before = found.get(word, (number, ""))
            found[word] = (begin, before + "".join(letters).rstrip(";"))
    return [(line, letters) for line, letters in found.values() if letters]


BLOCKS_OF_SEQUENCES = r"CLUSTAL|MUSCLE|PROBCONS|# STOCKHOLM|#NEXUS|!![AN]A_MULTIPLE|PileUp"


def _in_phylip(lines: Sequence[str]) -> list[tuple[int, str]]:
    """Sequences of PHYLIP: below their number and length, one after the other or in blocks."""
    count, length = map(int, next(line for line in lines if line.strip()).split())
    rows = [(number, line.rstrip()) for number, line in enumerate(lines, start=1) if line.strip()][1:]
    for cut in (None, 10):
        for in_blocks in (True, False):
            found: list[tuple[int, str]] = []
            for i, (number, line) in enumerate(rows):
                begins = i < count if in_blocks else not found or len(found[-1][1]) >= length
                if begins:
                    rest = line[cut:] if cut else line.partition(" ")[2] or line.partition("\t")[2]
                    found.append((number, "".join(rest.split())))
                else:
                    place = i % count if in_blocks else -1
                    found[place] = (found[place][0], found[place][1] + "".join(line.split()))
            if len(found) == count and all(len(letters) == length for _, letters in found):
                return found
    return []


def _aligned(sequences: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Sequences in capital letters, with one sign for gaps.

    Insertions, which alignments to a profile write in small letters and points, are left out; where all sequences are
    of one length as they are, so are only the positions that have nothing else.
    """
    if len({len(letters) for _, letters in sequences}) > 1:
        capitals = [(line, re.sub("[a-z.]", "", letters)) for line, letters in sequences]
        return [(line, letters) for line, letters in capitals if letters]
    columns = list(zip(*(letters for _, letters in sequences), strict=True))
    kept = [
        i
        for i, column in enumerate(columns)
        if "." not in column or any(one.isupper() or one == "-" for one in column)
    ]
    if not kept or all(letters == letters.lower() for _, letters in sequences):
        kept = list(range(len(columns)))
    return [
        (line, "".join(letters[i] for i in kept).upper().replace(".", "-").replace("~", "-"))
        for line, letters in sequences
    ]


def _json_columns(value: object) -> dict[str, list[object]]:
    """Columns in JSON: a list of records or of rows, records or columns by name as pandas writes, or these inside.

    Raises:
        ImportFailure: columns are not all of one length.
    """
    if isinstance(value, list):
        if value and all(isinstance(record, dict) for record in value):
            names = dict.fromkeys(str(name) for record in value for name in record)
            return {name: [record.get(name) for record in value] for name in names}
        if value and all(isinstance(row, list) for row in value):
            return _json_rows(value, [])
        return {"column 1": value} if value and not any(map(_is_nested, value)) else {}
    if not isinstance(value, dict):
        return {}
    if isinstance(value.get("columns"), list) and isinstance(value.get("data"), list):
        return _json_rows(value["data"], value["columns"])
    parts = list(value.values())
    if len(parts) > 1 and all(isinstance(part, dict) for part in parts):
        keys = dict.fromkeys(key for part in parts for key in part)
        if all(map(str.isdecimal, value)) or (len(parts) > len(keys) and not all(map(str.isdecimal, keys))):
            return {str(name): [part.get(name) for part in parts] for name in keys}
        return {str(name): [part.get(key) for key in keys] for name, part in value.items()}
    lists = {
        str(name): part
        for name, part in value.items()
        if isinstance(part, list) and part and not any(map(_is_nested, part))
    }
    inside = [part for part in parts if isinstance(part, (list, dict)) and part]
    if lists and len(lists) == len(inside):
        lengths = {name: len(part) for name, part in lists.items()}
        if len(set(lengths.values())) > 1:
            shown = ", ".join(f"{name!r} {length:,}" for name, length in list(lengths.items())[:4])
            raise ImportFailure(
                tr(
                    "columns are of unequal lengths: {columns}; expected as many values in each",
                    columns=shown,
                )
            )
        return lists
    return max((_json_columns(part) for part in inside), key=_cells_of, default={})


def _is_nested(value: object) -> bool:
    return isinstance(value, (list, dict))


def _cells_of(columns: Mapping[str, list[object]]) -> int:
    return sum(map(len, columns.values()))


def _json_rows(rows: Sequence[object], names: Sequence[object]) -> dict[str, list[object]]:
    lists = [row for row in rows if isinstance(row, list)]
    if not names and lists and lists[0] and all(isinstance(cell, str) for cell in lists[0]):
        names, lists = lists[0], lists[1:]
    width = max(map(len, lists), default=0)
    given = [str(name) for name in names] + [f"column {i + 1}" for i in range(len(names), width)]
    return {name: [row[i] if i < len(row) else None for row in lists] for i, name in enumerate(unique(given))}


def _json_series(name: str, values: Sequence[object]) -> Iterator[pl.Series]:
    """Columns of JSON values: numbers, else text; one for each part of records, and of lists of as many numbers."""
    some = [value for value in values if value is not None]
    if some and all(isinstance(value, dict) for value in some):
        for key in dict.fromkeys(key for value in some for key in value):  # type: ignore[attr-defined]
            parts = [value.get(key) if isinstance(value, dict) else None for value in values]
            yield from _json_series(f"{name}.{key}", parts)
    elif any(map(_is_nested, some)):
        try:
            yield pl.Series(name, values, pl.List(pl.Float64))
        except (TypeError, pl.exceptions.PolarsError):
            yield pl.Series(name, [None] * len(values), pl.List(pl.Float64))
    elif all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in some):
        yield pl.Series(name, [None if value is None else float(value) for value in values], pl.Float64)  # type: ignore[arg-type]
    else:
        words = [
            None if value is None else str(value).lower() if isinstance(value, bool) else str(value)
            for value in values
        ]
        yield pl.Series(name, words, pl.String)


def _of_records(frame: pl.DataFrame, name: str, options: ReadOptions) -> Table:
    if frame.is_empty() or not frame.width:
        raise ImportFailure(tr("{name} holds no rows", name=name))
    series = [part for one in frame for part in _parts(one)]
    flat = [_flat(one) for one in series if not _is_opaque(one)]
    if not flat:
        raise ImportFailure(
            tr("{name} holds no columns of numbers or words, but lists and records in each", name=name)
        )
    if len(flat) > MOST_COLUMNS:
        raise ImportFailure(
            tr(
                "{name} has {count:,} columns; at most {most:,} are read",
                name=name,
                count=len(flat),
                most=MOST_COLUMNS,
            )
        )
    opaque = tuple(tr("{name} (lists, records or bytes)", name=one.name) for one in series if _is_opaque(one))
    names = unique([one.name for one in flat])
    flat = [one.alias(new) for one, new in zip(flat, names, strict=True)]
    columns = _columns(pl.DataFrame(flat), options.missing)
    return Table(name, columns, np.arange(1, len(frame) + 1), not_used=opaque)


def _is_opaque(series: pl.Series) -> bool:
    return series.dtype.is_nested() or series.dtype in (pl.Binary, pl.Object)


def _parts(series: pl.Series) -> Iterator[pl.Series]:
    """Columns in a column: one for each field of records, and for each place in lists of as many numbers."""
    kind = series.dtype
    if isinstance(kind, pl.Struct):
        for part in series.struct.unnest():
            yield from _parts(part.alias(f"{series.name}.{part.name}"))
        return
    if isinstance(kind, pl.Array):
        series = series.arr.to_list()
    if isinstance(series.dtype, pl.List) and series.dtype.inner.is_numeric():
        lengths = series.list.len().drop_nulls().unique()
        if len(lengths) == 1 and 0 < lengths[0] <= MOST_COLUMNS:
            for i in range(int(lengths[0])):
                yield series.list.get(i).alias(f"{series.name} {i + 1}")
            return
    yield series


def _flat(series: pl.Series) -> pl.Series:
    """A column of any type as numbers or text; durations in days."""
    if series.dtype == pl.Duration:
        return series.dt.total_microseconds().cast(pl.Float64) / (1e6 * SECONDS_A_DAY)
    if series.dtype.is_numeric():
        values = series.cast(pl.Float64)
        return values.set(~values.is_finite().fill_null(False), None)
    return series.cast(pl.String)


def table_of_array(numbers: npt.NDArray[np.generic], name: str, names: Sequence[str] = ()) -> Table:
    """The table in an array of rows of numbers, shape (rows, columns) or (rows,).

    Raises:
        ImportFailure: it is none.
    """
    numbers = numbers[:, None] if numbers.ndim == 1 else numbers
    count = len(numbers) if numbers.ndim else 0
    if numbers.ndim != 2 or numbers.dtype.kind not in "iufb" or numbers.size == 0:
        what = tr("numbers") if numbers.dtype.kind in "iufb" else tr("text or other things")
        raise ImportFailure(
            tr(
                "{name} holds no rows of numbers, but {sides} of {what}",
                name=name,
                sides=" × ".join(map(str, numbers.shape)) or tr("a single one"),
                what=what,
            )
        )
    if numbers.shape[1] > MOST_COLUMNS:
        raise ImportFailure(
            tr(
                "{name} has {count:,} columns; at most {most:,} are read",
                name=name,
                count=numbers.shape[1],
                most=MOST_COLUMNS,
            )
        )
    rows = drawn_rows(len(numbers), max(LEAST_DRAWN, MOST_CELLS // numbers.shape[1]))
    if len(rows) < len(numbers):
        numbers = numbers[rows]
    columns = []
    for i, values in enumerate(numbers.T):
        given = names[i] if names else f"column {i + 1}"
        cells = pl.Series(given, values.astype(np.float64))
        columns.append(Column(given, cells.set(~cells.is_finite(), None)))
    return Table(name, tuple(columns), rows + 1, has_header=bool(names), not_drawn=count - len(rows))


def table_of_columns(name: str, columns: Mapping[str, npt.NDArray[np.generic]]) -> Table:
    """The table of columns that lie side by side, each of shape (rows,), by their names.

    Raises:
        ImportFailure: there are none that hold numbers or words.
    """
    series = []
    for column, values in columns.items():
        if values.ndim != 1 or values.dtype.kind not in "iufbUSO":
            continue
        if values.dtype.kind in "iuf":
            series.append(_flat(pl.Series(column, np.ascontiguousarray(values).astype(np.float64))))
        else:
            words = [
                (value if isinstance(value, bytes) else str(value).encode(errors="replace")).decode(
                    errors="replace"
                )
                for value in values.tolist()
            ]
            series.append(pl.Series(column, words, pl.String))
    if not series:
        raise ImportFailure(tr("{name} holds no columns of numbers or words", name=name))
    return Table(name, _columns(pl.DataFrame(series), MISSING), np.arange(1, len(series[0]) + 1))


def _columns(frame: pl.DataFrame, missing: frozenset[str], separator: str = ",") -> tuple[Column, ...]:
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


Reader = Callable[[Content, ReadOptions], Table]

SIGNS: tuple[tuple[bytes, Reader], ...] = (
    (b"PAR1", _of_parquet),
    (b"ARROW1", _of_arrow),
    (b"PK\x03\x04", _of_excel),
    (b"PK\x05\x06", _of_excel),
    (b"\xd0\xcf\x11\xe0", _of_excel),
)
"""First bytes of formats."""

BEGINNINGS: tuple[tuple[bytes, Reader], ...] = (
    (rb"<(?:[!?]|(?:html|head|table|div|meta|body|style)\b)", _of_markup),
    (rb">[^\n]*\n\s*[A-Za-z*.~-]+\s", _of_sequences),
    (BLOCKS_OF_SEQUENCES.encode(), _of_sequences),
    (LINES_OF_LETTERS.encode(), _of_sequences),
    (rb"@[^\n]*\n[ACGTUN]{4,}\r?\n\+", _of_sequences),
    (rb"[0-9]+[ \t]+[0-9]+[ \t]*\r?\n\S+[ \t]+[A-Za-z*.?\- \t]{8,}\r?\n", _of_sequences),
    (rb"\[\s*[\[{\"]|\{\s*\"|\[(?:\s*-?[0-9][0-9.eE+-]*\s*,){3}", _of_json),
)
"""First letters of formats that are text."""

READERS: Iterable[tuple[tuple[str, ...], Reader]] = (
    (EXCEL_ENDINGS, _of_excel),
    (PARQUET_ENDINGS, _of_parquet),
    (ARROW_ENDINGS, _of_arrow),
    (JSON_ENDINGS, _of_json),
    (SEQUENCE_ENDINGS, _of_sequences),
    (TEXT_ENDINGS, _of_text),
)
