"""Tables of text: the letters that bytes stand for, the dialect, the title and header, and the cells of every row."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO, NamedTuple

import charset_normalizer
import polars as pl

from landscape_app.data.importing.cells import MISSING, is_missing, looks_typed
from landscape_app.data.importing.images import ImportFailure

MOST_BYTES = 2**31
"""Of a table's text, unpacked."""

MOST_CELLS = 60_000_000
"""Of a table: more than a data set holds; of larger files the first rows are read."""

MOST_COLUMNS = 12_288
"""As many as an item may have numbers."""

PACKED = (".gz", ".bz2", ".xz", ".zip")
"""Endings of files that hold another one, packed."""

SAMPLE = 1_000
"""Rows that tell the dialect and the header."""

SAMPLE_LETTERS = 400_000
"""Of the text, in which these rows are looked for."""

ROW_BY_ROW = 4_000_000
"""Bytes up to which rows are read one by one; larger files at once, where all rows have as many cells."""

SEPARATORS = (",", ";", "\t", "|", " ")
"""Between the cells of a row; a blank stands for any number of them."""

COMMON_MISSING = ("NA", "NaN", "nan", "null", "NULL", "None", "N/A")
"""Words for missing numbers that large tables are read with at once; every further one costs time."""

csv.field_size_limit(10_000_000)


class Dialect(NamedTuple):
    """Separator and quotation mark of a table of text.

    Attributes:
        separator: one of `SEPARATORS`.
        quote: mark around cells.
    """

    separator: str
    quote: str = '"'


@dataclass(frozen=True)
class Layout:
    """Rows of a text that are no data, and the names of its columns.

    Attributes:
        dialect: separator and quotation mark.
        width: cells of a row.
        names: of the columns, each once.
        has_header: whether they are in the file.
        first: number of the first row of data among the records, from 0.
        titles: lines above the table, in words, which are not part of it.
    """

    dialect: Dialect
    width: int
    names: tuple[str, ...]
    has_header: bool
    first: int
    titles: tuple[str, ...] = ()


class TextTable(NamedTuple):
    """Cells of a table of text, and all its other rows.

    Attributes:
        cells: a column of text each, null where a cell is empty; named as `Layout.names`.
        lines: of the file where each row begins, from 1; empty where the file was read at once.
        layout: dialect, names and title.
        odd: line and number of cells of every row that has more than there are columns.
        comments: lines that begin with #, and are none of the table.
    """

    cells: pl.DataFrame
    lines: Sequence[int]
    layout: Layout
    odd: tuple[tuple[int, int], ...]
    comments: int


def unpacked(path: Path) -> tuple[str, bytes]:
    """Name of a file without the endings of packers, and its bytes unpacked.

    Raises:
        ImportFailure: a .zip has not exactly one file, or the file is larger than `MOST_BYTES` unpacked.
        OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile: it cannot be read.
    """
    ending = path.suffix.lower()
    if ending == ".zip":
        with zipfile.ZipFile(path) as archive:
            inside = [
                member
                for member in archive.infolist()
                if not member.is_dir() and not member.filename.startswith(("__MACOSX", "."))
            ]
            if len(inside) != 1:
                raise ImportFailure(f"{path} holds {len(inside)} files; expected one table, or unpack it")
            with archive.open(inside[0]) as file:
                return Path(inside[0].filename).name, _bounded(file, path)
    if ending in PACKED:
        opener = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}[ending]
        with opener(path) as packed:  # type: ignore[operator]
            return path.stem, _bounded(packed, path)
    with path.open("rb") as plain:
        return path.name, _bounded(plain, path)


def _bounded(file: IO[bytes], path: Path) -> bytes:
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ImportFailure(f"{path} is larger than {MOST_BYTES // 10**6:,} MB unpacked; it is not read")
    return data


def decoded(data: bytes, name: str) -> str:
    """The text that bytes stand for: by their byte order mark, as UTF-8 or UTF-16, else as an older charset.

    Raises:
        ImportFailure: they are no text.
    """
    for mark, charset in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe\x00\x00", "utf-32"),
        (b"\x00\x00\xfe\xff", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            return _decoded_as(data, charset, name)
    head = data[:4096]
    zeros = head.count(0)
    if zeros:
        # Every other byte of Latin letters in UTF-16 is zero.
        odd = head[1::2].count(0)
        if zeros < 0.3 * len(head) or min(odd, zeros - odd) > 0.1 * zeros:
            raise ImportFailure(f"{name} is not a table of text: it has bytes that no text has")
        return _decoded_as(data, "utf-16-le" if odd > zeros - odd else "utf-16-be", name)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    best = charset_normalizer.from_bytes(_telling(data), cp_isolation=["cp1252", "mac_roman", "cp437"]).best()
    charset = "cp1252" if best is None else best.encoding
    if charset == "cp1252" and any(byte in data for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D)):
        charset = "latin-1"
    return _decoded_as(data, charset, name)


