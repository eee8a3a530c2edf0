"""Device, cores and trained model of a command."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landscape_app.cli.failures import WrongUsageError
from landscape_app.cli.progress import error_console, waiting

if TYPE_CHECKING:
    from landscape_app.session import Session

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
        import torch

        from landscape_app.session import available_cores
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(available_cores())


def open_model(run: Path, device: str) -> Session:
    """The session of a run file that holds a trained model.

    Raises:
        RunFileError: the file is missing, damaged, foreign, or of a newer version.
        ValueError: the device does not exist.
        WrongUsageError: nothing has been trained in it yet.
    """
    from landscape_app.session import open_session

    with waiting(f"Opening {run.name}"):
        session = open_session(run, device)
    check_trained(session, run)
    return session


def check_trained(session: Session, run: Path) -> None:
    """Refuses a file of data alone, and a run before its first epoch: λ = 0, so that its model is the base measure.

    Raises:
        WrongUsageError: with what to do.
    """
    if session.trainer.epoch == 0:
        raise WrongUsageError(f"{run} holds no trained model yet; train one first, with landscape train")
