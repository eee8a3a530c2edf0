"""Values and calls as Python source, folded where a line would be too long."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from landscape_app.session.fields import Field

WIDTH = 92
INDENT = 4


class Call(NamedTuple):
    """A call.

    Attributes:
        name: of what is called, as it is written.
        arguments: by position.
        keywords: by name.
    """

    name: str
    arguments: tuple[object, ...] = ()
    keywords: Mapping[str, object] = {}


class Name(NamedTuple):
    """A name that stands for itself."""

    text: str


def source_of(value: object, column: int = 0) -> str:
    """A value as Python source: numbers, text, tuples, dictionaries, calls, and frozen dataclasses of this package.

    Text is quoted, whatever it holds, so that what comes from a file stays a value.

    Args:
        value: what to write.
        column: where its line begins and, folded, its last one too.

    Raises:
        TypeError: it is none of these.
    """
    flat = _flat(value)
    parts = _parts(value)
    if parts is None or column + len(flat) <= WIDTH:
        return flat
    opening, inside, closing = parts
    if len(inside) == 1 and opening != "(" and inside[0][0] == "" and _parts(inside[0][1]) is not None:
        return f"{opening}{source_of(inside[0][1], column)}{closing}"
    inner = column + INDENT
    margin = " " * inner
    if all(prefix == "" and len(_flat(part)) < WIDTH // 4 for prefix, part in inside):
        body = _filled([f"{_flat(part)}," for _, part in inside], margin)
    else:
        body = "".join(f"{margin}{prefix}{source_of(part, inner)},\n" for prefix, part in inside)
    return f"{opening}\n{body}{' ' * column}{closing}"


def _flat(value: object) -> str:
    """All of it in one line."""
    parts = _parts(value)
    if parts is not None:
        opening, inside, closing = parts
        single = "," if opening == "(" and len(inside) == 1 else ""
        return f"{opening}{', '.join(prefix + _flat(part) for prefix, part in inside)}{single}{closing}"
    if isinstance(value, Name):
        return value.text
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, str):
        # repr, but in double quotes where that needs no more escapes.
        return repr(value) if '"' in value or "'" in repr(value)[1:-1] else f'"{repr(value)[1:-1]}"'
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    raise TypeError(f"{type(value).__name__} cannot be written as Python source")


def _parts(value: object) -> tuple[str, list[tuple[str, object]], str] | None:
    """Opening, parts with what is before each, closing; None of what has no parts."""
    if isinstance(value, Call):
        inside: list[tuple[str, object]] = [("", part) for part in value.arguments]
        inside += [(f"{name}=", part) for name, part in value.keywords.items()]
        return f"{value.name}(", inside, ")"
    if isinstance(value, Name):
        return None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _parts(_construction(value))
    if isinstance(value, Mapping):
        return "{", [(f"{_flat(key)}: ", part) for key, part in value.items()], "}"
    if isinstance(value, tuple):
        return "(", [("", part) for part in value], ")"
    if isinstance(value, list):
        return "[", [("", part) for part in value], "]"
    return None


def _construction(value: object) -> Call:
    """The call that makes a dataclass instance, without what has its default."""
    name = type(value).__name__
    arguments: list[object] = []
    keywords: dict[str, object] = {}
    by_position = True
    for field in dataclasses.fields(value):  # type: ignore[arg-type]
        given = getattr(value, field.name)
        if field.default is not dataclasses.MISSING and given == field.default:
            by_position = False
        elif by_position and not arguments:
            arguments.append(given)
        else:
            keywords[field.name] = given
    return Call(f"fields.{name}" if isinstance(value, Field) else name, tuple(arguments), keywords)


def _filled(words: Sequence[str], margin: str) -> str:
    """Words in lines as full as can be."""
    lines = [margin]
    for word in words:
        if len(lines[-1]) + len(word) + 1 > WIDTH and lines[-1] != margin:
            lines.append(margin)
        lines[-1] += word if lines[-1] == margin else f" {word}"
    return "".join(f"{line}\n" for line in lines)