def _telling(data: bytes) -> bytes:
    """Pieces of the bytes that are not ASCII, with what stands around them."""
    pieces = re.findall(rb"[^\n]{0,40}[\x80-\xff]+[^\n]{0,40}", data[:4_000_000])
    return b"\n".join(pieces[:500])


def _decoded_as(data: bytes, charset: str, name: str) -> str:
    try:
        text = data.decode(charset)
    except UnicodeDecodeError as error:
        raise ImportFailure(f"{name} is not a table of text: {error}") from error
    return text.removeprefix("\ufeff")


def read_text(
    text: str, name: str, missing: frozenset[str] = MISSING, header: bool | None = None
) -> TextTable:
    """The cells of a table of text, row by row.

    Args:
        text: of the file.
        name: of the file, for messages.
        missing: words of cells without a value, in small letters.
        header: whether the first row has the names of the columns; None finds out.

    Raises:
        ImportFailure: there is no table in it.
    """
    text = text.replace("\x00", "")
    return _row_by_row(text, _layout_of(text, name, missing, header), missing, name)


def read_large(
    source: Path | bytes, name: str, missing: frozenset[str] = MISSING, header: bool | None = None
) -> TextTable | None:
    """The cells of a large table in UTF-8, all at once: columns whose first cells are numbers are read as numbers.

    Of a table of more than `MOST_CELLS` cells the first rows are read.

    Args:
        source: a file, or its bytes.
        name: of the file, for messages.
        missing: words of cells without a value, in small letters.
        header: whether the first row has the names of the columns; None finds out.

    Returns:
        None where rows are not all of as many cells, or the text is in another charset: it is to be read row by row.

    Raises:
        ImportFailure: there is no table in it.
    """
    head = _head(source)
    if head is None:
        return None
    layout = _layout_of(head, name, missing, header)
    return _at_once(source, head, layout, missing)


def _head(source: Path | bytes) -> str | None:
    """The first whole lines; None where they are not UTF-8."""
    if isinstance(source, bytes):
        head = source[:SAMPLE_LETTERS]
    else:
        with source.open("rb") as file:
            head = file.read(SAMPLE_LETTERS)
    head = head[: head.rfind(b"\n") + 1]
    if not head or b"\x00" in head or (b"\r" in head and b"\r\n" not in head):
        return None
    try:
        return head.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _layout_of(text: str, name: str, missing: frozenset[str], header: bool | None) -> Layout:
    head = text[:SAMPLE_LETTERS]
    if len(head) < len(text):
        head = head[: head.rfind("\n") + 1] or head
    dialect = find_dialect(head, missing)
    if dialect is None:
        raise ImportFailure(f"{name} holds no rows; expected cells with commas between them")
    layout = find_layout(head, dialect, missing, header, name)
    if layout.width > MOST_COLUMNS:
        raise ImportFailure(f"{name} has {layout.width:,} columns; at most {MOST_COLUMNS:,} are read")
    return layout


class Record(NamedTuple):
    """A row of text: where it begins in the file, counted from 1, and its cells."""

    line: int
    cells: list[str]


def records(text: str, dialect: Dialect) -> Iterator[Record]:
    """The rows of a text that are not blank; the cells without blanks around them."""
    separator, quote = dialect
    lines: Iterator[str] = io.StringIO(text, newline="")
    if separator == " ":
        lines = (line.replace("\t", " ") for line in lines)
    reader = csv.reader(lines, delimiter=separator, quotechar=quote, skipinitialspace=True)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise ImportFailure(f"line {reader.line_num} of the text cannot be read: {error}") from error
        cells = [cell.strip() for cell in cells]
        if separator == " ":
            while cells and not cells[-1]:
                cells.pop()
            while cells and not cells[0]:
                cells.pop(0)
        if any(cells):
            yield Record(line, cells)
        line = reader.line_num + 1


