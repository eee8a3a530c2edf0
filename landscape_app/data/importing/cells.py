"""Cells of tables: words for a missing value, numbers as people and spreadsheets write them, dates."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl

ERRORS = frozenset(
    word
    for words in (
        "#value! #div/0! #ref! #num! #null! #name? #spill! #calc! #getting_data",
        "#nv #wert! #bezug! #zahl! #überlauf! #kalk! #valeur! #nombre! #nom? #nul!",
        "#n/d #¡valor! #¡ref! #¡div/0! #¡num! #¿nombre? #¡nulo! #valore! #rif! #nome? #nullo! #valor! #núm! #nulo!",
        "#n/b #waarde! #deel/0! #verw! #getal! #naam? #leeg! #n/d! #arg! #dziel/0! #adr! #liczba! #nazwa? #zero!",
        "err:502 err:503 err:504 err:508 err:511 err:522",
    )
    for word in words.split()
)
"""Words of Excel and LibreOffice for a formula that fails, in their languages, in small letters."""

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
        *ERRORS,
        *("#n/a n/a", "nat", "<nan>", "<null>", "(null)", "k.a.", "k. a.", "n.a", "n. a.", "n.d.", "n. d."),
        *("not available", "no data", "nicht verfügbar", "non disponible"),
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
    *map(
        frozenset,
        ({"vrai", "faux"}, {"sim", "não"}, {"tak", "nie"}, {"да", "нет"}, {"はい", "いいえ"}, {"是", "否"}),
    ),
    *map(frozenset, ({"✓", "✗"}, {"✔", "✘"}, {"✓", "✘"}, {"✔", "✗"})),
)
"""Pairs of words for yes and no, in small letters."""

CURRENCY = "$€£¥₹₽₩"
BLANKS = "\u0020\u00a0\u2007\u2009\u202f'’_"
"""Between groups of three digits: blanks, apostrophes and underscores."""

DIGITS = str.maketrans(
    "".join(chr(ord(zero) + i) for zero in "０٠۰०" for i in range(10)) + "．，－＋％٫٬",
    "0123456789" * 4 + ".,-+%.,",
)
"""Digits and signs of other scripts, by their numbers in Unicode."""

RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_UNUSUAL = r"[０-９٠-٩۰-۹०-९]|[0-9]·[0-9]|\*\^|[×xX*·]\s?10\s?(?:\^|\*\*|[⁻⁺⁰¹²³⁴-⁹])"
_IS_UNUSUAL = re.compile(_UNUSUAL)

_EXPONENT = r"(?:[eEdD][+-]?[0-9]+)?"
_PLAIN = rf"(?:[0-9]+\.?[0-9]*|\.[0-9]+){_EXPONENT}"
_POINT_GROUPED = (
    rf"[1-9](?:[0-9]{{0,2}}(?:,[0-9]{{3}})+|[0-9]?(?:,[0-9]{{2}})+,[0-9]{{3}})(?:\.[0-9]*)?{_EXPONENT}"
)
_COMMA = rf"(?:[0-9]+,[0-9]*|,[0-9]+){_EXPONENT}"
_COMMA_GROUPED = rf"[1-9][0-9]{{0,2}}(?:[.][0-9]{{3}})+(?:,[0-9]*)?{_EXPONENT}"
_SPACED = rf"[1-9][0-9]{{0,2}}(?:[{BLANKS}][0-9]{{3}})+(?:[.,][0-9]*)?{_EXPONENT}"
_NUMBER = f"(?:{_PLAIN}|{_POINT_GROUPED}|{_COMMA}|{_COMMA_GROUPED}|{_SPACED})"
_UNIT = r"(?:%|‰|°|[A-Za-zµ°Ωα-ωÅ][A-Za-z/²³⁻¹0-9^·]{0,5})"
_AROUND = rf"[{CURRENCY}]?\s?"
_BOUND = r"[<>≤≥]=?"
_BEHIND = rf"(?:(?:±|\+/?-)\s?{_NUMBER}|\([^()]*[0-9][^()]*\)|[\[(][^\[\]()]{{1,20}}[\])]|[*†‡§]{{1,3}})"
"""Behind a number, and no part of it: an uncertainty, an interval, a share in brackets, a mark of a footnote."""

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january januar janvier enero gennaio janeiro januari stycznia styczeń января январь січня ocak",
            "february februar février febrero febbraio fevereiro februari lutego luty февраля лютого şubat",
            "march mars marzo märz mrz março maart mrt marca marzec марта березня március mart",
            "april avril abril aprile kwietnia kwiecień апреля квітня április nisan",
            "may mai mayo maggio maio mei maja мая май травня május mayıs",
            "june juin junio giugno junho juni czerwca czerwiec июня червня június haziran",
            "july juillet julio luglio julho juli lipca lipiec июля липня július temmuz",
            "august août aout agosto augustus sierpnia sierpień августа серпня augusztus ağustos",
            "september septembre septiembre settembre setembro września wrzesień сентября вересня szeptember eylül",
            "october oktober octobre octubre ottobre outubro października październik октября жовтня október ekim",
            "november novembre noviembre novembro listopada ноября листопада kasım",
            "december dezember décembre diciembre dicembre dezembro grudnia grudzień декабря грудня aralık",
        ),
        start=1,
    )
    for name in names.split()
}
"""Months by their names in European languages; any beginning of three letters or more stands for one too."""

_LETTER = r"[^\W\d_]"
_WORD = rf"{_LETTER}{{2,10}}"


def _begun(name: str) -> str:
    """Pattern of the beginnings of a name, of three letters at least."""
    return name[:3] + "".join(f"(?:{letter}" for letter in name[3:]) + ")?" * len(name[3:])


_MONTH = rf"(?:(?i:{'|'.join(map(_begun, MONTHS))}|sept)\.?)"
_CLOCK = (
    r"[0-9]{1,4}:[0-9]{1,2}(?::[0-9]{1,2})?(?:[.,][0-9]+)?(?:\s?[AaPp]\.?[Mm]\.?)?"
    r"(?:\s?(?:Z|UTC|GMT|[A-Z]{2,4}T)|\s?[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
_FRENCH = r"[0-9]{1,2}\s?h\s?[0-5][0-9]"
_DOTTED = r"(?:[01]?[0-9]|2[0-3])\.[0-5][0-9]\.[0-5][0-9]"
_ORDINAL = r"(?:\.|st|nd|rd|th|er)?"
_DAY = (
    r"(?:[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}"
    rf"|[0-9]{{1,2}}{_ORDINAL}(?:[- ]| de )?{_MONTH}(?:[- ,]{{0,2}}| del? )(?:[0-9]{{4}}|[0-9][0-9])"
    rf"|{_MONTH} [0-9]{{1,2}}{_ORDINAL},? [0-9]{{4}}|[0-9]{{4}}[- ]{_MONTH}[- ][0-9]{{1,2}}"
    r"|[0-9]{4}[年년] ?[0-9]{1,2}[月월](?: ?[0-9]{1,2}[日일])?|[0-9]{4}(?:\. ?[0-9]{1,2}){2}\.)"
)
_DATE = (
    rf"(?:(?:{_WORD}\.?,? )?{_DAY}(?:(?:[T:]|,? )\s?(?:{_CLOCK}|{_FRENCH}|{_DOTTED}))?"
    rf"|{_WORD},? {_MONTH} +[0-9]{{1,2}} {_CLOCK} [0-9]{{4}}|{_MONTH}[- ]?(?:[0-9]{{4}}|[0-9][0-9])"
    r"|[0-9]{8}[T _-][0-9]{4}(?:[0-9]{2})?Z?|[0-9]{4}[-/][0-9]{2}|[0-9]{4}M[0-9]{2}|[0-9]{1,2}/[0-9]{4}"
    r"|[0-9]{4}[- ]?Q[1-4]|Q[1-4][- /]?[0-9]{4}|[0-9]{4}-?W[0-5][0-9](?:-?[1-7])?)"
)
_SPAN = r"[0-9]+ days?,? \+?[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?"
_TYPED = (
    rf"\(?[+\-−]?{_AROUND}[+\-−]?{_NUMBER}\)?\s?[%‰°{CURRENCY}]?"
    rf"|{_DATE}|{_CLOCK}|{_SPAN}|{_FRENCH}"
)
"""A number, a date or a time. Patterns of this length take a tenth of a second to compile: `re` keeps them from
their first use on, and starting up does not wait for it."""

_TIME = f"{_DATE}|{_CLOCK}|{_SPAN}|{_FRENCH}|{_DOTTED}"
_WITH_UNIT = rf"(?:{_BOUND}|[~≈])?\s?(?:[A-Z]{{3}}\s?)?[+\-−]?{_AROUND}{_NUMBER}\s?{_UNIT}?\s?{_BEHIND}?-?"
"""A number with a unit or a remark behind it, the code of a currency or a bound before it, or a minus behind it."""

LEAST_NUMBERS = 0.8
"""Share of the cells with a value that are numbers, of a column of numbers."""

MULTIPLES = {
    unit: 10.0**power
    for power, units in ((0, ("",)), (3, ("k", "K", "Tsd")), (6, ("M", "mn", "mio", "Mio")))
    for unit in units
} | {"B": 1e9, "G": 1e9, "bn": 1e9, "Mrd": 1e9, "T": 1e12}
"""Multiples of a unit, where cells of a column have several: 900k beside 1.2M."""

SHORT_UNITS = frozenset(
    ("g", "kg", "mg", "t", "m", "cm", "mm", "km", "h", "d", "l", "ml", "V", "A", "W", "J", "K", "Pa")
)
"""Letters behind some numbers of a column that are units rather than flags."""

EXACT = 2.0**53
"""Whole numbers beyond which are no longer told apart: they name something, such as stars."""

LARGEST = 1e150
"""Size up to which numbers can be computed with: their squares are finite."""

CENTURY = 69
"""Years of two digits from which on they are of 19.., as POSIX has it."""

SECONDS_A_DAY = 86_400

MANY = 10_000
"""Dates from which on it pays to try first whether they are written as ISO has it."""


def is_missing(cell: str, words: frozenset[str] = MISSING) -> bool:
    """True of a cell without a value."""
    return cell.strip().lower() in words


def looks_typed(cell: str) -> bool:
    """True of a number, a date or a time, however it is written."""
    return re.fullmatch(_TYPED, _plainly(cell).strip()) is not None


def looks_like_value(cell: str) -> bool:
    """True of a number, a date or a time, also of a number with a unit or a remark."""
    return looks_typed(cell) or re.fullmatch(_WITH_UNIT, _plainly(cell).strip()) is not None


def looks_like_date(cell: str) -> bool:
    """True of a date, with a time or without."""
    return re.fullmatch(_DATE, cell.strip()) is not None


def _plainly(cell: str) -> str:
    """A cell with the digits of ASCII, points before decimals, and powers of ten as computers write them."""
    if _IS_UNUSUAL.search(cell) is None:
        return cell
    cell = re.sub(r"(?<=[0-9])·(?=[0-9])", ".", cell.translate(DIGITS))
    cell = re.sub(r"\s?(?:[×xX·*]\s?10\s?(?:\^|\*\*)|\*\^)\s?[({]?([+−-]?[0-9]+)[)}]?", r"e\1", cell)
    return re.sub(
        r"\s?[×xX·*]\s?10([⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda power: f"e{power[1].translate(RAISED)}", cell
    )


def _in_plain_digits(cells: pl.Series) -> pl.Series:
    """The same of a column."""
    if not cells.str.contains(_UNUSUAL).any():
        return cells
    plain = [None if cell is None else _plainly(cell) for cell in cells.to_list()]
    return pl.Series(cells.name, plain, pl.String)


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
        bounds: true of cells that say no more than a bound, such as <0.01; None if none does.
        behind: what stands behind numbers and is not read, such as ± 0.1, each once.
    """

    values: pl.Series
    comma: bool = False
    unit: str = ""
    bounds: pl.Series | None = None
    behind: tuple[str, ...] = ()


