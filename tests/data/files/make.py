"""Small files as people have them, a kind each, with the right reading of every one.

python tests/data/files/make.py FOLDER writes them.
"""

import bz2
import csv
import gzip
import io
import json
import lzma
import sys
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import h5py
import numpy as np
import openpyxl
import polars as pl
import scipy.io
import scipy.sparse
from PIL import Image

ROWS = 80


@dataclass(frozen=True)
class Reading:
    """The right reading of a file; what is None is not compared.

    Attributes:
        items: all that are taken, held out ones included.
        kind: as `landscape import --json` says it.
        held_out: items that the file itself holds out.
        shape: of an item.
        levels: that are used.
        columns: their names.
        types: types of the columns in their order.
        classes: items of each, or how many there are.
        left_out: rows and files that are not taken.
        not_used: names of columns and arrays, each at the beginning of an entry.
        warnings: words, each of which stands in one of the warnings; none of them, no warning.
        message: words of the one message with which the file is refused.
        numbers: of some columns of a table, in the order of its rows; dates in days since 1970.
    """

    items: int | None = None
    kind: str | None = None
    held_out: int | None = None
    shape: tuple[int, ...] | None = None
    levels: int | None = None
    columns: tuple[str, ...] | None = None
    types: tuple[str, ...] | None = None
    classes: Mapping[str, int] | int | None = None
    left_out: int = 0
    not_used: tuple[str, ...] = ()
    warnings: tuple[str, ...] | None = None
    message: str | None = None
    numbers: Mapping[str, Sequence[float]] | None = None


@dataclass
class Files:
    """A folder that fills with files, and their readings by name."""

    folder: Path
    readings: dict[str, Reading] = field(default_factory=dict)

    def path(self, name: str, reading: Reading) -> Path:
        """The place of a file that is written next."""
        assert name not in self.readings, name
        self.readings[name] = reading
        return self.folder / name

    def inside(self, name: str, reading: Reading) -> Path:
        """The same of a folder, empty."""
        path = self.path(name, reading)
        path.mkdir(parents=True)
        return path

    def text(self, name: str, content: str, reading: Reading, encoding: str = "utf-8") -> None:
        """A file of text, its ends of lines as they stand in it."""
        self.path(name, reading).write_bytes(content.encode(encoding))


def lines(*head: str, body: Iterable[str]) -> str:
    """Lines of a text."""
    return "\n".join([*head, *body]) + "\n"


def of(columns: Sequence[str], items: int = ROWS, **more: object) -> Reading:
    """Reading of a table of numbers."""
    return Reading(items, "points", columns=tuple(columns), **more)  # type: ignore[arg-type]


def write_files(folder: Path) -> dict[str, Reading]:
    """Writes all of them.

    Args:
        folder: where to; empty.

    Returns:
        The reading of each by its name.
    """
    files = Files(folder)
    for group in GROUPS:
        group(files)
    return files.readings


def _pairs(seed: int, rows: int = ROWS) -> list[tuple[float, float]]:
    return [(float(a), float(b)) for a, b in np.random.default_rng(seed).random((rows, 2))]


def _plain(seed: int, rows: int = ROWS, separator: str = ",") -> list[str]:
    return [f"{a:.4f}{separator}{b:.4f}" for a, b in _pairs(seed, rows)]


def charsets(files: Files) -> None:
    """Letters of many lands, with byte order marks and without."""
    text = lines("Länge (µm),Öffnung (°)", body=_plain(1))
    names = ("Länge (µm)", "Öffnung (°)")
    for name, encoding in (
        ("utf-16-le-no-mark", "utf-16-le"),
        ("utf-16-be-no-mark", "utf-16-be"),
        ("latin-1", "latin-1"),
        ("mac", "mac_roman"),
        ("utf-32", "utf-32"),
    ):
        files.text(f"{name}.csv", text, of(names), encoding)
    files.text("utf-16-be.csv", "\ufeff" + text, of(names), "utf-16-be")
    files.text("windows.csv", text.replace("\n", "\r\n"), of(names), "cp1252")
    files.text("old-mac-ends.csv", text.replace("\n", "\r"), of(names))
    files.text("no-last-end.csv", text.rstrip("\n"), of(names))
    files.text("excel-unicode.txt", text.replace(",", "\t"), of(names), "utf-16")
    towns = ("Zürich", "Genève", "Łódź", "Αθήνα")
    words = [f"{towns[i % 4]};{('süß', 'bitter', 'neutral')[i % 3]}" for i in range(ROWS)]
    reading = Reading(ROWS, "categories", columns=("Stadt", "Geschmack"), types=("category", "category"))
    files.text("words-utf-8.csv", lines("Stadt;Geschmack", body=words), reading)
    western = [word.replace("Łódź", "Málaga").replace("Αθήνα", "Århus") for word in words]
    files.text("words-cp1252.csv", lines("Stadt;Geschmack", body=western), reading, "cp1252")
    russian = [f"{('Москва', 'Казань', 'Тула')[i % 3]};{('да', 'нет')[i % 2]}" for i in range(ROWS)]
    reading = Reading(ROWS, "categories", columns=("Город", "Ответ"))
    files.text("words-cp1251.csv", lines("Город;Ответ", body=russian), reading, "cp1251")
    late = [f"{a:.4f},{b:.4f},{'café' if i == ROWS - 1 else 'bar'}{i}" for i, (a, b) in enumerate(_pairs(2))]
    files.text("one-late-letter.csv", lines("x,y,place", body=late), of("xy", not_used=("place",)), "latin-1")


def separators(files: Files) -> None:
    """What stands between cells."""
    for name, separator in (("tab.tsv", "\t"), ("pipe.txt", "|"), ("semicolon.csv", ";"), ("blank.txt", " ")):
        body = _plain(3, separator=separator)
        files.text(name, lines(f"x{separator}y", body=body), of("xy"))
    body = [f"{a:10.4f}   {b:8.3f} {i % 7:5d}.5" for i, (a, b) in enumerate(_pairs(4))]
    files.text("blanks.dat", lines("         x          y     z", body=body), of("xyz"))
    body = [f"{a:8.3f}\t{b:8.3f}" for a, b in _pairs(5)]
    files.text("tabs-and-blanks.dat", lines("x\ty", body=body), of("xy"))
    body = [f"{f'Station {i}':<14}{a:>9.3f}{b:>9.3f}" for i, (a, b) in enumerate(_pairs(6))]
    head = f"{'station':<14}{'rain':>9}{'wind':>9}"
    files.text("fixed-width.txt", lines(head, body=body), of(("rain", "wind")))
    body = [f"{a:.3f} ,  {b:.3f}" for a, b in _pairs(7)]
    files.text("comma-and-blanks.csv", lines("x ,  y", body=body), of("xy"))
    body = [f"| {a:.3f} | {b:.3f} |" for a, b in _pairs(8)]
    files.text("markdown.txt", lines("| x | y |", "|---|---|", body=body), of("xy"))
    files.text("excel-sep.csv", lines("sep=;", "x;y", body=_plain(9, separator=";")), of("xy"))
    body = [f"{a:.3f},{b:.3f}" for a, b in _pairs(10)]
    blank = [line for one in body for line in (one, "")]
    files.text("blank-lines.csv", lines("x,y", "", body=blank), of("xy"))
    files.text("one-column.txt", lines("x", body=[f"{a:.5f}" for a, _ in _pairs(11)]), of("x"))
    files.text(
        "one-column-commas.txt",
        lines("x", body=[f"{a:.3f}".replace(".", ",") for a, _ in _pairs(12)]),
        of("x"),
    )


def numbers(files: Files) -> None:
    """Numbers as people write them."""

    def comma(text: str) -> str:
        return text.replace(",", " ").replace(".", ",").replace(" ", ".")

    pairs = _pairs(20)
    for name, written, separator in (
        ("german-thousands", lambda a: comma(f"{1e3 + 1e6 * a:,.2f}"), ";"),
        ("french-thousands", lambda a: f"{1e3 + 1e6 * a:,.2f}".replace(",", "\u202f").replace(".", ","), ";"),
        ("blank-thousands", lambda a: f"{1e3 + 1e6 * a:,.1f}".replace(",", " "), ","),
        ("swiss-thousands", lambda a: f"{1e3 + 1e6 * a:,.2f}".replace(",", "’"), ","),
        ("apostrophes", lambda a: f"{1e3 + 1e6 * a:,.2f}".replace(",", "'"), ","),
        ("dollars", lambda a: f'"${1e3 + 1e5 * a:,.2f}"', ","),
        ("minus-dollars", lambda a: f'"{"-" if a < 0.5 else ""}${1e3 * a:,.2f}"', ","),
        ("euros", lambda a: comma(f"{1e3 + 1e5 * a:,.2f}") + " €", ";"),
        ("pounds-before-euros-comma", lambda a: "€ " + comma(f"{1e3 + 1e5 * a:,.2f}"), ";"),
        ("codes-of-currencies", lambda a: f"USD {1e3 * a:.2f}", ","),
        ("per-cent", lambda a: f"{100 * a:.1f}%", ","),
        ("per-cent-german", lambda a: f"{100 * a:.1f}".replace(".", ",") + " %", ";"),
        ("kilograms", lambda a: f"{50 + 50 * a:.1f} kg", ","),
        ("degrees", lambda a: f"{30 * a - 10:.1f}°C", ","),
        ("brackets", lambda a: f'"({1e4 * a:,.0f}.5)"' if a < 0.4 else f'"{1e4 * a:,.0f}.5"', ","),
        ("fortran", lambda a: f"{a:.5E}".replace("E", "D"), ","),
        ("capital-exponents", lambda a: f"{a * 1e-7:.4E}", "\t"),
        ("plus-signs", lambda a: f"{a - 0.5:+.4f}", ","),
        ("unicode-minus", lambda a: f"{a - 0.5:.4f}".replace("-", "−"), ","),
        ("minus-behind", lambda a: f"{abs(a - 0.5):.4f}{'-' if a < 0.5 else ''}", ","),
        ("no-leading-zero", lambda a: f"{a - 0.5:.4f}".replace("0.", "."), ","),
        ("indian-thousands", lambda a: f'"{int(1 + 8 * a)},{10 + int(89 * a)},{100 + int(899 * a)}.5"', ","),
        ("whole-thousands", lambda a: f'"{int(1e3 + 1e6 * a):,}"', ","),
        ("whole-thousands-with-points", lambda a: f"{int(1e5 + 1e6 * a):,}".replace(",", "."), ";"),
    ):
        body = [f"{written(a)}{separator}{written(b)}" for a, b in pairs]
        files.text(f"{name}.csv", lines(f"x{separator}y", body=body), of("xy", warnings=()))
    body = [f"{comma(f'{a:.3f}')};{comma(f'{1e6 * b:,.0f}')}" for a, b in pairs]
    files.text("three-decimals-beside-thousands.csv", lines("x;y", body=body), of("xy"))
    body = [f"{1 + 8 * a:.3f};{1 + 8 * b:.3f}".replace(".", ",") for a, b in pairs]
    files.text("only-three-decimals.csv", lines("x;y", body=body), of("xy", types=("number", "number")))
    body = [f"{int(3 + 2000 * a) * 10:,}".replace(",", ".") + f";{int(900 * b)}" for a, b in pairs]
    files.text(
        "thousands-with-points-and-less.csv",
        lines("x;y", body=body),
        of("xy", types=("whole number", "whole number")),
    )
    body = [f"{a:.3f};{1000 + 9000 * b:.0f}" for a, b in pairs]
    files.text("three-decimals-with-points.csv", lines("x;y", body=body), of("xy"))
    body = [
        f"{a:.4f},{'inf' if i == 5 else '-Infinity' if i == 6 else f'{b:.4f}'}"
        for i, (a, b) in enumerate(pairs)
    ]
    files.text("infinite.csv", lines("x,y", body=body), of("xy", ROWS - 2, left_out=2))
    body = [f"{a:.4f},{'see below' if i == 5 else f'{b:.4f}'}" for i, (a, b) in enumerate(pairs)]
    files.text("a-word-among-numbers.csv", lines("x,y", body=body), of("xy", ROWS - 1, left_out=1))
    body = [f"{a:.4f},{'<0.01' if b < 0.05 else f'{b:.4f}'}" for a, b in pairs]
    low = sum(b < 0.05 for _, b in pairs)
    files.text("below-detection.csv", lines("x,y", body=body), of("xy", ROWS - low, left_out=low))


def quotes(files: Files) -> None:
    """Quotation marks, and what they enclose."""
    pairs = _pairs(30)
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([("x", "y"), *((f"{a:.4f}", f"{b:.4f}") for a, b in pairs)])
    files.text("all-quoted.csv", text.getvalue(), of("xy"))
    for name, cell in (
        ("separators-in-quotes", "Smith, John {i}"),
        ("lines-in-quotes", "line one {i}\nline two\n\nline four"),
        ("quotes-in-quotes", 'the "{i}"'),
        ("hashes-in-cells", "#{i}"),
        ("hash-at-line-begin-in-quotes", "first {i}\n# second"),
    ):
        text = io.StringIO()
        writer = csv.writer(text)
        rows = [(f"{a:.4f}", cell.format(i=i), f"{b:.4f}") for i, (a, b) in enumerate(pairs)]
        writer.writerows([("x", "remark", "y"), *rows])
        files.text(f"{name}.csv", text.getvalue(), of("xy", not_used=("remark",)))
    body = [f"'{a:.4f}','it {i}, and more','{b:.4f}'" for i, (a, b) in enumerate(pairs)]
    files.text("single-quotes.csv", lines("'x','remark','y'", body=body), of("xy", not_used=("remark",)))
    body = [f'{a:.4f},{i}" pipe,{b:.4f}' for i, (a, b) in enumerate(pairs)]
    files.text("inches.csv", lines("x,kind,y", body=body), of("xy", not_used=("kind",)))
    body = [
        f'{a:.4f},"broken {i},{b:.4f}' if i == 20 else f"{a:.4f},whole {i},{b:.4f}"
        for i, (a, b) in enumerate(pairs)
    ]
    files.text("one-stray-quote.csv", lines("x,kind,y", body=body), of("xy", not_used=("kind",)))
    body = [f"{a:.4f}\tdon't {i}\t{b:.4f}" for i, (a, b) in enumerate(pairs)]
    files.text("apostrophes-in-words.tsv", lines("x\tremark\ty", body=body), of("xy", not_used=("remark",)))
    body = [f'{a:.4f},"say \\"{i}\\", twice",{b:.4f}' for i, (a, b) in enumerate(pairs)]
    files.text("escaped-quotes.csv", lines("x,remark,y", body=body), of("xy", not_used=("remark",)))
    body = [
        line
        for i, (a, b) in enumerate(pairs)
        for line in ([f"# run {i}"] * (i % 20 == 3) + [f"{a:.4f},{b:.4f}"])
    ]
    files.text("comments.csv", lines("x,y", body=body), of("xy"))
    body = [f"{('#1', '#2', '#3')[i % 3]},{('low', 'high')[i % 2]}" for i in range(ROWS)]
    reading = Reading(ROWS, "categories", columns=("route", "level"))
    files.text("hash-is-a-value.csv", lines("route,level", body=body), reading)


