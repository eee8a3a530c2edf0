"""`landscape gui`: the window, or a picture of it."""

from __future__ import annotations

import ctypes
import importlib.util
import math
import os
import re
import socket
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from landscape_app import libraries
from landscape_app.cli.common import check_device
from landscape_app.cli.errors import CommandError, WrongUsageError, checking_input
from landscape_app.cli.progress import waiting

SMALLEST, LARGEST = 200, 8192
"""Sides of a window in pixels."""
AFTER = 3.0
"""Seconds until a screenshot is taken, if not said otherwise."""


class ThemeChoice(StrEnum):
    """Colours of the window."""

    light = "light"
    dark = "dark"
    auto = "auto"


def gui(
    run: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="Run file to open, or another file or folder that can be dropped on the window; without one, the "
            "model that ships.",
        ),
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
        ThemeChoice | None,
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
      landscape gui run.h5                              also: landscape run.h5
      landscape gui photos                              import a folder of images
      landscape gui --device cuda
      landscape gui --screenshot window.png --after 5 --size 1280x800 --theme dark
    """
    open_window(run, screenshot, after, size, theme, device)


def open_window(
    run: Path | None = None,
    screenshot: Path | None = None,
    after: float | None = None,
    size: str | None = None,
    theme: ThemeChoice | None = None,
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
        _check_file(run)
    choose_platform(screenshot is not None)
    try:
        with waiting("Opening the window"):
            from landscape_app.gui.chosen_language import begin_language

            begin_language()
            from landscape_app.gui.application import run_window
    except ImportError as error:
        if (error.name or "").startswith("landscape_app"):
            raise
        raise WrongUsageError(
            f"the window's libraries cannot be loaded ({error}); {_installing(None)}, "
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


def _check_file(path: Path) -> None:
    if not path.exists():
        raise WrongUsageError(f"there is no file {path}")
    from landscape_app.gui.importing.file_type import is_run

    with checking_input():
        try:
            is_run(path)
        except OSError as error:
            raise ValueError(f"{path} cannot be read: {error.strerror or error}") from error


PATIENCE = 2.0
"""Seconds that a display on another machine has to answer."""

_NO_DISPLAY = (
    "there is no display to open a window on; train without one (landscape train digits -o run.h5) "
    "or take a picture of the window (landscape gui --screenshot window.png)"
)


def choose_platform(screenshot: bool) -> None:
    """Sets QT_QPA_PLATFORM where Qt's own choice could not start.

    Args:
        screenshot: whether a picture is wanted, which needs no display.

    Raises:
        CommandError: there is no display.
        WrongUsageError: a system library that Qt needs is missing.
    """
    if not sys.platform.startswith("linux"):
        return
    chosen = [part.partition(":")[0] for part in os.environ.get("QT_QPA_PLATFORM", "").split(";") if part]
    answers = {"wayland": wayland_answers, "xcb": x_answers}
    if chosen and not set(chosen) & set(answers):
        _require(chosen[0])
        return
    candidates = [name for name in chosen or answers if name in answers]
    answering = [name for name in candidates if answers[name]()]
    working = [name for name in answering if missing_library(name) is None]
    if working == candidates:
        return
    if working:
        os.environ["QT_QPA_PLATFORM"] = working[0]
    elif screenshot:
        _require("offscreen")
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    elif answering:
        _require(answering[0])
    else:
        raise CommandError(_NO_DISPLAY)


def missing_library(platform: str) -> str | None:
    """Cause that keeps one of Qt's platforms on Linux from loading, such as a missing library; None for none."""
    package = importlib.util.find_spec("PySide6")
    if package is None or not package.submodule_search_locations:
        return "PySide6"
    folders = [Path(place) / "Qt" / "plugins" / "platforms" for place in package.submodule_search_locations]
    plugins = [folder / f"libq{platform}.so" for folder in folders if folder.is_dir()]
    for plugin in plugins:
        if not plugin.is_file():
            return f"Qt's plugin {plugin.name}"
        try:
            ctypes.CDLL(str(plugin))
        except OSError as error:
            # A frozen program's own loader says less than the system's, which it names as the cause.
            return str(error.__cause__ or error).partition(":")[0]
    return None


def wayland_answers() -> bool:
    """True if a Wayland compositor listens where WAYLAND_DISPLAY says."""
    name = os.environ.get("WAYLAND_DISPLAY")
    return bool(name) and _listens(str(Path(os.environ.get("XDG_RUNTIME_DIR", "/")) / str(name)))


def x_answers() -> bool:
    """True if the X server that DISPLAY names listens, and takes us in."""
    display = os.environ.get("DISPLAY", "")
    host, colon, number = display.rpartition(":")
    number = number.partition(".")[0]
    if not (colon and number.isascii() and number.isdigit()):
        return False
    local = f"/tmp/.X11-unix/X{number}"
    if host in ("", "unix"):
        listens = _listens(local) or _listens(f"\0{local}")
    else:
        listens = _listens((host, 6000 + int(number)))
    return listens and _x_accepts(display)


def _require(platform: str) -> None:
    missing = missing_library(platform)
    if missing is not None:
        raise WrongUsageError(
            f"Qt cannot draw the window on the platform {platform!r}: {missing} is missing; {_installing(platform)}, "
            "or train without a window: landscape train digits -o run.h5"
        )


def _installing(platform: str | None) -> str:
    """Commands that install what Qt lacks of the system, in words, as far as the packages are known."""
    packages = libraries.needed(platform)
    names = libraries.missing(packages) if sys.platform.startswith("linux") else []
    return libraries.advice(names, packages) if names else "install what is missing"


def _listens(address: str | tuple[str, int]) -> bool:
    try:
        if isinstance(address, tuple):
            socket.create_connection(address, PATIENCE).close()
        elif sys.platform != "win32":
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                probe.settimeout(PATIENCE)
                probe.connect(address)
    except (OSError, OverflowError, UnicodeError):
        return False
    return True


def _x_accepts(display: str) -> bool:
    """True if the X server accepts our authority; it is asked as Qt will ask it."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(display.encode(), None)
    accepted = bool(xcb.xcb_connection_has_error(connection) == 0)
    xcb.xcb_disconnect(connection)
    return accepted
