"""Tables of text as they lie in a file: columns of words, whose rows that cannot be read are named and left out."""

from __future__ import annotations

import csv
import math
import re
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from landscape_app.data.importing.arrays import read_array
from landscape_app.data.importing.images import ImportFailure, LeftOut

TABLE_ENDINGS = (".csv", ".tsv", ".txt")
"""Of files that hold tables of text."""

SEPARATORS = ",;\t"
"""Between the cells of a row, the first of these that the table's first row has; else blanks."""

MOST_BYTES = 64_000_000
"""Largest file that is read."""

MOST_CELLS = 4_000_000
"""Of a table."""

MOST_COLUMNS = 12_288
"""As many as an item may have numbers."""

MISSING = frozenset({"", "na", "n/a", "nan", "null", "?"})
"""Words for a cell without a value, in small letters."""

_COMMENT = re.compile(r"(^|\s)#.*")


@dataclass(frozen=True, eq=False)
class Column:
    """A column of words.

    Attributes:
        name: of the column.
        words: those that occur, each once.
        codes: which word each row has, int32, shape (rows,); −1 where it is missing.
    """

    name: str
    words: tuple[str, ...]
    codes: npt.NDArray[np.int32]

    @cached_property
    def numbers(self) -> npt.NDArray[np.float64]:
        """The words as numbers, shape (rows,); NaN where there is no finite one."""
        table = np.array([*(_number(word) for word in self.words), math.nan])
        return table[self.codes]

    @cached_property
    def is_numeric(self) -> bool:
        """True if at least half of the words that are there are finite numbers."""
        known = int((self.codes >= 0).sum())
        return 2 * int(np.isfinite(self.numbers).sum()) >= max(1, known)

    @property
    def is_whole(self) -> bool:
        """True if every word is a whole number."""
        return all(_number(word).is_integer() for word in self.words)

    @property
    def counts_rows(self) -> bool:
        """True if it numbers the rows, from 0 or from 1: such a column is no data."""
        first = self.numbers[0]
        return bool(first in (0, 1) and (self.numbers == first + np.arange(len(self.codes))).all())

    def values(self) -> tuple[str, ...]:
        """The words in order: numbers by their size, before all others by the alphabet."""
        return tuple(sorted(self.words, key=_natural))


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of a table, their kinds and their missing values.

    Attributes:
        name: of the file.
        columns: all of the same length, at least one.
        lines: where in the file each row lies, from 1, int64, shape (rows,).
        left_out: rows that have another number of cells than the others.
    """

    name: str
    columns: tuple[Column, ...]
    lines: npt.NDArray[np.int64]
    left_out: tuple[LeftOut, ...] = ()

    def __len__(self) -> int:
        return len(self.lines)

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
            f"there is no column {wanted!r}; choose by name or by number from 1 to {len(self.columns)}: {names}"
        )


def open_table(path: Path) -> Table:
    """The table in a file of text, or in a NumPy array of rows.

    Text is read with commas, semicolons, tabs or blanks between the cells; # begins a comment. The first row is the
    header where it does not look like the rows below it.

    Raises:
        ImportFailure: the file is missing, too large, or no table.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in (*TABLE_ENDINGS, ".npy"):
        raise ImportFailure(f"tables are read from {', '.join(TABLE_ENDINGS)}, .npy, not from {path}")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ImportFailure(f"{path} is larger than {MOST_BYTES // 10**6} MB; it is not read")
        return _of_array(path) if ending == ".npy" else _of_text(path)
    except OSError as error:
        raise ImportFailure(f"{path} cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ImportFailure(f"{path} is not a table of text: {error}") from error


def _of_array(path: Path) -> Table:
    numbers = read_array(path)
    numbers = numbers[:, None] if numbers.ndim == 1 else numbers
    if numbers.ndim != 2 or numbers.dtype.kind not in "iufb" or numbers.size == 0:
        what = "numbers" if numbers.dtype.kind in "iufb" else "text or other things"
        raise ImportFailure(
            f"{path} holds no rows of numbers, but {' × '.join(map(str, numbers.shape)) or 'a single one'} of {what}"
        )
    if numbers.size > MOST_CELLS or numbers.shape[1] > MOST_COLUMNS:
        raise ImportFailure(f"{path} is larger than a table may be: {MOST_CELLS:,} cells")
    columns = []
    for i, column in enumerate(numbers.T, start=1):
        words, codes = np.unique(column, return_inverse=True)
        columns.append(
            Column(f"column {i}", tuple(str(word) for word in words.tolist()), codes.astype(np.int32))
        )
    return Table(path.stem, tuple(columns), np.arange(1, len(numbers) + 1))


def _of_text(path: Path) -> Table:
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = _rows(file)
        first = next(rows, None)
        if first is None:
            raise ImportFailure(f"{path} holds no rows; expected cells with commas between them")
        width = len(first[1])
        if width > MOST_COLUMNS:
            raise ImportFailure(f"{path} has {width:,} columns; at most {MOST_COLUMNS:,} are read")
        known: list[dict[str, int]] = [{} for _ in range(width)]
        codes = [array("i") for _ in range(width)]
        lines: list[int] = []
        left_out: list[LeftOut] = []
        for line, cells in rows:
            if len(cells) != width:
                left_out.append(LeftOut(f"line {line}", f"{len(cells)} cells instead of {width}"))
                continue
            if len(lines) * width > MOST_CELLS:
                raise ImportFailure(f"{path} has more than {MOST_CELLS:,} cells; it is not read")
            lines.append(line)
            for cell, words, column in zip(cells, known, codes, strict=True):
                column.append(_code(cell, words))
    names = _header(first[1], known)
    if names is None:
        lines.insert(0, first[0])
        for cell, words, column in zip(first[1], known, codes, strict=True):
            column.insert(0, _code(cell, words))
        names = [f"column {i}" for i in range(1, width + 1)]
    if not lines and left_out:
        raise ImportFailure(
            f"{path} is no table: its first line has {width} cell{'' if width == 1 else 's'}, "
            "and no other has as many"
        )
    if not lines:
        raise ImportFailure(
            f"{path} has a header, and no rows below it; expected rows of numbers or words with commas between them"
        )
    columns = (
        Column(name, tuple(words), np.array(column, np.int32))
        for name, words, column in zip(names, known, codes, strict=True)
    )
    return Table(path.stem, tuple(columns), np.array(lines, np.int64), tuple(left_out))


def _rows(file: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """The cells of every line that is more than a comment, with its number."""
    separator = None
    for line, text in enumerate(file, start=1):
        text = _COMMENT.sub("", text).strip(" \r\n")
        if not text.strip():
            continue
        if separator is None:
            separator = next((s for s in SEPARATORS if s in text), " ")
        yield (
            line,
            [cell.strip() for cell in next(csv.reader([text], delimiter=separator, skipinitialspace=True))],
        )


def _code(cell: str, words: dict[str, int]) -> int:
    return -1 if cell.lower() in MISSING else words.setdefault(cell, len(words))


def _header(first: list[str], below: list[dict[str, int]]) -> list[str] | None:
    """Names of the columns, where the first row is no row like those below: each name once, none of them blank."""
    words_over_numbers = any(
        math.isnan(_number(cell)) and words and not math.isnan(_number(next(iter(words))))
        for cell, words in zip(first, below, strict=True)
    )
    all_words = all(math.isnan(_number(cell)) for cell in first)
    unseen = all(cell not in words for cell, words in zip(first, below, strict=True))
    if not (all_words and unseen and (words_over_numbers or len(set(first)) == len(first))):
        return None
    names: list[str] = []
    for i, cell in enumerate(first, start=1):
        name = cell or f"column {i}"
        names.append(name if name not in names else f"{name} ({i})")
    return names


def _number(word: str) -> float:
    """The finite number that a word is, else NaN."""
    try:
        value = float(word)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _natural(word: str) -> tuple[int, float, str]:
    value = _number(word)
    return (1, 0.0, word.casefold()) if math.isnan(value) else (0, value, word)