_PARTS = (
    rf"^(?P<bound>{_BOUND})?(?P<about>[~≈]|ca\.)? ?(?P<sign>[+-]?) ?(?P<code>[{CURRENCY}]|[A-Z]{{3}})? ?(?P<minus>-?)"
    rf"(?P<number>(?:[0-9][0-9.,{BLANKS}]*|[.,][0-9]+){_EXPONENT}) ?(?P<rest>.*)$"
)


def numbers_of(cells: pl.Series, comma: bool | None = None) -> Numbers:
    """Cells as numbers, by the one way of writing them that suits most of them.

    Points or commas before the decimals; commas, points, blanks or apostrophes between groups of three digits;
    signs of currencies, per cent, a unit that all cells share, multiples such as k and M; accountants' brackets
    around what is negative; uncertainties, marks and flags behind numbers, which are not read.

    Args:
        cells: text, null where missing.
        comma: whether the table has commas before the decimals, for columns that do not tell, such as of 1,234.
    """
    present = len(cells) - cells.null_count()
    if _are_months(cells):
        return Numbers(pl.Series(cells.name, [None] * len(cells), pl.Float64))
    plain = finite(cells.cast(pl.Float64, strict=False))
    if len(plain) - plain.null_count() == present and not (comma and _has_points(cells)):
        return Numbers(plain)
    text = _in_plain_digits(cells).str.replace_all("[−–]", "-").str.strip_chars()
    text = text.str.replace(rf"^([{CURRENCY}]?) ?\((.*)\)$", "-$1$2")
    text = text.str.replace(r"^([0-9.,]*[0-9])-$", "-$1")
    if text.str.contains(f"^[+-]?[0-9.,{BLANKS}]+$").sum() == present:
        return _in_likely_way(_joined(text), comma, Numbers(pl.Series([1.0])))
    parts = text.str.extract_groups(_PARTS).struct.unnest()
    number = _joined(parts["sign"] + parts["minus"] + parts["number"].str.strip_chars())
    bounds = (parts["bound"].is_not_null() & number.is_not_null()).fill_null(False)
    rest, behind = _without_remarks(parts["rest"].str.strip_chars())
    factors, unit, flags = _units_of(rest)
    codes = parts["code"].drop_nulls().unique()
    if len(codes) > 1:
        # Several currencies are no one column of numbers.
        factors = factors.set(parts["code"].is_not_null(), None)
    elif len(codes):
        unit = unit or str(codes[0])
    behind = (*behind, *flags, *parts["about"].drop_nulls().unique(maintain_order=True).to_list())[:4]
    given = Numbers(factors, False, unit, bounds if bounds.any() else None, behind)
    return _in_likely_way(number.set(bounds, None), comma, given)


