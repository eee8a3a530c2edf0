"""Large tables of text: read in blocks of lines, so that memory is bounded, and of too many rows a sample."""

from __future__ import annotations

import codecs
import io
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
import polars as pl

from landscape_app.data.importing.blocks import Progress, unwatched
from landscape_app.data.importing.cells import MISSING, is_missing
from landscape_app.data.importing.images import ImportFailure
from landscape_app.data.importing.memory import check_memory
from landscape_app.data.importing.text import (
    NO_ROWS,
    OLD_CHARSETS,
    SAMPLE_LETTERS,
    Layout,
    RowCells,
    TextTable,
    are_plain,
    are_quoted_whole,
    charset_of,
    is_mostly_utf8,
    layout_of,
    likely_charset,
    opened,
    read_text,
    records,
    telling_pieces,
    unquoted,
    without_marks,
)
from landscape_app.language import tr

MOST_CELLS = 60_000_000
"""Of a table: more than a data set holds; of the rows of larger files so many are drawn."""

MOST_MEMORY = 2 * 10**9
"""Bytes that a table may take while it is read, likewise."""

BLOCK = 2**23
"""Bytes of a large text that are read at a time."""

MOST_LINE = 2**26
"""Bytes of a line, beyond which a file is no table."""

ROWS_AT_A_TIME = 20_000
"""Rows that are collected before they become columns."""

BYTES_A_CELL = {pl.Float64: 25, pl.String: 130}
"""Of memory that a number and a word take while a table is read at once and types of columns are found."""

COMMON_MISSING = ("NA", "NaN", "nan", "null", "NULL", "None", "N/A")
"""Words for missing numbers that large tables are read with at once; every further one costs time."""


BROKEN_UTF8 = "utf_8"
"""Charset of a text in UTF-8 with some broken bytes, which are replaced."""


def _errors(charset: str) -> str:
    # Something may have added half a letter at the end of UTF-16.
    return "replace" if charset == BROKEN_UTF8 else "ignore" if charset == "utf-16" else "strict"


def read_large(
    path: Path,
    name: str,
    missing: frozenset[str] = MISSING,
    header: bool | None = None,
    progress: Progress = unwatched,
) -> TextTable:
    """The cells of a large table: columns whose first cells are numbers are read as numbers, block by block.

    Of a table of more than `MOST_CELLS` cells or `MOST_MEMORY` bytes rows are drawn at random.

    Args:
        path: of a file, packed or not.
        name: of the file, for messages.
        missing: words of cells without a value, in small letters.
        header: whether the first row has the names of the columns; None finds out.
        progress: told the share that is read, 0 to 1; what it raises ends the reading.

    Raises:
        ImportFailure: there is no table in it.
        OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile: it cannot be read.
    """
    head, charset = _beginning(path, name)
    tried = [charset]
    while True:
        is_quoted = are_quoted_whole(head)
        if is_quoted:
            head = "".join(map(unquoted, head.splitlines()))
        layout = layout_of(head, name, missing, header)
        try:
            return _LargeText(path, name, charset, layout, missing, progress).read(not is_quoted)
        except _OtherCharset as error:
            charset = next(one for one in (*error.likely, "latin-1") if one not in tried)
            tried.append(charset)
            head, _ = _beginning(path, name, charset)


def read_beginning(
    path: Path, name: str, missing: frozenset[str] = MISSING, header: bool | None = None
) -> TextTable:
    """The cells of the first rows of a large table.

    Raises:
        ImportFailure, OSError, …: as `read_large` does.
    """
    text, _ = _beginning(path, name)
    return read_text(text, name, missing, header)


def _beginning(path: Path, name: str, charset: str = "") -> tuple[str, str]:
    """The first whole lines of a text, and its charset, as far as these tell."""
    with opened(path) as found:
        data = found.file.read(SAMPLE_LETTERS)
    charset = charset or charset_of(data, name)
    try:
        text = codecs.getincrementaldecoder(charset)(_errors(charset)).decode(data)
    except UnicodeDecodeError:
        charset = _likely_charsets(data)[0]
        text = data.decode(charset, errors="replace")
    text = without_marks(text)
    return text[: text.rfind("\n") + 1] or text, charset