def headers(files: Files) -> None:
    """Names of columns, of all sorts and none."""
    body = _plain(40)
    files.text("no-header.csv", lines(body=body), of(("column 1", "column 2")))
    three = [f"{a:.4f},{b:.4f},{a + b:.4f}" for a, b in _pairs(41)]
    files.text("counting-header.csv", lines("0,1,2", body=three), of("012"))
    index = [f"{i},{line}" for i, line in enumerate(three)]
    files.text("pandas-index.csv", lines(",a,b,c", body=index), of("abc", not_used=("column 1",)))
    files.text("pandas-index-counting.csv", lines(",0,1,2", body=index), of("012", not_used=("column 1",)))
    populations = [f"{int(1e6 * a)},{int(1e6 * b)},{int(1e6 * (a + b))}" for a, b in _pairs(42)]
    files.text(
        "years-over-whole-numbers.csv",
        lines("2019,2020,2021", body=populations),
        of(("2019", "2020", "2021")),
    )
    codes = ("DE", "FR", "IT")
    panel = [f"{codes[i % 3]}{i},{line}" for i, line in enumerate(populations)]
    files.text(
        "years-beside-names.csv",
        lines("code,2019,2020,2021", body=panel),
        of(("2019", "2020", "2021"), not_used=("code",)),
    )
    wavelengths = [f"{a:.4f},{b:.4f},{a * b:.4f}" for a, b in _pairs(43)]
    files.text("wavelengths.csv", lines("400.5,401,401.5", body=wavelengths), of(("400.5", "401", "401.5")))
    body = [f"{('setosa', 'virginica', 'species')[i % 3]},{('a', 'b')[i % 2]}" for i in range(ROWS)]
    reading = Reading(ROWS, "categories", columns=("species", "kind"))
    files.text("a-name-that-is-a-value.csv", lines("species,kind", body=body), reading)
    body = [f"{('yes', 'no')[i % 2]},{('yes', 'no')[i // 2 % 2]}" for i in range(ROWS)]
    reading = Reading(ROWS, "spins", columns=("smokes", "drinks"), types=("yes/no", "yes/no"))
    files.text("only-words.csv", lines("smokes,drinks", body=body), reading)
    reading = Reading(ROWS, "spins", columns=("column 1", "column 2"))
    files.text("only-words-no-header.csv", lines(body=body), reading)
    files.text("blank-names.csv", lines("x,,z", body=three), of(("x", "column 2", "z")))
    files.text("all-names-blank.csv", lines(",,", body=three), of(("column 1", "column 2", "column 3")))
    files.text("three-times.csv", lines("a,a,a", body=three), of(("a", "a (2)", "a (3)")))
    files.text("units.csv", lines("x,y,z", "mm,s,kg", body=three), of(("x (mm)", "y (s)", "z (kg)")))
    files.text(
        "units-in-brackets.csv", lines("x,y,z", "[mm],[s],[-]", body=three), of(("x (mm)", "y (s)", "z (-)"))
    )
    files.text(
        "blanks-in-names.txt",
        lines("body mass\theight\twidth", body=[s.replace(",", "\t") for s in three]),
        of(("body mass", "height", "width")),
    )
    files.text("savetxt.txt", lines("# x y z", body=[s.replace(",", " ") for s in three]), of("xyz"))
    files.text("savetxt-commas.csv", lines("# x,y,z", body=three), of("xyz"))
    files.text(
        "hash-title.txt",
        lines("# measured on Monday", "# by hand", "# a b c", body=[s.replace(",", " ") for s in three]),
        of("abc"),
    )
    files.text("hash-joined.tsv", lines("#x\ty\tz", body=[s.replace(",", "\t") for s in three]), of("xyz"))
    body = [s.replace(",", " ") for s in three]
    files.text("other-comments.dat", lines("% by hand", "% a b c", body=body), of("abc"))
    numbered = [f"{i + 1},Mew {i},{s}" for i, s in enumerate(three)]
    files.text(
        "hash-is-a-name.csv",
        lines("#,Name,x,y,z", body=numbered),
        of("xyz", not_used=("#", "Name")),
    )
    counts = [
        f"<{i + 60},{int(9 * a)},{int(9 * b)},{int(9 * a * b)},{i % 7}" for i, (a, b) in enumerate(_pairs(45))
    ]
    files.text(
        "limits-as-names.csv",
        lines('"","16.5","16.75","17.75","18"', body=counts),
        Reading(ROWS, columns=("16.5", "16.75", "17.75", "18")),
    )
    dated = [f"P{i},{int(100 * a)},{int(100 * b)},{i}" for i, (a, b) in enumerate(_pairs(46))]
    files.text(
        "dates-as-names.csv",
        lines("place,1/22/20,1/23/20,1/24/20", body=dated),
        Reading(ROWS, not_used=("place",), columns=("1/22/20", "1/23/20")),
    )
    rows = [f'"{i + 1}" {s.replace(",", " ")}' for i, s in enumerate(three)]
    files.text("r-write-table.txt", lines('"a" "b" "c"', body=rows), of("abc", not_used=("column 1",)))
    rows = [f'"Mazda {i}",{s}' for i, s in enumerate(three)]
    files.text("r-row-names.csv", lines('"","a","b","c"', body=rows), of("abc", not_used=("column 1",)))
    rows = [f'"Mazda {i}"\t{s.replace(",", chr(9))}' for i, s in enumerate(three)]
    files.text("r-row-names-short.tsv", lines('"a"\t"b"\t"c"', body=rows), of("abc", not_used=("column 1",)))
    long = "How satisfied are you with the service, all in all, on a scale from 0 (not at all) to 10 (very)?"
    files.text(
        "questions.csv",
        lines(f'"{long} (1)","{long} (2)",c', body=three),
        of((f"{long} (1)", f"{long} (2)", "c")),
    )
    short = [f"{a:.4f},{b:.4f},{a + b:.4f}" for a, b in _pairs(44, 4)]
    files.text("four-rows.csv", lines("x,y,z", body=short), of("xyz", 4))
    files.text("no-ending", lines("x,y,z", body=three), of("xyz"))
    files.text("measured.asc", lines("x y z", body=[s.replace(",", "\t ") for s in three]), of("xyz"))
    body = [f"note {i},text {7 * i}" for i in range(ROWS)]
    files.text("only-text.csv", lines("a,b", body=body), Reading(message="no column that a model can learn"))
    files.text("header-only.csv", "x,y,z\n", Reading(message="no rows below it"))
    files.text("empty.csv", "", Reading(message="holds no rows"))
    files.text(
        "prose.txt",
        "Dear all,\n\nplease find below, as agreed, the list; it is not long.\n\nBest wishes\n",
        Reading(message="prose"),
    )


def titles_and_footers(files: Files) -> None:
    """Lines around the table, and separators too many."""
    rows = [f"{a:.4f},{b:.4f},{a + b:.4f}" for a, b in _pairs(50)]
    files.text("padded-title.csv", lines("Sales 2019,,", ",,", "x,y,z", body=rows), of("xyz"))
    files.text(
        "title-and-blank-line.csv", lines("Report of the station, spring", "", "x,y,z", body=rows), of("xyz")
    )
    files.text(
        "key-value-head.csv",
        lines("Device:,AX-200", "Date:,2020-05-01", "Operator:,Smith", "x,y,z", body=rows),
        of("xyz"),
    )
    files.text(
        "key-value-head-padded.csv",
        lines("Device:,AX-200,", "Operator:,Smith,", ",,", "x,y,z", body=rows),
        of("xyz"),
    )
    files.text("source-line.csv", lines("x,y,z", body=[*rows, "Source: the office"]), of("xyz", left_out=1))
    files.text(
        "source-line-padded.csv",
        lines("x,y,z", body=[*rows, ",,", '"Source: the office, 2020",,']),
        of("xyz", left_out=1),
    )
    numbered = [f"{i + 1},{row}" for i, row in enumerate(rows)]
    files.text(
        "numbered-with-footer.csv",
        lines("id,x,y,z", body=[*numbered, "Source: the office"]),
        of("xyz", left_out=1, not_used=("id",)),
    )
    files.text("trailing-in-header.csv", lines("x,y,z,", body=rows), of("xyz"))
    files.text("trailing-in-both.csv", lines("x,y,z,", body=[s + "," for s in rows]), of("xyz"))
    files.text("trailing-three.csv", lines("x,y,z,,,", body=[s + ",,," for s in rows]), of("xyz"))
    files.text(
        "trailing-semicolons.csv", lines("x;y;z;", body=[s.replace(",", ";") + ";" for s in rows]), of("xyz")
    )
    ragged = [s if i % 20 else s + ",7" for i, s in enumerate(rows)]
    files.text("cells-too-many.csv", lines("x,y,z", body=ragged), of("xyz", ROWS - 4, left_out=4))
    ragged = [s if i % 20 else s.rpartition(",")[0] for i, s in enumerate(rows)]
    files.text("cells-too-few.csv", lines("x,y,z", body=ragged), of("xyz", ROWS - 4, left_out=4))
    again = [line for i, s in enumerate(rows) for line in (["x,y,z"] * (i % 40 == 39) + [s])]
    files.text("header-again.csv", lines("x,y,z", body=again), of("xyz", ROWS, left_out=2))
    doubled = [*rows[:70], *rows[:10]]
    files.text("rows-again.csv", lines("x,y,z", body=doubled), of("xyz", ROWS, warnings=("come again",)))


def missing_values(files: Files) -> None:
    """Cells without a value."""
    pairs = _pairs(60)
    for name, word in (
        ("na", "NA"),
        ("nan", "nan"),
        ("none", "None"),
        ("pandas-na", "<NA>"),
        ("null", "NULL"),
        ("nil", "nil"),
        ("dash", "-"),
        ("long-dash", "–"),
        ("point", "."),
        ("question-mark", "?"),
        ("not-applicable", "n/a"),
        ("mysql", "\\N"),
        ("excel-error", "#DIV/0!"),
        ("blank", "   "),
        ("quoted-empty", '""'),
    ):
        body = [f"{a:.4f},{word if i % 16 == 3 else f'{b:.4f}'}" for i, (a, b) in enumerate(pairs)]
        files.text(f"missing-{name}.csv", lines("x,y", body=body), of("xy", ROWS - 5, left_out=5))
    body = [
        f"{'#N/A' if i % 16 == 3 else f'{a:.4f}'};{b:.4f}".replace(".", ",") for i, (a, b) in enumerate(pairs)
    ]
    files.text("missing-first-german.csv", lines("x;y", body=body), of("xy", ROWS - 5, left_out=5))
    body = [f"{-9999 if i % 16 == 3 else round(a, 4)},{b:.4f}" for i, (a, b) in enumerate(pairs)]
    files.text("sentinel.csv", lines("x,y", body=body), of("xy", warnings=("-9999",)))
    body = [f"{999.9 if i % 16 == 3 else round(a, 1)},{b:.4f}" for i, (a, b) in enumerate(pairs)]
    files.text("sentinel-999.9.csv", lines("x,y", body=body), of("xy", warnings=("999.9",)))
    land = ("NA", "DE", "FR", "ZA", "BW")
    body = [f"{land[i % 5]},{('low', 'high', 'middle')[i % 3]}" for i in range(ROWS)]
    files.text(
        "namibia.csv",
        lines("country,income", body=body),
        Reading(ROWS, "categories", columns=("country", "income")),
    )
    continents = ("NA", "SA", "EU", "AS", "AF", "OC")
    body = [f"{continents[i % 6]},{('low', 'high')[i % 2]}" for i in range(ROWS)]
    files.text(
        "north-america.csv",
        lines("continent,income", body=body),
        Reading(ROWS, "categories", columns=("continent", "income")),
    )
    body = [f"{a:.4f},{b:.4f}," for a, b in pairs]
    files.text("empty-column.csv", lines("x,y,remark", body=body), of("xy", not_used=("remark",)))
    body = [f"{a:.4f},,{b:.4f}" for a, b in pairs]
    files.text("empty-column-between.csv", lines("x,remark,y", body=body), of("xy", not_used=("remark",)))
    body = [f"{a:.4f},{b:.4f},{f'{a * b:.3f}' if i % 9 == 0 else 'NA'}" for i, (a, b) in enumerate(pairs)]
    files.text("mostly-missing.csv", lines("x,y,z", body=body), of("xy", not_used=("z",)))
    body = [f"{a:.4f},{b:.4f},1.5,2" for a, b in pairs]
    files.text(
        "constant-columns.csv", lines("x,y,scale,version", body=body), of("xy", not_used=("scale", "version"))
    )
    body = [
        f"{a:.4f},{'NA' if i % 9 == 4 else f'{b:.4f}'},{7 if i % 9 == 4 else 3}.5"
        for i, (a, b) in enumerate(pairs)
    ]
    lost = sum(i % 9 == 4 for i in range(ROWS))
    files.text(
        "constant-where-whole.csv",
        lines("x,y,z", body=body),
        of("xy", ROWS - lost, left_out=lost, not_used=("z",)),
    )
    body = [f"{'' if i % 4 else f'{a:.3f}'},{f'{b:.3f}' if i % 4 else ''}" for i, (a, b) in enumerate(pairs)]
    files.text(
        "never-both.csv",
        lines("x,y", body=body),
        Reading(60, "points", columns=("y",), left_out=20, not_used=("x",)),
    )


