"""`landscape gui`: the window, or a picture of it."""

from __future__ import annotations

import math
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from landscape_app.cli.compute import check_device
from landscape_app.cli.display import choose_platform
from landscape_app.cli.failures import CommandError, WrongUsageError, checking_input
from landscape_app.cli.progress import waiting

SMALLEST, LARGEST = 200, 8192
"""Sides of a window in pixels."""
AFTER = 3.0
"""Seconds until a screenshot is taken, if not said otherwise."""


class Theme(StrEnum):
    """Colours of the window."""

    light = "light"
    dark = "dark"
    auto = "auto"


def gui(
    run: Annotated[
        Path | None,
        typer.Argument(metavar="RUN.h5", help="Run file to open; without one, the model that ships."),
    ] = None,
    screenshot: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png", help="Save a picture of the window and end; needs no display."),
    ] = None,
    after: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            show_default=False,
            help=f"When the picture is taken, after the start; {AFTER:g} if not said.",
        ),
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(metavar="WIDTHxHEIGHT", help="Size of the window in pixels, such as 1280x800."),
    ] = None,
    theme: Annotated[
        Theme | None,
        typer.Option(
            metavar="THEME",
            show_default=False,
            help="light, dark, or auto, which follows the desktop; as last chosen if not said.",
        ),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(
            metavar="DEVICE",
            show_default=False,
            help="Where to compute: cpu, cuda, cuda:1, mps or auto; as last chosen if not said. The toolbar offers "
            "the same.",
            callback=check_device,
        ),
    ] = None,
) -> None:
    """Open the window: train, watch and steer by pointing and clicking.

    \b
    Examples:
      landscape gui
      landscape gui run.h5
      landscape gui --device cuda
      landscape gui --screenshot window.png --after 5 --size 1280x800 --theme dark
    """
    open_window(run, screenshot, after, size, theme, device)


def open_window(
    run: Path | None = None,
    screenshot: Path | None = None,
    after: float | None = None,
    size: str | None = None,
    theme: Theme | None = None,
    device: str | None = None,
) -> None:
    """Checks what was asked, then for a display, then opens the window until it is closed.

    Raises:
        CommandError: something asked for cannot be, or there is no display.
        typer.Exit: the window ended with a code that is not 0.
    """
    dimensions = _dimensions(size)
    _check_screenshot(screenshot, after)
    if run is not None:
        _check_run(run)
    choose_platform(screenshot is not None)
    try:
        with waiting("Opening the window"):
            from landscape_app.gui.application import run_window
    except ImportError as error:
        if (error.name or "").startswith("landscape_app"):
            raise
        raise CommandError(
            f"the window's libraries cannot be loaded ({error}); install what is missing, "
            "or train without a window: landscape train digits -o run.h5"
        ) from error
    code = run_window(
        run,
        screenshot,
        AFTER if after is None else after,
        dimensions,
        None if theme is None else theme.value,
        device,
    )
    if code:
        raise typer.Exit(code)


def _dimensions(size: str | None) -> tuple[int, int] | None:
    if size is None:
        return None
    found = re.fullmatch(r"([0-9]{1,5})[x×]([0-9]{1,5})", size.strip())
    sides = tuple(int(side) for side in found.groups()) if found else (0, 0)
    if not all(SMALLEST <= side <= LARGEST for side in sides):
        raise WrongUsageError(
            f"a size is WIDTHxHEIGHT in pixels, each {SMALLEST} to {LARGEST}, such as 1280x800; got {size!r}"
        )
    return sides[0], sides[1]


def _check_screenshot(screenshot: Path | None, after: float | None) -> None:
    if screenshot is None:
        if after is not None:
            raise WrongUsageError("--after says when a picture is taken; add --screenshot FILE.png")
        return
    if screenshot.suffix.lower() != ".png":
        raise WrongUsageError(
            f"a screenshot is a PNG image; give it a name that ends in .png, not {screenshot}"
        )
    if after is not None and not (math.isfinite(after) and 0 <= after <= 86_400):
        raise WrongUsageError(f"--after needs a number of seconds of 0 to 86400, got {after}")
    from landscape_app.runs import check_writable

    with checking_input():
        check_writable(screenshot)


def _check_run(run: Path) -> None:
    from landscape_app.runs import read_run

    with checking_input():
        read_run(run)
