"""Sheets of spreadsheets as rows of text."""

from __future__ import annotations

import zipfile
from datetime import date, datetime, time, timedelta
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


def test_times_in_hours_keep_their_parts_of_a_second(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    for i, hours in enumerate((20, 50), start=1):
        workbook.worksheets[0].append([timedelta(hours=hours, seconds=1.5)])
        workbook.worksheets[0].cell(i, 1).number_format = "[h]:mm:ss"
    path = tmp_path / "book.xlsx"
    workbook.save(path)
    assert [[row[0].rstrip("0")] for row in read_sheet(path, None, path).rows] == [
        ["20:00:01.5"],
        ["50:00:01.5"],
    ]


def test_times_in_opendocument_are_read(tmp_path: Path) -> None:
    path = tmp_path / "book.ods"
    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    cells = "".join(
        f'<table:table-row><table:table-cell office:value-type="time" office:time-value="{value}"/>'
        f'<table:table-cell office:value-type="float" office:value="{i}.5"/></table:table-row>'
        for i, value in enumerate(("PT09H30M00S", "PT17H05M10S"))
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    space = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", kind)
        book.writestr(
            "content.xml",
            f"<office:document-content{spaces}><office:body><office:spreadsheet>"
            f'<table:table table:name="Data">{cells}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
        entry = f'm:media-type="{kind}" m:full-path="/"'
        book.writestr(
            "META-INF/manifest.xml", f'<m:manifest xmlns:m="{space}"><m:file-entry {entry}/></m:manifest>'
        )
    assert read_sheet(path, None, path).rows == [["09:30:00", "0.5"], ["17:05:10", "1.5"]]