def find_dialect(text: str, missing: frozenset[str] = MISSING) -> Dialect | None:
    """The dialect in which rows have as many cells as each other, and cells are numbers, dates and short words.

    The measure is that of van den Burg, Nazábal and Sutton (2019): regular rows times cells of a known type.

    Returns:
        None for a text without rows.
    """
    best: tuple[float, Dialect] | None = None
    for quote in ('"', "'"):
        if quote == "'" and not re.search(r"(?:^|[,;\t| ])'[^'\n]*'(?:[,;\t| \r\n]|$)", text[:20_000]):
            continue
        for separator in SEPARATORS:
            if separator != " " and separator not in text:
                continue
            dialect = Dialect(separator, quote)
            found = _score(text, dialect, missing)
            if found is not None and (best is None or found > best[0] + 1e-9):
                best = (found, dialect)
    if best is not None:
        return best[1]
    return Dialect(",") if text.strip() else None


def _score(text: str, dialect: Dialect, missing: frozenset[str]) -> float | None:
    rows: list[list[str]] = []
    try:
        for record in records(text, dialect):
            if not record.cells[0].startswith("#") or is_missing(record.cells[0], missing):
                rows.append(record.cells)
            if len(rows) >= SAMPLE:
                break
    except ImportFailure:
        return None
    if not rows:
        return None
    width, regular = _usual_width(rows)
    cells = [cell for row in rows if len(row) == width for cell in row]
    typed = sum(looks_typed(cell) or is_missing(cell, missing) for cell in cells)
    # One column is what any text is: it wins where no separator makes regular rows.
    several = (width - 1) / width if width > 1 else 0.2
    wide = several if width > 1 else 0.2
    return (regular / len(rows)) ** 2 * wide * (0.05 + typed / len(cells))


