"""Whether a window can be shown, asked before Qt is: where it cannot, Qt ends the process with a core dump."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import socket
import sys
from pathlib import Path

from landscape_app.cli.failures import CommandError

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
        CommandError: there is no display, or a system library that Qt needs is missing.
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
    """What keeps one of Qt's platforms on Linux from loading, such as a system library; else None."""
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
            return str(error).partition(":")[0]
    return None


def wayland_answers() -> bool:
    """Whether a Wayland compositor listens where WAYLAND_DISPLAY says."""
    name = os.environ.get("WAYLAND_DISPLAY")
    return bool(name) and _listens(str(Path(os.environ.get("XDG_RUNTIME_DIR", "/")) / str(name)))


def x_answers() -> bool:
    """Whether the X server that DISPLAY names listens, and takes us in."""
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
        raise CommandError(
            f"Qt cannot draw the window on the platform {platform!r}: {missing} is missing; "
            "install it with the system's package manager (README names the packages), "
            "or train without a window: landscape train digits -o run.h5"
        )


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
    """Whether the X server accepts our authority; it is asked as Qt will ask it."""
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
