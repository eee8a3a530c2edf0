"""Compositions on the command line: from a file, with user-defined fields only where they are trusted."""

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
    from landscape_app.physics.fields import DiscriminatorRound
    from landscape_app.session import read_composition

    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"cannot read the composition {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} is no composition, which is a small JSON file that the window saves"
        ) from error
    try:
        reading = read_composition(text, session.space, session.classes)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    missing = [
        layer
        for layer in reading.composition.layers
        if isinstance(layer.field, DiscriminatorRound) and session.composer.is_missing(layer)
    ]
    notes = [f"“{layer.title}” was left out: the run has no such discriminator" for layer in missing]
    for note in (*reading.notes, *notes):
        error_console().print(f"{path.name}: {note}", markup=False, highlight=False)
    kept = tuple(layer for layer in reading.composition.layers if layer not in missing)
    return replace(reading.composition, layers=kept)


def run_custom_fields(session: Session, composition: Composition, trusted: bool) -> None:
    """Runs the Python files that the acting user-defined fields of a composition name, if they are trusted.

    Raises:
        FieldError: a file is missing or fails.
        ValueError: they are not trusted, or a file has changed since the composition was saved.
    """
    from landscape_app.physics.fields import CustomField
    from landscape_app.session import read_source

    for field in (layer.field for layer in composition.acting):
        if isinstance(field, CustomField):
            if not trusted:
                raise ValueError(
                    f"the composition runs a Python file of its author's, {field.path}; read it, "
                    "and add --trust if you trust it"
                )
            source = read_source(Path(field.path))
            if source.digest != field.digest:
                raise ValueError(f"{source.path} has changed since the composition was saved; save it anew")
            session.composer.trust(source)
