"""Tables as they lie in a file, by the reader that suits how it begins and ends."""

from __future__ import annotations

import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import fastexcel
import numpy as np
import numpy.typing as npt
import polars as pl

from landscape_app.data.importing.blocks import Progress, drawn_rows, unwatched
from landscape_app.data.importing.cells import (
    MISSING,
)
from landscape_app.data.importing.columns import Column, ColumnType, columns_of
from landscape_app.data.importing.images import ImportFailure, LeftOut, damaged
from landscape_app.data.importing.large_text import MOST_CELLS, read_beginning, read_large
from landscape_app.data.importing.markup import tables_in
from landscape_app.data.importing.memory import check_memory
from landscape_app.data.importing.records import columns_of_json, flattened, plain
from landscape_app.data.importing.sequences import BLOCKS_OF_SEQUENCES, LINES_OF_LETTERS, alignment_in
from landscape_app.data.importing.spreadsheets import read_sheet
from landscape_app.data.importing.text import (
    MOST_COLUMNS,
    PACKED,
    ROW_BY_ROW,
    TextTable,
    decoded,
    is_archive,
    opened,
    packer_of,
    read_rows,
    read_text,
    rows_in_brackets,
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


BYTES_A_CELL = 24
BYTES_A_LETTER_OF_PAGES = 6
BYTES_A_LETTER_OF_JSON = 12
"""Of memory that tables in columns, and pages and JSON for each letter unpacked, take while they are read."""

DAMAGES = (
    *(ValueError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, struct.error, RuntimeError),
    *(LookupError, ArithmeticError, pl.exceptions.PolarsError, pl.exceptions.PanicException),
    fastexcel.FastExcelError,
)
"""Errors that packers, Polars and calamine raise of damaged files."""


LEAST_DRAWN = 3
"""Rows that are read, however many columns they have."""

LARGE_CELLS = 1_000_000
"""Of a table in columns, from which on its first rows are shown before all are read."""

FIRST_ROWS = 2_000
"""Of a large table in columns that are shown so."""


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
    columns = columns_of(found.cells, options.missing, found.layout.dialect.separator)
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
    check_memory(BYTES_A_LETTER_OF_PAGES * len(data), content.path)
    tables = tables_in(decoded(data, str(content.path)))
    if not tables:
        raise ImportFailure(tr("{path} is a page in HTML or XML without a table", path=content.path))
    sizes = [len(rows) * len(rows[0]) for rows in tables]
    largest = sizes.index(max(sizes))
    found = read_rows(tables[largest], content.title, options.missing, options.header)
    others = tuple(tr("table {number} of the page", number=i + 1) for i in range(len(tables)) if i != largest)
    table = _of_cells(found, content.title, options)
    return replace(table, not_used=(*table.not_used, *others))


def _of_excel(content: Content, options: ReadOptions) -> Table:
    sheet = read_sheet(content.source, options.sheet, content.path)
    found = read_rows(sheet.rows, content.title, options.missing, options.header)
    table = _of_cells(found, content.title, options)
    others = (tr("sheet {name}", name=name) for name in sheet.others)
    return replace(table, not_used=(*table.not_used, *others))


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
        series = columns_of_json(text)
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


def _of_sequences(content: Content, options: ReadOptions) -> Table:
    """Aligned sequences, a column a position."""
    alignment = alignment_in(decoded(content.whole(), str(content.path)), str(content.path))
    if alignment is None:
        return _of_text(content, options)
    columns = tuple(
        Column(str(i + 1), pl.Series(letters, dtype=pl.String), given=ColumnType.CATEGORY)
        for i, letters in enumerate(zip(*alignment.sequences, strict=True))
    )
    lines = np.array(alignment.lines)
    return Table(content.title, columns, lines, alignment.odd, has_header=False, is_alignment=True)


def _of_records(frame: pl.DataFrame, name: str, options: ReadOptions) -> Table:
    if frame.is_empty() or not frame.width:
        raise ImportFailure(tr("{name} holds no rows", name=name))
    found = flattened(frame)
    if not found.columns:
        raise ImportFailure(
            tr("{name} holds no columns of numbers or words, but lists and records in each", name=name)
        )
    if len(found.columns) > MOST_COLUMNS:
        raise ImportFailure(
            tr(
                "{name} has {count:,} columns; at most {most:,} are read",
                name=name,
                count=len(found.columns),
                most=MOST_COLUMNS,
            )
        )
    opaque = tuple(tr("{name} (lists, records or bytes)", name=one) for one in found.opaque)
    columns = columns_of(pl.DataFrame(found.columns), options.missing)
    return Table(name, columns, np.arange(1, len(frame) + 1), not_used=opaque)


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
        columns.append(Column(given, plain(_as_series(given, values))))
    return Table(name, tuple(columns), rows + 1, has_header=bool(names), not_drawn=count - len(rows))


def _as_series(name: str, values: npt.NDArray[np.generic]) -> pl.Series:
    """Numbers of an array in 64 bits, shape (rows,); whole ones with all their digits."""
    kind = {"i": np.int64, "u": np.uint64}.get(values.dtype.kind, np.float64)
    return pl.Series(name, np.ascontiguousarray(values).astype(kind))


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
            series.append(plain(_as_series(column, values)))
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
    return Table(name, columns_of(pl.DataFrame(series), MISSING), np.arange(1, len(series[0]) + 1))


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
