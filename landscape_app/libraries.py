"""Shared libraries of a Linux system that Qt and torch expect of it, and the packages that have them.

`python landscape_app/libraries.py` says what is missing, before anything is installed: it needs Python alone.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple


class Packages(NamedTuple):
    """Packages that have a library, or a font, by the system."""

    debian: str
    fedora: str


EVERYWHERE = {
    "libEGL.so.1": Packages("libegl1", "libglvnd-egl"),
    "libGL.so.1": Packages("libgl1", "libglvnd-glx"),
    "libGLX.so.0": Packages("libglx0", "libglvnd-glx"),
    "libOpenGL.so.0": Packages("libopengl0", "libglvnd-opengl"),
    "libX11.so.6": Packages("libx11-6", "libX11"),
    "libdbus-1.so.3": Packages("libdbus-1-3", "dbus-libs"),
    "libfontconfig.so.1": Packages("libfontconfig1", "fontconfig"),
    "libfreetype.so.6": Packages("libfreetype6", "freetype"),
    "libglib-2.0.so.0": Packages("libglib2.0-0", "glib2"),
    "libgssapi_krb5.so.2": Packages("libgssapi-krb5-2", "krb5-libs"),
    "libgthread-2.0.so.0": Packages("libglib2.0-0", "glib2"),
    "libstdc++.so.6": Packages("libstdc++6", "libstdc++"),
    "libxkbcommon.so.0": Packages("libxkbcommon0", "libxkbcommon"),
    "libz.so.1": Packages("zlib1g", "zlib-ng-compat"),
    "libzstd.so.1": Packages("libzstd1", "libzstd"),
}
"""Needed for the window on any display, and for pictures of it without one."""
OF_DISPLAY = {
    "xcb": {
        "libX11-xcb.so.1": Packages("libx11-xcb1", "libX11-xcb"),
        "libxcb-cursor.so.0": Packages("libxcb-cursor0", "xcb-util-cursor"),
        "libxcb-icccm.so.4": Packages("libxcb-icccm4", "xcb-util-wm"),
        "libxcb-image.so.0": Packages("libxcb-image0", "xcb-util-image"),
        "libxcb-keysyms.so.1": Packages("libxcb-keysyms1", "xcb-util-keysyms"),
        "libxcb-randr.so.0": Packages("libxcb-randr0", "libxcb"),
        "libxcb-render-util.so.0": Packages("libxcb-render-util0", "xcb-util-renderutil"),
        "libxcb-render.so.0": Packages("libxcb-render0", "libxcb"),
        "libxcb-shape.so.0": Packages("libxcb-shape0", "libxcb"),
        "libxcb-shm.so.0": Packages("libxcb-shm0", "libxcb"),
        "libxcb-sync.so.1": Packages("libxcb-sync1", "libxcb"),
        "libxcb-util.so.1": Packages("libxcb-util1", "xcb-util"),
        "libxcb-xfixes.so.0": Packages("libxcb-xfixes0", "libxcb"),
        "libxcb-xkb.so.1": Packages("libxcb-xkb1", "libxcb"),
        "libxcb.so.1": Packages("libxcb1", "libxcb"),
        "libxkbcommon-x11.so.0": Packages("libxkbcommon-x11-0", "libxkbcommon-x11"),
    },
    "wayland": {
        "libwayland-client.so.0": Packages("libwayland-client0", "libwayland-client"),
        "libwayland-cursor.so.0": Packages("libwayland-cursor0", "libwayland-cursor"),
    },
}
"""Needed beside them, by the platform of Qt that draws on a display."""
FONT = "a font"
OF_FONT = {FONT: Packages("fonts-dejavu-core", "dejavu-sans-fonts")}
"""Qt's wheels carry no font, and without one every text is empty boxes."""


def needed(*platforms: str | None) -> Mapping[str, Packages]:
    """Libraries that platforms of Qt need, and their packages; for none, those of every platform."""
    found = EVERYWHERE | OF_FONT
    for platform in platforms:
        found |= OF_DISPLAY.get(platform or "", {})
    return found


def platform_of_display(environment: Mapping[str, str]) -> str | None:
    """The platform of Qt that would draw on the display that the environment names; None where it names none."""
    if environment.get("WAYLAND_DISPLAY"):
        return "wayland"
    return "xcb" if environment.get("DISPLAY") else None


def missing(names: Iterable[str]) -> list[str]:
    """Those of some libraries, and of fonts, that this system lacks."""
    return [name for name in names if not (_has_font() if name == FONT else _loads(name))]


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _has_font() -> bool:
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    folders = [
        Path("/usr/share/fonts"),
        Path("/usr/local/share/fonts"),
        Path.home() / ".fonts",
        Path(data) / "fonts",
    ]
    return any(
        file.suffix.lower() in (".ttf", ".otf", ".ttc") for folder in folders for file in folder.rglob("*")
    )


def advice(names: Iterable[str], packages: Mapping[str, Packages]) -> str:
    """Commands that install the packages of some libraries, in words."""
    found = [packages[name] for name in names]
    debian, fedora = (" ".join(sorted(set(of_system))) for of_system in zip(*found, strict=True))
    return f"on Debian or Ubuntu: apt-get install {debian}; on Fedora: dnf install {fedora}"


def report(*platforms: str | None) -> str | None:
    """Libraries that the system lacks for platforms of Qt, and how to install it; None where nothing is missing."""
    packages = needed(*platforms)
    names = missing(packages)
    if not names:
        return None
    return f"the window needs {', '.join(names)}, which this system lacks; {advice(names, packages)}"


def main(arguments: list[str]) -> int:
    """Says what is missing and returns 2, or nothing and 0.

    `--debian` prints Debian's packages instead; the platforms that may follow, xcb and wayland, add what they need.
    """
    if not sys.platform.startswith("linux"):
        return 0
    if arguments[:1] == ["--debian"]:
        packages = needed(*arguments[1:])
        print(*sorted({packages[name].debian for name in missing(packages)}))
        return 0
    told = report(platform_of_display(os.environ))
    if told is None:
        return 0
    print(f"landscape: {told}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