def _in_likely_way(number: pl.Series, comma: bool | None, given: Numbers) -> Numbers:
    """Numbers with a point or a comma before decimals, as suits more of them.

    Args:
        number: text without signs and units.
        comma: as of `numbers_of`.
        given: their factors and all else that is known.
    """
    present = len(number) - number.null_count()
    ways: list[tuple[int, int, Numbers]] = []
    is_point = rf"^[+-]*(?:{_POINT_GROUPED}|{_PLAIN})$"
    is_comma = rf"^[+-]*(?:{_COMMA_GROUPED}|{_COMMA}|[0-9]+{_EXPONENT})$"
    ordered = ((True, is_comma), (False, is_point)) if comma else ((False, is_point), (True, is_comma))
    for commas, pattern in ordered:
        fitting = number.set(~number.str.contains(pattern).fill_null(False), None)
        if commas:
            fitting = fitting.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
        else:
            fitting = fitting.str.replace_all(",", "", literal=True)
        values = finite(fitting.cast(pl.Float64, strict=False)) * given.values
        found = len(values) - values.null_count()
        ways.append((found, -len(ways), given._replace(values=values, comma=commas)))
        if found == present:
            break
    return max(ways, key=lambda way: way[:2])[2]


def _joined(number: pl.Series) -> pl.Series:
    """Numbers without what stands between groups of three digits, and with E before their exponent."""
    is_spaced = number.str.contains(rf"^[+-]*{_SPACED}$").fill_null(False)
    if is_spaced.any():
        number = number.zip_with(~is_spaced, number.str.replace_all(f"[{BLANKS}]", ""))
    return number.str.replace(r"([0-9])[dD]([+-]?[0-9]+)$", "${1}e$2")


