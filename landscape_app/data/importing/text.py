"""Tables of text: the letters that bytes stand for, the dialect, the title and header, and the cells of every row."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import re
import unicodedata
import zipfile
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import islice, pairwise, product
from pathlib import Path
from typing import IO, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import polars as pl

from landscape_app.data.importing.cells import (
    MISSING,
    is_missing,
    looks_like_date,
    looks_like_value,
    looks_typed,
)
from landscape_app.data.importing.images import ImportFailure
from landscape_app.data.importing.memory import check_memory
from landscape_app.language import tr

MOST_BYTES = 2**31
"""Of a file that is unpacked as a whole."""

MOST_COLUMNS = 12_288
"""As many as an item may have numbers."""

PACKED = (".gz", ".bz2", ".xz", ".zip")
"""Endings of files that hold another one, packed."""

BOOKS = (".xlsx", ".xlsm", ".xlsb", ".ods")
"""Endings of spreadsheets that are packed files themselves."""

NOTES = r"\.(?:md|pdf|docx?|rst|html?|names)$|(?:^|/)(?:readme|licen[cs]e|copying|citation|changelog|index)\b[^/]*$"
"""Names of files beside a table that are none themselves."""

COMMENT_SIGNS = "%!/;*"
"""At the beginning of lines above a table, beside #."""

PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
"""A number as Python writes it."""

SAMPLE = 1_000
"""Rows that tell the dialect and the header."""

SAMPLE_LETTERS = 400_000
"""Of the text, in which these rows are looked for."""

ROW_BY_ROW = 4_000_000
"""Bytes up to which rows are read one by one; larger files at once, where all rows have as many cells."""

BYTES_A_LETTER = 25
"""Of memory that a text of short cells takes while it is read row by row."""

SEPARATORS = (",", ";", "\t", "|", " ")
"""Between the cells of a row; a blank stands for any number of them."""

RARE_SEPARATORS = ("  ", "::", "||", "~", "^", "¦", "│", "§", "\x01", "\x1f", ":", "&", "/", "\\")
"""Looked for where none of these makes rows; two blanks stand for any number from two on, and for tabs."""

OF_PATHS = ("/", "\\")
"""Separators between numbers alone: words between them are names of files."""

QUOTES = ('"', "'", "~")

OLD_CHARSETS = (
    *("cp1252", "mac_roman", "cp850", "cp1254", "cp1250", "iso8859_2", "iso8859_15", "cp1251", "koi8_r"),
    "cp1253",
)
"""Of one byte a letter, the most frequent first."""

PRIOR = 2.0
"""Letters that must speak for any other charset than the first."""

ASIAN_CHARSETS = {
    "shift_jis": (0x88, 0x97),
    "gb18030": (0xB0, 0xD7),
    "big5": (0xA4, 0xC6),
    "euc_kr": (0xB0, 0xC8),
    "euc_jp": (0xB0, 0xCF),
}
"""Of two bytes a letter, and the first bytes of those that are in daily use."""

OF_TABLES = frozenset(
    "年月日時时分秒男女是否有無无可性別别姓名氏地區区域國国城市省縣县都道府県町村人口數数量單单位價价格円元万千百合計计總总平均值氣气温溫度湿濕長长"
    "宽寬高幅重面積积體体期間间編编號号種种類类等級级優优良中差好大小多少上下左右東东南西北京海阪天津"
    "년월일시분초남녀여예아니오성별이름지역도구군인수량단위가격합계평균온습길높너비무게면적날짜간번호종류등급서울부산대광주"
)
"""Letters of East Asia that are frequent in tables."""

USUAL_LETTERS = frozenset("äöüßéèêëàâáãåæçíìîïñóòôõøœúùûÿý")
USUAL_SIGNS = frozenset("°µ²³€£§–—“”„’‘×±·«»‰½¼\u00a0")
"""Beyond ASCII, in texts of Western Europe."""

ALPHABETS = tuple(
    map(
        frozenset,
        (
            USUAL_LETTERS,
            *("äöüß", "éèêëàâçîïôûùœæÿ", "áéíóúñü", "ãõáéíóúâêôàç", "àèéìíòóùú", "åäöæøé", "ąćęłńóśźż"),
            *("áčďéěíňóřšťúůýžäľĺŕô", "áéíóöőúüű", "ăâîșțşţ", "čćđšž", "çğıöşüâ"),
        ),
    )
)
"""Letters of languages beyond ASCII."""

OF_ONE_LANGUAGE = 0.5
"""Points of a charset by which all letters are those of one language."""

TRUSTED = 0.8
"""Share of rows with as many cells as each other from which on a separator other than blanks is taken for one."""

csv.field_size_limit(10_000_000)


class Dialect(NamedTuple):
    """Separator and quotation mark of a table of text.

    Attributes:
        separator: one of `SEPARATORS` or `RARE_SEPARATORS`.
        quote: mark around cells.
        escape: sign before a quotation mark that belongs to a cell; empty where it is doubled.
        cuts: places in a line where cells begin, of a fixed width; empty where separators say it.
    """

    separator: str
    quote: str = '"'
    escape: str = ""
    cuts: tuple[int, ...] = ()

    @property
    def is_exact(self) -> bool:
        """True of one separator after each cell, so that a row of fewer cells lacks its last ones."""
        return bool(self.separator.strip(" ")) or bool(self.cuts)

    @property
    def delimiter(self) -> str:
        """The letter that lines have between cells, once they are `prepared`."""
        return self.separator if len(self.separator) == 1 else "\x1f"

    def prepared(self, line: str) -> str:
        """A line with one letter between cells."""
        if self.separator == " ":
            return line.replace("\t", " ")
        if self.separator == "  ":
            return re.sub(" *\t[ \t]*| {2,}", "\x1f", line.strip(" ")) if line.strip() else line
        return line if len(self.separator) == 1 else line.replace(self.separator, "\x1f")


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
        hashes: whether a line that begins with # is a row where it has as many cells as all others.
    """

    dialect: Dialect
    width: int
    names: tuple[str, ...]
    has_header: bool
    first: int
    titles: tuple[str, ...] = ()
    hashes: bool = False

    def is_comment(self, cells: Sequence[str], missing: frozenset[str]) -> bool:
        """True of a line that begins with # and is none of the table."""
        return _begins_with_hash(cells, missing) and not (self.hashes and len(cells) == self.width)


