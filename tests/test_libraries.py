"""Shared libraries that Qt needs of a Linux system, compared with what its own files ask for."""

import re
import subprocess
import sys
from pathlib import Path

import PySide6
import pytest

from landscape_app import libraries
from landscape_app.libraries import EVERYWHERE, FONT, OF_DISPLAY, main, missing, needed, platform_of_display

QT = Path(PySide6.__file__).parent / "Qt"
# Every module that the window and its tests import, and the platform they are drawn on.
FILES = {
    None: [
        f"lib/libQt6{name}" for name in ("Core", "DBus", "Gui", "Network", "OpenGL", "Svg", "Test", "Widgets")
    ],
    "xcb": ["plugins/platforms/libqxcb", "lib/libQt6XcbQpa"],
    "wayland": ["plugins/platforms/libqwayland", "lib/libQt6WaylandClient"],
}
# Of the C library, the compiler's runtime and what Qt's wheels bring along.
BROUGHT = re.compile(rb"lib(Qt6|icu|c\.|m\.|dl\.|rt\.|pthread\.|resolv\.|gcc_s\.|brotli)")


@pytest.mark.skipif(not (QT / "lib").is_dir(), reason="Qt's libraries lie elsewhere on this system")
@pytest.mark.parametrize("platform", FILES)
def test_every_library_that_qt_asks_for_has_its_packages(platform: str | None) -> None:
    paths = [path for name in FILES[platform] for path in QT.glob(f"{name}.so*")]
    asked = {
        name for path in paths for name in re.findall(rb"\0(lib[\w+-]+\.so\.\d+)(?=\0)", path.read_bytes())
    }
    unknown = {name.decode() for name in asked if not BROUGHT.match(name)} - set(needed(platform))
    assert len(paths) == len(FILES[platform])
    assert not unknown


def test_the_display_that_would_be_used_decides_what_is_needed() -> None:
    assert platform_of_display({}) is None
    assert platform_of_display({"DISPLAY": ":0"}) == "xcb"
    assert platform_of_display({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}) == "wayland"
    assert set(needed(None)) == {*EVERYWHERE, FONT}
    assert set(needed("xcb")) - set(needed(None)) == set(OF_DISPLAY["xcb"])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems bring what Qt needs")
def test_what_is_missing_is_told_by_python_alone() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", libraries.__file__, "--debian"],
        capture_output=True,
        text=True,
        check=True,
    )
    lacking = missing([*EVERYWHERE, FONT])
    assert done.stdout.split() == sorted({needed(None)[name].debian for name in lacking})
    assert main(["--debian", "xcb"]) == 0
    assert missing(["libno-such-thing.so.1"]) == ["libno-such-thing.so.1"]


def test_what_is_missing_is_one_line_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(libraries, "_loads", lambda library: library != "libEGL.so.1")
    monkeypatch.setattr(libraries, "_has_font", lambda: False)
    monkeypatch.setattr(libraries, "platform_of_display", lambda _: None)
    assert main([]) == 2
    assert capsys.readouterr().err == (
        "landscape: the window needs libEGL.so.1, a font, which this system lacks; on Debian or Ubuntu: "
        "apt-get install fonts-dejavu-core libegl1; on Fedora: dnf install dejavu-sans-fonts libglvnd-egl\n"
    )
