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
from datetime import date, datetime, timedelta
from pathlib import Path

import h5py
import numpy as np
import openpyxl
import polars as pl
import scipy.io
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
        "matrix-and-target.npz", Reading(60, "points", shape=(3,), not_used=("y",)), X=x, y=np.arange(60) % 3
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
)
"""Functions that write files, a subject each."""


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    print(f"{len(write_files(target))} files")