class TextTable(NamedTuple):
    """Cells of a table of text, and all its other rows.

    Attributes:
        cells: a column of text each, null where a cell is empty; named as `Layout.names`.
        lines: of the file where each row begins, from 1.
        layout: dialect, names and title.
        odd: line of every row that is not read, and why not.
        comments: lines that begin with #, and are none of the table.
        not_drawn: rows beyond those that are read.
    """

    cells: pl.DataFrame
    lines: npt.NDArray[np.int64]
    layout: Layout
    odd: tuple[tuple[int, str], ...]
    comments: int
    not_drawn: int = 0


class Opened(NamedTuple):
    """A file that is read from its beginning, unpacked.

    Attributes:
        name: without the ending of a packer.
        file: its bytes.
        share: how much of it is read, 0 to 1.
        others: names of other files beside it in a .zip.
    """

    name: str
    file: IO[bytes]
    share: Callable[[], float]
    others: tuple[str, ...] = ()


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """The one file in a packed file, or a file that is not packed.

    Raises:
        ImportFailure: a .zip has not exactly one table.
        OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile: it cannot be read.
    """
    packer, size = packer_of(path), max(1, path.stat().st_size)
    with ExitStack() as stack:
        raw = stack.enter_context(path.open("rb"))
        name, file, others = path.name, cast(IO[bytes], raw), tuple[str, ...]()
        if packer == ".zip":
            archive = stack.enter_context(zipfile.ZipFile(raw))
            member, others = _member_of(archive, path)
            name, file = Path(member.filename).name, stack.enter_context(archive.open(member))
        elif packer is not None:
            opener = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}[packer]
            file = stack.enter_context(cast(IO[bytes], opener(raw)))  # type: ignore[operator]
            name = path.stem if path.suffix.lower() == packer else path.name
        yield Opened(name, file, lambda: min(1.0, raw.tell() / size), others)


class Unpacked(NamedTuple):
    """Name of a file without the ending of a packer, its bytes unpacked, and names of others beside it in a .zip."""

    name: str
    data: bytes
    others: tuple[str, ...] = ()


def packer_of(path: Path) -> str | None:
    """Ending of the packer of a file by how it begins, else by its own; None of one that is not packed."""
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        if path.suffix.lower() != ".zip":
            try:
                with zipfile.ZipFile(path) as archive:
                    names = set(archive.namelist())
            except zipfile.BadZipFile:
                return None
            # A spreadsheet is a .zip too.
            if names & {"[Content_Types].xml", "mimetype"} or path.suffix.lower() in BOOKS:
                return None
        return ".zip"
    for sign, ending in ((b"\x1f\x8b", ".gz"), (b"BZh", ".bz2"), (b"\xfd7zXZ", ".xz")):
        if start.startswith(sign):
            return ending
    return path.suffix.lower() if path.suffix.lower() in PACKED else None


def unpacked(path: Path) -> Unpacked:
    """The one file in a packed file, or a file that is not packed.

    Raises:
        ImportFailure: a .zip has not exactly one table, or the file is larger than `MOST_BYTES` unpacked.
        OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile: it cannot be read.
    """
    with opened(path) as found:
        data = _bounded(found.file, path)
    if is_archive(data):
        raise ImportFailure(tr("{path} is an archive of files (tar); unpack it", path=path))
    return Unpacked(found.name, data, found.others)


def is_archive(data: bytes) -> bool:
    """True of a file of files, by how it begins."""
    return data[257:262] == b"ustar"


def _member_of(archive: zipfile.ZipFile, path: Path) -> tuple[zipfile.ZipInfo, tuple[str, ...]]:
    """The one table in a .zip, and the names of all other files."""
    inside = [
        member
        for member in archive.infolist()
        if not member.is_dir()
        and not Path(member.filename).name.startswith(".")
        and "__MACOSX" not in member.filename
    ]
    notes = [member for member in inside if re.search(NOTES, member.filename, re.IGNORECASE)]
    tables = [member for member in inside if member not in notes] or inside
    if len(tables) != 1:
        raise ImportFailure(
            tr("{path} holds {count} files; expected one table, or unpack it", path=path, count=len(tables))
        )
    return tables[0], tuple(member.filename for member in inside if member is not tables[0])


def _bounded(file: IO[bytes], path: Path) -> bytes:
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ImportFailure(
            tr(
                "{path} is larger than {most:,} MB unpacked; it is not read",
                path=path,
                most=MOST_BYTES // 10**6,
            )
        )
    return data


def decoded(data: bytes, name: str) -> str:
    """The text that bytes stand for: by their byte order mark, as UTF-8 or UTF-16, else as an older charset.

    Raises:
        ImportFailure: they are no text.
    """
    is_marked = data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff"))
    if not is_marked and (len(data) % 2 or not data.endswith(b"\n\x00")):
        data = data.rstrip(b"\x00\x1a")
    charset = charset_of(data, name)
    if charset == "utf-16" and len(data) % 2:
        # Something has added the end of a line.
        data = data[:-1]
    if charset == "utf-8":
        try:
            return data.decode().removeprefix("\ufeff")
        except UnicodeDecodeError:
            if is_mostly_utf8(data):
                return data.decode(errors="replace").removeprefix("\ufeff")
            charset = likely_charset(telling_pieces(data), data)
    return _decoded_as(data, charset, name)


def is_mostly_utf8(data: bytes) -> bool:
    """True of a text in UTF-8 with few broken bytes."""
    text = data.decode(errors="replace")
    return len(re.findall("[^\x00-\x7f\ufffd]", text)) > 2 * text.count("\ufffd")


