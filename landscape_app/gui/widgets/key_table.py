"""What keys do in a widget that takes keys of its own."""

from __future__ import annotations

from typing import NamedTuple


class KeyTable(NamedTuple):
    """The keys of one kind of widget, or of one menu.

    Attributes:
        title: where they are taken.
        rows: keys, separated by a comma and a space and written as Qt writes them, and what they do.
    """

    title: str
    rows: tuple[tuple[str, str], ...]
