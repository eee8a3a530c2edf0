"""Random tables, written by the standard library, pandas and Excel in random dialects, come back cell by cell."""

import csv
import json
import math
import tempfile
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landscape_app.data.importing.cells import (
    dates_in_digits,
    dates_of,
    is_missing,
    looks_like_date,
    looks_like_value,
    numbers_of,
)
from landscape_app.data.importing.tables import open_table

# Letters of words, among them all that means something in some dialect.
LETTERS = "abcdeXYZäéß ,;|\t\"'#\n-_().&0123456789"


def is_word(text: str) -> bool:
    """True of a cell that is nothing but words: it has two letters in a row and no blanks around it."""
    letters = any(a.isalpha() and b.isalpha() for a, b in pairwise(text))
    return text == text.strip() and letters and not is_missing(text) and not looks_like_value(text)


words = (
    st.tuples(st.text(LETTERS, max_size=5), st.sampled_from(["ab", "Zé", "no"]), st.text(LETTERS, max_size=5))
    .map(lambda parts: "".join(parts).strip())
    .filter(is_word)
)
reals = st.floats(-1e300, 1e300).map(lambda x: x if abs(x) > 1e-300 else 0.0)
whole = st.integers(-(10**9), 10**9)


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    rows = draw(st.integers(10, 24))
    kinds = [
        draw(st.sampled_from(["real", "whole"])),
        *draw(st.lists(st.sampled_from(["real", "whole", "word"]), min_size=1, max_size=3)),
    ]
    kinds = draw(st.permutations(kinds))
    columns: dict[str, Any] = {}
    kept = draw(st.integers(0, len(kinds) - 1))
    for i, kind in enumerate(kinds):
        values = draw(
            st.lists({"real": reals, "whole": whole, "word": words}[kind], min_size=rows, max_size=rows)
        )
        holes = draw(st.sets(st.integers(0, rows - 1), max_size=3)) if i != kept else set()
        cells = [None if row in holes else value for row, value in enumerate(values)]
        types = {"real": "float64", "whole": "Int64", "word": "object"}
        columns[f"{kind} {'abcd'[i]}"] = pd.Series(cells, dtype=types[kind])
    return pd.DataFrame(columns)


def check(path: Path, table: pd.DataFrame, index: bool = False) -> None:
    """The table in a file has the cells of another one."""
    came = open_table(path)
    assert [column.name for column in came.columns[index:]] == list(table.columns)
    assert len(came) == len(table)
    assert not came.left_out
    for column in came.columns[index:]:
        right = table[column.name]
        if column.name.startswith("word"):
            assert column.cells.to_list() == [plain(cell) for cell in right]
        else:
            expected = np.array([math.nan if pd.isna(cell) else float(cell) for cell in right])
            np.testing.assert_array_equal(column.numbers, expected)


def plain(cell: Any) -> Any:
    """A cell as Python's own number, a word, or None."""
    return None if pd.isna(cell) else getattr(cell, "item", lambda: cell)()


@pytest.fixture(scope="module")
def folder() -> Any:
    with tempfile.TemporaryDirectory() as path:
        yield Path(path)


@settings(max_examples=60)
@given(
    table=tables(),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]),
    missing=st.sampled_from(["", "NA", "None", "?"]),
)
def test_the_standard_librarys_tables_come_back_cell_by_cell(
    folder: Path, table: pd.DataFrame, delimiter: str, quoting: Any, end: str, encoding: str, missing: str
) -> None:
    path = folder / "standard.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator=end)
        writer.writerow(table.columns)
        for row in table.itertuples(index=False):
            writer.writerow([missing if plain(cell) is None else plain(cell) for cell in row])
    check(path, table)