def magnitudes_and_dates(files: Files) -> None:
    """Numbers far from one, and times."""
    pairs = _pairs(70)
    body = [f"{1e-9 * a:.5e},{3e-12 * b:.5e}" for a, b in pairs]
    files.text("tiny.csv", lines("current,charge", body=body), of(("current", "charge")))
    body = [f"{4e8 * a:.0f},{6e23 * b:.5e}" for a, b in pairs]
    files.text("huge.csv", lines("cells,molecules", body=body), of(("cells", "molecules")))
    body = [f"{1e5 + 1e-3 * a:.6f},{b:.3f}" for a, b in pairs]
    files.text("far-from-zero.csv", lines("pressure,value", body=body), of(("pressure", "value")))
    start = datetime(2020, 1, 1, 8)
    steps = [start + timedelta(hours=37 * i) for i in range(ROWS)]
    for name, form in (
        ("iso", "%Y-%m-%d"),
        ("iso-times", "%Y-%m-%d %H:%M:%S"),
        ("iso-t", "%Y-%m-%dT%H:%M:%SZ"),
        ("iso-parts", "%Y-%m-%d %H:%M:%S.%f"),
        ("german", "%d.%m.%Y"),
        ("german-times", "%d.%m.%Y %H:%M"),
        ("american", "%m/%d/%Y"),
        ("american-clock", "%m/%d/%Y %I:%M %p"),
        ("british", "%d/%m/%Y"),
        ("in-words", "%d %b %Y"),
        ("dashes", "%d-%b-%Y"),
        ("slashes", "%Y/%m/%d"),
    ):
        body = [f"{step.strftime(form)},{a:.3f}" for step, (a, _) in zip(steps, pairs, strict=True)]
        reading = of(("when", "value"), types=("date", "number"))
        files.text(f"dates-{name}.csv", lines("when,value", body=body), reading)
    body = [f"{step:%Y%m%d},{a:.3f}" for step, (a, _) in zip(steps, pairs, strict=True)]
    files.text(
        "dates-in-digits.csv",
        lines("when,value", body=body),
        of(("when", "value"), types=("date", "number")),
    )
    body = [f"{step.isoformat()}+02:00,{a:.3f}" for step, (a, _) in zip(steps, pairs, strict=True)]
    files.text(
        "dates-with-zone.csv", lines("when,value", body=body), of(("when", "value"), types=("date", "number"))
    )
    body = [f"{step.timestamp() * 1000:.0f},{a:.3f}" for step, (a, _) in zip(steps, pairs, strict=True)]
    files.text("milliseconds.csv", lines("time,value", body=body), of(("time", "value")))
    body = [f"{i // 60:02d}:{i % 60:02d}:{int(60 * a):02d},{a:.3f}" for i, (a, _) in enumerate(pairs)]
    body = [f"{8 + i // 60:02d}:{i % 60:02d}:00,{a:.3f}" for i, (a, _) in enumerate(pairs)]
    files.text("clock.csv", lines("time,value", body=body), of(("time", "value"), types=("date", "number")))
    body = [f"{1950 + i % 70},{a:.3f}" for i, (a, _) in enumerate(pairs)]
    files.text(
        "years-as-values.csv",
        lines("year,value", body=body),
        of(("year", "value"), types=("whole number", "number")),
    )
    body = [f"{1950 + i},{a:.3f}" for i, (a, _) in enumerate(pairs)]
    files.text(
        "a-row-a-year.csv",
        lines("year,value", body=body),
        of(("year", "value"), types=("whole number", "number")),
    )


def types(files: Files) -> None:
    """Words, names, answers and numbers that only name."""
    pairs = _pairs(80)
    body = [f"{10_000 + 7 * i},{a:.4f},{b:.4f}" for i, (a, b) in enumerate(pairs)]
    files.text("customer-ids.csv", lines("customer_id,x,y", body=body), of("xy", not_used=("customer_id",)))
    body = [f"{i},{a:.4f},{b:.4f}" for i, (a, b) in enumerate(pairs)]
    files.text("row-numbers.csv", lines("number,x,y", body=body), of("xy", not_used=("number",)))
    body = [f"P-{1000 + i},{a:.4f},{b:.4f}" for i, (a, b) in enumerate(pairs)]
    files.text("patients.csv", lines("patient,x,y", body=body), of("xy", not_used=("patient",)))
    body = [
        f"{a:.4f},{b:.4f},a long remark with many words about number {i}" for i, (a, b) in enumerate(pairs)
    ]
    files.text("remarks.csv", lines("x,y,remark", body=body), of("xy", not_used=("remark",)))
    body = [f"{i % 2},{i // 2 % 2},{i // 5 % 2}" for i in range(ROWS)]
    files.text(
        "zeros-and-ones.csv", lines("a,b,c", body=body), Reading(ROWS, "spins", columns=("a", "b", "c"))
    )
    body = [f"{2 * (i % 2) - 1} {2 * (i // 2 % 2) - 1} {2 * (i // 5 % 2) - 1}" for i in range(ROWS)]
    files.text(
        "spins.txt", lines(body=body), Reading(ROWS, "spins", columns=("column 1", "column 2", "column 3"))
    )
    body = [f"{('True', 'False')[i % 2]},{('TRUE', 'FALSE')[i // 2 % 2]}" for i in range(ROWS)]
    files.text("true-false.csv", lines("a,b", body=body), Reading(ROWS, "spins", types=("yes/no", "yes/no")))
    body = [f"{('ja', 'nein')[i % 2]};{('J', 'N')[i // 2 % 2]}" for i in range(ROWS)]
    files.text(
        "german-answers.csv",
        lines("raucht;trinkt", body=body),
        Reading(ROWS, "spins", types=("yes/no", "yes/no")),
    )
    body = [f"{'mf'[i % 2]},{('yes', 'no')[i // 2 % 2]},{a:.3f},{b:.3f}" for i, (a, b) in enumerate(pairs)]
    reading = Reading(
        ROWS,
        "mixed",
        columns=("sex", "smoker", "x", "y"),
        types=("category", "yes/no", "number", "number"),
    )
    files.text("numbers-and-categories.csv", lines("sex,smoker,x,y", body=body), reading)
    body = [f"{a:.3f},{b:.3f},{('red', 'green', 'blue')[i % 3]}" for i, (a, b) in enumerate(pairs)]
    reading = Reading(ROWS, "mixed", columns=("x", "y", "class"), types=("number", "number", "category"))
    files.text("class-last.csv", lines("x,y,class", body=body), reading)
    body = [f"{1 + i % 5},{1 + i * i % 5},{1 + i // 7 % 5}" for i in range(ROWS)]
    files.text(
        "likert.csv",
        lines("q1,q2,q3", body=body),
        Reading(ROWS, "categories", columns=("q1", "q2", "q3"), levels=5),
    )
    body = [f"{i * 7 % 40},{i * 3 % 50},{a:.3f}" for i, (a, _) in enumerate(pairs)]
    files.text(
        "counts.csv",
        lines("a,b,x", body=body),
        of(("a", "b", "x"), types=("whole number", "whole number", "number")),
    )
    body = [
        f"{('A', 'C', 'G', 'T')[i % 4]} {('A', 'C', 'G', 'T')[i // 3 % 4]} {('A', 'N', 'G', 'T')[i // 5 % 4]}"
        for i in range(ROWS)
    ]
    reading = Reading(ROWS, "categories", columns=("column 1", "column 2", "column 3"), levels=4)
    files.text("letters.txt", lines(body=body), reading)
    wide = np.random.default_rng(81).normal(size=(ROWS, 30))
    body = [",".join(f"{value:.4f}" for value in row) for row in wide]
    files.text(
        "thirty-columns.csv",
        lines(",".join(f"s{i}" for i in range(30)), body=body),
        of([f"s{i}" for i in range(30)], shape=(30,)),
    )
    wide = np.random.default_rng(82).normal(size=(ROWS, 81))
    body = [",".join(f"{value:.4f}" for value in row) for row in wide]
    files.text(
        "eighty-one-columns.csv",
        lines(",".join(f"s{i}" for i in range(81)), body=body),
        Reading(ROWS, "points", shape=(64,)),
    )


