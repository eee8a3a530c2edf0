"""Compositions on the command line: from a file, with own fields only where they are trusted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from landscape_app.session import Composition, Session


def read_composition_file(path: Path) -> Composition:
    """The composition of a file; what it holds beyond that is told on standard error.

    Raises:
        ValueError: it cannot be read, or is no composition.
    """
    from landscape_app.cli.progress import error_console
    from landscape_app.session import read_composition

    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"cannot read the composition {path}: {error}") from error
    reading = read_composition(text)
    for note in reading.notes:
        error_console().print(f"{path.name}: {note}", markup=False, highlight=False)
    return reading.composition


def trust_own_fields(session: Session, composition: Composition) -> None:
    """Runs the Python files that a composition's own fields name.

    Raises:
        FieldError: a file fails.
        ValueError: a file has changed since the composition was saved.
    """
    from landscape_app.session import OwnField, read_source

    for layer in composition.layers:
        if isinstance(layer.field, OwnField):
            source = read_source(Path(layer.field.path))
            if source.digest != layer.field.digest:
                raise ValueError(f"{source.path} has changed since the composition was saved; save it anew")
            session.composer.trust(source)
