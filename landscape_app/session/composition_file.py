"""Compositions as small JSON documents."""

from __future__ import annotations

import dataclasses
import functools
import json
import operator
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from landscape_app.language import tr
from landscape_app.physics.fields import KINDS, Field
from landscape_app.physics.space import Space
from landscape_app.session.composition import MOST_LAYERS, Composition, Layer

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError


def parse_document(text: str, what: str, form: str, most: int) -> dict[str, Any]:
    """The document of a JSON text, as plain JSON values that are yet to be judged.

    Args:
        text: to be read.
        what: a person calls such documents, such as "composition file".
        form: that the document's entry "format" names.
        most: characters that it may have.

    Raises:
        ValueError: it is too long, or no such document.
    """
    if len(text) > most:
        raise ValueError(
            tr(
                "a {what} has at most {most:,} characters, this has {count:,}",
                what=what,
                most=most,
                count=len(text),
            )
        )
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(tr("this is no {what}: {error}", what=what, error=error)) from error
    if not isinstance(found, dict) or found.get("format") != form:
        raise ValueError(
            tr('this is no {what}: it should be a JSON object with "format": "{form}"', what=what, form=form)
        )
    return found


T = TypeVar("T")

FORMAT, VERSION = "landscape-composition", 1
MOST_BYTES = 4_000_000

WHOLE = ("temperature", "model_temperature", "hamiltonian")
"""Entries of a composition beside its layers."""

OF_LAYER = ("strength", "enabled", "name")
"""Entries of a layer beside those of its field."""

LONGEST_NAME = 200
LONGEST_QUOTE = 40


@dataclass(frozen=True)
class ReadComposition:
    """Content of a file.

    Attributes:
        composition: the part of it that makes sense here.
        notes: what was left out, and why, in words.
    """

    composition: Composition
    notes: tuple[str, ...]


def write_composition(composition: Composition) -> str:
    """JSON text of a composition."""
    layers = [
        {"kind": layer.field.kind}
        | _fields().dump_python(layer.field, mode="json", include=_entries(type(layer.field)))
        | {name: getattr(layer, name) for name in OF_LAYER}
        for layer in composition.layers
    ]
    whole = {name: getattr(composition, name) for name in WHOLE}
    return json.dumps({"format": FORMAT, "version": VERSION} | whole | {"layers": layers}, indent=1)


def read_composition(text: str, space: Space | None = None, classes: int = 0) -> ReadComposition:
    """The composition of a JSON text; entries that are unknown or impossible are left out and noted.

    Args:
        text: of the file.
        space: of the run that it is for, so that layers that do not fit it are left out too; None for any run.
        classes: of that run's data.

    Raises:
        ValueError: it is no composition at all.
    """
    found = parse_document(text, tr("composition file"), FORMAT, MOST_BYTES)
    notes: list[str] = []
    version = found.get("version")
    if not isinstance(version, int) or version > VERSION:
        notes.append(
            tr(
                "written in format version {version!r}, this program knows {known}",
                version=version,
                known=VERSION,
            )
        )
    known = {"format", "version", "layers", *WHOLE}
    notes += [tr("unknown entry {name!r} was left out", name=name) for name in found if name not in known]
    listed = found.get("layers", [])
    if not isinstance(listed, list):
        notes.append(tr("the layers are no list and were left out"))
        listed = []
    read = (_layer(number, entries, notes, space, classes) for number, entries in enumerate(listed, start=1))
    layers = [layer for layer in read if layer is not None]
    if len(layers) > MOST_LAYERS:
        notes.append(
            tr(
                "a composition has at most {most} layers: of {count} the last were left out",
                most=MOST_LAYERS,
                count=len(layers),
            )
        )
    composition = Composition(tuple(layers[:MOST_LAYERS]))
    for name in WHOLE:
        usual = getattr(composition, name)
        try:
            composition = replace(composition, **{name: _entry(found, name, usual)})
        except ValueError as error:
            notes.append(
                tr("{error}; {name} taken as {value}", error=error, name=name, value=json.dumps(usual))
            )
    return ReadComposition(composition, tuple(notes))


