"""Compositions as small JSON files, to keep and to share."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from landscape_app.physics.fields import KINDS, Field
from landscape_app.physics.space import Space
from landscape_app.session.composition import MOST_LAYERS, Composition, Layer
from landscape_app.session.document import parse_document

FORMAT, VERSION = "landscape-composition", 1
MOST_BYTES = 4_000_000

TOP = ("format", "version", "temperature", "model_temperature", "hamiltonian", "layers")
OF_LAYER = ("kind", "strength", "enabled", "name")


@dataclass(frozen=True)
class Reading:
    """What was read of a file.

    Attributes:
        composition: all of it that makes sense here.
        notes: what was left out, and why, in words.
    """

    composition: Composition
    notes: tuple[str, ...]


def write_composition(composition: Composition) -> str:
    """The composition as JSON."""
    layers = [
        layer.field.to_json() | {"strength": layer.strength, "enabled": layer.enabled, "name": layer.name}
        for layer in composition.layers
    ]
    return json.dumps(
        {
            "format": FORMAT,
            "version": VERSION,
            "temperature": composition.temperature,
            "model_temperature": composition.model_temperature,
            "hamiltonian": composition.hamiltonian,
            "layers": layers,
        },
        indent=1,
    )


def read_composition(text: str, space: Space | None = None, classes: int = 0) -> Reading:
    """The composition of a JSON text; whatever is not known or not possible is left out and noted.

    Args:
        text: of the file.
        space: of the run that it is for, so that layers that do not fit it are left out too; None for any run.
        classes: of that run's data.

    Raises:
        ValueError: it is no composition at all.
    """
    found = parse_document(text, "composition file", FORMAT, MOST_BYTES)
    notes: list[str] = []
    version = found.get("version")
    if not isinstance(version, int) or version > VERSION:
        notes.append(f"written in format version {version!r}, this program knows {VERSION}")
    notes += [f"unknown entry {name!r} was left out" for name in found if name not in TOP]
    listed = found.get("layers", [])
    if not isinstance(listed, list):
        notes.append("the layers are no list and were left out")
        listed = []

    def check(field: Field) -> None:
        if space is not None:
            field.check(space, classes)

    layers = []
    for number, entries in enumerate(listed, start=1):
        layer = _layer(number, entries, notes, check)
        if layer is not None:
            layers.append(layer)
    if len(layers) > MOST_LAYERS:
        notes.append(
            f"a composition has at most {MOST_LAYERS} layers: of {len(layers)} the last were left out"
        )
    hamiltonian = found.get("hamiltonian", True)
    if not isinstance(hamiltonian, bool):
        notes.append(f"hamiltonian must be true or false, got {hamiltonian!r}; taken as true")
        hamiltonian = True
    composition = Composition(
        tuple(layers[:MOST_LAYERS]),
        _temperature(found, "temperature", notes),
        _temperature(found, "model_temperature", notes),
        hamiltonian,
    )
    return Reading(composition, tuple(notes))


def _layer(number: int, entries: object, notes: list[str], check: Callable[[Field], None]) -> Layer | None:
    """A layer, or None where it makes no sense here."""
    if not isinstance(entries, Mapping):
        notes.append(f"layer {number} is no object and was left out")
        return None
    name = entries.get("name", "")
    title = f"layer {number}{f' “{name}”' if name else ''}"
    kind = KINDS.get(str(entries.get("kind")))
    if kind is None:
        notes.append(f"{title} is of the unknown kind {entries.get('kind')!r} and was left out")
        return None
    known = {*OF_LAYER, *kind.entries()}
    notes += [f"{title}: unknown entry {key!r} was left out" for key in entries if key not in known]
    try:
        field = kind.from_json({key: entries[key] for key in kind.entries() if key in entries})
        check(field)
        return Layer(
            field,
            _number(entries.get("strength", 1.0)),
            _boolean(entries.get("enabled", True)),
            str(name)[:200],
        )
    except (ValueError, TypeError, OverflowError) as error:
        notes.append(f"{title} was left out: {error}")
        return None


def _temperature(found: Mapping[str, object], name: str, notes: list[str]) -> float:
    try:
        temperature = _number(found.get(name, 1.0))
        Composition(temperature=temperature)
    except ValueError as error:
        notes.append(f"{name}: {error}; taken as 1")
        return 1.0
    return temperature


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"expected a number, got {value!r}")
    return float(value)


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"expected true or false, got {value!r}")
    return value