def charset_of(data: bytes, name: str) -> str:
    """Charset by the beginning of a text: of its byte order mark or zeros, else UTF-8, which may turn out wrong.

    Args:
        data: first bytes of the text.
        name: of the file, for what is told.

    Raises:
        ImportFailure: it has bytes that no text has.
    """
    for mark, charset in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe\x00\x00", "utf-32"),
        (b"\x00\x00\xfe\xff", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            return charset
    head = data[:4096]
    zeros = head.count(0)
    if not zeros:
        return "utf-8"
    # Every other byte of Latin letters in UTF-16 is zero.
    odd = head[1::2].count(0)
    if zeros < 0.3 * len(head) or min(odd, zeros - odd) > 0.1 * zeros:
        raise ImportFailure(tr("{name} is not a table of text: it has bytes that no text has", name=name))
    return "utf-16-le" if odd > zeros - odd else "utf-16-be"


def likely_charset(telling: bytes, data: bytes) -> str:
    """The charset in which what is not ASCII makes words, by their letters and cases."""
    best, charset = 0.0, "latin-1"
    for candidate in (*OLD_CHARSETS, *ASIAN_CHARSETS):
        try:
            text = telling.decode(candidate)
            data.decode(candidate)
        except UnicodeDecodeError:
            continue
        if candidate in ASIAN_CHARSETS:
            found = _asian_plausibility(text, candidate)
        else:
            found = _plausibility(text, PRIOR if candidate == OLD_CHARSETS[0] else 0.0)
        if found > best:
            best, charset = found, candidate
    return charset


def _asian_plausibility(text: str, charset: str) -> float:
    """Mean of points of the letters beyond ASCII, 1 for one in daily use, and more where words of tables differ.

    That two bytes make such a letter wherever one stands is hardly by chance, the less the more words there are.
    """
    first, last = ASIAN_CHARSETS[charset]
    points = []
    for before, letter, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if letter <= "\x7f":
            continue
        script = unicodedata.name(letter, "?").split()[0]
        code = letter.encode(charset)
        if script in ("HIRAGANA", "KATAKANA"):
            points.append(1.2 if charset in ("shift_jis", "euc_jp") else -1.0)
        elif script in ("CJK", "HANGUL"):
            daily = first <= code[0] <= last and (
                charset == "big5" or charset == "shift_jis" or code[1] >= 0xA1
            )
            usual = 1.1 if script == "HANGUL" else 1.0
            points.append(1.5 if letter in OF_TABLES else usual if daily else 0.2)
        else:
            points.append(0.5 if script in ("IDEOGRAPHIC", "FULLWIDTH") else -1.0)
        if (before + after).isascii() and (before.isalpha() or after.isalpha()):
            points[-1] -= 1.0
    is_likely = bool(points) and min(points) >= 0.5 and not OF_TABLES.isdisjoint(text)
    words = set(re.findall("[^\x00-\x7f]+", text)) if is_likely else set()
    return sum(points) / max(1, len(points)) + 0.3 * min(len(words), 3)


def _plausibility(text: str, prior: float) -> float:
    """Mean of points of the letters and signs beyond ASCII, 1 for a letter where it can well stand.

    Args:
        text: decoded.
        prior: points that the charset has before any letter is read.
    """
    beyond = [letter for letter in text if letter > "\x7f" and letter.isalpha() and letter not in USUAL_SIGNS]
    # The small letter of İ is an i and a dot.
    letters = {small for letter in beyond if (small := letter.lower()[0]) > "\x7f"}
    alphabet = next((one for one in ALPHABETS if letters and letters <= one), frozenset())
    points = [
        _points(text[i - 1] if i else " ", letter, text[i + 1] if i + 1 < len(text) else " ", alphabet)
        for i, letter in enumerate(text)
        if letter > "\x7f"
    ]
    others = {unicodedata.name(letter, "?").split()[0] for letter in letters}
    is_one = bool(alphabet) or (len(others) == 1 and "LATIN" not in others)
    count = max(1, len(points))
    return (sum(points) + prior) / count + OF_ONE_LANGUAGE * (is_one and sum(points) > 0.7 * count)


def _points(before: str, letter: str, after: str, alphabet: frozenset[str]) -> float:
    if unicodedata.category(letter) == "Cc":
        return -5.0
    beside = [other for other in (before, after) if other.isalpha()]
    if letter in USUAL_SIGNS:
        return -1.0 if len(beside) == 2 or before in USUAL_SIGNS or after in USUAL_SIGNS else 1.0
    if not letter.isalpha():
        return -1.0
    scripts = {unicodedata.name(other, "?").split()[0] for other in beside}
    script = unicodedata.name(letter, "?").split()[0]
    if scripts - {script}:
        return -2.0
    if letter.isupper() and before.isalpha() and (before.islower() or after.islower()):
        return -1.0
    if not beside:
        return 0.3
    if script == "LATIN":
        crowded = any(other > "\x7f" for other in beside)
        penalty = crowded * (0.5 if alphabet in (frozenset(), USUAL_LETTERS) else 0.2)
        return (1.0 if letter.lower() in alphabet | USUAL_LETTERS else 0.3) - penalty
    return 1.0


def telling_pieces(data: bytes) -> bytes:
    """Pieces of the bytes that are not ASCII, with what stands around them."""
    pieces = re.findall(rb"[^\n]{0,40}[\x80-\xff]+[^\n]{0,40}", data[:4_000_000])
    return b"\n".join(pieces[:500])


def _decoded_as(data: bytes, charset: str, name: str) -> str:
    try:
        text = data.decode(charset)
    except UnicodeDecodeError as error:
        raise ImportFailure(tr("{name} is not a table of text: {why}", name=name, why=error)) from error
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
    check_memory(BYTES_A_LETTER * len(text), name)
    text = without_marks(text)
    if are_quoted_whole(text):
        text = "".join(map(unquoted, text.splitlines()))
    text = rows_in_brackets(text) or _without_latex(text)
    layout = layout_of(text, name, missing, header)
    return _row_by_row(records(text, layout.dialect, layout.width), layout, missing, name)


def without_marks(text: str) -> str:
    """A text without zeros, ends of files of DOS, and byte order marks, which joined files have inside."""
    return text.replace("\x00", "").replace("\x1a", "").replace("\ufeff", "")


def are_quoted_whole(text: str) -> bool:
    """True of lines that are one cell in quotation marks each, with as many separators in it."""
    lines = [line.strip() for line in text[:SAMPLE_LETTERS].splitlines()[:20]]
    if len(lines) < 3 or not all(line[:1] == line[-1:] == '"' for line in lines):
        return False
    rows = [next(csv.reader([line])) for line in lines]
    if any(len(row) != 1 for row in rows):
        return False
    return any(
        len({row[0].count(sign) for row in rows} - {0}) == 1 and sign in rows[0][0] for sign in ",;\t|"
    )


def unquoted(line: str) -> str:
    """A line that is one cell in quotation marks, without these."""
    return "".join(next(csv.reader([line]), [])[:1]) + "\n"


_ROW = r"[0-9eE+\-.*^naNifI\s,]"
BRACKETS = re.compile(rf"\[({_ROW}+)\]|\(({_ROW}*,\s{_ROW}*)\)|\{{({_ROW}+)\}}")
"""A row as Python, NumPy and Mathematica print it; around one number, brackets would be an accountant's minus."""


def rows_in_brackets(text: str) -> str:
    """A text of rows in brackets, without these and a line each; empty of one that has anything else."""
    if text.lstrip()[:1] not in ("[", "(", "{"):
        return ""
    rows = ["".join(filter(None, found.groups())) for found in BRACKETS.finditer(text)]
    if len(rows) < 3 or re.search(r"[^][(){}\s,;]", BRACKETS.sub("", text)):
        return ""
    if not all(re.search("[,\\s]", row.strip()) for row in rows):
        return ""
    return "".join(f"{' '.join(row.split())}\n" for row in rows)


def _without_latex(text: str) -> str:
    """The rows of a tabular of LaTeX with tabs between their cells; any other text as it is."""
    if len(re.findall(r"&.*\\\\", text[:SAMPLE_LETTERS])) < 3:
        return text
    lines = []
    for line in text.splitlines():
        row = re.split(r"\\\\(?:\s|\[|$)", line)[0]
        row = re.sub(
            r"\\(?:[a-z]*rule|hline|c(?:mid)?[rl][a-z]*|addlinespace)(?:\([a-z]*\))?(?:\{[^{}]*\})?", "", row
        )
        row = re.sub(r"\\[a-zA-Z]+\{([^{}]*)\}", r"\1", row) if "&" in row else ""
        cells = re.split(r"(?<!\\)&", row.replace("$", "") if r"\$" not in row else row)
        lines.append("\t".join(re.sub(r"\\([%&_#$])", r"\1", cell).strip() for cell in cells))
    return "".join(f"{line}\n" for line in lines)


def read_rows(
    rows: Sequence[Sequence[str]], name: str, missing: frozenset[str] = MISSING, header: bool | None = None
) -> TextTable:
    """The cells of a table whose rows are known, such as those of a sheet.

    Args:
        rows: cells of each, as many in all.
        name: of the file, for messages.
        missing: words of cells without a value, in small letters.
        header: whether the first row has the names of the columns; None finds out.

    Raises:
        ImportFailure: there is no table in it.
    """
    found = [Record(i, list(row)) for i, row in enumerate(rows, start=1) if any(row)]
    if not found:
        raise ImportFailure(tr("{name} holds no rows", name=name))
    layout = find_layout([row.cells for row in found[:SAMPLE]], Dialect("\t"), missing, header, name)
    return _row_by_row(found, layout, missing, name)


def layout_of(text: str, name: str, missing: frozenset[str], header: bool | None) -> Layout:
    """The dialect and columns of a text, by its first rows.

    Raises:
        ImportFailure: there is no table in it, or one of too many columns.
    """
    head = text[:SAMPLE_LETTERS]
    if len(head) < len(text):
        head = head[: head.rfind("\n") + 1] or head
    start = re.search(r"^@data[ \t]*\r?\n", head, re.IGNORECASE | re.MULTILINE)
    if start is not None and re.match(r"\s*[@%]", head):
        return _layout_of_weka(head[: start.end()], head[start.end() :], name, missing)
    dialect = Dialect(";") if _is_column_of_decimals(head) else find_dialect(head, missing)
    if dialect is None:
        raise ImportFailure(tr("{name} holds no rows; expected cells with commas between them", name=name))
    rows = [record.cells for record in islice(records(head, dialect), SAMPLE)]
    if len(dialect.cuts) > 1 and dialect.cuts[-1] == len(dialect.cuts) - 1:
        # A letter a column.
        header = bool(header)
    layout = find_layout(rows, dialect, missing, header, name)
    if layout.width > MOST_COLUMNS:
        raise ImportFailure(
            tr(
                "{name} has {count:,} columns; at most {most:,} are read",
                name=name,
                count=layout.width,
                most=MOST_COLUMNS,
            )
        )
    return layout


def _layout_of_weka(head: str, rows: str, name: str, missing: frozenset[str]) -> Layout:
    """The layout of a table of Weka, which names its columns in lines above it.

    Raises:
        ImportFailure: rows are not of as many cells as there are names.
    """
    names = _attributes(head.splitlines())
    dialect = find_dialect(rows, missing)
    if dialect is None:
        raise ImportFailure(tr("{name} holds no rows below @data", name=name))
    found = [record.cells for record in islice(records(rows, dialect), SAMPLE)]
    found = [cells for cells in found if not cells[0].startswith("%")]
    width, _ = _usual_width(found)
    if width != len(names):
        raise ImportFailure(
            tr(
                "{name} names {names:,} attributes, and its rows have {cells:,} cells; sparse rows are not read: "
                "save it with all cells",
                name=name,
                names=len(names),
                cells=width,
            )
        )
    first = sum(1 for _ in records(head, dialect))
    return Layout(dialect, width, tuple(unique(names)), True, first)


class Record(NamedTuple):
    """A row of text: where it begins in the file, counted from 1, and its cells."""

    line: int
    cells: list[str]


class _Lines:
    """Lines of a text that can be given back; `taken` collects those that were read."""

    def __init__(self, source: Iterable[str], dialect: Dialect) -> None:
        self._source = iter(source)
        self._again: deque[str] = deque()
        self._dialect = dialect
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._source)
        self.taken.append(line)
        return self._dialect.prepared(line)

    def give_back(self, lines: Sequence[str]) -> None:
        self._again.extendleft(reversed(lines))