def packed(files: Files) -> None:
    """Files in packers."""
    text = lines("x;y", body=[s.replace(".", ",") for s in _plain(90, separator=";")]).encode("cp1252")
    files.path("packed.csv.gz", of("xy")).write_bytes(gzip.compress(text))
    files.path("packed.txt.bz2", of("xy")).write_bytes(bz2.compress(text))
    files.path("packed.tsv.xz", of("xy")).write_bytes(lzma.compress(text))
    with zipfile.ZipFile(files.path("packed.zip", of("xy")), "w") as archive:
        archive.writestr("data/measured.csv", text)
        archive.writestr("__MACOSX/data/._measured.csv", b"\0\5\26\7")
    with zipfile.ZipFile(files.path("packed.csv.zip", of("xy")), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("packed.csv", text)
    with zipfile.ZipFile(files.path("two-inside.zip", Reading(message="2 files")), "w") as archive:
        archive.writestr("a.csv", text)
        archive.writestr("b.csv", text)
    halves = gzip.compress(text[:400]) + gzip.compress(text[400:])
    files.path("two-members.csv.gz", of("xy")).write_bytes(halves)


def spreadsheets(files: Files) -> None:
    """Excel."""
    pairs = _pairs(100)

    def book(name: str, reading: Reading, **sheets: Sequence[Sequence[object]]) -> None:
        workbook = openpyxl.Workbook()
        workbook.remove(workbook.active)
        for title, rows in sheets.items():
            sheet = workbook.create_sheet(title)
            for row in rows:
                sheet.append(list(row))
        workbook.save(files.path(name, reading))

    plain = [("x", "y"), *((round(a, 6), round(b, 6)) for a, b in pairs)]
    book("plain.xlsx", of("xy"), Data=plain)
    book(
        "several-sheets.xlsx",
        of("xy", not_used=("sheet Data 2",)),
        Empty=[],
        Data=plain,
        **{"Data 2": plain[:40]},
    )
    book(
        "notes-first.xlsx",
        of("xy", not_used=("sheet Notes",)),
        Notes=[("Please read me",), ("All values in mm",)],
        Data=plain,
    )
    book("title-rows.xlsx", of("xy"), Data=[("Survey of 2019",), (), *plain])
    book("table-in-the-middle.xlsx", of("xy"), Data=[(), (), *((None, None, *row) for row in plain)])
    book("empty-rows.xlsx", of("xy"), Data=[plain[0], *(row for one in plain[1:] for row in (one, ()))])
    book("header-again.xlsx", of("xy", left_out=1), Data=[*plain[:30], plain[0], *plain[30:]])
    start = date(2020, 1, 1)
    days = [
        ("day", "value"),
        *((start + timedelta(days=3 * i), round(a, 4)) for i, (a, _) in enumerate(pairs)),
    ]
    book("days.xlsx", of(("day", "value"), types=("date", "number")), Data=days)
    moment = datetime(2020, 1, 1, 8, 30)
    times = [
        ("time", "value"),
        *((moment + timedelta(hours=5 * i), round(a, 4)) for i, (a, _) in enumerate(pairs)),
    ]
    book("moments.xlsx", of(("time", "value"), types=("date", "number")), Data=times)
    holes = [
        ("x", "y"),
        *((a, None if i % 16 == 3 else "#N/A" if i % 16 == 5 else b) for i, (a, b) in enumerate(pairs)),
    ]
    book("holes.xlsx", of("xy", ROWS - 10, left_out=10), Data=holes)
    answers = [("a", "b"), *((i % 2 == 0, i % 3 == 0) for i in range(ROWS))]
    book("answers.xlsx", Reading(ROWS, "spins", types=("yes/no", "yes/no")), Data=answers)
    whole = [("count", "share"), *((int(1000 * a), b) for a, b in pairs)]
    book("whole-numbers.xlsx", of(("count", "share"), types=("whole number", "number")), Data=whole)
    texts = [("x", "y"), *((f"{a:.4f}".replace(".", ","), f"{b:.4f}".replace(".", ",")) for a, b in pairs)]
    book("numbers-as-text.xlsx", of("xy"), Data=texts)
    years = [(2019, 2020, 2021), *((round(a, 4), round(b, 4), round(a + b, 4)) for a, b in pairs)]
    book("years.xlsx", of(("2019", "2020", "2021")), Data=years)
    dated = [
        ("place", datetime(2020, 1, 1), datetime(2020, 2, 1)),
        *((f"P{i}", a, b) for i, (a, b) in enumerate(pairs)),
    ]
    book("dates-as-names.xlsx", of(("2020-01-01", "2020-02-01"), not_used=("place",)), Data=dated)
    lined = [("x\n(mm)", "y"), *plain[1:]]
    book("lines-in-names.xlsx", of(("x\n(mm)", "y")), Data=lined)
    noted = [("x", "y", "note"), *((a, b, f'said "{i}",\nthen\tleft') for i, (a, b) in enumerate(pairs))]
    book("cells-with-lines.xlsx", of("xy", not_used=("note",)), Data=noted)


def columnar(files: Files) -> None:
    """Parquet, Feather and JSON."""
    pairs = _pairs(110)
    start = date(2020, 1, 1)
    x = [a for a, _ in pairs]
    y = [None if i % 16 == 3 else b for i, (_, b) in enumerate(pairs)]
    days = [start + timedelta(days=i) for i in range(ROWS)]
    frame = pl.DataFrame({"x": x, "y": y, "day": days})
    reading = of(("x", "y", "day"), ROWS - 5, left_out=5, types=("number", "number", "date"))
    frame.write_parquet(files.path("columns.parquet", reading))
    frame.write_ipc(files.path("columns.feather", reading))
    moments = pl.DataFrame(
        {"x": x, "when": [datetime(2020, 1, 1) + timedelta(minutes=i) for i in range(ROWS)]}
    )
    moments.write_parquet(files.path("moments.parquet", of(("x", "when"), types=("number", "date"))))
    words = pl.DataFrame({"size": ["S", "M", "L", "M"] * 20, "sold": [True, False, False, True, True] * 16})
    words = words.with_columns(pl.col("size").cast(pl.Categorical))
    words.write_parquet(
        files.path("categories.parquet", Reading(ROWS, "categories", types=("category", "yes/no")))
    )
    nested = pl.DataFrame({"x": x, "y": [b for _, b in pairs], "tags": [["a", "b"]] * ROWS})
    nested.write_parquet(files.path("lists.parquet", of("xy", not_used=("tags",))))
    decimal = pl.DataFrame({"x": x, "cost": [f"{100 * b:.2f}" for _, b in pairs]}).with_columns(
        pl.col("cost").cast(pl.Decimal(10, 2))
    )
    decimal.write_parquet(files.path("decimal.parquet", of(("x", "cost"))))
    infinite = pl.DataFrame(
        {"x": x, "y": [np.inf if i == 7 else np.nan if i == 9 else b for i, (_, b) in enumerate(pairs)]}
    )
    infinite.write_parquet(files.path("infinite.parquet", of("xy", ROWS - 2, left_out=2)))
    records = [{"x": a, "y": b} for a, b in pairs]
    files.text("records.json", json.dumps(records), of("xy"))
    files.text("records-indented.json", json.dumps(records, indent=2), of("xy"))
    files.text("lines.jsonl", lines(body=[json.dumps(one) for one in records]), of("xy"))
    files.text("lines.json", lines(body=[json.dumps(one) for one in records]), of("xy"))
    files.path("lines.jsonl.gz", of("xy")).write_bytes(
        gzip.compress(lines(body=[json.dumps(one) for one in records]).encode())
    )
    files.text("columns.json", json.dumps({"x": x, "y": [b for _, b in pairs]}), of("xy"))
    files.text(
        "pandas.json",
        json.dumps(
            {
                "x": {str(i): a for i, (a, _) in enumerate(pairs)},
                "y": {str(i): b for i, (_, b) in enumerate(pairs)},
            }
        ),
        of("xy"),
    )
    files.text(
        "split.json", json.dumps({"columns": ["x", "y"], "index": list(range(ROWS)), "data": pairs}), of("xy")
    )
    files.text("rows.json", json.dumps(pairs), of(("column 1", "column 2")))
    files.text("wrapped.json", json.dumps({"status": "ok", "data": records}), of("xy"))
    some = [{"x": a} if i % 16 == 3 else {"x": a, "y": b} for i, (a, b) in enumerate(pairs)]
    files.text("keys-missing.json", json.dumps(some), of("xy", ROWS - 5, left_out=5))
    mixed = [{"x": a, "y": "NA" if i % 16 == 3 else b} for i, (a, b) in enumerate(pairs)]
    files.text(
        "words-among-numbers.jsonl",
        lines(body=[json.dumps(one) for one in mixed]),
        of("xy", ROWS - 5, left_out=5),
    )
    files.text("settings.json", json.dumps({"theme": "dark", "size": 12}), Reading(message="settings"))


def tables_of_images(files: Files) -> None:
    """Images, a row each."""
    generator = np.random.default_rng(120)

    def digits(count: int, side: int) -> np.ndarray:
        pixels = generator.integers(0, 256, (count, side * side))
        pixels[generator.random(pixels.shape) < 0.6] = 0
        return pixels

    pixels, labels = digits(60, 8), np.arange(60) % 10
    named = [f"pixel{i}" for i in range(64)]
    crossed = [f"{i + 1}x{j + 1}" for i in range(8) for j in range(8)]
    ten = {str(i): 6 for i in range(10)}

    def rows(*columns: np.ndarray) -> list[str]:
        return [",".join(map(str, row)) for row in np.column_stack(columns).tolist()]

    reading = Reading(60, "images", shape=(8, 8), classes=ten)
    files.text("label-last.csv", lines(",".join([*named, "label"]), body=rows(pixels, labels)), reading)
    files.text("label-first-no-header.csv", lines(body=rows(labels, pixels)), reading)
    files.text("label-last-no-header.csv", lines(body=rows(pixels, labels)), reading)
    files.text("crossed-names.csv", lines(",".join(["label", *crossed]), body=rows(labels, pixels)), reading)
    unlabelled = Reading(60, "images", shape=(8, 8), classes={})
    files.text("no-labels.csv", lines(",".join(named), body=rows(pixels)), unlabelled)
    files.text("no-labels-no-header.csv", lines(body=rows(pixels)), unlabelled)
    files.text(
        "with-index.csv",
        lines(",".join(["", "label", *named]), body=rows(np.arange(60), labels, pixels)),
        reading,
    )
    names = np.array(["boot", "shirt", "bag"])[np.arange(60) % 3]
    files.text(
        "label-words.csv",
        lines(
            ",".join(["class", *named]), body=[f"{a},{b}" for a, b in zip(names, rows(pixels), strict=True)]
        ),
        Reading(60, "images", shape=(8, 8), classes={"bag": 20, "boot": 20, "shirt": 20}),
    )
    unit = np.round(pixels / 255, 4)
    files.text(
        "unit-pixels.csv",
        lines(
            ",".join(["label", *named]),
            body=[f"{a},{','.join(map(str, row))}" for a, row in zip(labels, unit.tolist(), strict=True)],
        ),
        reading,
    )
    few = generator.integers(0, 17, (60, 64))
    files.text(
        "optdigits.csv",
        lines(body=rows(few, labels)),
        Reading(60, "images", shape=(8, 8), levels=17, classes=ten),
    )
    tab = [row.replace(",", "\t") for row in rows(labels, pixels)]
    files.text("pixels.tsv", lines(body=tab), reading)
    measured = generator.normal(5, 1, (60, 64)).round(3)
    files.text(
        "sixty-four-measurements.csv",
        lines(
            ",".join(f"s{i}" for i in range(64)), body=[",".join(map(str, row)) for row in measured.tolist()]
        ),
        Reading(60, "points", shape=(64,)),
    )
    frame = pl.DataFrame({"label": labels, **{name: pixels[:, i] for i, name in enumerate(named)}})
    frame.write_parquet(files.path("pixels.parquet", reading))


def pictures(files: Files) -> None:
    """Folders of pictures in all modes, and files of many."""
    generator = np.random.default_rng(130)

    def grey(height: int = 16, width: int = 16) -> np.ndarray:
        return generator.integers(0, 256, (height, width), np.uint8)

    for orientation in (3, 5, 8):
        turned = Image.Exif()
        turned[0x0112] = orientation
        shape = (24, 16) if orientation == 3 else (16, 24)
        folder = files.inside(f"orientation-{orientation}", Reading(6, "images", shape=shape))
        for i in range(6):
            Image.fromarray(grey(24, 16)).save(folder / f"{i}.jpg", exif=turned)
    folder = files.inside(
        "sixteen-bit", Reading(6, "images", shape=(16, 16), warnings=("more than eight bits",))
    )
    for i in range(6):
        Image.fromarray(generator.integers(0, 65536, (16, 16)).astype(np.uint16)).save(folder / f"{i}.png")
    folder = files.inside("twelve-bit-tiff", Reading(6, "images", shape=(16, 16), levels=17))
    for i in range(6):
        Image.fromarray((np.outer(np.arange(16), np.ones(16)) * 273).astype(np.uint16)).rotate(90 * i).save(
            folder / f"{i}.tif"
        )
    folder = files.inside("real-tiff", Reading(6, "images", shape=(16, 16), levels=17))
    for i in range(6):
        Image.fromarray(generator.random((16, 16)).astype(np.float32)).save(folder / f"{i}.tif")
    folder = files.inside("palette", Reading(6, "images", shape=(16, 16, 3)))
    for i in range(6):
        Image.fromarray(generator.integers(0, 256, (16, 16, 3), np.uint8)).quantize(16).save(
            folder / f"{i}.png"
        )
    folder = files.inside("grey-palette", Reading(6, "images", shape=(16, 16)))
    for i in range(6):
        Image.fromarray(grey()).convert("P").save(folder / f"{i}.gif")
    folder = files.inside("one-bit-tiff", Reading(6, "images", shape=(16, 16), levels=2))
    for i in range(6):
        Image.fromarray(generator.random((16, 16)) > 0.5).save(folder / f"{i}.tif")
    folder = files.inside("portable", Reading(9, "images", shape=(16, 16)))
    for i in range(9):
        Image.fromarray(grey()).save(folder / f"{i}.pgm")
    folder = files.inside("grey-alpha", Reading(6, "images", shape=(16, 16)))
    for i in range(6):
        Image.merge("LA", [Image.fromarray(grey()), Image.fromarray(grey())]).save(folder / f"{i}.png")
    folder = files.inside("black-on-nothing", Reading(6, "images", shape=(16, 16)))
    for i in range(6):
        ink = np.zeros((16, 16, 4), np.uint8)
        ink[..., 3] = 255 * (grey() > 127)
        Image.fromarray(ink).save(folder / f"{i}.png")
    folder = files.inside("cmyk", Reading(6, "images", shape=(16, 16, 3)))
    for i in range(6):
        Image.fromarray(generator.integers(0, 256, (16, 16, 3), np.uint8)).convert("CMYK").save(
            folder / f"{i}.jpg"
        )
    folder = files.inside("capital-endings", Reading(6, "images", shape=(16, 16)))
    for i in range(6):
        Image.fromarray(grey()).save(folder / f"{i}.{('JPG', 'PNG', 'Tiff')[i % 3]}", "PNG")
    folder = files.inside("webp", Reading(6, "images", shape=(16, 16)))
    for i in range(6):
        Image.fromarray(grey()).save(folder / f"{i}.webp", lossless=True)
    folder = files.inside("sizes", Reading(9, "images", shape=(20, 20), warnings=("2 sizes",)))
    for i in range(9):
        side = 20 if i % 3 else 28
        Image.fromarray(grey(side, side)).save(folder / f"{i}.png")
    folder = files.inside("alike", Reading(message="same"))
    same = grey()
    for i in range(6):
        Image.fromarray(same).save(folder / f"{i}.bmp")
    folder = files.inside("one-is-damaged", Reading(5, "images", left_out=1))
    for i in range(6):
        Image.fromarray(grey()).save(folder / f"{i}.png")
    (folder / "3.png").write_bytes((folder / "3.png").read_bytes()[:60])
    folder = files.inside("others-beside", Reading(6, "images", left_out=2))
    for i in range(6):
        Image.fromarray(grey()).save(folder / f"{i}.png")
    (folder / "film.mp4").write_bytes(b"\0\0\0\x18ftyp")
    (folder / "drawing.svg").write_text("<svg/>")
    (folder / "README.md").write_text("Taken in spring.")
    (folder / "Thumbs.db").write_bytes(b"\xd0\xcf")
    folder = files.inside("no-images", Reading(message="no images"))
    (folder / "film.mp4").write_bytes(b"\0\0\0\x18ftyp")
    pages = [Image.fromarray(grey()) for _ in range(7)]
    pages[0].save(
        files.path("stack.tif", Reading(7, "images", shape=(16, 16))), save_all=True, append_images=pages[1:]
    )
    deep = [Image.fromarray(generator.integers(0, 4096, (16, 16)).astype(np.uint16)) for _ in range(7)]
    deep[0].save(
        files.path("deep-stack.tiff", Reading(7, "images", shape=(16, 16))),
        save_all=True,
        append_images=deep[1:],
    )
    frames = [Image.fromarray(grey()) for _ in range(5)]
    frames[0].save(
        files.path("frames.gif", Reading(5, "images", shape=(16, 16))),
        save_all=True,
        append_images=frames[1:],
    )
    folder = files.inside("folder-of-stacks", Reading(8, "images", shape=(16, 16)))
    for i in range(2):
        pages = [Image.fromarray(grey()) for _ in range(4)]
        pages[0].save(folder / f"{i}.tif", save_all=True, append_images=pages[1:])


def folders_of_classes(files: Files) -> None:
    """Classes and splits, in folders and in tables beside."""
    generator = np.random.default_rng(140)

    def save(path: Path, ending: str = "png") -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(generator.integers(0, 256, (16, 16), np.uint8)).save(f"{path}.{ending}")

    folder = files.inside("classes", Reading(12, "images", classes={"cat": 6, "dog": 6}))
    for i in range(12):
        save(folder / ("cat", "dog")[i % 2] / str(i))
    folder = files.inside("three-splits", Reading(18, "images", held_out=6, classes={"cat": 9, "dog": 9}))
    for i in range(18):
        save(
            folder
            / ("train", "train", "train", "train", "val", "test")[i // 3]
            / ("cat", "dog")[i % 2]
            / str(i)
        )
    folder = files.inside("splits-without-classes", Reading(12, "images", held_out=4, classes={}))
    for i in range(12):
        save(folder / ("Training", "Testing")[i >= 8] / str(i))
    folder = files.inside(
        "splits-below-a-folder", Reading(12, "images", held_out=4, classes={"a": 6, "b": 6})
    )
    for i in range(12):
        save(folder / "archive" / ("train", "test")[i >= 8] / ("a", "b")[i % 2] / str(i))
    folder = files.inside("classes-above-splits", Reading(12, "images", held_out=4, classes={"a": 6, "b": 6}))
    for i in range(12):
        save(folder / ("a", "b")[i % 2] / ("train", "test")[i >= 8] / str(i))
    folder = files.inside("one-folder-down", Reading(12, "images", classes={"a": 6, "b": 6}))
    for i in range(12):
        save(folder / "images" / ("a", "b")[i % 2] / str(i))
    for name, head, entry in (
        ("labels-beside", "filename,label", "{i}.png,{c}"),
        ("labels-without-endings", "id,class", "{i},{c}"),
        ("labels-without-header", None, "{i}.png,{c}"),
        ("labels-with-paths", "path;class", "images/{i}.png;{c}"),
        ("labels-with-more", "id,width,filename,label", "{i},16,{i}.png,{c}"),
    ):
        folder = files.inside(name, Reading(12, "images", classes={"cat": 6, "dog": 6}))
        for i in range(12):
            save(folder / "images" / str(i) if "paths" in name else folder / str(i))
        body = [entry.format(i=i, c=("cat", "dog")[i % 2]) for i in range(12)]
        (folder / "labels.csv").write_text(lines(*([head] if head else []), body=body))
    folder = files.inside("labels-of-some", Reading(12, "images", classes={}, warnings=("10 of 12",)))
    for i in range(12):
        save(folder / str(i))
    body = [f"{i}.png,{('cat', 'dog')[i % 2]}" for i in range(10)]
    (folder / "labels.csv").write_text(lines("filename,label", body=body))
    folder = files.inside("labels-of-numbers", Reading(12, "images", classes={"0": 4, "1": 4, "2": 4}))
    for i in range(12):
        save(folder / f"img_{i:03d}", "jpg")
    (folder / "labels.txt").write_text(lines(body=[f"img_{i:03d}.jpg {i % 3}" for i in range(12)]))


def arrays(files: Files) -> None:
    """NumPy's files, and IDX."""
    generator = np.random.default_rng(150)

    def save(name: str, array: np.ndarray, reading: Reading) -> None:
        np.save(files.path(name, reading), array)

    save("points.npy", generator.normal(size=(90, 2)), Reading(90, "points", shape=(2,)))
    save("nine-columns.npy", generator.normal(size=(90, 9)), Reading(90, "points", shape=(9,)))
    save("sixteen-of-whole.npy", generator.integers(-40, 200, (90, 16)), Reading(90, "points", shape=(16,)))
    save("one-column.npy", generator.normal(size=90), Reading(90, "points", shape=(1,)))
    save("flat.npy", generator.integers(0, 17, (50, 64)), Reading(50, "images", shape=(8, 8), levels=17))
    save("flat-normal.npy", generator.normal(size=(50, 64)), Reading(50, "points", shape=(64,)))
    save("bits.npy", generator.random((50, 12, 12)) > 0.5, Reading(50, "images", shape=(12, 12), levels=2))
    save("spins.npy", generator.choice([-1, 1], (50, 10)).astype(np.int8), Reading(50, "spins", shape=(10,)))
    save(
        "float-images.npy",
        generator.random((50, 12, 12)).astype(np.float16),
        Reading(50, "images", shape=(12, 12)),
    )
    smooth = np.cumsum(np.cumsum(generator.normal(size=(20, 32, 32, 3)), 1), 2)
    smooth = (255 * (smooth - smooth.min()) / np.ptp(smooth)).astype(np.uint8)
    coloured = Reading(20, "images", shape=(32, 32, 3))
    save("cifar-planes.npy", np.moveaxis(smooth, -1, 1).reshape(20, -1), coloured)
    save("cifar-pixels.npy", smooth.reshape(20, -1), coloured)
    save("channels-first.npy", np.moveaxis(smooth, -1, 1), coloured)
    save("channels-last.npy", smooth, coloured)
    save("with-alpha.npy", np.concatenate([smooth, np.full((20, 32, 32, 1), 255, np.uint8)], -1), coloured)
    save("in-time.npy", generator.normal(size=(40, 90, 3)), Reading(message="no array of images"))
    whole_numbers = generator.integers(0, 256, (20, 28, 90), np.uint8)
    save("number-last-not-square.npy", whole_numbers, Reading(90, "images", shape=(20, 28)))
    save("colours-first-number-last.npy", np.moveaxis(smooth, (0, 3), (3, 0)), coloured)
    save(
        "number-last.npy",
        generator.integers(0, 256, (16, 16, 40), np.uint8),
        Reading(40, "images", shape=(16, 16)),
    )
    save("one-channel.npy", generator.random((40, 1, 16, 16)), Reading(40, "images", shape=(16, 16)))
    save("one-channel-last.npy", generator.random((40, 16, 16, 1)), Reading(40, "images", shape=(16, 16)))
    with_nan = generator.normal(size=(90, 3))
    with_nan[[4, 40], 1] = np.nan
    save("with-nan.npy", with_nan, Reading(88, "points", shape=(3,), left_out=2))
    records = np.zeros(90, [("x", "f8"), ("y", "f4"), ("name", "U8")])
    records["x"], records["y"] = generator.normal(size=90), generator.normal(size=90)
    records["name"] = [f"n{i}" for i in range(90)]
    save("records.npy", records, Reading(90, "points", columns=("x", "y"), not_used=("name",)))
    save("objects.npy", np.array([{"a": 1}], object), Reading(message="objects.npy"))
    save("single-number.npy", np.array(3.0), Reading(message="single-number"))

    def savez(name: str, reading: Reading, **stored: np.ndarray) -> None:
        np.savez(files.path(name, reading), **stored)

    digits = generator.integers(0, 256, (50, 12, 12), np.uint8)
    ten = Reading(50, "images", held_out=10, shape=(12, 12), classes={str(i): 5 for i in range(10)})
    savez(
        "keras.npz",
        ten,
        x_train=digits[:40],
        y_train=np.arange(40) % 10,
        x_test=digits[40:],
        y_test=np.arange(10),
    )
    savez(
        "keras-one-hot.npz",
        ten,
        X_train=digits[:40],
        Y_train=np.eye(10)[np.arange(40) % 10],
        X_test=digits[40:],
        Y_test=np.eye(10),
    )
    whole = Reading(50, "images", shape=(12, 12), classes={str(i): 10 for i in range(5)})
    savez("float-labels.npz", whole, images=digits, labels=(np.arange(50) % 5).astype(np.float64))
    savez(
        "word-labels.npz",
        Reading(50, "images", classes={"cat": 25, "dog": 25}),
        data=digits,
        target=np.array(["cat", "dog"] * 25),
    )
    shares = 0.9 * np.eye(5)[np.arange(50) % 5] + 0.02
    savez("shares-of-classes.npz", whole, images=digits, labels=shares)
    savez("row-of-labels.npz", whole, images=digits, labels=(np.arange(50) % 5)[None, :])
    targets = generator.normal(size=50)
    reading = Reading(50, "images", classes={}, not_used=("y",))
    savez("real-targets.npz", reading, images=digits, y=targets)
    savez("column-labels.npz", whole, images=digits, labels=(np.arange(50) % 5)[:, None])
    savez(
        "names-of-classes.npz",
        Reading(50, "images", classes=5),
        images=digits,
        labels=np.arange(50) % 5,
        class_names=np.array(list("abcde")),
    )
    savez(
        "scikit-digits.npz",
        Reading(50, "images", shape=(8, 8), levels=16, classes=5, not_used=("data",)),
        data=digits[:, :8, :8].reshape(50, 64) // 16.0,
        images=digits[:, :8, :8] // 16.0,
        target=np.arange(50) % 5,
    )
    savez(
        "medmnist.npz",
        Reading(50, "images", held_out=20, classes=2),
        train_images=digits[:30],
        train_labels=(np.arange(30) % 2)[:, None],
        val_images=digits[30:40],
        val_labels=(np.arange(10) % 2)[:, None],
        test_images=digits[40:],
        test_labels=(np.arange(10) % 2)[:, None],
    )
    x = generator.normal(size=(60, 3))
    savez(
        "matrix-and-target.npz",
        Reading(60, "points", shape=(3,), classes={"0": 20, "1": 20, "2": 20}),
        X=x,
        y=np.arange(60) % 3,
    )
    savez("columns.npz", Reading(60, "points", columns=("a", "b")), a=x[:, 0], b=x[:, 1])
    savez(
        "points-train-test.npz", Reading(60, "points", held_out=20, shape=(3,)), x_train=x[:40], x_test=x[40:]
    )
    header = np.array([0, 0, 8, 3], np.uint8).tobytes() + np.array([50, 12, 12], ">u4").tobytes()
    beside = np.array([0, 0, 8, 1], np.uint8).tobytes() + np.array([50], ">u4").tobytes()
    files.path("train-images-idx3-ubyte", whole).write_bytes(header + digits.tobytes())
    (files.folder / "train-labels-idx1-ubyte").write_bytes(
        beside + (np.arange(50) % 5).astype(np.uint8).tobytes()
    )
    files.path("digits.idx3-ubyte.gz", Reading(50, "images", shape=(12, 12), classes={})).write_bytes(
        gzip.compress(header + digits.tobytes())
    )


def hdf5_and_matlab(files: Files) -> None:
    """HDF5 in all its layouts, and MATLAB's files."""
    generator = np.random.default_rng(160)
    digits = generator.integers(0, 256, (50, 12, 12), np.uint8)
    labels = np.arange(50) % 5
    x = generator.normal(size=(60, 3))
    five = Reading(50, "images", shape=(12, 12), classes={str(i): 10 for i in range(5)})
    with h5py.File(files.path("images-and-labels.h5", five), "w") as file:
        file["images"], file["labels"] = digits, labels
    with h5py.File(files.path("words.hdf5", Reading(50, "images", classes={"a": 25, "b": 25})), "w") as file:
        file["x"] = digits
        file["y"] = np.array([b"a", b"b"] * 25)
    with h5py.File(files.path("groups.h5", Reading(50, "images", held_out=10, classes=5)), "w") as file:
        for part, chosen in (("training", slice(0, 40)), ("validation", slice(40, 50))):
            file[f"{part}/images"], file[f"{part}/labels"] = digits[chosen], labels[chosen]
    with h5py.File(files.path("train_x.h5", Reading(50, "images", held_out=10, classes=5)), "w") as file:
        for part, chosen in (("train", slice(0, 40)), ("test", slice(40, 50))):
            file[f"{part}_set_x"], file[f"{part}_set_y"] = digits[chosen], labels[chosen]
    records = np.zeros(60, [("x", "f8"), ("y", "f8"), ("n", "i4")])
    records["x"], records["y"], records["n"] = x[:, 0], x[:, 1], np.arange(60) * 7 % 50
    with h5py.File(files.path("records.h5", Reading(60, "points", columns=("x", "y", "n"))), "w") as file:
        file["table"] = records
    with h5py.File(files.path("columns.h5", Reading(60, "points", columns=("x", "y"))), "w") as file:
        file["run/x"], file["run/y"] = x[:, 0], x[:, 1]
        file["run/version"] = 3
    with h5py.File(files.path("matrix.h5", Reading(60, "points", shape=(3,))), "w") as file:
        file["measurements"] = x
        file.attrs["columns"] = ["a", "b", "c"]
    spectra = Reading(60, "images", shape=(8, 8), classes={}, not_used=("wavelength",))
    with h5py.File(files.path("spectra.h5", spectra), "w") as file:
        file["spectra"], file["wavelength"] = generator.random((60, 64)), np.arange(64.0)
    with h5py.File(files.path("compressed.h5", five), "w") as file:
        file.create_dataset("images", data=digits, compression="gzip", shuffle=True)
        file["labels"] = labels
    with h5py.File(files.path("two-stacks.h5", Reading(message="several arrays")), "w") as file:
        file["left"], file["right"] = digits, digits[::-1]
    with h5py.File(files.path("nothing.h5", Reading(message="nothing")), "w") as file:
        file.create_group("empty")
    path = files.path("blosc.h5", Reading(message="Blosc"))
    with h5py.File(path, "w") as file:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk((50, 12, 12))
        properties.set_filter(32001, h5py.h5z.FLAG_OPTIONAL, (2, 2, 1, 7200, 5, 1, 0))
        space = h5py.h5s.create_simple((50, 12, 12))
        node = h5py.h5d.create(file.id, b"images", h5py.h5t.NATIVE_UINT8, space, dcpl=properties)
        node.write_direct_chunk((0, 0, 0), digits.tobytes())
    scipy.io.savemat(files.path("points.mat", Reading(60, "points", shape=(3,))), {"x": x})
    scipy.io.savemat(
        files.path("faces.mat", Reading(50, "images", shape=(12, 12))), {"faces": np.moveaxis(digits, 0, -1)}
    )
    scipy.io.savemat(
        files.path("labelled.mat", five), {"images": np.moveaxis(digits, 0, -1), "labels": labels[:, None]}
    )
    scipy.io.savemat(
        files.path("svhn.mat", Reading(30, "images", shape=(16, 16, 3), classes=5)),
        {"X": generator.integers(0, 256, (16, 16, 3, 30), np.uint8), "y": (1 + np.arange(30) % 5)[:, None]},
    )
    scipy.io.savemat(
        files.path("columns.mat", Reading(60, "points", columns=("a", "b"))), {"a": x[:, :1], "b": x[:, 1:2]}
    )
    scipy.io.savemat(
        files.path("structure.mat", Reading(60, "points", columns=("a", "b"))),
        {"data": {"a": x[:, :1], "b": x[:, 1:2]}},
    )
    header = (
        b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Jan  1 00:00:00 2020 HDF5 schema 1.00 ."
    )
    path = files.path("version-7.3.mat", five)
    with h5py.File(path, "w", userblock_size=512) as file:
        # MATLAB writes the axes in the opposite order: height × width × images as images × width × height.
        file["images"] = np.transpose(digits, (0, 2, 1))
        file["labels"] = labels[None, :].astype(np.float64)
    with path.open("r+b") as raw:
        raw.write(header.ljust(124) + b"\x00\x02IM")


def remarks(files: Files) -> None:
    """Numbers with something beside them: flags, uncertainties, bounds, multiples, several currencies."""
    pairs = [(round(10 * a, 1), round(b, 3)) for a, b in _pairs(170)]
    x = [a for a, _ in pairs]
    told = ("is not read",)
    flags = ("", "", "", " p", "", " e", "", "b")
    for name, cell in (
        ("flags", lambda i, a, b: f"{a}{flags[i % 8]}"),
        ("stars", lambda i, a, b: f"{a}{('*', '**', '', '')[i % 4]}"),
        ("footnotes", lambda i, a, b: f"{a}{' [1]' if i % 6 == 0 else ''}"),
        ("plus-minus", lambda i, a, b: f"{a} ± {b}"),
        ("plus-minus-joined", lambda i, a, b: f"{a}+/-{b}"),
        ("deviations-in-brackets", lambda i, a, b: f"{a} ({b})"),
        ("intervals-in-brackets", lambda i, a, b: f'"{a} [{a - b:.2f}, {a + b:.2f}]"'),
        ("about", lambda i, a, b: f"{'~' if i % 9 == 0 else ''}{a}"),
    ):
        body = [f"{cell(i, a, b)},{b}" for i, (a, b) in enumerate(pairs)]
        files.text(f"{name}.csv", lines("x,y", body=body), of("xy", numbers={"x": x}, warnings=told))
    eurostat = [
        f"PC,R{i}\t{a} {'p' if i % 9 == 0 else ''}\t{': ' if i % 20 == 7 else f'{b} '}"
        for i, (a, b) in enumerate(pairs)
    ]
    reading = of(("2015", "2016"), ROWS - 4, left_out=4, numbers={"2015": x})
    files.text("eurostat.tsv", lines("unit,geo\\TIME_PERIOD\t2015 \t2016 ", body=eurostat), reading)
    low = sum(a < 3 for a in x)
    body = [f"{'<3' if a < 3 else a},{b},{a * b:.3f}" for a, b in pairs]
    files.text("many-below.csv", lines("x,y,z", body=body), of("xyz", ROWS - low, left_out=low))
    thousands = [f"€{100 * a:.0f}K" if i % 3 else f"€{a:.1f}M" for i, a in enumerate(x)]
    right = [round(100 * a) * 1e3 if i % 3 else a * 1e6 for i, a in enumerate(x)]
    body = [f"{cell},{b}" for cell, (_, b) in zip(thousands, pairs, strict=True)]
    files.text("thousands-and-millions.csv", lines("x,y", body=body), of("xy", numbers={"x": right}))
    body = [f"{f'{100 * a:.0f} cm' if i % 2 else f'{a} m'},{a},{b}" for i, (a, b) in enumerate(pairs)]
    files.text("two-units.csv", lines("length,x,y", body=body), of("xy", not_used=("length",)))
    body = [f"{'$€'[i % 2]}{a},{a},{b}" for i, (a, b) in enumerate(pairs)]
    files.text("two-currencies.csv", lines("price,x,y", body=body), of("xy", not_used=("price",)))
    negative = [round(1e4 * (b - 0.5), 2) for _, b in pairs]
    body = [
        f'"${f"({-n:,.2f})" if n < 0 else f"{n:,.2f}"}",{a}'
        for n, (a, _) in zip(negative, pairs, strict=True)
    ]
    files.text("dollars-in-brackets.csv", lines("x,y", body=body), of("xy", numbers={"x": negative}))
    body = [f'="{i:05d}",="{a}",="{b}"' for i, (a, b) in enumerate(pairs)]
    files.text(
        "as-text-for-excel.csv", lines("id,x,y", body=body), of("xy", not_used=("id",), numbers={"x": x})
    )
    body = [f"{1000 + 77 * i:05d};{a};{b}".replace(".", ",") for i, (a, b) in enumerate(pairs)]
    files.text("postal-codes.csv", lines("PLZ;x;y", body=body), of("xy", not_used=("PLZ",)))
    body = [f"{a},{b}" for a, b in pairs]
    total = f"Total,{sum(x):.1f},{sum(b for _, b in pairs):.3f}"
    named = [f"R{i},{row}" for i, row in enumerate(body)]
    reading = of("xy", ROWS + 1, not_used=("region",), warnings=("'Total', has the sums",))
    files.text("total-below.csv", lines("region,x,y", body=[*named, total]), reading)
    mean = f"Mittelwert,{np.mean(x):.2f},{np.mean([b for _, b in pairs]):.4f}"
    reading = of("xy", ROWS + 1, not_used=("region",), warnings=("'Mittelwert', has the means",))
    files.text("mean-below.csv", lines("region,x,y", body=[*named, mean]), reading)
    body = [f"{a},{b}".replace(".", ",") for a, b in pairs]
    files.text("commas-for-both.csv", lines("x,y", body=body), Reading(message="before decimals"))


def fill_values(files: Files) -> None:
    """Values that stand for none, and those that look so."""
    pairs = _pairs(171)
    for name, cell, usual in (
        ("netcdf", "9.96921e+36", lambda a: round(a, 3)),
        ("short-integers", "-32768", lambda a: int(1000 * a)),
        ("eights", "888888", lambda a: int(1000 * a)),
        ("minus-nine", "-9", lambda a: 1 + int(5 * a)),
        ("ninety-nine", "99", lambda a: 1 + int(5 * a)),
        ("year-9999", "9999-12-31", lambda a: date(2020, 1, 1) + timedelta(int(300 * a))),
    ):
        body = [f"{cell if i % 16 == 3 else usual(a)},{b:.3f}" for i, (a, b) in enumerate(pairs)]
        files.text(f"fill-{name}.csv", lines("x,y", body=body), Reading(ROWS, warnings=(cell,)))
    body = [f"{-200 if i % 16 == 3 else round(1000 * a, 1)},{b:.3f}" for i, (a, b) in enumerate(pairs)]
    files.text("fill-below-zero.csv", lines("NOx,y", body=body), Reading(ROWS, warnings=("-200",)))
    body = [f"{'North' if i % 16 else 'North Total'},{a:.3f},{b:.3f}" for i, (a, b) in enumerate(pairs)]
    reading = Reading(ROWS, warnings=("rows that sum up others",))
    files.text("subtotals.csv", lines("region,x,y", body=body), reading)
    body = [f"{i % 2},{a:.3f},{b:.3f}" for i, (a, b) in enumerate(pairs)]
    files.text("zeros-are-values.csv", lines("z,x,y", body=body), Reading(ROWS, "points", warnings=()))
    days = ["0000-00-00" if i % 16 == 3 else date(2020, 1, 1) + timedelta(i) for i in range(ROWS)]
    body = [f"{day},{a:.3f}" for day, (a, _) in zip(days, pairs, strict=True)]
    reading = of(("day", "x"), ROWS - 5, left_out=5, types=("date", "number"))
    files.text("zero-dates.csv", lines("day,x", body=body), reading)
    body = [
        f"{('.', '.a', '.z')[i % 3] if i % 16 == 3 else round(a, 3)},{b:.3f}"
        for i, (a, b) in enumerate(pairs)
    ]
    files.text("stata-dots.csv", lines("x,y", body=body), of("xy", ROWS - 5, left_out=5))
    body = [
        f"{chr(160) if i % 16 == 3 else f'{a:.3f}'};{b:.3f}".replace(".", ",")
        for i, (a, b) in enumerate(pairs)
    ]
    files.text("fixed-blanks.csv", lines("x;y", body=body), of("xy", ROWS - 5, left_out=5))
    reading = Reading(ROWS, "mixed", types=("number", "number", "yes/no"))
    for name, mark in (("crosses", "x"), ("ticks-alone", "✓")):
        body = [f"{a:.3f},{b:.3f},{mark if i % 3 == 0 else ''}" for i, (a, b) in enumerate(pairs)]
        files.text(f"{name}.csv", lines("x,y,member", body=body), reading)
    reading = Reading(ROWS, "spins", types=("yes/no", "yes/no"))
    for name, yes, no, encoding in (
        ("oui", "Oui", "Non", "utf-8"),
        ("da", "Да", "Нет", "cp1251"),
        ("tak", "tak", "nie", "cp1250"),
        ("hai", "はい", "いいえ", "shift_jis"),
        ("ticks", "✓", "✗", "utf-8"),
    ):
        body = [f"{(yes, no)[i % 2]},{(yes.upper(), no.lower(), no, yes)[i // 2 % 4]}" for i in range(ROWS)]
        files.text(f"answers-{name}.csv", lines("p,q", body=body), reading, encoding)
    body = [f"{('male', 'Male', 'female')[i % 3]},{a:.3f}" for i, (a, _) in enumerate(pairs)]
    files.text("capitals.csv", lines("sex,x", body=body), Reading(ROWS, "mixed", warnings=("male, Male",)))
    body = [f"{7919 * i % 100_000},{104_729 * i % 900_001},{a:.3f},{b:.3f}" for i, (a, b) in enumerate(pairs)]
    reading = of("xy", not_used=("CustomerID", "Unnamed: 0"))
    files.text("ids.csv", lines("CustomerID,Unnamed: 0,x,y", body=body), reading)


def more_dates(files: Files) -> None:
    """Dates and times in other orders, words and zones."""
    start = datetime(2021, 1, 3, 4, 5, 6)
    pairs = _pairs(172)

    def day(time: datetime) -> datetime:
        return datetime(time.year, time.month, time.day)

    def month(time: datetime) -> datetime:
        return datetime(time.year, time.month, 1)

    def minute(time: datetime) -> datetime:
        return time.replace(second=0)

    def exactly(time: datetime) -> datetime:
        return time

    german = ("Januar", "Februar", "März", "April")
    for name, written, right, step in (
        ("two-digits-german", "%d.%m.%y", day, 1),
        ("two-digits-american", "%m/%d/%y", day, 1),
        ("two-digits-british", "%d/%m/%y", day, 1),
        ("no-zeros", lambda t: f"{t.day}.{t.month}.{t.year}", day, 1),
        ("excel", lambda t: f"{t.month}/{t.day}/{t:%y} {t.hour}:{t.minute:02d}", minute, 1),
        ("weekday", '"%A, %B %d, %Y"', day, 1),
        ("mail", '"%a, %d %b %Y %H:%M:%S +0000"', exactly, 1),
        ("ctime", "%a %b %d %H:%M:%S %Y", exactly, 1),
        ("german-words", lambda t: f"{t.day}. {german[t.month - 1]} {t.year}", day, 1),
        ("compact", "%Y%m%dT%H%M%SZ", exactly, 1),
        ("fourteen-digits", "%Y%m%d%H%M%S", exactly, 1),
        ("short-zone", "%Y-%m-%d %H:%M:%S+02", lambda t: t - timedelta(hours=2), 1),
        (
            "zones",
            lambda t: f"{t:%Y-%m-%dT%H:%M:%S}+0{1 + (t.month > 2)}:00",
            lambda t: t - timedelta(hours=1 + (t.month > 2)),
            1,
        ),
        ("utc", "%Y-%m-%d %H:%M:%S UTC", exactly, 1),
        ("chinese", "%Y年%m月%d日", day, 1),
        ("month-and-year", "%b-%y", month, 31),
        ("month-of-year", "%m/%Y", month, 31),
        ("sas", lambda t: f"{t:%d%b%Y:%H:%M:%S}".upper(), exactly, 1),
        ("small-pm", lambda t: f"{t:%m/%d/%Y} {t:%I:%M}{'am' if t.hour < 12 else 'pm'}", minute, 1),
    ):
        times = [start + timedelta(days=step * i) for i in range(ROWS)]
        cells = [written(time) if callable(written) else time.strftime(written) for time in times]
        body = [f"{cell},{a:.3f}" for cell, (a, _) in zip(cells, pairs, strict=True)]
        numbers = [(right(time) - datetime(1970, 1, 1)) / timedelta(days=1) for time in times]
        reading = of(("when", "x"), types=("date", "number"), numbers={"when": numbers})
        files.text(f"when-{name}.csv", lines("when,x", body=body), reading)
    # One day above 12 tells the order.
    times = [datetime(2020, 1 + i // 5, 1 + i % 5 + 12 * (i == 50)) for i in range(60)]
    body = [f"{time:%d/%m/%Y},{a:.3f}" for time, (a, _) in zip(times, pairs, strict=False)]
    numbers = [(time - datetime(1970, 1, 1)) / timedelta(days=1) for time in times]
    reading = of(("when", "x"), 60, types=("date", "number"), numbers={"when": numbers})
    files.text("when-one-day-tells.csv", lines("when,x", body=body), reading)
    spans = [(37 * i % 50, 11 * i % 60, 7 * i % 60) for i in range(ROWS)]
    body = [f"{h}:{m:02d}:{s:02d},{a:.3f}" for (h, m, s), (a, _) in zip(spans, pairs, strict=True)]
    numbers = [(3600 * h + 60 * m + s) / 86_400 for h, m, s in spans]
    files.text("durations.csv", lines("time,x", body=body), of(("time", "x"), numbers={"time": numbers}))
    body = [f"{m % 3}:{s:02d}.250,{a:.3f}" for (_, m, s), (a, _) in zip(spans, pairs, strict=True)]
    numbers = [(60 * (m % 3) + s + 0.25) / 86_400 for _, m, s in spans]
    files.text("laps.csv", lines("lap,x", body=body), of(("lap", "x"), numbers={"lap": numbers}))


def more_layouts(files: Files) -> None:
    """Rare separators, headers of several rows, tables beside and below each other."""
    cells = [(f"{a:.4f}", f"{b:.4f}", f"{a + b:.4f}", f"{a * b:.4f}") for a, b in _pairs(173)]
    for name, separator in (
        ("tilde", "~"),
        ("caret", "^"),
        ("colon", ":"),
        ("hive", "\x01"),
        ("two-colons", "::"),
        ("two-bars", "||"),
        ("broken-bar", "¦"),
    ):
        body = [separator.join(row) for row in cells]
        files.text(f"{name}.txt", lines(separator.join("abcd"), body=body), of("abcd"))
    body = [f"~{i:05d}~^~food {i}~^{row[0]}^{row[1]}" for i, row in enumerate(cells)]
    files.text("usda.txt", lines(body=body), of(("column 3", "column 4"), not_used=("column 1", "column 2")))
    body = [f"{i % 24:02d}:{i * 7 % 60:02d}:{i * 11 % 60:02d}" for i in range(ROWS)]
    files.text("clocks-alone.txt", lines("time", body=body), of(("time",), types=("date",)))
    body = ['"' + ",".join(row) + '"' for row in cells]
    files.text("lines-in-quotes-whole.csv", lines('"a,b,c,d"', body=body), of("abcd"))
    body = [f"S{i:<8}{'' if i % 16 == 3 else row[0]:>8}{row[1]:>8}{row[2]:>8}" for i, row in enumerate(cells)]
    files.text(
        "fixed-with-holes.txt",
        lines("station    rain    wind     sun", body=body),
        of(("rain", "wind", "sun"), ROWS - 5, left_out=5, not_used=("station",)),
    )
    body = [f" {f'[{i + 1},]':>5} {' '.join(row)}" for i, row in enumerate(cells)]
    head = " " * 7 + "  ".join(f"[,{i}]" for i in range(1, 5))
    files.text("matrix-of-r.txt", lines(head, body=body), of(("[,1]", "[,2]", "[,3]", "[,4]")))
    body = [*(f" {a} | {b}" for a, b, *_ in cells), f"({ROWS} rows)"]
    files.text("psql.txt", lines(" a      | b", "--------+-------", body=body), of("ab", left_out=1))
    for name, signs in (("bits", "01"), ("signs", "-+")):
        body = ["".join(signs[int(bit)] for bit in f"{37 * i % 256:08b}") for i in range(ROWS)]
        files.text(f"{name}-joined.txt", lines(body=body), Reading(ROWS, "spins", shape=(8,)))
    body = ["".join("ACGT"[(i * (j + 3) + i // 3 + j * j) % 4] for j in range(12)) for i in range(ROWS)]
    files.text("letters-joined.txt", lines(body=body), Reading(ROWS, "categories"))
    body = [f"{a},{b},{'xy'[i % 2]}" for i, (a, b, *_) in enumerate(cells)]
    head = (
        "% Iris",
        "@RELATION iris",
        "@ATTRIBUTE a NUMERIC",
        "@ATTRIBUTE 'b c' NUMERIC",
        "@ATTRIBUTE d {x,y}",
    )
    reading = Reading(ROWS, "mixed", columns=("a", "b c", "d"))
    files.text("weka.arff", lines(*head, "", "@DATA", body=body), reading)
    body = [",".join(row) for row in cells]
    named = [f"k{i},{row}" for i, row in enumerate(body)]
    four = ("height (mean)", "height (std)", "width (mean)", "width (std)")
    head = (",height,height,width,width", ",mean,std,mean,std", "species,,,,")
    files.text("two-headers-of-pandas.csv", lines(*head, body=named), of(four))
    head = ("height,,width,", "mean,std,mean,std")
    files.text("groups-of-columns.csv", lines(*head, body=body), of(four))
    head = ("a,b,c,d", "s,V,A,W", "run 1,run 1,run 1,run 1")
    files.text("units-and-comments.csv", lines(*head, body=body), of(("a (s)", "b (V)", "c (A)", "d (W)")))
    times = [f'"{datetime(2020, 1, 1) + timedelta(minutes=10 * i)}",{i},{row}' for i, row in enumerate(body)]
    head = (
        '"TOA5","Station","CR1000","1234","CR1000.Std.27","CPU:prog.CR1","5432","Table1"',
        '"TIMESTAMP","RECORD","BattV","AirTC","RH","Rain"',
        '"TS","RN","Volts","Deg C","%","mm"',
        '"","","Min","Avg","Smp","Tot"',
    )
    reading = of(
        ("TIMESTAMP (TS)", "BattV (Volts) (Min)", "AirTC (Deg C) (Avg)", "RH (%) (Smp)", "Rain (mm) (Tot)"),
        not_used=("RECORD",),
    )
    files.text("data-logger.dat", lines(*head, body=times), reading)
    files.text("more-names.csv", lines("a,b,c,d,e", body=body), of("abcd", not_used=("e",)))
    head = "country;2018;2019;2020;2021"
    commas = [f"L{i};{';'.join(row)}".replace(".", ",") for i, row in enumerate(cells)]
    files.text("years-over-commas.csv", lines(head, body=commas), of(("2018", "2019", "2020", "2021")))
    beside = [f"{a},{b},,{c},{d}" for a, b, c, d in cells]
    files.text("side-by-side.csv", lines("a,b,,c,d", body=beside), of("abcd"))
    stacked = [*body[:40], "", "time,temp,hum,p", *body[40:]]
    files.text(
        "stacked.csv", lines("a,b,c,d", body=stacked), of("abcd", left_out=1, warnings=("another table",))
    )
    commented = [f"{'#' if i % 20 == 5 else ''}{row}" for i, row in enumerate(body)]
    files.text("rows-in-comments.csv", lines("a,b,c,d", body=commented), of("abcd", ROWS - 4, left_out=4))


def disguises(files: Files) -> None:
    """Files whose ending says another thing than they hold, and letters of other charsets."""
    pairs = [(round(a, 4), round(b, 4)) for a, b in _pairs(174)]
    body = [f"{a},{b}" for a, b in pairs]
    text = lines("x,y", body=body).encode()
    frame = pl.DataFrame({"x": [a for a, _ in pairs], "y": [b for _, b in pairs]})
    inside = io.BytesIO()
    frame.write_parquet(inside)
    for name, data in (
        ("gzip.csv", gzip.compress(text)),
        ("bzip2.csv", bz2.compress(text)),
        ("parquet.csv", inside.getvalue()),
        ("text.parquet", text),
        ("text.json", text),
        ("records.csv", json.dumps([{"x": a, "y": b} for a, b in pairs]).encode()),
        ("records.txt", lines(body=[json.dumps({"x": a, "y": b}) for a, b in pairs]).encode()),
        ("padded.csv", text + bytes(2_500)),
        ("end-of-file.csv", text + b"\x1a"),
        ("ends-of-three-kinds.csv", text.replace(b"1\n", b"1\r\n").replace(b"2\n", b"2\r")),
        ("odd-utf-16.csv", text.decode().encode("utf-16") + b"\n"),
        ("two-marks.csv", b"\xef\xbb\xbf\xef\xbb\xbf" + text),
    ):
        files.path(f"disguised-{name}", of("xy")).write_bytes(data)
    for name, members in (
        ("readme", {"data.csv": text, "README.txt": b"Please read me.\n", "__MACOSX/._data.csv": b"\0\5"}),
        ("parquet", {"data.parquet": inside.getvalue()}),
    ):
        with zipfile.ZipFile(files.path(f"with-{name}.zip", of("xy")), "w") as archive:
            for member, data in members.items():
                archive.writestr(member, data)
    rows = "".join(f"<tr><td>P{i}<td>{a}<td>{b}\n" for i, (a, b) in enumerate(pairs))
    page = f"<html><style>td {{a:b}}</style><table><tr><td>Menu</table><table><tr><th>name<th>x<th>y\n{rows}</table>"
    files.text("page.xls", page, of("xy", not_used=("table 1", "name")))
    cell = '<Cell><Data ss:Type="{}">{}</Data></Cell>'
    rows = "".join(f"<Row>{''.join(cell.format('Number', value) for value in pair)}</Row>" for pair in pairs)
    head = "".join(cell.format("String", name) for name in "xy")
    sheet = f"<Worksheet><Table><Row>{head}</Row>{rows}</Table></Worksheet>"
    book = f'<?xml version="1.0"?>\n<Workbook>{sheet}</Workbook>'
    files.text("excel-2003.xls", book, of("xy"))
    broken = lines(
        "Straße,x", body=[f"{('Größe', 'Köln')[i % 2]},{a}" for i, (a, _) in enumerate(pairs)]
    ).encode()
    broken = broken.replace("Köln".encode(), "Köln".encode("latin-1"), 1)
    files.path("one-broken-letter.csv", Reading(ROWS, "mixed", columns=("Straße", "x"))).write_bytes(broken)
    for encoding, names in (
        ("cp1250", ("Město", "Šířka")),
        ("iso-8859-2", ("Gęstość", "Ludność")),
        ("koi8_r", ("Город", "Ширина")),
        ("cp1253", ("Πόλη", "Πλάτος")),
        ("cp1254", ("Şehir", "Genişlik")),
        ("iso-8859-15", ("Prix €", "Œuvre")),
        ("shift_jis", ("都市", "長さ")),
        ("euc_jp", ("都市", "長さ")),
        ("gbk", ("城市", "宽度")),
        ("big5", ("城市", "寬度")),
        ("euc_kr", ("도시", "너비")),
    ):
        files.text(f"charset-{encoding}.csv", lines(",".join(names), body=body), of(names), encoding)


def nested(files: Files) -> None:
    """JSON, Parquet and Excel with parts inside parts, and durations."""
    pairs = _pairs(175)
    x, y = [a for a, _ in pairs], [b for _, b in pairs]
    point = [
        {"type": "Feature", "properties": {"depth": a, "size": b}, "id": i} for i, (a, b) in enumerate(pairs)
    ]
    for name, value, names in (
        ("records-in-records", [{"at": {"x": a, "y": b}, "tags": ["a"]} for a, b in pairs], ("at.x", "at.y")),
        (
            "features",
            {"type": "FeatureCollection", "features": point},
            ("properties.depth", "properties.size"),
        ),
        ("by-rows", {f"row {i}": {"x": a, "y": b} for i, (a, b) in enumerate(pairs)}, ("x", "y")),
        ("by-numbers", {str(i): {"x": a, "y": b} for i, (a, b) in enumerate(pairs)}, ("x", "y")),
        ("with-a-title", {"title": "run 7", "n": ROWS, "x": x, "y": y}, ("x", "y")),
        ("vectors", [{"v": [a, b, a + b]} for a, b in pairs], ("v 1", "v 2", "v 3")),
        ("alone", x, ("column 1",)),
    ):
        files.text(f"{name}.json", json.dumps(value), of(names))
    files.text("unequal.json", json.dumps({"x": x, "y": y[:-3]}), Reading(message="unequal"))
    body = [json.dumps([a, b]) for a, b in pairs]
    files.text("arrays.jsonl", "\ufeff" + lines(body=body), of(("column 1", "column 2")))
    moments = [datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=i) for i in range(ROWS)]
    frame = pl.DataFrame(
        {
            "s": pl.Series([{"a": a, "b": b} for a, b in pairs]),
            "v": pl.Series([[a, b] for a, b in pairs]),
            "d": pl.Series([timedelta(minutes=7 * i % 50) for i in range(ROWS)]),
            "t": pl.Series([time(i % 24, 7 * i % 60) for i in range(ROWS)]),
            "when": pl.Series(moments),
            "bytes": pl.Series([b"\0\xff"] * ROWS),
            "__index_level_0__": pl.Series(range(100, 100 + ROWS)),
        }
    )
    columns = ("s.a", "s.b", "v 1", "v 2", "d", "t", "when")
    reading = of(columns, not_used=("bytes", "__index_level_0__"))
    frame.write_parquet(files.path("all-types.parquet", reading))
    workbook = openpyxl.Workbook()
    workbook.active.title = "About"
    for row in ("This workbook holds a survey.", "Contact me@example.org", "Version 2", "Licence CC"):
        workbook.active.append(row.split(maxsplit=1))
    sheet = workbook.create_sheet("Data")
    sheet.append(("clock", "span", "x", "when"))
    for i, a in enumerate(x):
        day = datetime(2020, 1, 1) + timedelta(days=i)
        when = day if i % 10 else f"{day:%d.%m.%Y}"
        sheet.append((time(i % 24, 30), timedelta(hours=i * 7 % 60, minutes=5), a, when))
    right = {"span": [(i * 7 % 60 + 5 / 60) / 24 for i in range(ROWS)]}
    right["clock"] = [(i % 24 + 0.5) / 24 for i in range(ROWS)]
    reading = of(("clock", "span", "x", "when"), not_used=("sheet About",), numbers=right)
    workbook.save(files.path("about-first.xlsx", reading))
    generator = np.random.default_rng(176)
    rows = [
        "".join(row) for row in generator.choice(list("ACGT-"), (ROWS, 24), p=(0.24, 0.24, 0.24, 0.24, 0.04))
    ]
    fasta = "".join(f">s{i}\n{row[:10]}\n{row[10:]}\n" for i, row in enumerate(rows))
    reading = Reading(ROWS, "categories", shape=(24,))
    files.text("small-letters.fasta", fasta.lower(), reading)
    files.text("points-for-gaps.fasta", fasta.replace("-", "."), reading)
    files.text("sequences.txt", fasta.replace("\n", "\r\n"), reading)
    masked = "".join(f">s{i}\n{row[:8].lower()}{row[8:]}\n" for i, row in enumerate(rows))
    files.text("half-small.fasta", masked, reading)
    blocks = ["\n".join(f"s{i:<9}{row[k : k + 12]}" for i, row in enumerate(rows)) for k in (0, 12)]
    stars = " " * 10 + "* .:"
    files.text("blocks.aln", f"CLUSTAL W (1.83)\n\n\n{blocks[0]}\n{stars}\n\n{blocks[1]}\n{stars}\n", reading)
    body = "\n".join(f"s{i:<9}{row}" for i, row in enumerate(rows))
    files.text("rows.sto", f"# STOCKHOLM 1.0\n#=GF ID x\n{body}\n#=GC SS_cons {'.' * 24}\n//\n", reading)
    named = [(f"s{i}", row) for i, row in enumerate(rows)]
    joined = [f"{name:<10}{row[:10]} {row[10:]}" for name, row in named]
    head = f" {ROWS} 24"
    for name, text in (
        ("plain.txt", lines(body=rows)),
        ("strict.phy", lines(head, body=joined)),
        ("relaxed.phy", lines(head, body=[f"species_{name}_of_all {row}" for name, row in named])),
        (
            "in-blocks.phy",
            lines(head, body=[f"{a:<10}{b[:12]}" for a, b in named] + [""] + [b[12:] for _, b in named]),
        ),
        ("muscle.aln", lines("MUSCLE (3.8) multiple sequence alignment", "", body=joined)),
        ("data.nex", lines("#NEXUS", "begin data;", "matrix", body=[*joined, ";", "end;"])),
        ("lengths.msf", lines("!!NA_MULTIPLE_ALIGNMENT", " Name: s0 Len: 24", "//", body=joined)),
        ("stars.pir", "".join(f">DL;{name}\nof a kind\n{row}*\n" for name, row in named)),
        ("reads.fastq", "".join(f"@{name}\n{row.replace('-', 'N')}\n+\n{'I' * 24}\n" for name, row in named)),
    ):
        files.text(f"aligned-{name}", text, reading)
    pixels = generator.integers(0, 256, (60, 64))
    use = ("Training", "PublicTest")
    body = [f"{i % 10},{' '.join(map(str, row))},{use[i > 49]}" for i, row in enumerate(pixels.tolist())]
    reading = Reading(60, "images", shape=(8, 8), classes=10, not_used=("Usage",))
    files.text("pixels-in-a-cell.csv", lines("emotion,pixels,Usage", body=body), reading)


def printed(files: Files) -> None:
    """Tables as programs print them for people: drawn lines, LaTeX, brackets."""
    cells = [(f"{a:.4f}", f"{b:.4f}", f"{a + b:.4f}") for a, b in _pairs(177)]
    line, x = "+--------+--------+--------+", [float(row[0]) for row in cells]

    def joined(begin: str, between: str, end: str) -> list[str]:
        return [f"{begin}{between.join(row)}{end}" for row in cells]

    bars = joined("| ", " | ", " |")
    box, head, foot = "│", "┌────────┬────────┬────────┐", "└────────┴────────┴────────┘"
    tabular = ("\\begin{tabular}{lrr}", "\\toprule", "$x$ & \\textbf{y} & z \\\\", "\\midrule")
    for name, begin, body in (
        ("grid", [line, "| x | y | z |", line], [one for bar in bars for one in (bar, line)]),
        ("database", ["mysql> select * from t;", line, "| x | y | z |", line], [*bars, line]),
        ("box", [head, f"{box} x {box} y {box} z {box}", foot], [bar.replace("|", box) for bar in bars]),
        (
            "rest",
            ["======  " * 3, "x       y       z", "======  " * 3],
            [*joined("", "  ", ""), "======  " * 3],
        ),
        ("latex", tabular, [*joined("", " & ", " \\\\"), "\\bottomrule", "\\end{tabular}"]),
        ("latex-in-lines", ["\\hline", "x & y & z \\\\ \\hline"], joined("", " & ", " \\\\ \\hline")),
        ("ampersand", ["x & y & z"], joined("", " & ", "")),
        ("slash", ["x/y/z"], joined("", "/", "")),
        ("backslash", ["x\\y\\z"], joined("", "\\", "")),
    ):
        files.text(f"printed-{name}.txt", lines(*begin, body=body), of("xyz", numbers={"x": x}))
    for name, text in (
        ("numpy", f"[{lines(body=joined(' [', ' ', ']')).strip()}]"),
        ("python", lines(body=joined("[", ", ", "]"))),
        ("tuples", lines(body=joined("(", ", ", "),"))),
        ("mathematica", "{" + ",\n ".join(joined("{", ", ", "}")) + "}"),
    ):
        files.text(
            f"printed-by-{name}.txt", text, Reading(ROWS, "points", shape=(3,), numbers={"column 1": x})
        )
    few = ["---,---,---" if i % 16 == 3 else ",".join(row) for i, row in enumerate(cells)]
    files.text("rows-of-dashes.csv", lines("x,y,z", body=few), of("xyz", ROWS - 5, left_out=5))
    paths = [f"/data/run{i}/x{i % 7}.csv" for i in range(ROWS)]
    files.text("paths.txt", lines("path", body=paths), Reading(message="no column that a model can learn"))
    for name, word in (("sets", "Set {}"), ("sizes", "{}x10")):
        body = [f"{word.format(10 + i % 3)},{a}" for i, (a, *_) in enumerate(cells)]
        reading = Reading(ROWS, "mixed", types=("category", "number"))
        files.text(f"{name}-numbered.csv", lines("name,x", body=body), reading)
    body = [f"{i // 27 + 1}\t{a}\t{chr(9) * (i % 9 == 0)}{b}" for i, (a, b, _) in enumerate(cells)]
    files.text("tabs-too-many.txt", lines(body=body), Reading(ROWS, "points", shape=(3,)))
    ragged = [",".join(row) + ",seen" * (i % 5 == 0) for i, row in enumerate(cells)]
    files.text("last-name-lacks.csv", lines("x,y,z,", body=ragged), of("xyz"))
    names = [f"@ATTRIBUTE p{i} REAL" for i in range(100)]
    wide = np.random.default_rng(179).normal(size=(30, 100))
    body = [",".join(map(str, row)) for row in wide.round(3).tolist()]
    reading = Reading(30, "points", shape=(29,))
    files.text("more-attributes-than-rows.arff", lines("@RELATION x", *names, "@DATA", body=body), reading)
    tsv = ("x\ty\tz", "deg\tdeg\tmag", "----\t----\t----")
    body = joined("", "\t", "")
    files.text("vizier.tsv", lines("#INFO\t1", *tsv, body=body), of(("x (deg)", "y (deg)", "z (mag)")))
    stars = [f"{1237648720693755918 + 13 * i},{','.join(row)}" for i, row in enumerate(cells)]
    files.text("long-digits.csv", lines("star,x,y,z", body=stars), of("xyz", not_used=("star",)))
    days = [(datetime(2020, 1, 1) + timedelta(days=i)) for i in range(ROWS)]
    numbers = {"when": [(day - datetime(1970, 1, 1)).days for day in days]}
    for encoding, form in (
        ("shift_jis", "年月日"),
        ("gb18030", "年月日"),
        ("euc_kr", "년월일"),
        ("euc_jp", "年月日"),
    ):
        body = [
            f"{day.year}{form[0]}{day.month}{form[1]}{day.day}{form[2]},{a}"
            for day, (a, *_) in zip(days, cells, strict=True)
        ]
        reading = of(("when", "x"), types=("date", "number"), numbers=numbers)
        files.text(f"only-days-{encoding}.csv", lines("when,x", body=body), reading, encoding)
    body = [f"{'男女'[i % 2]},{a}" for i, (a, *_) in enumerate(cells)]
    files.text(
        "sexes.csv", lines("性別,x", body=body), Reading(ROWS, "mixed", columns=("性別", "x")), "shift_jis"
    )


def divided_pictures(files: Files) -> None:
    """Folders of splits under longer names, tables of marks beside images, large pictures."""
    generator = np.random.default_rng(178)

    def save(path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(generator.integers(0, 256, (16, 16), np.uint8)).save(path)

    two = Reading(12, "images", held_out=4, classes={"a": 6, "b": 6})
    for name, parts in (
        ("sets", ("training_set", "test_set")),
        ("twice-divided", ("seg_train/seg_train", "seg_test/seg_test")),
        ("years", ("train2014", "val2017")),
    ):
        folder = files.inside(name, two)
        for i in range(12):
            save(folder / parts[i >= 8] / "ab"[i % 2] / f"{i}.png")
    folder = files.inside("splits-in-names", Reading(12, "images", held_out=4, classes={}))
    for i in range(12):
        save(folder / f"{('train', 'test')[i >= 8]}_{i:03d}.png")
    folder = files.inside(
        "stray", Reading(13, "images", classes={}, warnings=("1 of 13 images lie in no folder",))
    )
    for i in range(12):
        save(folder / "ab"[i % 2] / f"{i}.png")
    save(folder / "all.jfif")
    marks = [f"{i},{','.join('1.0' if k == i % 3 else '0.0' for k in range(3))}" for i in range(12)]
    more = [f"{i}.png,{16 + i % 2},{('train', 'test')[i >= 8]},{'ab'[i % 2]}" for i in range(12)]
    for name, head, body, reading in (
        (
            "marks-beside",
            "image,NV,MEL,BCC",
            marks,
            Reading(12, "images", classes={"NV": 4, "MEL": 4, "BCC": 4}),
        ),
        ("split-beside", "file,width,split,breed", more, two),
    ):
        folder = files.inside(name, reading)
        for i in range(12):
            save(folder / "images" / f"{i}.png")
        (folder / "about").mkdir()
        (folder / "about" / "labels.csv").write_text(lines(head, body=body))
    pages = [Image.fromarray(generator.integers(0, 256, (16, 16), np.uint8)) for _ in range(4)]
    path = files.path("moving.webp", Reading(4, "images", shape=(16, 16)))
    pages[0].save(path, save_all=True, append_images=pages[1:], lossless=True)
    Image.fromarray(np.zeros((16, 16), np.uint8)).save(
        files.path("one.png", Reading(message="holds 1 picture"))
    )


def named_arrays(files: Files) -> None:
    """Arrays whose names, attributes or labels say what they are."""
    generator = np.random.default_rng(180)
    digits = generator.integers(0, 256, (60, 12, 12), np.uint8)
    digits[generator.random(digits.shape) < 0.5] = 0
    x, labels = generator.normal(size=(60, 2)), np.arange(60) % 2
    split = Reading(60, "images", held_out=12, shape=(12, 12), classes={"0": 30, "1": 30})

    def savez(name: str, reading: Reading, **stored: np.ndarray) -> None:
        np.savez(files.path(f"{name}.npz", reading), **stored)

    for name, parts in (
        ("joined-names", ("Xtrain", "ytrain", "Xtest", "ytest")),
        ("short-names", ("Xtr", "Ytr", "Xte", "Yte")),
        ("capitals-inside", ("trainImages", "trainLabels", "testImages", "testLabels")),
    ):
        values = (digits[:48], labels[:48], digits[48:], labels[48:])
        savez(name, split, **dict(zip(parts, values, strict=True)))
    reading = Reading(48, "images", shape=(12, 12), classes={}, not_used=("x_test_ids",))
    savez("numbers-beside", reading, x_train=digits[:48], x_test_ids=np.arange(12))
    columns = Reading(60, "points", columns=("mass", "radius"))
    names = np.array(["mass", "radius"])
    savez("names-of-columns", columns, data=x, feature_names=names)
    mass = (digits / 127.5 - 1).astype(np.float32)
    np.save(files.path("minus-one-to-one.npy", Reading(60, "images", shape=(12, 12))), mass.reshape(60, -1))
    np.save(
        files.path("wider-than-long.npy", Reading(60, "points", shape=(59,))),
        generator.normal(size=(60, 200)),
    )
    with h5py.File(files.path("attributes.h5", columns), "w") as file:
        file["data"] = x
        file["data"].attrs["columns"] = ["mass", "radius"]
    with h5py.File(files.path("block-of-pandas.h5", columns), "w") as file:
        file["df/axis0"], file["df/axis1"], file["df/block0_values"] = names.astype("S"), np.arange(60), x
    rows = np.zeros(60, [("index", "i8"), ("values_block_0", "f8", (2,))])
    rows["index"], rows["values_block_0"] = np.arange(60), x
    reading = Reading(60, "points", columns=("values_block_0 1", "values_block_0 2"), not_used=("index",))
    with h5py.File(files.path("table-of-pandas.h5", reading), "w") as file:
        file["df/table"] = rows
    with h5py.File(
        files.path("names-of-classes.h5", Reading(60, "images", classes={"cat": 30, "dog": 30})), "w"
    ) as file:
        file["images"], file["labels"], file["list_classes"] = digits, labels, np.array([b"cat", b"dog"])
    with h5py.File(
        files.path("other-ending.nc", Reading(60, "points", columns=("rain", "wind"))), "w"
    ) as file:
        file["rain"], file["wind"] = x[:, 0], x[:, 1]
    for name, right, stored in (
        ("items-last", split, {"data": digits.reshape(60, -1).T, "label": labels[None].astype(float)}),
        ("sparse", Reading(60, "points", shape=(2,)), {"X": scipy.sparse.csr_matrix(x)}),
    ):
        right = Reading(right.items, right.kind, shape=right.shape, classes=right.classes)
        scipy.io.savemat(files.path(f"{name}.mat", right), stored)
    scipy.io.savemat(files.path("version-4.mat", Reading(60, "points", shape=(2,))), {"X": x}, format="4")
    pixels = digits[:, :8, :8].reshape(60, 64)
    ten = np.arange(60) % 10
    header = ",".join(["label", *(f"r{i}c{j}" for i in range(8) for j in range(8))])
    right = Reading(60, "images", shape=(8, 8), classes={str(i + 36): 6 for i in range(10)})

    def cells(*columns: np.ndarray) -> list[str]:
        return [",".join(map(str, row)) for row in np.column_stack(columns).tolist()]

    files.text("labels-from-36.csv", lines(header, body=cells(ten + 36, pixels)), right)
    body = cells(ten + 36, pixels)
    body[7] = body[7].rpartition(",")[0] + ","
    right = Reading(59, "images", shape=(8, 8), classes=10, left_out=1)
    files.text("a-pixel-lacks.csv", lines(header, body=body), right)
    marks = np.eye(10, dtype=int)[ten]
    right = Reading(60, "images", shape=(8, 8), levels=2, classes={str(i): 6 for i in range(10)})
    files.text("semeion.data", lines(body=cells((pixels > 127).astype(int), marks)), right)
    for name, start, words in (
        ("survey.sav", b"$FL2@(#) SPSS DATA FILE", "SPSS"),
        ("batch", b"\x80\x04\x95", "pickle"),
        ("notes.bin", b"%PDF-1.4\n", "PDF"),
    ):
        files.path(name, Reading(message=words)).write_bytes(start + bytes(200))


def corners(files: Files) -> None:
    """Numbers at the limits of what a number holds, a column alone with commas, and cells that failed."""
    pairs = _pairs(190)
    tens = [round(20 * a - 10, 3) for a, _ in pairs]
    body = [f"{a:.3f}".replace(".", ",") for a in tens]
    files.text("one-column-of-decimals.csv", lines("x", body=body), of("x", numbers={"x": tens}))
    rows = [f"{i + 1},{int(100 * a)}" for i, (a, _) in enumerate(pairs)]
    files.text("one-name-above-row-names.csv", lines("x", body=rows), of("x", not_used=("column 1",)))
    failed = ("#NV", "#WERT!", "#VALEUR!", "#N/D", "Err:502", "k. A.", "(null)")
    body = [f"{failed[i % 7] if i % 10 == 3 else 'abc'[i % 3]};{b:.3f}" for i, (_, b) in enumerate(pairs)]
    files.text(
        "failed-formulas.csv",
        lines("kind;y", body=body),
        Reading(ROWS - 8, "mixed", left_out=8, types=("category", "number")),
    )
    body = [f"{'1e308' if i % 20 == 3 else a},{b}" for i, (a, b) in enumerate(pairs)]
    files.text("too-large.csv", lines("x,y", body=body), of("xy", ROWS - 4, left_out=4))
    huge = [(-1.0) ** i * 1e308 if i % 20 == 3 else a for i, (a, _) in enumerate(pairs)]
    pl.DataFrame({"x": huge, "y": [b for _, b in pairs]}).write_parquet(
        files.path("too-large.parquet", of("xy", ROWS - 4, left_out=4))
    )
    body = [f"{a}e308,{b}" for a, b in pairs]
    files.text("all-too-large.csv", lines("x,y", body=body), of("y", not_used=("x (too large numbers)",)))
    body = [f"{a}e-320,{b}" for a, b in pairs]
    message = "column 'x' varies by less than can be computed with"
    files.text("too-small.csv", lines("x,y", body=body), Reading(message=message))
    users = [2**53 + 1 + i % 30 for i in range(ROWS)]
    body = [f"{user},{b}" for user, (_, b) in zip(users, pairs, strict=True)]
    files.text("long-numbers-again.csv", lines("user,y", body=body), of("y", not_used=("user",)))
    pl.DataFrame({"user": users, "y": [b for _, b in pairs]}).write_parquet(
        files.path("long-numbers-again.parquet", of("y", not_used=("user",)))
    )


GROUPS: tuple[Callable[[Files], None], ...] = (
    charsets,
    separators,
    numbers,
    quotes,
    headers,
    titles_and_footers,
    missing_values,
    magnitudes_and_dates,
    types,
    packed,
    spreadsheets,
    columnar,
    tables_of_images,
    pictures,
    folders_of_classes,
    arrays,
    hdf5_and_matlab,
    remarks,
    fill_values,
    more_dates,
    more_layouts,
    disguises,
    nested,
    printed,
    divided_pictures,
    named_arrays,
    corners,
)
"""Functions that write files, a subject each."""


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    print(f"{len(write_files(target))} files")