def _without_remarks(rest: pl.Series) -> tuple[pl.Series, tuple[str, ...]]:
    """The rest behind numbers, without uncertainties, brackets and marks of footnotes; and some of these."""
    pattern = rf" ?{_BEHIND}( ?{_UNIT})?$"
    found = rest.filter(rest.str.contains(rf"^{_UNIT}?{pattern}").fill_null(False)).unique(
        maintain_order=True
    )
    if not len(found):
        return rest, ()
    kept = rest.str.replace(rf"^({_UNIT})?{pattern}", "$1$2").str.strip_chars()
    return kept, tuple(found.head(2).to_list())


def _units_of(rest: pl.Series) -> tuple[pl.Series, str, tuple[str, ...]]:
    """Factors by what follows each number, null where it is none; the unit that they share; flags that are not read.

    Args:
        rest: text, empty behind a bare number, null of what is no number.
    """
    counts = Counter(rest.drop_nulls().to_list())
    total, bare = counts.total(), counts.get("", 0)
    units = [unit for unit in counts if unit]
    sides = {unit: unit.lstrip("° ").upper() for unit in units}
    if not bare and set(sides.values()) in ({"N", "S"}, {"E", "W"}):
        signs = [-1.0 if side in "SW" else 1.0 for side in sides.values()]
        return rest.replace_strict(list(sides), signs, default=None, return_dtype=pl.Float64), "°", ()
    usual = max(units, key=counts.__getitem__, default="")
    table: dict[str, float] = {"": 1.0}
    shared, flags = "", ()
    if (
        usual
        and counts[usual] >= LEAST_NUMBERS * total
        and re.fullmatch(rf"(?![x×][0-9])(?:{_UNIT}|[{CURRENCY}])", usual)
    ):
        table[usual], shared = 1.0, usual
    elif units:
        ends = units if not bare else ["", *units]
        while usual and not all(one.endswith(usual) for one in ends):
            usual = usual[1:]
        if len(ends) > 1 and all(one.removesuffix(usual) in MULTIPLES for one in ends):
            table = {one: MULTIPLES[one.removesuffix(usual)] for one in ends}
            shared = usual
        elif 2 * bare >= total:
            flags = tuple(
                one for one in units if re.fullmatch("[A-Za-z]{1,2}", one) and one not in SHORT_UNITS
            )
            table |= dict.fromkeys(flags, 1.0)
    factors = rest.replace_strict(list(table), list(table.values()), default=None, return_dtype=pl.Float64)
    return factors, shared, flags