class RowDraw:
    """Random sample of rows that come one after the other, however many they will be.

    Every row has a random key, and those with the least keys are kept, in their order: all of them where they are not
    more than `most`, else a simple random sample without replacement.

    Args:
        most: rows to keep.
        seed: of the keys.
    """

    def __init__(self, most: int, seed: int = 0) -> None:
        self.most = most
        self.limit = math.inf
        self._generator = np.random.default_rng(seed)
        self._keys: list[npt.NDArray[np.float64]] = []
        self._lines: list[npt.NDArray[np.int64]] = []
        self._cells: list[pl.DataFrame] = []

    @property
    def count(self) -> int:
        """Rows that are kept now."""
        return sum(map(len, self._keys))

    def keys(self, count: int) -> npt.NDArray[np.float64]:
        """Keys of the next rows, shape (count,); those below `limit` are worth to be read and added."""
        return self._generator.random(count)

    def add(self, keys: npt.NDArray[np.float64], lines: npt.NDArray[np.int64], cells: pl.DataFrame) -> None:
        """Takes rows, of which some may go later.

        Args:
            keys: of the rows, shape (n,).
            lines: of the file, shape (n,).
            cells: n rows.
        """
        self._keys.append(keys)
        self._lines.append(lines)
        self._cells.append(cells)
        if self.count > 1.25 * self.most:
            self._thin()

    def taken(self) -> tuple[npt.NDArray[np.int64], pl.DataFrame]:
        """Lines and cells of the rows that are kept."""
        if self.count > self.most:
            self._thin()
        return np.concatenate(self._lines), pl.concat(self._cells)

    def _thin(self) -> None:
        self.limit = float(np.partition(np.concatenate(self._keys), self.most)[self.most])
        for i, keys in enumerate(self._keys):
            kept = keys < self.limit
            self._keys[i] = keys[kept]
            self._lines[i] = self._lines[i][kept]
            self._cells[i] = self._cells[i].filter(kept)


class _OtherCharset(Exception):
    """The text is in another charset than was thought.

    Attributes:
        likely: charsets, the likeliest first.
    """

    def __init__(self, likely: Sequence[str]) -> None:
        super().__init__(likely)
        self.likely = likely


class _OtherTypes(Exception):
    """Columns have cells that are no plain numbers.

    Attributes:
        columns: their places.
    """

    def __init__(self, columns: set[int]) -> None:
        super().__init__(columns)
        self.columns = columns


class _IrregularError(Exception):
    """Rows cannot be told by the ends of lines."""


