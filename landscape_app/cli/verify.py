"""`landscape verify`: whether an image is generated, by what it says of itself, or by evidence."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landscape_app.cli.common import AUTO, DeviceOption, open_model, use_all_cores
from landscape_app.cli.errors import WrongUsageError, checking_input
from landscape_app.cli.info import print_sections
from landscape_app.cli.progress import error_console, progress
from landscape_app.session.vocabulary import Rows

if TYPE_CHECKING:
    import numpy as np

    from landscape_app.session.pictures import ReadPicture
    from landscape_app.session.session import Session
    from landscape_app.session.verification import Evidence

PARTS = 1_000
"""Of the work, in which progress is told."""


def verify(
    images: Annotated[
        list[Path],
        typer.Argument(
            metavar="IMAGE...",
            show_default=False,
            help="PNG, GIF, JPEG or BMP; also .npz and .h5 of samples, for what they say of themselves.",
        ),
    ],
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN.h5", show_default=False, help="Run file of the model that may have made them."
        ),
    ] = None,
    inverted: Annotated[
        bool,
        typer.Option(
            "--inverted", help="Images are light ink on dark paper; samples are exported otherwise."
        ),
    ] = False,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Of the samples to compare with.")] = 0,
    device: DeviceOption = AUTO,
) -> None:
    """Tell whether images are generated, by which model, and under which composition.

    Every sample that Landscape exports says so of itself. Where an image
    says nothing, or that was stripped, and a model is given, the evidence is
    told: where the model's energy of the image lies among those of its fresh
    samples and of held-out images, and what a discriminator says, with how
    often it is wrong. That is evidence, not proof.

    Ends with 0, or with 2 where an image cannot be read or does not fit.

    \b
    Examples:
      landscape verify sevens.png
      landscape verify found.png --model run.h5
    """
    from landscape_app.session.verification import Suspected, describe_evidence, inspect_file

    session: Session | None = None
    suspected: Suspected | None = None
    if model is not None:
        use_all_cores()
        with checking_input():
            session = open_model(model, device)
        suspected = Suspected.of(session.model, model.name)
    told: dict[Path, Rows] = {}
    stripped: dict[Path, ReadPicture] = {}
    failed: list[str] = []
    for path in images:
        try:
            told[path], picture = inspect_file(path, suspected, "add --model RUN.h5", inverted)
        except ValueError as error:
            failed.append(str(error))
            continue
        if picture is not None:
            stripped[path] = picture
    if session is not None and stripped:
        evidence = _gather(session, [picture.images for picture in stripped.values()], seed)
        for (path, picture), found in zip(stripped.items(), evidence, strict=True):
            told[path] += describe_evidence(found, picture)
    print_sections({str(path): rows for path, rows in told.items()})
    if failed:
        for line in failed[:-1]:
            print(f"landscape: {line}", file=sys.stderr)
        raise WrongUsageError(failed[-1])


def _gather(session: Session, pictures: list[np.ndarray], seed: int) -> list[Evidence]:
    """Findings of a model on each picture's images, by one set of samples and discriminators."""
    import numpy as np

    from landscape_app.session.verification import gather_evidence, split_evidence

    steps = gather_evidence(session.sampler, session.held_out_items, np.concatenate(pictures), seed)
    with progress(error_console(), "Comparing", PARTS) as report:
        while True:
            try:
                report(round(PARTS * next(steps)), "")
            except StopIteration as end:
                return split_evidence(end.value, [len(images) for images in pictures])
