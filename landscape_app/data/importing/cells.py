"""Cells of tables: words for a missing value, numbers as people and spreadsheets write them, dates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import polars as pl

MISSING = frozenset(
    {
        *(
            "",
            "na",
            "n/a",
            "#n/a",
            "n.a.",
            "#na",
            "<na>",
            "nan",
            "-nan",
            "1.#qnan",
            "-1.#ind",
            "null",
            "none",
        ),
        *("nil", "missing", "(missing)", "?", "-", "--", "---", "–", "—", ".", "..", "\\n", "*"),
        *(
            "#value!",
            "#div/0!",
            "#ref!",
            "#num!",
            "#null!",
            "#name?",
            "#n/a n/a",
            "nat",
            "<nan>",
            "k.a.",
            "n.d.",
        ),
    }
)
"""Words for a cell without a value, in small letters."""

YES_NO = (
    frozenset({"yes", "no"}),
    frozenset({"y", "n"}),
    frozenset({"true", "false"}),
    frozenset({"t", "f"}),
    frozenset({"ja", "nein"}),
    frozenset({"j", "n"}),
    frozenset({"wahr", "falsch"}),
    frozenset({"oui", "non"}),
    frozenset({"si", "no"}),
    frozenset({"sí", "no"}),
    frozenset({"on", "off"}),
)
"""Pairs of words for yes and no, in small letters."""

CURRENCY = "$€£¥₹₽₩"
BLANKS = "\u0020\u00a0\u2009\u202f'’"
"""Between groups of three digits: blanks and apostrophes."""

_EXPONENT = r"(?:[eEdD][+-]?\d+)?"
_PLAIN = rf"(?:\d+\.?\d*|\.\d+){_EXPONENT}"
_POINT_GROUPED = rf"[1-9](?:\d{{0,2}}(?:,\d{{3}})+|\d?(?:,\d{{2}})+,\d{{3}})(?:\.\d*)?{_EXPONENT}"
_COMMA = rf"(?:\d+,\d*|,\d+){_EXPONENT}"
_COMMA_GROUPED = rf"[1-9]\d{{0,2}}(?:[.]\d{{3}})+(?:,\d*)?{_EXPONENT}"
_SPACED = rf"[1-9]\d{{0,2}}(?:[{BLANKS}]\d{{3}})+(?:[.,]\d*)?{_EXPONENT}"
_NUMBER = f"(?:{_PLAIN}|{_POINT_GROUPED}|{_COMMA}|{_COMMA_GROUPED}|{_SPACED})"
_UNIT = r"(?:\s?(?:%|‰|°|[A-Za-zµ°Ωα-ωÅ][A-Za-z/²³⁻¹0-9^·]{0,5}))?"
_AROUND = rf"[{CURRENCY}]?\s?"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s?[AaPp]\.?[Mm]\.?)?"
_DATE = (
    rf"(?:\d{{1,4}}[-/.]\d{{1,2}}[-/.]\d{{1,4}}|\d{{1,2}}[- ][A-Za-z]{{3,9}}[- ]\d{{2,4}})"
    rf"(?:[T ]{_CLOCK}\s?(?:Z|[+-]\d{{2}}:?\d{{2}})?)?"
    r"|\d{4}-\d{2}"
)
_TYPED = re.compile(
    rf"\(?[+\-−]?{_AROUND}[+\-−]?{_NUMBER}\)?\s?[%‰°{CURRENCY}]?"
    rf"|{_DATE}|{_CLOCK}"
)
"""A number, a date or a time."""

_IS_DATE = re.compile(_DATE)
_WITH_UNIT = re.compile(rf"(?:[A-Z]{{3}}\s?)?[+\-−]?{_NUMBER}{_UNIT}-?")
"""A number with a unit behind it, or the code of a currency before it, or a minus sign behind it."""

LEAST_NUMBERS = 0.8
"""Share of the cells with a value that are numbers, of a column of numbers."""

DATES = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%d.%m.%Y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d-%m-%Y",
    "%d.%m.%y",
    "%m/%d/%y",
    "%d/%m/%y",
)
DATES_IN_WORDS = ("%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%b %Y", "%Y-%m")
TIMES = (
    *("%H:%M:%S%.f", "%H:%M:%S", "%H:%M", "%I:%M %p", "%I:%M:%S %p", "%H:%M:%S%.fZ"),
    *("%H:%M:%S%.f%:z", "%H:%M:%S%.f%z", "%H:%M%:z"),
)
SECONDS_A_DAY = 86_400


def is_missing(cell: str, words: frozenset[str] = MISSING) -> bool:
    """True of a cell without a value."""
    return cell.strip().lower() in words


def looks_typed(cell: str) -> bool:
    """True of a number, a date or a time, however it is written."""
    return _TYPED.fullmatch(cell.strip()) is not None


def looks_like_value(cell: str) -> bool:
    """True of a number, a date or a time, also of a number with a unit."""
    return looks_typed(cell) or _WITH_UNIT.fullmatch(cell.strip()) is not None


def looks_like_date(cell: str) -> bool:
    """True of a date, with a time or without."""
    return _IS_DATE.fullmatch(cell.strip()) is not None


def parse_words(words: str | Iterable[str]) -> frozenset[str]:
    """A list of words for a missing value, from one text with commas or one by one; the empty cell is always one."""
    parts = words.split(",") if isinstance(words, str) else words
    return frozenset({"", *(part.strip().lower() for part in parts)})


class Numbers(NamedTuple):
    """A column of cells as numbers.

    Attributes:
        values: float64, null where a cell is missing or no finite number.
        comma: whether a comma stands before the decimals.
        unit: what follows or precedes every number, such as %; empty for nothing.
    """

    values: pl.Series
    comma: bool = False
    unit: str = ""


def numbers_of(cells: pl.Series, comma: bool | None = None) -> Numbers:
    """Cells as numbers, by the one way of writing them that suits most of them.

    Points or commas before the decimals; commas, points, blanks or apostrophes between groups of three digits;
    signs of currencies, per cent, a unit that all cells share; accountants' brackets around what is negative.

    Args:
        cells: text, null where missing.
        comma: whether the table has commas before the decimals, for columns that do not tell, such as of 1,234.
    """
    present = len(cells) - cells.null_count()
    plain = _finite(cells.cast(pl.Float64, strict=False))
    if len(plain) - plain.null_count() == present and not (comma and _has_points(cells)):
        return Numbers(plain)
    text = cells.str.replace_all("[−–]", "-").str.strip_chars()
    text = text.str.replace(r"^\((.*)\)$", "-$1").str.replace(r"^([\d.,]*\d)-$", "-$1")
    unit, text = _without_unit(text, present)
    grouped = text.str.replace_all(f"(\\d)[{BLANKS}](\\d{{3}})", "$1$2").str.replace_all(
        f"(\\d)[{BLANKS}](\\d{{3}})", "$1$2"
    )
    grouped = grouped.str.replace(r"(\d)[dD]([+-]?\d+)$", "${1}e$2")
    ways: list[tuple[int, int, Numbers]] = []
    is_point = rf"^[+-]?(?:{_POINT_GROUPED}|{_PLAIN})$"
    is_comma = rf"^[+-]?(?:{_COMMA_GROUPED}|{_COMMA}|\d+{_EXPONENT})$"
    for commas, pattern in ((False, is_point), (True, is_comma)):
        fitting = grouped.set(~grouped.str.contains(pattern).fill_null(False), None)
        if commas:
            fitting = fitting.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
        else:
            fitting = fitting.str.replace_all(",", "", literal=True)
        values = _finite(fitting.cast(pl.Float64, strict=False))
        likely = commas == comma if comma is not None else not commas
        ways.append((len(values) - values.null_count(), int(likely), Numbers(values, commas, unit)))
    return max(ways, key=lambda way: way[:2])[2]


def _has_points(cells: pl.Series) -> bool:
    return cells.dtype == pl.String and bool(cells.str.contains(".", literal=True).any())


def tells_comma(cells: pl.Series) -> bool | None:
    """True of a column that has commas before decimals, by its cells; None where they could be either.

    Of cells such as 1,230 or 1.230, and others such as 834, the sign stands between thousands: decimals that are not
    all of one length do not end in zero.
    """
    either = cells.str.contains(r"^[+-]?[1-9]\d{0,2}(?:(?:,\d{3})+|(?:\.\d{3})+)$").fill_null(False)
    comma = cells.str.contains(rf"^[+-]?(?:{_COMMA_GROUPED}|{_COMMA})$").fill_null(False)
    point = cells.str.contains(rf"^[+-]?(?:{_POINT_GROUPED}|\d*\.\d+)$").fill_null(False)
    commas, points = int((comma & ~either).sum()), int((point & ~either).sum())
    if commas != points:
        return commas > points
    whole = cells.str.contains(r"^[+-]?\d{1,3}$").fill_null(False)
    grouped = cells.filter(either)
    if commas or not whole.any() or not grouped.str.ends_with("0").any():
        return None
    return not grouped.str.contains(",", literal=True).any()


def has_commas(cells: pl.Series) -> bool:
    """True of a column with a number that has a comma, before decimals or between thousands."""
    return bool(cells.str.contains(r"^[+-]?\d{1,3}(?:,\d{3})+$").fill_null(False).any())


def _without_unit(text: pl.Series, present: int) -> tuple[str, pl.Series]:
    """The unit that nearly all cells share, and the cells without."""
    found = text.str.extract(rf"^[+-]?([{CURRENCY}]|[A-Z]{{3}} ?\d)").str.replace(r" ?\d$", "")
    marks = found.drop_nulls()
    if len(marks) and len(marks) >= LEAST_NUMBERS * present and marks.n_unique() == 1:
        return str(marks[0]), text.str.replace(rf"^([+-]?)(?:[{CURRENCY}]|[A-Z]{{3}})\s?", "$1")
    after = text.str.extract(
        rf"^[+-]?{_NUMBER}\s?([%‰°{CURRENCY}]|[A-Za-zµ°Ω][A-Za-z/²³^]{{0,5}})$"
    ).drop_nulls()
    if len(after) and len(after) >= LEAST_NUMBERS * present and after.n_unique() == 1:
        unit = str(after[0])
        return unit, text.str.strip_suffix(unit).str.strip_chars()
    return "", text


def _finite(values: pl.Series) -> pl.Series:
    return values.set(~values.is_finite().fill_null(False), None)


def dates_of(cells: pl.Series) -> pl.Series | None:
    """Cells as days since 1970, float64, null where missing; None where they are no dates.

    Of days and months that could be either, the month comes first where that fits every cell. Times without a date
    are parts of a day.
    """
    present = cells.drop_nulls()
    if not len(present) or not present[0][:1].isalnum() or not any(letter.isdigit() for letter in present[0]):
        return None
    if re.fullmatch(_CLOCK, present[0]):
        cells = "1970-01-01 " + cells
        present = cells.drop_nulls()
    sample = present.head(200)
    for form in _formats(present[0]):
        if sample.str.to_datetime(form, strict=False).null_count() > (1 - LEAST_NUMBERS) * len(sample):
            continue
        whole = cells.str.to_datetime(form, strict=False)
        if whole.null_count() - cells.null_count() <= (1 - LEAST_NUMBERS) * len(present):
            return whole.dt.epoch("ms").cast(pl.Float64) / (1000.0 * SECONDS_A_DAY)
    return None


def dates_in_digits(numbers: pl.Series) -> pl.Series:
    """Whole numbers such as 20200131 as days since 1970, float64, null where one is no date."""
    found = numbers.cast(pl.String).str.to_datetime("%Y%m%d", strict=False)
    return found.dt.epoch("ms").cast(pl.Float64) / (1000.0 * SECONDS_A_DAY)


def _formats(cell: str) -> Sequence[str]:
    days = [*DATES, *DATES_IN_WORDS]
    if ":" not in cell:
        return days
    return [f"{day}{between}{clock}" for day in days for between in ("T", " ") for clock in TIMES]