def _has_points(cells: pl.Series) -> bool:
    return cells.dtype == pl.String and bool(cells.str.contains(".", literal=True).any())


def tells_comma(cells: pl.Series) -> bool | None:
    """True of a column that has commas before decimals, by its cells; None where they could be either.

    Of cells such as 1,230 or 1.230, and others such as 834, the sign stands between thousands: decimals that are not
    all of one length do not end in zero.
    """
    either = cells.str.contains(r"^[+-]?[1-9][0-9]{0,2}(?:(?:,[0-9]{3})+|(?:\.[0-9]{3})+)$").fill_null(False)
    comma = cells.str.contains(rf"^[+-]?(?:{_COMMA_GROUPED}|{_COMMA})$").fill_null(False)
    point = cells.str.contains(rf"^[+-]?(?:{_POINT_GROUPED}|[0-9]*\.[0-9]+)$").fill_null(False)
    commas, points = int((comma & ~either).sum()), int((point & ~either).sum())
    if commas != points:
        return commas > points
    whole = cells.str.contains(r"^[+-]?[0-9]{1,3}$").fill_null(False)
    grouped = cells.filter(either)
    if commas or not whole.any() or not grouped.str.ends_with("0").any():
        return None
    return not grouped.str.contains(",", literal=True).any()


def has_commas(cells: pl.Series) -> bool:
    """True of a column with a number that has a comma, before decimals or between thousands."""
    return bool(cells.str.contains(r"^[+-]?[0-9]{1,3}(?:,[0-9]{3})+$").fill_null(False).any())


def finite(values: pl.Series) -> pl.Series:
    """Numbers, with null for what is none."""
    return values.set(~values.is_finite().fill_null(False), None)