class _LargeText:
    """Rows of a large text, read in blocks of lines, so that memory is bounded.

    Lines that are drawn are parsed at once, by Polars; where they are not all rows of as many cells, one by one.
    Where quotation marks hold rows of several lines together, the whole file is read row by row.

    Args:
        path: of the file.
        name: for messages.
        charset: of its text.
        layout: dialect and columns.
        missing: words of cells without a value.
        progress: told the share that is read.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        charset: str,
        layout: Layout,
        missing: frozenset[str],
        progress: Progress,
    ) -> None:
        self._path, self._name, self._charset = path, name, charset
        self._layout, self._missing, self._progress = layout, missing, progress
        self._words = [word for word in COMMON_MISSING if is_missing(word, missing)]
        self._usual = "NA"
        self._kinds: list[type[pl.DataType]] = [pl.String] * layout.width
        self._odd: list[tuple[int, str]] = []
        self._comments = 0

    def read(self, in_blocks: bool = True) -> TextTable:
        """All rows, or as many as may be drawn.

        Args:
            in_blocks: False where every line is one cell in quotation marks, which are taken off.
        """
        sign, quote, escape, cuts = self._layout.dialect
        is_plain = len(sign) == 1 and sign != " " and sign.isascii() and quote == '"' and not (escape or cuts)
        first = self._first_line() if in_blocks and is_plain else 0
        if first:
            while True:
                try:
                    return self._in_blocks(first)
                except _OtherTypes as error:
                    for i in error.columns:
                        self._kinds[i] = pl.String
                except _IrregularError:
                    break
        self._kinds = [pl.String] * self._layout.width
        return self._one_by_one(not in_blocks)

    def _first_line(self) -> int:
        """Number of the first line of data, from 1, where types of columns are told; 0 where lines end otherwise."""
        text, _ = _beginning(self._path, self._name, self._charset)
        if text.count("\r") > text.count("\r\n"):
            return 0
        layout = self._layout
        sample = [row for number, row in enumerate(records(text, layout.dialect)) if number >= layout.first]
        if not sample:
            return 0
        columns = zip(*(row.cells for row in sample if len(row.cells) == layout.width), strict=True)
        found = list(columns)
        numeric = [are_plain(column, self._missing) for column in found]
        self._kinds = [pl.Float64 if plain else pl.String for plain in numeric] or self._kinds
        told = Counter(cell for column, plain in zip(found, numeric, strict=True) if plain for cell in column)
        self._usual = max(self._words, key=lambda word: told[word], default="NA")
        return sample[0].line

    @property
    def _nulls(self) -> list[str]:
        """Words for missing numbers; beside words, where NA may be Namibia, the usual one alone."""
        return [self._usual] if pl.String in self._kinds else self._words

    def _draw(self) -> RowDraw:
        """Sample of as many rows as there may be."""
        self._odd, self._comments = [], 0
        bytes_a_row = sum(BYTES_A_CELL[kind] for kind in self._kinds)
        draw = RowDraw(max(3, min(MOST_CELLS // self._layout.width, MOST_MEMORY // bytes_a_row)))
        largest = min(draw.most * bytes_a_row, self._path.stat().st_size * bytes_a_row / self._layout.width)
        check_memory(largest + 8 * BLOCK, self._name)
        return draw

    def _check_memory(self, draw: RowDraw) -> None:
        """Fails where the rows that are kept leave too little memory: how many there will be, a packed file hides."""
        check_memory(draw.count * sum(BYTES_A_CELL[kind] for kind in self._kinds) + 8 * BLOCK, self._name)

    def _in_blocks(self, first: int) -> TextTable:
        draw, rows, line = self._draw(), 0, 1
        with opened(self._path) as found:
            for block in _whole_lines(self._utf8(found.file), self._name):
                self._progress(found.share())
                self._check_memory(draw)
                for mark in (b"\0", b"\x1a", codecs.BOM_UTF8):
                    block = block.replace(mark, b"") if mark in block else block
                if b"\r" in block and block.count(b"\r") > block.count(b"\r\n"):
                    raise _IrregularError
                if not block:
                    continue
                data = np.frombuffer(block, np.uint8)
                ends = np.flatnonzero(data == 10) + 1
                if not block.endswith(b"\n"):
                    ends = np.append(ends, len(block))
                lines = np.arange(line, line + len(ends))
                lengths = np.diff(ends, prepend=0)
                line += len(ends)
                is_row = (lines >= first) & (lengths > 1) & ~((lengths == 2) & (data[ends - 2] == 13))
                is_row |= (lines >= first) & (lengths == 1) & (data[ends - 1] != 10)
                rows += int(is_row.sum())
                keys = draw.keys(len(ends))
                wanted = is_row & (keys < draw.limit)
                if not wanted.any():
                    continue
                quoted = self._layout.dialect.quote.encode() in block
                # Rows in quotation marks may reach over several lines, which only the whole block tells.
                read = is_row if quoted else wanted
                part = block if read.all() else data[np.repeat(read, lengths)].tobytes()
                cells = self._parsed(part, int(read.sum()))
                if cells is not None:
                    kept = wanted[read]
                    blank = _blank_lines(cells, part, self._layout.dialect.separator)
                    kept[blank] = False
                    rows -= len(blank)
                    places = np.flatnonzero(read)[kept]
                    draw.add(keys[places], lines[places], cells if kept.all() else cells.filter(kept))
                elif quoted:
                    raise _IrregularError
                else:
                    rows -= int(wanted.sum())
                    rows += self._add_one_by_one(draw, part, keys[wanted], lines[wanted])
        return self._table(draw, rows)

    def _utf8(self, file: IO[bytes]) -> Iterator[bytes]:
        """The text in UTF-8, in blocks."""
        if self._charset in ("utf-8", "utf-8-sig"):
            while block := file.read(BLOCK):
                yield block
            return
        decoder = codecs.getincrementaldecoder(self._charset)(_errors(self._charset))
        while block := file.read(BLOCK):
            try:
                yield decoder.decode(block).encode()
            except UnicodeDecodeError:
                raise _OtherCharset(_likely_charsets(block)) from None
        yield decoder.decode(b"", final=True).encode()

    def _parsed(self, block: bytes, rows: int) -> pl.DataFrame | None:
        """The cells of lines; None where these are not all rows of as many cells.

        Raises:
            _OtherTypes: a column of numbers has another cell.
            _OtherCharset: the text is not UTF-8.
        """
        cells = self._frame(block, self._kinds)
        if cells is None:
            try:
                block.decode()
            except UnicodeDecodeError:
                raise _OtherCharset(_likely_charsets(block)) from None
            numbers = {i for i, kind in enumerate(self._kinds) if kind is pl.Float64}
            text = self._frame(block, [pl.String] * self._layout.width) if numbers else None
            if text is None or len(text) != rows:
                return None
            wrong = {i for i in numbers if not _can_be_cast(text.to_series(i), self._nulls)}
            raise _OtherTypes(wrong or numbers)
        first = cells.to_series(0)
        if len(cells) != rows or (first.dtype == pl.String and first.str.starts_with("#").any()):
            return None
        if b" " in block or b"\t" in block:
            quote = self._layout.dialect.quote
            if quote.encode() in block and any(
                series.str.contains(rf"^\s+{quote}").any() for series in cells if series.dtype == pl.String
            ):
                return None
            cells = cells.with_columns(pl.col(pl.String).str.strip_chars().replace("", None))
        return cells

    def _frame(self, block: bytes, kinds: Sequence[type[pl.DataType]]) -> pl.DataFrame | None:
        names = self._layout.names
        numbers = [name for name, kind in zip(names, kinds, strict=True) if kind is pl.Float64]
        all_words = len(numbers) == len(names)
        try:
            return pl.read_csv(
                block,
                has_header=False,
                separator=self._layout.dialect.separator,
                quote_char=self._layout.dialect.quote,
                schema=dict(zip(names, kinds, strict=True)),
                null_values=self._words if all_words else dict.fromkeys(numbers, self._usual) or None,
                extra_columns="raise",
                missing_columns="raise",
            )
        except (pl.exceptions.PolarsError, ValueError):
            return None

    def _add_one_by_one(
        self,
        draw: RowDraw,
        block: bytes,
        keys: npt.NDArray[np.float64],
        lines: npt.NDArray[np.int64],
    ) -> int:
        """Adds the rows among lines without quotation marks, each with its key.

        Returns:
            Number of rows.
        """
        found = RowCells(self._layout, self._missing)
        for row in records(block.decode(), self._layout.dialect, self._layout.width):
            found.add(row)
        self._comments += found.comments
        self._odd += [(int(lines[line - 1]), reason) for line, reason in found.odd]
        places = np.array(found.lines, np.int64) - 1
        cells = found.frame()
        wrong = {
            i
            for i, kind in enumerate(self._kinds)
            if kind is pl.Float64 and not _can_be_cast(cells.to_series(i), self._nulls)
        }
        if wrong:
            raise _OtherTypes(wrong)
        numbers = [
            _as_numbers(cells.to_series(i), self._nulls)
            for i, kind in enumerate(self._kinds)
            if kind is pl.Float64
        ]
        draw.add(keys[places], lines[places], cells.with_columns(numbers))
        return len(places)

    def _one_by_one(self, is_quoted: bool) -> TextTable:
        """All rows by the standard library's reader."""
        draw, rows = self._draw(), 0
        layout = self._layout
        with opened(self._path) as found:
            stream = io.TextIOWrapper(found.file, self._charset, _errors(self._charset), newline="")
            part = RowCells(layout, self._missing)
            lines = map(without_marks, stream)
            lines = map(unquoted, lines) if is_quoted else lines
            try:
                for number, row in enumerate(records(lines, layout.dialect, layout.width)):
                    if number < layout.first:
                        continue
                    part.add(row)
                    if len(part.lines) == ROWS_AT_A_TIME:
                        self._progress(found.share())
                        self._check_memory(draw)
                        rows += self._add(draw, part)
                        part = RowCells(layout, self._missing)
                rows += self._add(draw, part)
            except UnicodeDecodeError as error:
                raise _OtherCharset(_likely_charsets(error.object)) from None
            finally:
                stream.detach()
        return self._table(draw, rows)

    def _add(self, draw: RowDraw, part: RowCells) -> int:
        """Adds rows and returns their number."""
        self._comments += part.comments
        self._odd += part.odd
        keys = draw.keys(len(part.lines))
        kept = keys < draw.limit
        if kept.any():
            draw.add(keys[kept], np.array(part.lines, np.int64)[kept], part.frame().filter(kept))
        return len(keys)

    def _table(self, draw: RowDraw, rows: int) -> TextTable:
        """The rows that were drawn among so many."""
        if not draw.count:
            raise ImportFailure(NO_ROWS.format(name=self._name))
        lines, cells = draw.taken()
        left = rows - len(lines)
        return TextTable(
            cells,
            lines,
            self._layout,
            tuple(self._odd),
            self._comments,
            left if math.isfinite(draw.limit) else 0,
        )


