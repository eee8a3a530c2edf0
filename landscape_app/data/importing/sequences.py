"""Aligned sequences of letters in a text: FASTA, FASTQ, PHYLIP, Clustal, Stockholm, MSF, NEXUS, or lines alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from landscape_app.data.importing.images import ImportFailure, LeftOut
from landscape_app.data.importing.text import MOST_COLUMNS
from landscape_app.language import tr

RESIDUES = frozenset("ACDEFGHIKLMNPQRSTVWY")
"""Letters of the amino acids."""


NUCLEOTIDES = frozenset("ACGTU")


MOSTLY_NUCLEOTIDES = 0.9
"""Share of the letters from which on sequences are of nucleotides: others, such as N, are unknown ones."""


class Alignment(NamedTuple):
    """Sequences of one length.

    Attributes:
        sequences: letters of each: 20 amino acids or the nucleotides, and - for every other letter and gaps.
        lines: where in the text each begins, from 1.
        odd: sequences of another length.
    """

    sequences: tuple[str, ...]
    lines: tuple[int, ...]
    odd: tuple[LeftOut, ...]


def alignment_in(text: str, name: str) -> Alignment | None:
    """The alignment in a text; None where it has lines of letters that are no sequences.

    Raises:
        ImportFailure: sequences are few or of many lengths.
    """
    letters_alone = re.match(LINES_OF_LETTERS, text) is not None
    if letters_alone and len(set(map(len, text.split()))) > 1:
        return None
    sequences = _aligned(list(enumerate(text.split(), start=1)) if letters_alone else _sequences_in(text))
    if len(sequences) < LEAST_SEQUENCES:
        raise ImportFailure(
            tr(
                "{path} has {count} sequences; expected lines that begin with > above each",
                path=name,
                count=len(sequences),
            )
        )
    lengths = [len(letters) for _, letters in sequences]
    usual = max(set(lengths), key=lengths.count)
    kept = [(line, letters) for line, letters in sequences if len(letters) == usual]
    if usual > MOST_COLUMNS or 2 * len(kept) < len(sequences):
        raise ImportFailure(
            tr(
                "{path} is no alignment of up to {most:,} positions: only {count:,} of {all:,} "
                "sequences are of one length, {length:,}; align them first",
                path=name,
                most=MOST_COLUMNS,
                count=len(kept),
                all=len(sequences),
                length=usual,
            )
        )
    odd = tuple(
        LeftOut(
            tr("line {line}", line=line),
            tr("{count} positions instead of {expected}", count=len(letters), expected=usual),
        )
        for line, letters in sequences
        if len(letters) != usual
    )
    known = _alphabet(letters for _, letters in kept)
    rows = tuple("".join(one if one in known else "-" for one in letters) for _, letters in kept)
    return Alignment(rows, tuple(line for line, _ in kept), odd)


def _alphabet(sequences: Iterable[str]) -> frozenset[str]:
    """Letters of nucleotides where nearly all are such, else of amino acids; others are taken for the gap."""
    counts = Counter[str]()
    for letters in sequences:
        counts.update(letters)
    letters_alone = sum(count for letter, count in counts.items() if letter.isalpha())
    if sum(counts[letter] for letter in NUCLEOTIDES) >= MOSTLY_NUCLEOTIDES * letters_alone:
        return NUCLEOTIDES
    return RESIDUES | {"U"} if counts["U"] else RESIDUES


LEAST_SEQUENCES = 3


LINES_OF_LETTERS = r"(?:[ACDEFGHIKLMNPQRSTVWY.-]{8,}[ \t]*\r?\n){3}"
"""Beginning of a text of sequences without names, a line each."""


def _sequences_in(text: str) -> list[tuple[int, str]]:
    """Sequences and the line that each begins in: FASTA, FASTQ, PHYLIP, or blocks of names and letters.

    Such blocks are those of Clustal, MUSCLE, Stockholm, MSF and NEXUS.
    """
    lines = text.splitlines()
    if re.match(r"\s*[0-9]+[ \t]+[0-9]+[ \t]*(?:\n|\r)", text):
        return _in_phylip(lines)
    if text.startswith("@"):
        return [(number, line.strip()) for number, line in enumerate(lines, start=1) if number % 4 == 2]
    found: dict[object, tuple[int, str]] = {}
    is_fasta = not re.match(BLOCKS_OF_SEQUENCES, text)
    # Above the letters, some formats have lines of other things.
    start = next(
        (i for i, line in enumerate(lines) if re.match(r"\s*(?://|matrix)\s*$", line, re.IGNORECASE)), 0
    )
    start = start if text.lstrip().startswith(("#NEXUS", "!!", "PileUp")) else 0
    name: object = None
    is_pir = bool(re.match(r">[A-Z][0-9A-Z];", text))
    for number, line in enumerate(lines, start=1):
        if is_fasta and line.startswith(">"):
            name = number
            found[name] = (number, "")
        elif is_fasta and name is not None and not (is_pir and number == found[name][0] + 1):
            found[name] = (found[name][0], found[name][1] + "".join(line.split()).rstrip("*"))
        elif not is_fasta and number > max(1, start + 1) and re.match(r"\s*[^\s#/;:.*]", line):
            if line.strip().lower() in ("end;", ";"):
                break
            word, *letters = line.split()
            if letters and letters[-1].isdecimal():
                letters = letters[:-1]
            begin, before = found.get(word, (number, ""))
            found[word] = (begin, before + "".join(letters).rstrip(";"))
    return [(line, letters) for line, letters in found.values() if letters]


BLOCKS_OF_SEQUENCES = r"CLUSTAL|MUSCLE|PROBCONS|# STOCKHOLM|#NEXUS|!![AN]A_MULTIPLE|PileUp"


def _in_phylip(lines: Sequence[str]) -> list[tuple[int, str]]:
    """Sequences of PHYLIP: below their number and length, one after the other or in blocks."""
    count, length = map(int, next(line for line in lines if line.strip()).split())
    rows = [(number, line.rstrip()) for number, line in enumerate(lines, start=1) if line.strip()][1:]
    for cut in (None, 10):
        for in_blocks in (True, False):
            found: list[tuple[int, str]] = []
            for i, (number, line) in enumerate(rows):
                begins = i < count if in_blocks else not found or len(found[-1][1]) >= length
                if begins:
                    rest = line[cut:] if cut else line.partition(" ")[2] or line.partition("\t")[2]
                    found.append((number, "".join(rest.split())))
                else:
                    place = i % count if in_blocks else -1
                    found[place] = (found[place][0], found[place][1] + "".join(line.split()))
            if len(found) == count and all(len(letters) == length for _, letters in found):
                return found
    return []


def _aligned(sequences: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Sequences in capital letters, with one sign for gaps.

    Insertions, which alignments to a profile write in small letters and points, are left out; where all sequences are
    of one length as they are, so are only the positions that have nothing else.
    """
    if len({len(letters) for _, letters in sequences}) > 1:
        capitals = [(line, re.sub("[a-z.]", "", letters)) for line, letters in sequences]
        return [(line, letters) for line, letters in capitals if letters]
    columns = list(zip(*(letters for _, letters in sequences), strict=True))
    kept = [
        i
        for i, column in enumerate(columns)
        if "." not in column or any(one.isupper() or one == "-" for one in column)
    ]
    if not kept or all(letters == letters.lower() for _, letters in sequences):
        kept = list(range(len(columns)))
    return [
        (line, "".join(letters[i] for i in kept).upper().replace(".", "-").replace("~", "-"))
        for line, letters in sequences
    ]