def is_too_large(cell: str) -> bool:
    """True of a number that is too large to be computed with."""
    try:
        return LARGEST < abs(float(cell)) < math.inf
    except ValueError:
        return False


def dates_of(cells: pl.Series) -> pl.Series | None:
    """Cells as days since 1970, float64, null where missing; None where they are no dates.

    Of days and months that could be either, that comes first which makes dates of more cells; where both do, the
    month before a slash, else the day. Years of two digits are those from 1969 to 2068. Times without a date are
    parts of a day, and may have more than 24 hours; with decimals and one colon they are minutes and seconds.
    """
    cells = _in_plain_digits(cells)
    present = cells.drop_nulls()
    if not len(present) or not (
        _are_months(cells) or any(re.fullmatch(_TIME, cell.strip()) for cell in present.head(20).to_list())
    ):
        return None
    numbered = present.str.extract(rf"^({_LETTER}+)\.?[- ]?[0-9][0-9]$")
    if not numbered.null_count() and numbered.n_unique() == 1 < present.n_unique():
        # Set 10, Set 11 and Set 12 are no months of September.
        return None
    for some in (present.head(200), cells) if len(cells) > 200 else (cells,):
        found = _days_and_clock(some)
        if found.null_count() - some.null_count() > (1 - LEAST_NUMBERS) * (len(some) - some.null_count()):
            is_clock = bool(present.str.contains(rf"^{_DOTTED}$").all())
            return _part_of_day(cells.str.replace_all(".", ":", literal=True)) if is_clock else None
    return found


def _are_months(cells: pl.Series) -> bool:
    """True of months such as 01.2020, all of them, which could be numbers but for their zeros."""
    if not len(cells) or re.fullmatch(r"[01][0-9]\.[12][0-9]{3}", cells[0] or "01.2000") is None:
        return False
    some = cells.drop_nulls().head(1_000)
    if not len(some) or not some.str.contains(r"^(?:0[1-9]|1[0-2])\.(?:1[89]|2[01])[0-9]{2}$").all():
        return False
    return bool(some.str.starts_with("0").any())


REWRITTEN = (
    (r"^([0-9]{8})[T _-]([0-9][0-9])([0-9][0-9])([0-9][0-9])Z?$", "$1 $2:$3:$4"),
    (r"^([0-9]{8})[T _-]([0-9][0-9])([0-9][0-9])Z?$", "$1 $2:$3"),
    (r"([0-9]{4})[年년] ?([0-9]{1,2})[月월] ?([0-9]{1,2})[日일]", "$1-$2-$3"),
    (r"^([0-9]{4})[年년] ?([0-9]{1,2})[月월]$", "$1-$2"),
    (r"^([0-9]{4})\. ?([0-9]{1,2})\. ?([0-9]{1,2})\.", "$1-$2-$3"),
    (rf"^([0-9]{{1,2}}) de ({_LETTER}+\.?) del? ([0-9]{{4}})", "$1 $2 $3"),
    (r"(^|[ T])([0-9]{1,2})\s?h\s?([0-5][0-9])$", "$1$2:$3"),
    (r" ([0-9]{1,2})\.([0-5][0-9])\.([0-5][0-9])$", " $1:$2:$3"),
)
"""Ways to write dates and times, and more usual ones."""


def _days_and_clock(cells: pl.Series) -> pl.Series:
    if len(cells) > MANY:
        # Ten times as quick.
        for form in ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"):
            found = cells.str.to_datetime(form, strict=False)
            if found.null_count() == cells.null_count():
                return found.dt.epoch("ms").cast(pl.Float64) / (1000.0 * SECONDS_A_DAY)
    text = cells.str.strip_chars()
    for pattern, usual in REWRITTEN:
        if text.str.contains(pattern).any():
            text = text.str.replace(pattern, usual)
    span = text.str.extract(r"^([0-9]+) days?,? ").cast(pl.Float64)
    text = text.str.replace(r"^[0-9]+ days?,? \+?", "")
    clock = text.str.extract(rf"(?:^|[T:, ]) ?({_CLOCK})(?: |$)")
    day = text.str.replace(rf"(?:^|[T:, ]) ?{_CLOCK}(?: |$)", " ").str.strip_chars(" ,")
    days = _days_of(day).set((day == "").fill_null(False), 0.0) + span.fill_null(0.0)
    return days + _part_of_day(clock).set(clock.is_null(), 0.0)