def records(text: str | Iterable[str], dialect: Dialect, width: int | None = None) -> Iterator[Record]:
    """The rows of a text that are not blank; the cells without blanks around them.

    Args:
        text: of the file, or its lines with their ends.
        dialect: separator and quotation mark.
        width: cells of a row, where it is known: a quotation mark that would make one row of many lines and of
            another number of cells is a sign like any other.

    Raises:
        ImportFailure: a line cannot be read.
    """
    if dialect.cuts:
        yield from _fixed_width(text.splitlines() if isinstance(text, str) else text, dialect.cuts)
        return
    lines = _Lines(io.StringIO(text, newline="") if isinstance(text, str) else text, dialect)
    reader = _reader(lines, dialect)
    line = 1
    while True:
        lines.taken = []
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise ImportFailure(
                tr("line {line} of the text cannot be read: {why}", line=line, why=error)
            ) from error
        read = lines.taken
        if len(read) > 1 and not _is_quoted(read, len(cells), width, dialect):
            lines.give_back(read[1:])
            reader = _reader(lines, dialect)
            read = read[:1]
            plain = map(dialect.prepared, read)
            cells = next(csv.reader(plain, delimiter=dialect.delimiter, quoting=csv.QUOTE_NONE), [])
        cells = [cell.strip() for cell in cells]
        if not dialect.separator.strip(" "):
            while cells and not cells[-1]:
                cells.pop()
            while cells and not cells[0]:
                cells.pop(0)
        if any(cells):
            yield Record(line, cells)
        line += len(read)


def _reader(lines: Iterable[str], dialect: Dialect, strict: bool = False) -> Iterator[list[str]]:
    return csv.reader(
        lines,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        escapechar=dialect.escape or None,
        skipinitialspace=True,
        strict=strict,
    )