def _whole_lines(blocks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """Blocks of bytes that end where lines end."""
    rest = b""
    for block in blocks:
        cut = block.rfind(b"\n") + 1
        if cut:
            yield rest + block[:cut]
            rest = block[cut:]
        else:
            rest += block
        if len(rest) > MOST_LINE:
            raise ImportFailure(
                tr(
                    "{name} is no table: it has a line of more than {most:,} MB",
                    name=name,
                    most=MOST_LINE // 10**6,
                )
            )
    if rest:
        yield rest


def _blank_lines(cells: pl.DataFrame, block: bytes, separator: str) -> npt.NDArray[np.int64]:
    """Places of lines that have nothing but blanks and separators."""
    empty = cells.select(pl.all_horizontal(pl.all().is_null())).to_series().arg_true().to_numpy()
    if not len(empty):
        return np.zeros(0, np.int64)
    lines = block.split(b"\n")
    blank = f' \t\r"{separator}'.encode()
    return np.array([i for i in empty.tolist() if not lines[i].strip(blank)], np.int64)


def _likely_charsets(block: bytes) -> list[str]:
    """Charsets of a text that is not UTF-8, the likeliest first."""
    # A letter of several bytes may be cut where the block ends.
    block = block[: block.rfind(b"\n") + 1] or block
    likely = BROKEN_UTF8 if is_mostly_utf8(block) else likely_charset(telling_pieces(block), block)
    return [likely, *(one for one in OLD_CHARSETS if one != likely)]


def _as_numbers(cells: pl.Series, words: Sequence[str] = ()) -> pl.Series:
    """Numbers of cells, null where there is none."""
    plain = cells.set(cells.is_in(list(words)), None) if words else cells
    return plain.cast(pl.Float64, strict=False)


def _can_be_cast(cells: pl.Series, words: Sequence[str] = ()) -> bool:
    """True of cells that are all plain numbers, or missing by some words."""
    missing = cells.is_in(list(words)).sum() if words else 0
    return _as_numbers(cells, words).null_count() == cells.null_count() + int(missing or 0)
