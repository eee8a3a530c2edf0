"""How much of the machine a command uses."""

from __future__ import annotations

import os
import re
from typing import Annotated

import typer

AUTO = "auto"

_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")
"""Names that `session.resolve_device` takes; it is not imported here, as a command's help starts without torch."""


def _device_name(name: str) -> str:
    if _DEVICE.fullmatch(name) is None:
        raise typer.BadParameter(f"{name!r} is none of auto, cpu, cuda, cuda:1 (and so on), mps.")
    return name


DeviceOption = Annotated[
    str,
    typer.Option(
        metavar="DEVICE",
        help="Where to compute: cpu, cuda, cuda:1, mps, or auto, which takes a GPU if there is one that works.",
        callback=_device_name,
    ),
]


def use_all_cores() -> None:
    """Lets torch compute on every core this process may use, unless OMP_NUM_THREADS says how many."""
    if "OMP_NUM_THREADS" in os.environ:
        return
    import torch

    from landscape_app.session import available_cores

    torch.set_num_threads(available_cores())
