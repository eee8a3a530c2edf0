"""Sheets of spreadsheets as rows of text."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest

from landscape_app.data.importing.images import ImportFailure
from landscape_app.data.importing.spreadsheets import read_sheet, sheets_of


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A spreadsheet with a sheet of notes before that of the table."""
    workbook = openpyxl.Workbook()
    workbook.worksheets[0].title = "About"
    workbook.worksheets[0].append(["made in spring"])
    data = workbook.create_sheet("Data")
    data.append(["day", "at", "moment", "value"])
    for i in range(3):
        data.append([date(2020, 1, 1 + i), time(9, 30), datetime(2020, 1, 1, 12, 15), (i + 1) / 3])
    path = tmp_path / "book.xlsx"
    workbook.save(path)
    return path


def test_the_first_sheet_with_a_table_is_read_with_all_digits(book: Path) -> None:
    sheet = read_sheet(book, None, book)
    assert sheet.rows[0] == ["day", "at", "moment", "value"]
    assert sheet.rows[1] == ["2020-01-01", "09:30:00", "2020-01-01 12:15:00", "0.3333333333333333"]
    assert sheet.others == ("About",)


def test_a_sheet_is_chosen_by_name_or_number(book: Path) -> None:
    assert sheets_of(book) == ("About", "Data")
    for wanted in ("About", "1"):
        assert read_sheet(book.read_bytes(), wanted, book).rows == [["made in spring"]]
    with pytest.raises(ImportFailure, match="it has About, Data"):
        read_sheet(book, "Values", book)