def _part_of_day(clock: pl.Series) -> pl.Series:
    """Times as parts of a day in UTC, null where one is none."""
    parts = clock.str.extract_groups(
        r"^(?P<a>[0-9]+):(?P<b>[0-9]+)(?::(?P<c>[0-9]+))?(?:[.,](?P<decimals>[0-9]+))? ?"
        r"(?:(?P<half>[AaPp])\.?[Mm]\.?)?[^+-]*(?:(?P<sign>[+-])(?P<hours>[0-9][0-9]):?(?P<minutes>[0-9][0-9])?)?$"
    ).struct.unnest()
    a, b, c, hours, minutes = (pl.col(name).cast(pl.Float64) for name in ("a", "b", "c", "hours", "minutes"))
    decimals = ("0." + pl.col("decimals")).cast(pl.Float64).fill_null(0.0)
    is_lap = c.is_null() & pl.col("decimals").is_not_null()
    seconds = pl.when(is_lap).then(60 * a + b).otherwise(3600 * a + 60 * b + c.fill_null(0)) + decimals
    half = pl.col("half").str.to_lowercase()
    noon = pl.when((half == "p") & (a < 12)).then(43_200).when((half == "a") & (a == 12)).then(-43_200)
    zone = 3600 * hours.fill_null(0) + 60 * minutes.fill_null(0)
    utc = seconds + noon.otherwise(0) - pl.when(pl.col("sign") == "-").then(-zone).otherwise(zone)
    return parts.select(pl.when((b < 60) & (c.fill_null(0) < 61)).then(utc / SECONDS_A_DAY)).to_series()


_DAY_FIRST = r"^([0-9]{1,2})(?:\.|st|nd|rd|th|er)?"
FORMS = (
    (r"^([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})$", "Y$1-$2-$3"),
    (r"^([0-9]{4})([0-9][0-9])([0-9][0-9])$", "Y$1-$2-$3"),
    (r"^([0-9]{4})[-/M]([0-9]{1,2})$", "Y$1-$2-1"),
    (r"^([0-9]{1,2})[/.]([0-9]{4})$", "Y$2-$1-1"),
    (rf"{_DAY_FIRST}[- ]?m([0-9]+)m\.?[- ,]{{0,2}}([0-9]{{4}}|[0-9][0-9])$", "Y$3-$2-$1"),
    (r"^m([0-9]+)m\.? +([0-9]{1,2})(?:\.|st|nd|rd|th|er)?,? +([0-9]{4})$", "Y$3-$1-$2"),
    (r"^m([0-9]+)m\.?[- ]?([0-9]{4}|[0-9][0-9])$", "Y$2-$1-1"),
    (r"^([0-9]{4})[- ]m([0-9]+)m[- ]([0-9]{1,2})$", "Y$1-$2-$3"),
    *((rf"^([0-9]{{4}})[- ]?Q{quarter}$", f"Y$1-{3 * quarter - 2}-1") for quarter in (1, 2, 3, 4)),
    *((rf"^Q{quarter}[- /]?([0-9]{{4}})$", f"Y$1-{3 * quarter - 2}-1") for quarter in (1, 2, 3, 4)),
)
"""Dates whose order is certain, as year, month and day; months in words are numbers between two m."""

LOOSE = r"^([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4}|[0-9][0-9])$"
"""Of a day and a month, or a year, in an order that only all dates together tell."""


