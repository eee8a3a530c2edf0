"""How much of the machine a command uses."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated

import typer


class Device(StrEnum):
    """Where torch computes; the names are those of `session.DEVICES`."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


DeviceOption = Annotated[
    Device,
    typer.Option(
        metavar="DEVICE",
        help="Where to compute: cpu, cuda, mps, or auto, which takes a GPU if there is one.",
    ),
]


def use_all_cores() -> None:
    """Lets torch compute on every core this process may use, unless OMP_NUM_THREADS says how many."""
    if "OMP_NUM_THREADS" in os.environ:
        return
    import torch

    from landscape_app.session import available_cores

    torch.set_num_threads(available_cores())
