"""Counted things in words, numbers as formulas have them, and the beginning of sentences."""

from __future__ import annotations

import re

from landscape_app.language import english_of, in_both, plural_form

FILE_FIRST = re.compile(r"\S*\w\.\w")
"""Beginning of a text that names a file first, whose name has a capital only where it has one on the disk."""


def counted(count: int, noun: str, plural: str = "") -> str:
    """A number and what it counts, in the singular for one.

    Args:
        count: how many.
        noun: what, in the singular.
        plural: of a noun whose plural is not regular.

    Example:
        >>> (
        ...     counted(1, "epoch"),
        ...     counted(1500, "epoch"),
        ...     counted(2, "category"),
        ...     counted(3, "batch"),
        ... )
        ('1 epoch', '1,500 epochs', '2 categories', '3 batches')
    """
    plural = plural or regular_plural(noun)
    return in_both(
        f"{count:,} {plural_form(noun, plural, count)}", f"{count:,} {noun if count == 1 else plural}"
    )


def regular_plural(noun: str) -> str:
    """Plural of an English noun that is regular."""
    if noun.endswith(("s", "x", "sh", "tch")):
        return f"{noun}es"
    return f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{noun}s"


def capitalised(text: str) -> str:
    """A text as a sentence begins, its other letters as they are; one that begins with the name of a file stays.

    Example:
        >>> capitalised("log P is not known"), capitalised("")
        ('Log P is not known', '')
        >>> capitalised("runs/x.json: this is no composition")
        'runs/x.json: this is no composition'
    """
    return in_both(_capitalised(text), _capitalised(english_of(text)))


def _capitalised(text: str) -> str:
    return text if FILE_FIRST.match(text) else text[:1].upper() + text[1:]


def byte_size(size: int) -> str:
    """A number of bytes in kB, MB or GB.

    Example:
        >>> byte_size(81_000), byte_size(3_240_000), byte_size(2_500_000_000)
        ('81 kB', '3.2 MB', '2.5 GB')
    """
    if size >= 1e9:
        return f"{size / 1e9:.1f} GB"
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"


def describe_minutes(minutes: float) -> str:
    """About how long, in words, such as "5 s", "12 min" or "2.5 h".

    Example:
        >>> describe_minutes(0.08), describe_minutes(12), describe_minutes(150)
        ('5 s', '12 min', '2.5 h')
    """
    if minutes < 1:
        return f"{max(5, round(60 * minutes / 5) * 5)} s"
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"


def in_signs(number: str) -> str:
    """A number that was formatted, with minus signs and a power of ten without zeros or a plus.

    Example:
        >>> in_signs("-2.7e-09"), in_signs("1e+12"), in_signs("-0.05")
        ('−2.7e−9', '1e12', '−0.05')
    """
    digits, _, power = number.partition("e")
    return (f"{digits}e{int(power)}" if power else digits).replace("-", "−")