def _days_of(cells: pl.Series) -> pl.Series:
    """Dates without a time as days since 1970, null where one is none."""
    text = cells
    some = text.drop_nulls().gather_every(max(1, len(text) // 200)).to_list()
    if any(cell[:1].isalpha() for cell in some):
        # A weekday.
        text = text.str.replace(rf"^{_LETTER}+\.?,? +(.*{_LETTER}{{3}}.*|[0-9]+[-/.][0-9]+.*)$", "$1")
        some = text.drop_nulls().gather_every(max(1, len(text) // 200)).to_list()
    if any(re.search(f"{_LETTER}{{3}}", cell) for cell in some):
        word = text.str.extract(f"({_LETTER}{{3,}})").str.to_lowercase()
        months = {name: _month(name) for name in word.drop_nulls().unique().to_list()}
        number = word.replace_strict(
            list(months), list(months.values()), default=None, return_dtype=pl.String
        )
        text = pl.select(
            pl.lit(text).str.replace(f"{_LETTER}{{3,}}", pl.lit(number.fill_null("")))
        ).to_series()
        some = text.drop_nulls().gather_every(max(1, len(text) // 200)).to_list()
    if any(re.match(_WEEK, cell) for cell in some):
        text = _first_days_of_weeks(text)
        some = text.drop_nulls().gather_every(max(1, len(text) // 200)).to_list()
    for pattern, order in FORMS:
        if any(re.match(pattern, cell) for cell in some):
            text = text.str.replace(pattern, order)
    days = _day_numbers(text, r"^Y([0-9]+)-([0-9]+)-([0-9]+)$", (0, 1, 2))
    if not any(re.match(LOOSE, cell) for cell in some):
        return days
    month_first = (2, 0, 1)
    orders = ((2, 1, 0), month_first, (0, 1, 2))
    ways = [_day_numbers(text, LOOSE, order) for order in orders]
    slashes = any("/" in cell for cell in some)
    likely = [
        -way.null_count() + 0.5 * (slashes and order is month_first)
        for way, order in zip(ways, orders, strict=True)
    ]
    return days.fill_null(ways[int(np.argmax(likely))])


_WEEK = r"^([0-9]{4})-?W([0-9][0-9])(?:-?([1-7]))?$"


def _first_days_of_weeks(text: pl.Series) -> pl.Series:
    """Weeks of ISO 8601, such as 2020-W05, as the dates of their Mondays, or of the day that they name."""

    def day_of(cell: str) -> str:
        found = re.match(_WEEK, cell)
        try:
            return str(date.fromisocalendar(*(int(part or 1) for part in found.groups()))) if found else cell
        except ValueError:
            return cell

    days = {cell: day_of(cell) for cell in text.drop_nulls().unique().to_list()}
    return text.replace_strict(list(days), list(days.values()), default=None, return_dtype=pl.String)


def _month(name: str) -> str | None:
    """A mark for a month by its name; None for another word."""
    found = {number for month, number in MONTHS.items() if month.startswith(name) and len(name) > 2}
    return f"m{found.pop()}m" if len(found) == 1 else None


def _day_numbers(text: pl.Series, pattern: str, order: tuple[int, int, int]) -> pl.Series:
    """Days since 1970 of texts of three numbers, which are year, month and day in some order; null of all others."""
    groups = text.str.extract_groups(pattern).struct.unnest()
    names = [groups.columns[i] for i in order]
    short = (groups[names[0]].str.len_chars() == 2).fill_null(False).to_numpy()
    year, month, day = (groups[name].cast(pl.Int64).fill_null(0).to_numpy() for name in names)
    year = year + short * np.where(year < CENTURY, 2000, 1900)
    fine = (year > 0) & (month >= 1) & (month <= 12) & (day >= 1)
    months = np.where(fine, 12 * (year - 1970) + month - 1, 0)
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    following = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    found = first + day - 1
    fine &= found < following
    return pl.Series(found.astype(np.float64)).set(pl.Series(~fine), None)


def dates_in_digits(numbers: pl.Series) -> pl.Series:
    """Whole numbers such as 20200131 as days since 1970, float64, null where one is no date.

    Hours, minutes and seconds may follow, two digits each.
    """
    text = numbers.cast(pl.String)
    text = text.str.replace(r"^([0-9]{8})([01][0-9]|2[0-4])$", "$1 $2:00")
    text = text.str.replace(r"^([0-9]{8})([0-9][0-9])([0-9][0-9])$", "$1 $2:$3")
    text = text.str.replace(r"^([0-9]{8})([0-9][0-9])([0-9][0-9])([0-9][0-9])$", "$1 $2:$3:$4")
    return _days_and_clock(text)