def _is_quoted(lines: Sequence[str], cells: int, width: int | None, dialect: Dialect) -> bool:
    """True if quotation marks hold a row of many lines together as they should."""
    if width is not None and cells != width:
        return False
    try:
        return len(list(_reader(map(dialect.prepared, lines), dialect, strict=True))) == 1
    except csv.Error:
        return False


def _fixed_width(lines: Iterable[str], cuts: Sequence[int]) -> Iterator[Record]:
    ends = [*cuts[1:], None]
    for number, line in enumerate(lines, start=1):
        whole = line.expandtabs()
        cells = [whole[begin:end].strip() for begin, end in zip(cuts, ends, strict=True)]
        if any(cells):
            yield Record(number, cells)


def find_cuts(text: str) -> tuple[int, ...]:
    """Places where cells begin in lines of fixed width: after blanks that nearly all lines have."""
    lines = [line.expandtabs().rstrip() for line in text.splitlines()[:SAMPLE]]
    lines = [line for line in lines if line and not line.startswith("#")]
    if len(lines) < 3:
        return ()
    length = min(max(map(len, lines)), 4_000)
    filled = np.zeros(length + 1, int)
    for line in lines:
        filled[: min(len(line), length)] += [letter != " " for letter in line[:length]]
    # A title and a header may cross the gaps.
    is_gap = filled <= max(0.02 * len(lines), 2 * (len(lines) > 20))
    begins = [i for i in range(length) if not is_gap[i] and (i == 0 or is_gap[i - 1])]
    if not begins:
        return ()
    # A header may reach into the gap, from either side: the cut lies behind the longest blank of all lines.
    cuts = [0]
    for begin in begins[1:]:
        gap = begin
        while gap and is_gap[gap - 1]:
            gap -= 1
        blank = "".join(" " if filled[i] == 0 else "x" for i in range(gap, begin))
        runs = [(len(run.group()), gap + run.end()) for run in re.finditer(" +", blank)]
        cuts.append(max(runs)[1] if runs else begin)
    return tuple(cuts)


def letters_of(text: str) -> tuple[int, ...]:
    """Places of the letters of lines that are all of one length, and of few letters: spins, or aligned sequences."""
    lines = text.split()[:SAMPLE]
    alike = len(lines) > 2 and len({len(line) for line in lines}) == 1 and "\n" in text.strip()
    is_row = re.compile(r"[01]{4,}|[0-3]{8,}|[+-]{4,}|[ACGTUN-]{8,}")
    if not alike or len(lines) < len(text.splitlines()[:SAMPLE]) or not all(map(is_row.fullmatch, lines)):
        return ()
    return tuple(range(len(lines[0])))


def find_dialect(text: str, missing: frozenset[str] = MISSING) -> Dialect | None:
    """The dialect in which rows have as many cells as each other, and cells are numbers, dates and short words.

    The measure is that of van den Burg, Nazábal and Sutton (2019): regular rows times cells of a known type. Blanks
    are no separators where another sign makes regular rows, and what has blanks is words or dates.

    Returns:
        None for a text without rows.
    """
    letters = letters_of(text)
    if letters:
        return Dialect(" ", cuts=letters)
    found: list[tuple[float, Dialect]] = []
    trusted = False
    escapes = ("", "\\") if '\\"' in text else ("",)
    for separators in (SEPARATORS, RARE_SEPARATORS):
        if separators is RARE_SEPARATORS and (trusted or _are_values(text)):
            break
        for quote in QUOTES:
            marked = rf"(?:^|[,;\t|^ ]){quote}[^{quote}\n]*{quote}(?:[,;\t|^ \r\n]|$)"
            if quote != '"' and not re.search(marked, text[:20_000]):
                continue
            for separator, escape in product(separators, escapes):
                if separator not in text or separator == quote or (separator == " " and trusted):
                    continue
                dialect = Dialect(separator, quote, escape)
                score = _score(text, dialect, missing)
                if score is not None:
                    found.append((score.value, dialect))
                    trusted |= score.is_trusted
    if not trusted and " " in text:
        dialect = Dialect(" ", cuts=find_cuts(text))
        score = _score(text, dialect, missing) if len(dialect.cuts) > 1 else None
        if score is not None:
            found.append((0.9 * score.value, dialect))
    if found:
        best = max(value for value, _ in found)
        return next(dialect for value, dialect in found if value > best - 1e-9)
    return Dialect(",") if text.strip() else None


def _is_column_of_decimals(text: str) -> bool:
    """True of one name above numbers such as 3,25: a column with commas before decimals.

    Numbers that go up before the commas are those of rows, which have no name in files of R.
    """
    first, *rows = [line.strip() for line in text.splitlines() if line.strip()][:SAMPLE] or [""]
    if len(rows) < 3 or re.search("[,;]", first) or looks_typed(first):
        return False
    if not all(re.fullmatch("[+-]?[0-9]+(?:,[0-9]+)?", row) for row in rows):
        return False
    before = [abs(int(row.partition(",")[0])) for row in rows]
    return any("," in row for row in rows) and not all(a < b for a, b in pairwise(before))


def _are_values(text: str) -> bool:
    """True of lines that are a number, a date or a time each, which have signs that could be separators."""
    lines = text.splitlines()[:100]
    return sum(map(looks_like_value, lines)) > 0.5 * len(lines)


class Score(NamedTuple):
    """Measure of a dialect, and whether its separator is certainly one, so that blanks are none."""

    value: float
    is_trusted: bool


def _score(text: str, dialect: Dialect, missing: frozenset[str]) -> Score | None:
    rows: list[list[str]] = []
    try:
        for record in records(text, dialect):
            if not _begins_with_hash(record.cells, missing) and not _is_drawn(record.cells):
                rows.append(record.cells)
            if len(rows) >= SAMPLE:
                break
    except ImportFailure:
        return None
    if not rows:
        return None
    width, regular = _usual_width(rows)
    cells = [cell for row in rows if len(row) == width for cell in row]
    typed = sum(looks_like_value(cell) or is_missing(cell, missing) for cell in cells)
    if dialect.separator in OF_PATHS and 2 * typed < len(cells):
        return None
    # One column is what any text is: it wins where no separator makes regular rows.
    several = (width - 1) / width if width > 1 else 0.2
    value = (regular / len(rows)) ** 2 * several * (0.05 + typed / len(cells))
    is_trusted = (
        dialect.is_exact
        and width > 1
        and regular >= TRUSTED * len(rows)
        and all(_may_have_blanks(cell) for cell in cells if " " in cell)
    )
    return Score(value, is_trusted)


