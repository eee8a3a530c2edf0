"""Cells of spreadsheets of Excel and OpenDocument, as text."""

from __future__ import annotations

import io
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import fastexcel

from landscape_app.data.importing.cells import looks_typed
from landscape_app.data.importing.images import ImportFailure
from landscape_app.data.importing.memory import check_memory
from landscape_app.data.importing.text import MOST_BYTES
from landscape_app.language import tr

BYTES_A_LETTER = 6
"""Of memory that a spreadsheet takes, for each letter unpacked, while it is read."""


def sheets_of(path: Path) -> tuple[str, ...]:
    """Names of the sheets of a spreadsheet; none of a file that cannot be read."""
    try:
        return tuple(fastexcel.read_excel(path).sheet_names)
    except (fastexcel.FastExcelError, OSError):
        return ()


class Sheet(NamedTuple):
    """Rows of cells of a sheet, and the names of the other sheets that have any."""

    rows: list[list[str]]
    others: tuple[str, ...]


def read_sheet(source: Path | bytes, wanted: str | None, path: Path) -> Sheet:
    """A sheet of a spreadsheet.

    Args:
        source: file or bytes of the spreadsheet.
        wanted: sheet by name or number from 1; None for the first with a table.
        path: for messages.

    Raises:
        ImportFailure: there is no such sheet, it has no rows, or it is too large.
    """
    _check_size(source, path)
    book = fastexcel.read_excel(source)
    chosen = _sheet_of(book, wanted, path)
    rows = _rows_of(book, chosen)
    if not rows:
        raise ImportFailure(tr("{path} holds no rows in its sheet {sheet!r}", path=path, sheet=chosen))
    others = (name for name in book.sheet_names if name != chosen and _first_rows(book, name, 1))
    return Sheet(rows, tuple(others))


def _check_size(source: Path | bytes, path: Path) -> None:
    """Fails where a spreadsheet is larger, unpacked, than what can be read."""
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > MOST_BYTES:
            raise ImportFailure(
                tr(
                    "{path} is larger than {most:,} MB unpacked; it is not read",
                    path=path,
                    most=MOST_BYTES // 10**6,
                )
            )
        check_memory(BYTES_A_LETTER * size, path)


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
    rows = [
        [_excel_cell(word, number) for word, number in zip(texts, values, strict=True)]
        for texts, values in zip(words.iter_rows(), numbers.iter_rows(), strict=True)
    ]
    if any(words.null_count().row(0)):
        # OpenDocument has times as durations, which are no text.
        durations = book.load_sheet(sheet, header_row=None, dtypes="duration").to_polars()
        for cells, spans in zip(rows, durations.iter_rows(), strict=True):
            for i, span in enumerate(spans):
                cells[i] = cells[i] or ("" if span is None else _clock(span))
    return rows


def _clock(span: timedelta) -> str:
    """Hours, minutes and seconds, and parts of these if there are any."""
    parts = span.microseconds
    minutes, seconds = divmod(span.days * 86_400 + span.seconds, 60)
    whole = f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
    return f"{whole}.{parts:06d}".rstrip("0") if parts else whole


def _excel_cell(word: str | None, number: float | None) -> str:
    if word is None:
        return ""
    if number is not None:
        try:
            return word if float(word) == number else repr(number)
        except ValueError:
            # A date, or true or false.
            pass
    if word.startswith(("1899-12-3", "1900-01-", "1900-02-")) and len(word) >= 19:
        # Times lie in the first days that Excel knows.
        days = (date.fromisoformat(word[:10]) - date(1899, 12, 31)).days
        return f"{24 * days + int(word[11:13]):02d}{word[13:]}"
    return word.removesuffix(" 00:00:00")
