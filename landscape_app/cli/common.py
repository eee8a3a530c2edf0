"""Device, cores, trained model and composition of a command."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landscape_app.cli.errors import WrongUsageError, checking_input
from landscape_app.cli.given import GivenOptions
from landscape_app.cli.progress import error_console, stages, waiting

if TYPE_CHECKING:
    from landscape_app.data import Dataset
    from landscape_app.session.composition import Composition
    from landscape_app.session.session import Session

AUTO = "auto"

_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")
"""Names that `session.resolve_device` takes; it is not imported here, as a command's help starts without torch."""


def check_device(name: str | None) -> str | None:
    """Refuses what is the name of no device; None goes with what is usual."""
    if name is not None and _DEVICE.fullmatch(name) is None:
        raise typer.BadParameter(f"{name!r} is none of auto, cpu, cuda, cuda:1 (and so on), mps.")
    return name


DeviceOption = Annotated[
    str,
    typer.Option(
        metavar="DEVICE",
        help="Where to compute: cpu, cuda, cuda:1, mps, or auto, which takes a GPU if there is one that works.",
        callback=check_device,
    ),
]


def tell_device(session: Session, trains: bool = False) -> None:
    """Says on the standard error why it is not another device, and of a run that goes on on another, what changes."""
    if session.device_note is not None:
        error_console().print(f"Computing on {session.device}: {session.device_note}", highlight=False)
    if trains and session.lineage.random is not None:
        error_console().print(f"Random numbers are {session.lineage.random}", highlight=False)


def use_all_cores() -> None:
    """Loads torch, and lets it compute on every core this process may use, unless OMP_NUM_THREADS says how many."""
    with waiting("Loading torch"):
        from landscape_app.physics.threads import set_threads
        from landscape_app.session.device import available_cores
    if "OMP_NUM_THREADS" not in os.environ:
        set_threads(available_cores())


HeaderOption = Annotated[
    bool | None,
    typer.Option(
        "--header/--no-header",
        show_default=False,
        help="Whether the first row of a table has the names of the columns; if not said, it is found out.",
    ),
]

TrustOption = Annotated[
    bool, typer.Option("--trust", help="Run the Python file that the run's own energy is, where it is one.")
]


@contextmanager
def asking_for_trust(run: Path) -> Iterator[None]:
    """Turns the refusal of Python that nobody has trusted into what to do about it."""
    from landscape_app.models.energy import UntrustedError

    try:
        yield
    except UntrustedError as error:
        raise WrongUsageError(
            f"the energy of {run} is Python of its author's, {error.source.file}, which can do anything that you "
            "can; add --trust if you trust it (landscape sample, score, diagnose and train --resume have that)"
        ) from error


def open_given(
    options: GivenOptions, device: str, chains: int, seed: int, data: Dataset | None = None
) -> Session:
    """The session of a model that is given on the command line, measured.

    Args:
        options: what was given.
        device: where to compute.
        chains: number of chains of the sampler.
        seed: of every random number.
        data: that it is compared with; None for samples of its own.

    Raises:
        WrongUsageError: there is no such model, or its Python is not trusted.
    """
    given = options.read()
    from landscape_app.session.api import given_session, note_given
    from landscape_app.session.given import trusted_functions

    with stages(error_console()) as tell, checking_input():
        functions = trusted_functions(given.code)
        session = given_session(given, device, chains, seed, functions, data, tell)
    note_given(session, given)
    return session


def open_model(run: Path, device: str, trust: bool = False) -> Session:
    """The session of a run file that holds a trained model.

    Raises:
        RunFileError: the file is missing, damaged, foreign, or of another version.
        ValueError: the device does not exist.
        WrongUsageError: nothing has been trained in it yet.
    """
    from landscape_app.session.checkpoint import open_session

    with waiting(f"Opening {run.name}"), asking_for_trust(run):
        session = open_session(run, device, trust=trust)
    check_trained(session, run)
    return session


def check_trained(session: Session, run: Path) -> None:
    """Refuses a file of data alone, and a run before its first epoch: λ = 0, so that its model is the base measure.

    Raises:
        WrongUsageError: with what to do.
    """
    if session.trainer.epoch == 0:
        raise WrongUsageError(f"{run} holds no trained model yet; train one first, with landscape train")


def read_composition_file(path: Path, session: Session) -> Composition:
    """The composition of a file, as far as a run can make it; what is left out is told on standard error.

    Raises:
        ValueError: it cannot be read, or is no composition.
    """
    from landscape_app.cli.progress import error_console
    from landscape_app.physics.fields import DiscriminatorRound
    from landscape_app.session.composition_file import read_composition
    from landscape_app.session.conditioning import named_columns

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
    return named_columns(replace(reading.composition, layers=kept), session.dataset.columns, session.space)


def run_custom_fields(session: Session, composition: Composition, trusted: bool) -> None:
    """Runs the Python files that the acting user-defined fields of a composition name, if they are trusted.

    Raises:
        FieldError: a file is missing or fails.
        ValueError: they are not trusted, or a file has changed since the composition was saved.
    """
    from landscape_app.physics.fields import CustomField
    from landscape_app.session.custom_field import read_source

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