@settings(max_examples=60)
@given(
    table=tables(),
    dialect=st.sampled_from([(",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ","), ("|", ".")]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]),
    ending=st.sampled_from([".csv", ".tsv", ".txt", ".csv.gz", ".csv.bz2", ".csv.xz", ".csv.zip"]),
    missing=st.sampled_from(["", "NA", "nan", "NULL", "#N/A", "-"]),
    index=st.booleans(),
)
def test_tables_of_pandas_come_back_cell_by_cell(
    folder: Path,
    table: pd.DataFrame,
    dialect: tuple[str, str],
    quoting: Any,
    encoding: str,
    ending: str,
    missing: str,
    index: bool,
) -> None:
    separator, decimal = dialect
    if ending not in (".csv", ".tsv", ".txt"):
        # What packs UTF-16 loses its byte order mark.
        encoding = encoding.replace("utf-16", "utf-16-le")
    path = folder / f"pandas{ending}"
    table.to_csv(
        path, sep=separator, decimal=decimal, quoting=quoting, encoding=encoding, na_rep=missing, index=index
    )
    check(path, table, index)


@settings(max_examples=40)
@given(table=tables(), above=st.integers(0, 2), left=st.integers(0, 2), index=st.booleans())
def test_sheets_of_excel_come_back_cell_by_cell(
    folder: Path, table: pd.DataFrame, above: int, left: int, index: bool
) -> None:
    path = folder / "pandas.xlsx"
    table.to_excel(path, index=index, startrow=above, startcol=left)
    # The writer itself keeps sixteen digits of a number.
    for name in table.columns:
        if name.startswith("real"):
            table[name] = [float(f"{value:.16g}") for value in table[name]]
    check(path, table, index)


@settings(max_examples=40)
@given(table=tables(), layout=st.sampled_from(["lines", "records", "columns", "split"]))
def test_json_of_any_layout_comes_back_cell_by_cell(folder: Path, table: pd.DataFrame, layout: str) -> None:
    names = list(table.columns)
    rows = [[plain(cell) for cell in row] for row in table.itertuples(index=False)]
    records = [dict(zip(names, row, strict=True)) for row in rows]
    path = folder / ("standard.jsonl" if layout == "lines" else "standard.json")
    if layout == "lines":
        path.write_text("\n".join(json.dumps(record) for record in records))
    elif layout == "records":
        path.write_text(json.dumps(records))
    elif layout == "columns":
        path.write_text(json.dumps({name: [row[i] for row in rows] for i, name in enumerate(names)}))
    else:
        path.write_text(json.dumps({"columns": names, "data": rows}))
    check(path, table)


days = st.datetimes(datetime(1970, 1, 1), datetime(2068, 12, 31))


@settings(max_examples=60)
@given(
    moments=st.lists(days, min_size=5, max_size=20),
    form=st.sampled_from(
        [
            *("%Y-%m-%d", "%d.%m.%y", "%d %B %Y", "%A, %B %d, %Y", "%Y%m%d", "%d-%b-%Y", "%b %d, %Y"),
            *("%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M", "%Y-%m-%dT%H:%M:%S.%fZ", "%d %b %Y, %I:%M %p"),
            *(
                "%Y%m%d %H%M",
                "%Y%m%d_%H%M%S",
                "%Y%m%d%H%M",
                "%Y%m%d%H",
                "%Y. %m. %d.",
                "%Y年%m月%d日",
                "%G-W%V-%u",
            ),
            *("%d/%m/%Y %Hh%M", "%d.%m.%Y %H.%M.%S", "%m.%Y", "%YM%m", "%Y년 %m월", "%Y-%m-%d %H:%M:%S CET"),
            *("%Y%m%dT%H%M%SZ", "%a %b %d %H:%M:%S %Y", "%Y-%m-%d %H:%M:%S+02:00", "%m/%d/%Y %H:%M:%S"),
        ]
    ),
)
def test_dates_in_any_form_come_back(moments: list[datetime], form: str) -> None:
    # The first says that the month stands before the day, where it does.
    moments = [datetime(1999, 1, 31), *moments]
    cells = [moment.strftime(form) for moment in moments]
    right = [datetime.strptime(cell, form).replace(tzinfo=UTC) for cell in cells]
    shift = 2 / 24 if form.endswith("+02:00") else 0
    expected = [(moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(days=1) - shift for moment in right]
    digits = all(cell.isdigit() for cell in cells)
    found = dates_in_digits(pl.Series(map(int, cells))) if digits else dates_of(pl.Series(cells))
    assert found is not None
    np.testing.assert_allclose(found.to_numpy(), expected, rtol=0, atol=1e-8)


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("5 de enero de 2021", "2021-01-05"),
        ("5 de março de 2021", "2021-03-05"),
        ("5 avril 2021", "2021-04-05"),
        ("05-févr.-21", "2021-02-05"),
        ("5 мая 2021", "2021-05-05"),
        ("5 czerwca 2021", "2021-06-05"),
        ("5 mrt 2021", "2021-03-05"),
        ("5 Ağustos 2021", "2021-08-05"),
        ("Mo, 05.07.2021", "2021-07-05"),
        ("Q3 2021", "2021-07-01"),
        ("2021-W27", "2021-07-05"),
        ("Marker 12", ""),
        ("Room 21", ""),
    ],
)
def test_dates_are_read_in_other_languages(cell: str, day: str) -> None:
    found = dates_of(pl.Series([cell, None, cell]))
    assert looks_like_date(cell) == bool(day)
    if not day:
        assert found is None
        return
    assert found is not None
    assert found[2] == (datetime.fromisoformat(day) - datetime(1970, 1, 1)).days


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (("2.5×10^-3", "1.5×10^4"), (2.5e-3, 1.5e4)),
        (("2.5 × 10⁻³", "1.5 × 10⁴"), (2.5e-3, 1.5e4)),
        (("2.5*^-3", "1.5*^4"), (2.5e-3, 1.5e4)),
        (("2·5", "14·25"), (2.5, 14.25)),
        (("２．５", "１４．２５"), (2.5, 14.25)),
        (("٢٫٥", "١٤٫٢٥"), (2.5, 14.25)),
        (("1_250_000", "3_000"), (1.25e6, 3e3)),
        (("12.5° N", "7.25° S"), (12.5, -7.25)),
        (("12.5°E", "7.25°W"), (12.5, -7.25)),
        (("+49 30 100000", "+49 40 200001"), (None, None)),
        (("06.2021", "11.2021"), (None, None)),
    ],
)
def test_numbers_are_read_as_other_programs_and_scripts_have_them(
    cells: tuple[str, ...], numbers: tuple[float | None, ...]
) -> None:
    found = numbers_of(pl.Series(cells)).values.to_list()
    assert found == [None if number is None else pytest.approx(number) for number in numbers]


@settings(max_examples=60)
@given(
    values=st.lists(st.integers(-(10**9), 10**9), min_size=5, max_size=20),
    decimals=st.integers(1, 4).filter(lambda n: n != 3),
    signs=st.sampled_from(
        [(",", "."), (".", ","), (" ", ","), ("\u202f", ","), ("'", "."), ("", "."), ("", ",")]
    ),
    around=st.sampled_from(
        [
            *("{}", "${}", "{} €", "CHF {}", "{}%", "{} %", "{} kg", "{} µg/l", "{} ± 0.5", "{} (0.5)"),
            *("{}*", "{} [2]", "~{}"),
        ]
    ),
)
def test_numbers_in_any_form_come_back(
    values: list[int], decimals: int, signs: tuple[str, str], around: str
) -> None:
    thousands, point = signs
    right = [value / 10**decimals for value in values]
    texts = [f"{value:,.{decimals}f}" for value in right]
    texts = [text.replace(",", "_").replace(".", point).replace("_", thousands) for text in texts]
    found = numbers_of(pl.Series([around.format(text) for text in texts]))
    assert found.comma == (point == ",")
    assert found.values.to_list() == right
