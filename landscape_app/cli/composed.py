"""Compositions on the command line: from a file, with own fields only where they are trusted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from landscape_app.session import Composition, Session


def read_composition_file(path: Path, session: Session) -> Composition:
    """The composition of a file, as far as a run can make it; what is left out is told on standard error.

    Raises:
        ValueError: it cannot be read, or is no composition.
    """
    from landscape_app.cli.progress import error_console
    from landscape_app.session import DiscriminatorRound, is_missing, read_composition

    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"cannot read the composition {path}: {error}") from error
    reading = read_composition(text, session.space, session.classes)
    missing = [
        layer
        for layer in reading.composition.layers
        if isinstance(layer.field, DiscriminatorRound) and is_missing(session, layer)
    ]
    notes = [f"“{layer.title}” was left out: the run has no such discriminator" for layer in missing]
    for note in (*reading.notes, *notes):
        error_console().print(f"{path.name}: {note}", markup=False, highlight=False)
    kept = tuple(layer for layer in reading.composition.layers if layer not in missing)
    return replace(reading.composition, layers=kept)


def trust_own_fields(session: Session, composition: Composition) -> None:
    """Runs the Python files that a composition's own fields name, of those that take part.

    Raises:
        FieldError: a file fails.
        ValueError: a file has changed since the composition was saved.
    """
    from landscape_app.session import OwnField, read_source

    for layer in composition.acting:
        if isinstance(layer.field, OwnField):
            source = read_source(Path(layer.field.path))
            if source.digest != layer.field.digest:
                raise ValueError(f"{source.path} has changed since the composition was saved; save it anew")
            session.composer.trust(source)