def _layer(number: int, entries: object, notes: list[str], space: Space | None, classes: int) -> Layer | None:
    """A layer, or None where it makes no sense here."""
    if not isinstance(entries, Mapping):
        notes.append(tr("layer {number} is no object and was left out", number=number))
        return None
    name = entries.get("name", "")
    title = (
        tr("layer {number} “{name}”", number=number, name=name)
        if name
        else tr("layer {number}", number=number)
    )
    kind = KINDS.get(str(entries.get("kind")))
    known = set(entries) if kind is None else {"kind", *_entries(kind), *OF_LAYER}
    notes += [
        tr("{title}: unknown entry {key!r} was left out", title=title, key=key)
        for key in entries
        if key not in known
    ]
    try:
        field = _field({key: value for key, value in entries.items() if key in known})
        if space is not None:
            field.check(space, classes)
        return Layer(
            field,
            _entry(entries, "strength", 1.0),
            _entry(entries, "enabled", True),
            _entry(entries, "name", "")[:LONGEST_NAME],
        )
    except (ValueError, RecursionError) as error:
        notes.append(tr("{title} was left out: {error}", title=title, error=error))
        return None


def _entries(kind: type[Field]) -> set[str]:
    """Names of what files say of a field: all that makes two fields of the kind differ."""
    return {entry.name for entry in dataclasses.fields(kind) if entry.compare}  # type: ignore[arg-type]


# pydantic is loaded with the first composition file: starting up does not wait for it.
@functools.cache
def _fields() -> TypeAdapter[Any]:
    """Reader and writer of every kind of field, told apart by its entry "kind"."""
    from pydantic import Discriminator, Tag, TypeAdapter

    def kind_of(value: Any) -> Any:
        return value.get("kind") if isinstance(value, Mapping) else value.kind

    kinds: Any = (Annotated[kind, Tag(name)] for name, kind in KINDS.items())
    discriminator = Discriminator(
        kind_of,
        custom_error_type="unknown_kind",
        custom_error_message=tr("unknown kind of field, expected one of {kinds}", kinds=", ".join(KINDS)),
    )
    union: Any = Annotated[functools.reduce(operator.or_, kinds), discriminator]
    return TypeAdapter(union)


def _field(entries: Mapping[str, object]) -> Field:
    """The field of a JSON object, which may leave out what has a default.

    Raises:
        ValueError: its kind is unknown, or an entry is missing, impossible or of the wrong type.
    """
    from pydantic import ValidationError

    try:
        field: Field = _fields().validate_json(json.dumps(entries), strict=True)
    except ValidationError as error:
        raise ValueError(_sentence(error, entries.get("kind"))) from error
    return field


def _entry(found: Mapping[str, object], name: str, usual: T) -> T:
    """An entry of a JSON object, of the type of its usual value.

    Raises:
        ValueError: it is of another type.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(type(usual)).validate_json(json.dumps(found.get(name, usual)), strict=True)
    except ValidationError as error:
        raise ValueError(f"{name}: {_sentence(error, found[name])}") from error


def _sentence(error: ValidationError, found: object) -> str:
    """The first thing that is wrong with a JSON value, where, and what was found there."""
    first = error.errors(include_url=False)[0]
    if first["type"] == "value_error":
        return first["msg"].removeprefix("Value error, ")
    # A place in a field begins with the field's kind.
    place = "".join(f"[{at}]" if isinstance(at, int) else str(at) for at in first["loc"][1:])
    value = json.dumps(first["input"] if first["loc"] else found, ensure_ascii=False, default=str)
    quoted = value if len(value) <= LONGEST_QUOTE else f"{value[:LONGEST_QUOTE]}…"
    fault = f"{place}{': ' if place else ''}{first['msg'][:1].lower()}{first['msg'][1:]}"
    return tr("{fault}, got {value}", fault=fault, value=quoted)