def _usual_width(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Number of cells that most rows have, the first such number, and how many rows have it."""
    widths = Counter(len(row) for row in rows)
    most = max(widths.values())
    return next(width for width, count in widths.items() if count == most), most


def find_layout(
    text: str, dialect: Dialect, missing: frozenset[str], header: bool | None, name: str
) -> Layout:
    """Title, header and width of a text in a dialect.

    Above the table may stand lines of a title, and lines that begin with #, the last of which may have the names. A
    header may lack the name of the first column (as R writes row names), and rows may end in a separator.

    Raises:
        ImportFailure: it has a header, and no rows below it.
    """
    rows: list[list[str]] = []
    for record in records(text, dialect):
        rows.append(record.cells)
        if len(rows) >= SAMPLE:
            break
    comment = [row[0].startswith("#") and not is_missing(row[0], missing) for row in rows]
    below = [row for row, is_comment in zip(rows, comment, strict=True) if not is_comment]
    if not below:
        raise ImportFailure(f"{name} holds no rows but comments; expected cells with commas between them")
    width, _ = _usual_width(below)
    width, trailing = _without_trailing(below, width)
    start, titles, named_above = 0, [], None
    while start < len(rows):
        row = rows[start]
        if comment[start]:
            cells = _of_comment(row, dialect)
            if len(cells) == width and not any(looks_typed(cell) for cell in cells if cell):
                named_above = cells
            titles.append(dialect.separator.join(row).strip(dialect.separator))
        elif _belongs(row, width, trailing) and not _is_title(row, rows[start + 1 :], width, missing):
            break
        else:
            if not trailing and _lacks_first_name(row, rows[start + 1 :], width, missing):
                break
            titles.append(dialect.separator.join(row).strip(dialect.separator))
        start += 1
    if start == len(rows):
        raise ImportFailure(
            f"{name} is no table: its first line has {len(rows[0])} cells, and no other has as many"
        )
    first = rows[start]
    names: list[str] | None = None
    rest = [
        row[:width]
        for row, is_comment in zip(rows[start + 1 :], comment[start + 1 :], strict=True)
        if not is_comment
    ]
    if len(first) == width - 1 and not trailing:
        names = ["", *first]
    elif header or (header is None and is_header(first[:width], rest, missing)):
        names = first[:width]
    has_header = names is not None
    start += has_header
    if names is not None:
        units = rest[0] if rest else []
        if header is None and len(rest) > 2 and _is_units(names, units, rest[1:], missing):
            names = [
                f"{one} ({unit.strip('()[]')})" if unit else one
                for one, unit in zip(names, units, strict=True)
            ]
            start += 1
        if not rest:
            raise ImportFailure(
                f"{name} has a header, and no rows below it; expected rows of numbers or words with commas "
                "between them"
            )
    elif named_above is not None and header is None:
        names, has_header = named_above, True
        titles = titles[:-1]
    given = tuple(_unique(names or [""] * width))
    return Layout(dialect, width, given, has_header, start, tuple(titles))


def _lacks_first_name(
    row: Sequence[str], below: Sequence[Sequence[str]], width: int, missing: frozenset[str]
) -> bool:
    """True of a header over all columns but the first, as R writes it above row names."""
    if len(row) != width - 1 or any(looks_typed(cell) for cell in row):
        return False
    whole = [other for other in below if len(other) == width]
    return len(whole) > 1 and len(below[0]) == width and not is_header(whole[0], whole[1:], missing)


def _without_trailing(rows: Sequence[Sequence[str]], width: int) -> tuple[int, bool]:
    """Width without a last column that is always empty, and whether there is one: rows that end in a separator."""
    whole = [row for row in rows if len(row) == width]
    if width > 1 and len(rows) > 1 and not any(row[-1] for row in whole):
        return width - 1, True
    return width, False


def _of_comment(row: Sequence[str], dialect: Dialect) -> list[str]:
    first = row[0].lstrip("#").strip()
    cells = [first, *row[1:]] if first else list(row[1:])
    if len(cells) == 1 and dialect.separator != " ":
        return cells
    return cells


def _belongs(row: Sequence[str], width: int, trailing: bool) -> bool:
    return len(row) == width or (len(row) == width + 1 and not row[-1])


def _is_title(
    row: Sequence[str], below: Sequence[Sequence[str]], width: int, missing: frozenset[str]
) -> bool:
    """True of a row with one cell that is not empty, as spreadsheets write titles, above fuller rows."""
    filled = [cell for cell in row[:width] if cell]
    if width < 2 or len(filled) != 1 or looks_typed(filled[0]) or is_missing(filled[0], missing):
        return False
    return bool(row[0]) and any(all(cell for cell in other[:width]) for other in below[:3])


def is_header(first: Sequence[str], below: Sequence[Sequence[str]], missing: frozenset[str]) -> bool:
    """True if a row names the columns below it: its cells are of another type, or stand nowhere below.

    Each column has a vote: words over numbers and dates are a name, numbers over them none. Over words, a cell that
    stands in none of many rows of few values is a name, one that stands there again is none. Numbers are names where
    they are years or count, and what is below is neither.
    """
    if not below:
        return all(cell and not looks_typed(cell) for cell in first)
    if len(first) > 1 and _counts(first) and not any(_counts(row) for row in below[:50]):
        return _unlike(first, below)
    votes = 0.0
    for i, cell in enumerate(first):
        column = [row[i] for row in below if i < len(row) and not is_missing(row[i], missing)]
        if not column:
            continue
        typed = sum(looks_typed(other) for other in column) / len(column)
        if typed > 0.5:
            if is_missing(cell, missing):
                continue
            votes += -1.0 if looks_typed(cell) else 1.0
        elif looks_typed(cell):
            votes -= 0.5
        else:
            distinct = len(set(column))
            repeats = 1.0 - distinct / len(column)
            seen = cell in column
            votes += -repeats if seen else 0.5 * repeats
    if votes:
        return votes > 0
    return len(set(first)) == len(first) and all(
        cell and not looks_typed(cell) and len(cell) < 60 for cell in first
    )


def _counts(row: Sequence[str]) -> bool:
    """True of whole numbers, each by one more than the one before it."""
    if not all(cell.isdecimal() and len(cell) < 6 for cell in row):
        return False
    numbers = [int(cell) for cell in row]
    return all(b == a + 1 for a, b in pairwise(numbers))


def _unlike(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """True if numbers below a row that counts are not such as it has: not whole, or of other sizes."""
    cells = [cell for row in below for cell in row[: len(first)] if looks_typed(cell)]
    whole = sum(cell.lstrip("+-").isdecimal() for cell in cells)
    if whole < 0.5 * len(cells):
        return True
    if len(first) < 4 and int(first[0]) in (0, 1):
        return False
    low, high = int(first[0]), int(first[-1])
    inside = sum(cell.isdecimal() and low <= int(cell) <= high for cell in cells)
    return len(first) >= 4 or inside < 0.1 * len(cells)


def _is_units(
    names: Sequence[str], units: Sequence[str], below: Sequence[Sequence[str]], missing: frozenset[str]
) -> bool:
    """True of a second row of short words above numbers, such as mm."""
    if len(units) != len(names) or not any(units):
        return False
    for i, unit in enumerate(units):
        column = [row[i] for row in below if i < len(row) and not is_missing(row[i], missing)]
        numbers = bool(column) and sum(looks_typed(cell) for cell in column) > 0.5 * len(column)
        if unit and (looks_typed(unit) or len(unit) > 12 or not numbers or is_missing(unit, missing)):
            return False
    return True


def _unique(names: Sequence[str]) -> list[str]:
    """Names of columns, each once and none empty, as near to those given as can be."""
    taken = {name for name in names if name}
    found: list[str] = []
    for i, name in enumerate(names, start=1):
        new = name or f"column {i}"
        again = 2
        while new in found or (new in taken and new != name):
            new = f"{name or f'column {i}'} ({again})"
            again += 1
        found.append(new)
    return found


def _at_once(source: Path | bytes, head: str, layout: Layout, missing: frozenset[str]) -> TextTable | None:
    """The cells of a regular table; None where it is not regular."""
    separator, quote = layout.dialect
    if separator == " " or quote == "'":
        return None
    sample = [record for number, record in enumerate(records(head, layout.dialect)) if number >= layout.first]
    if not sample:
        return None
    columns = zip(*(record.cells for record in sample if len(record.cells) == layout.width), strict=True)
    types = [pl.Float64 if _are_plain(column, missing) else pl.String for column in columns]
    ahead = sample[0].line
    cells: pl.DataFrame | None = None
    # A number written otherwise, or another word for a missing one, far below: then all cells are taken as text.
    for kinds in (types, [pl.String] * layout.width):
        try:
            cells = pl.read_csv(
                source,
                has_header=False,
                separator=separator,
                quote_char=quote,
                skip_lines=ahead - 1,
                schema=dict(zip(layout.names, kinds, strict=True)),
                null_values=[word for word in COMMON_MISSING if is_missing(word, missing)],
                extra_columns="raise",
                missing_columns="raise",
                n_rows=MOST_CELLS // layout.width,
            )
        except (pl.exceptions.PolarsError, ValueError):
            continue
        break
    if cells is None:
        return None
    if len(cells) == MOST_CELLS // layout.width:
        return TextTable(cells, range(ahead, ahead + len(cells)), layout, (), 0)
    if ahead - 1 + len(cells) != _count_lines(source):
        return None
    first = cells.columns[0]
    if cells[first].dtype == pl.String and cells[first].str.starts_with("#").any():
        return None
    return TextTable(cells, range(ahead, ahead + len(cells)), layout, (), 0)


def _are_plain(cells: Iterable[str], missing: frozenset[str]) -> bool:
    """True of numbers as Python writes them, and missing values."""
    found = [cell for cell in cells if not is_missing(cell, missing)]
    return bool(found) and all(
        re.fullmatch(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", cell) for cell in found
    )


def _count_lines(source: Path | bytes) -> int:
    """Lines of a file, the last of which may lack its end."""
    if isinstance(source, bytes):
        return source.count(b"\n") + (not source.endswith(b"\n"))
    lines, last = 0, b"\n"
    with source.open("rb") as file:
        while block := file.read(2**22):
            lines += block.count(b"\n")
            last = block[-1:]
    return lines + (last != b"\n")


def _row_by_row(text: str, layout: Layout, missing: frozenset[str], name: str) -> TextTable:
    width = layout.width
    columns: list[list[str | None]] = [[] for _ in range(width)]
    lines: list[int] = []
    odd: list[tuple[int, int]] = []
    comments = 0
    for number, (line, cells) in enumerate(records(text, layout.dialect)):
        if number < layout.first:
            continue
        if cells[0].startswith("#") and not is_missing(cells[0], missing):
            comments += 1
            continue
        while len(cells) > width and not cells[-1]:
            cells.pop()
        if len(cells) > width:
            odd.append((line, len(cells)))
            continue
        lines.append(line)
        for column, cell in zip(columns, [*cells, *[""] * (width - len(cells))], strict=True):
            column.append(cell or None)
    if not lines:
        raise ImportFailure(
            f"{name} has a header, and no rows below it; expected rows of numbers or words with commas between them"
        )
    frame = pl.DataFrame(
        {one: pl.Series(one, column, pl.String) for one, column in zip(layout.names, columns, strict=True)}
    )
    return TextTable(frame, lines, layout, tuple(odd), comments)