def _may_have_blanks(cell: str) -> bool:
    """True of words, of a date, and of a list of many numbers."""
    parts = cell.split()
    if len(parts) > 2 and all(map(PLAIN.fullmatch, parts)):
        return True
    return any(letter.isalpha() for letter in cell) or looks_like_value(cell)


def _begins_with_hash(cells: Sequence[str], missing: frozenset[str]) -> bool:
    return cells[0].startswith("#") and not is_missing(cells[0], missing)


def _usual_width(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Number of cells that most rows have, the first such number, and how many rows have it."""
    widths = Counter(len(row) for row in rows)
    most = max(widths.values())
    return next(width for width, count in widths.items() if count == most), most


def find_layout(
    rows: Sequence[Sequence[str]],
    dialect: Dialect,
    missing: frozenset[str],
    header: bool | None,
    name: str,
) -> Layout:
    """Title, header and width of the first rows of a text.

    Above the table may stand lines of a title, and lines that begin with #, the last of which may have the names. A
    header may lack the name of the first column (as R writes row names), and rows may end in a separator. Lines drawn
    of dashes around the header are none of its rows.

    Raises:
        ImportFailure: it has a header, and no rows below it.
    """
    hashed = [_begins_with_hash(row, missing) for row in rows]
    plain = [row for row, is_hashed in zip(rows, hashed, strict=True) if not is_hashed]
    plain = [row for row in plain if not _is_drawn(row)] or plain
    if not plain and not any(len(row) > 1 for row in rows):
        raise ImportFailure(
            tr("{name} holds no rows but comments; expected cells with commas between them", name=name)
        )
    width, _ = _usual_width(plain or rows)
    hashes = _are_rows(rows, plain, width, missing)
    below = [
        row
        for row, is_hashed in zip(rows, hashed, strict=True)
        if (not is_hashed or hashes) and not _is_drawn(row)
    ]
    if not below:
        raise ImportFailure(
            tr("{name} holds no rows but comments; expected cells with commas between them", name=name)
        )
    width, trailing = _without_trailing(below, _usual_width(below)[0])
    _check_decimals(rows, width, dialect, name)
    if not trailing and dialect.is_exact:
        width = max(width, _names_too_many(below, width))
    layout = Layout(dialect, width, (), False, 0, hashes=hashes)
    comment = [layout.is_comment(row, missing) for row in rows]
    start, titles, named_above = 0, [], None
    above: list[str] = []
    while start < len(rows):
        row = rows[start]
        if comment[start]:
            cells = _of_comment(row, width)
            if len(cells) == width and not any(looks_typed(cell) for cell in cells if cell):
                named_above = cells
            titles.append(dialect.separator.join(row).strip(dialect.separator))
        elif _is_drawn(row):
            pass
        elif (
            _belongs(row, width)
            and not _is_title(row, rows[start + 1 :], width, missing)
            and not _is_one_of_comments(row, rows[start + 1 : start + 2])
        ):
            break
        else:
            if not trailing and _lacks_first_name(row, rows[start + 1 :], width, missing):
                break
            if _is_long_row(row, rows[start + 1 :], width, missing):
                break
            if row[0][:1] in COMMENT_SIGNS:
                cells = _of_comment(row, width)
                named_above = cells if len(cells) == width and not any(map(looks_typed, cells)) else None
            titles.append(dialect.separator.join(row).strip(dialect.separator))
            above = list(row[:width])
        start += 1
    if start == len(rows):
        raise ImportFailure(
            tr(
                "{name} is no table: its first line has {count} cells, and no other has as many",
                name=name,
                count=len(rows[0]),
            )
        )
    first = rows[start]
    names: list[str] | None = None
    rest = [
        list(row[:width])
        for row, is_comment in zip(rows[start + 1 :], comment[start + 1 :], strict=True)
        if not is_comment
    ]
    drawn = bool(rest) and _is_drawn(rest[0])
    rest = [row for row in rest if not _is_drawn(row)]
    if len(first) == width - 1 and not trailing:
        names = ["", *first]
    elif header or (header is None and (drawn or is_header(first[:width], rest, missing))):
        names = list(first[:width])
    has_header = names is not None
    start += has_header + drawn
    if names is not None:
        if header is None and len(above) == width and len(set(names)) < width and sum(map(bool, above)) > 1:
            names = _below_groups(above, names)
            titles = titles[:-1]
        for _ in range(MOST_HEADERS):
            more = rest[0] if rest else []
            if header is not None or len(rest) < 3 or not _is_more_header(names, more, rest[1:], missing):
                break
            if len(set(more)) > 1 or not more[0]:
                names = [_with_unit(one, unit) for one, unit in zip(names, more, strict=True)]
            else:
                titles.append(more[0])
            start += 1
            rest = rest[1:]
        if not rest:
            raise ImportFailure(
                tr(
                    "{name} has a header, and no rows below it; expected rows of numbers or words with commas "
                    "between them",
                    name=name,
                )
            )
        if names[0].startswith("#") and names[0].strip("# "):
            names[0] = names[0].strip("# ")
    elif header is None and (named_above is not None or _is_named_in_words(titles, dialect, width)):
        names, has_header = named_above or titles[-1].split(), True
        titles = titles[:-1]
    while start < len(rows) and _is_drawn(rows[start]):
        start += 1
    given = tuple(unique(names or [""] * width))
    return replace(layout, names=given, has_header=has_header, first=start, titles=tuple(titles))


MOST_HEADERS = 3
"""Rows below the names of columns that say more of them: units, kinds of means."""


def _check_decimals(rows: Sequence[Sequence[str]], width: int, dialect: Dialect, name: str) -> None:
    """Refuses rows of whole numbers with twice as many cells as there are names.

    Raises:
        ImportFailure: commas stand both between cells and before decimals.
    """
    names = rows[0]
    whole = [row for row in rows[1:] if len(row) == width]
    if (
        dialect.separator != ","
        or len(names) < 2
        or 2 * len(names) != width
        or any(map(looks_typed, names))
        or len(whole) < 3
    ):
        return
    if all(cell.lstrip("+-").isdecimal() for row in whole for cell in row):
        raise ImportFailure(
            tr(
                "{name} has commas both between cells and before decimals: {names} names above {numbers} numbers; "
                "write it anew with semicolons between cells",
                name=name,
                names=len(names),
                numbers=width,
            )
        )


def _names_too_many(rows: Sequence[Sequence[str]], width: int) -> int:
    """Cells of a header right above the first row that has more, as its last columns are empty; else 0."""
    for row, below in pairwise(rows[:20]):
        if len(row) > width > 1 and not any(map(looks_typed, row)) and any(map(looks_typed, below)):
            is_filled = all(row) or any(len(other) == len(row) for other in rows if other is not row)
            return len(row) if max(map(len, row)) < 40 and is_filled else 0
        if len(below) == width:
            return 0
    return 0


def _below_groups(groups: Sequence[str], names: Sequence[str]) -> list[str]:
    """Names of columns below those of groups of them, which stand above the first column of each."""
    found, group = [], ""
    for above, name in zip(groups, names, strict=True):
        group = above or group
        found.append(_with_unit(group, name) if group else name)
    return found


def _with_unit(name: str, unit: str) -> str:
    return f"{name} ({unit.strip('()[]')})" if name and unit else name or unit


def _attributes(titles: Sequence[str]) -> list[str]:
    """Names of columns as Weka writes them above a table."""
    found = [re.match(r"@attribute\s+('[^']*'|\"[^\"]*\"|\S+)", line, re.IGNORECASE) for line in titles]
    return [one.group(1).strip("'\"") for one in found if one]


def _is_named_in_words(titles: Sequence[str], dialect: Dialect, width: int) -> bool:
    """True if the line above a table of tabs or blanks is of as many words as there are columns."""
    words = titles[-1].split() if titles and dialect.separator in "\t " else []
    return len(words) == width > 1 and not any(map(looks_typed, words)) and len(set(words)) == width


def _are_rows(
    rows: Sequence[Sequence[str]], plain: Sequence[Sequence[str]], width: int, missing: frozenset[str]
) -> bool:
    """True if lines that begin with # are rows: most do, or the first column is of words in all others."""
    if 2 * len(plain) < len(rows):
        return True
    cells = [row[0] for row in plain if len(row) == width and not is_missing(row[0], missing)]
    return width > 1 and sum(not looks_like_value(cell) for cell in cells[1:]) > 0.5 * len(cells)


def _is_drawn(row: Sequence[str]) -> bool:
    """True of a line of dashes, as below the header of a table in Markdown, and around those of databases."""
    return any(row) and all(re.fullmatch(r":?[-=+─-╿]{3,}:?", cell) for cell in row if cell)


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


def _is_one_of_comments(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """True of a line that begins with a sign, as the next one does."""
    return row[0][:1] in COMMENT_SIGNS and any(other[0][:1] == row[0][:1] for other in below) and bool(row[0])


def _of_comment(row: Sequence[str], width: int) -> list[str]:
    """Cells of a line that begins with #, without it; # alone is a name where it stands above a column."""
    first = row[0].lstrip("#" + COMMENT_SIGNS).strip()
    return [first, *row[1:]] if first else list(row if len(row) == width else row[1:])


def _is_long_row(
    row: Sequence[str], below: Sequence[Sequence[str]], width: int, missing: frozenset[str]
) -> bool:
    """True of numbers in more cells than there are columns, which stand right above other rows: no title."""
    if len(row) <= width or 2 * sum(map(looks_typed, row)) <= len(row):
        return False
    rest = [other for other in below[:50] if len(other) == width]
    return len(rest) > 1 and not is_header(rest[0], rest[1:], missing)


def _belongs(row: Sequence[str], width: int) -> bool:
    """True of a row of as many cells as there are columns, or of one more that is empty."""
    return len(row) == width or (len(row) == width + 1 and not row[-1])


def _is_title(
    row: Sequence[str], below: Sequence[Sequence[str]], width: int, missing: frozenset[str]
) -> bool:
    """True of a row as spreadsheets write titles: it does not reach the last column, and a fuller header follows."""
    filled = [cell for cell in row[:width] if cell]
    if width < 2 or row[width - 1]:
        return False
    if (
        len(filled) == 1
        and row[0]
        and not looks_typed(row[0])
        and not is_missing(row[0], missing)
        and any(all(cell for cell in other[:width]) for other in below[:3])
    ):
        return True
    for number, other in enumerate(below[:12]):
        if len(other) < width or not other[width - 1]:
            continue
        rest = [one[:width] for one in below[number + 1 : number + 51] if len(one) >= width]
        return all(cell and not looks_like_value(cell) for cell in other[:width]) and _are_numbers(rest)
    return False


def _are_numbers(rows: Sequence[Sequence[str]]) -> bool:
    """True of rows with a column that is mostly of numbers or dates."""
    return any(sum(map(looks_typed, column)) > 0.5 * len(column) for column in zip(*rows, strict=True))


def is_header(first: Sequence[str], below: Sequence[Sequence[str]], missing: frozenset[str]) -> bool:
    """True if a row names the columns below it: its cells are of another type, or stand nowhere below.

    Each column has a vote: words over numbers and dates are a name, numbers over them none, but dates over numbers
    are. Over words, a cell that stands in none of many rows of few values is a name, one that stands there again is
    none. Numbers are names where they are years or go up in equal steps, and what is below does neither.
    """
    if not below:
        return _could_be_names(first)
    if _are_numbered(first, below) or _is_over_row_names(first, below):
        return True
    votes = 0.0
    for i, cell in enumerate(first):
        column = [row[i] for row in below if i < len(row) and not is_missing(row[i], missing)]
        if column:
            votes += _vote(cell, column, missing)
    if votes:
        return votes > 0
    return _could_be_names(first) and max(map(len, first)) < 60


def _could_be_names(cells: Sequence[str]) -> bool:
    """True of words, each once; the first may lack, above the names of rows."""
    words = all(not looks_typed(cell) and (cell or not i) for i, cell in enumerate(cells))
    return words and any(cells) and len(set(cells)) == len(cells)


def _is_over_row_names(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """True of a row whose first cell alone is empty, above a column that names or numbers the rows."""
    if first[0] or len(first) < 2 or not all(first[1:]):
        return False
    names = [row[0] for row in below]
    if not all(names) or len(set(names)) < len(names):
        return False
    if all(name.isdecimal() for name in names):
        return all(int(b) == int(a) + 1 for a, b in pairwise(names))
    return not any(looks_like_value(name) for name in names)


def _vote(cell: str, column: Sequence[str], missing: frozenset[str]) -> float:
    for is_value in (looks_typed, looks_like_value):
        if sum(map(is_value, column)) > 0.5 * len(column):
            if is_missing(cell, missing):
                return 0.0
            if looks_like_date(cell) and sum(map(looks_like_date, column)) < 0.1 * len(column):
                return 1.0
            return -1.0 if is_value(cell) else 1.0
    if looks_typed(cell):
        return -0.5
    counts = Counter(column)
    repeats = 1.0 - len(counts) / len(column)
    if cell in counts:
        return -repeats
    # Where some words stand only once, the first may be one of them.
    return (0.3 if 1 in counts.values() else 1.0) * repeats


def _are_numbered(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """True of a row whose numbers are years or go up in equal steps, unlike all those below; its words are names."""
    rows = [row for row in below if len(row) >= len(first)]
    places = [i for i, cell in enumerate(first) if PLAIN.fullmatch(cell)]
    if len(places) < 2:
        return False
    others = [i for i, cell in enumerate(first) if cell and i not in places]
    if any(first[i] == row[i] for i in others for row in rows):
        return False
    numbers = [float(first[i]) for i in places]
    columns = [[re.sub(r"^([+-]?[0-9]+),([0-9]+)$", r"\1.\2", row[i]) for i in places] for row in rows]
    found = [float(cell) for row in columns for cell in row if PLAIN.fullmatch(cell)]
    if not found:
        return False
    if all(_is_year(one) for one in numbers) and len(set(numbers)) == len(numbers):
        return sum(map(_is_year, found)) < 0.1 * len(found)
    rises = min(b - a for a, b in pairwise(numbers)) > 0
    if not _goes_up(numbers) and not (rises and not first[0] and len(numbers) > 3):
        return False
    if any(
        _goes_up([float(cell) for cell in row])
        for row in columns[:50]
        if all(PLAIN.fullmatch(cell) for cell in row)
    ):
        return False
    if sum(one == round(one) for one in found) < 0.5 * len(found) and numbers[0] == round(numbers[0]):
        return True
    if len(numbers) < 4 and numbers[0] in (0, 1):
        return False
    inside = sum(numbers[0] <= one <= numbers[-1] for one in found)
    return len(numbers) >= 4 or inside < 0.1 * len(found)


def _is_year(number: float) -> bool:
    return number == round(number) and 1500 <= number <= 2200


def _goes_up(numbers: Sequence[float]) -> bool:
    """True of numbers in equal steps upwards; of two, by one."""
    steps = [b - a for a, b in pairwise(numbers)]
    if len(steps) == 1:
        return steps[0] == 1 and numbers[0] == round(numbers[0])
    return min(steps) > 0 and max(steps) - min(steps) < 1e-6 * max(steps)


def _is_more_header(
    names: Sequence[str], more: Sequence[str], below: Sequence[Sequence[str]], missing: frozenset[str]
) -> bool:
    """True of a row below the names that says more of columns of numbers, such as mm, or names that of the rows."""
    if len(more) != len(names) or not any(more) or any(map(looks_typed, more)) or list(more) == list(names):
        return False
    numeric = []
    for i in range(len(names)):
        column = [row[i] for row in below if i < len(row) and not is_missing(row[i], missing)]
        numeric.append(bool(column) and sum(looks_typed(cell) for cell in column) > 0.5 * len(column))
    over_numbers = [cell for cell, is_number in zip(more, numeric, strict=True) if is_number and cell]
    over_words = [i for i, cell in enumerate(more) if cell and not numeric[i]]
    if not over_numbers:
        return any(numeric) and all(not names[i] for i in over_words)
    if over_words or any(is_missing(cell, missing) and cell != "-" for cell in over_numbers):
        return False
    return max(map(len, over_numbers)) <= 12 or len(over_numbers) == sum(numeric)


def unique(names: Sequence[str]) -> list[str]:
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


def are_plain(cells: Iterable[str], missing: frozenset[str]) -> bool:
    """True of numbers as Python writes them, and missing values; not of 00123, nor where all are such as 1.230."""
    found = [cell for cell in cells if not is_missing(cell, missing)]
    if not found or not all(PLAIN.fullmatch(cell) for cell in found):
        return False
    grouped = [cell for cell in found if "." in cell]
    is_grouped = bool(grouped) and all(
        re.fullmatch(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+", cell) for cell in grouped
    )
    return not is_grouped and not any(re.match("0\\d", cell) for cell in found)


def build_of(word: str) -> str:
    """Kinds of the letters of a word: NA and DE are of one build."""
    return "".join("A" if letter.isupper() else "a" if letter.isalpha() else letter for letter in word)


NO_ROWS = tr(
    "{name} has a header, and no rows below it; expected rows of numbers or words with commas between them"
)


MOST_DASHES = 3
"""Of a cell without a value; more are a line that is drawn."""


class RowCells:
    """Rows that are collected one by one, as columns.

    Args:
        layout: dialect and columns.
        missing: words of cells without a value.

    Attributes:
        lines: of the file where each row begins.
        odd: line of every row that is not taken, and why not.
        comments: lines that begin with #, and are none of the table.
    """

    def __init__(self, layout: Layout, missing: frozenset[str]) -> None:
        self._layout, self._missing = layout, missing
        self._columns: list[list[str | None]] = [[] for _ in range(layout.width)]
        self.lines: list[int] = []
        self.odd: list[tuple[int, str]] = []
        self.comments = 0

    def add(self, row: Record) -> None:
        """Takes a row, or a line that is none."""
        (line, cells), width = row, self._layout.width
        if _is_drawn(cells) and max(map(len, cells)) > MOST_DASHES:
            return
        if self._layout.is_comment(cells, self._missing):
            self.comments += 1
            if len(cells) == width > 1 and any(map(looks_typed, cells[1:])):
                self.odd.append((line, tr("begins with #")))
            return
        while len(cells) > width and not cells[-1]:
            cells.pop()
        if len(cells) > width and self._layout.dialect.separator == "\t":
            # Two tabs where one is meant.
            filled = [cell for cell in cells if cell]
            cells = filled if len(filled) == width else cells
        if len(cells) > width or (len(cells) < width and not self._layout.dialect.is_exact):
            self.odd.append(
                (line, tr("{count} cells instead of {expected}", count=len(cells), expected=width))
            )
            return
        self.lines.append(line)
        for column, cell in zip(self._columns, [*cells, *[""] * (width - len(cells))], strict=True):
            column.append(cell or None)

    def frame(self) -> pl.DataFrame:
        """The cells, null where they are empty."""
        named = zip(self._layout.names, self._columns, strict=True)
        return pl.DataFrame({name: pl.Series(name, column, pl.String) for name, column in named})


def _row_by_row(found: Iterable[Record], layout: Layout, missing: frozenset[str], name: str) -> TextTable:
    cells = RowCells(layout, missing)
    for row in islice(found, layout.first, None):
        cells.add(row)
    if not cells.lines:
        raise ImportFailure(NO_ROWS.format(name=name))
    lines = np.array(cells.lines, np.int64)
    return TextTable(cells.frame(), lines, layout, tuple(cells.odd), cells.comments)
