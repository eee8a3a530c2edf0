"""Counted things in words."""

from __future__ import annotations


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
    return f"{count:,} {noun if count == 1 else plural or _plural(noun)}"


def _plural(noun: str) -> str:
    if noun.endswith(("s", "x", "sh", "tch")):
        return f"{noun}es"
    return f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{noun}s"
