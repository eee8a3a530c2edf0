"""Shared libraries that Qt needs of a Linux system, compared with what its own files ask for."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import PySide6
import pytest

from landscape_app import libraries
from landscape_app.libraries import (
    EVERYWHERE,
    FONT,
    OF_DISPLAY,
    Packages,
    main,
    missing,
    needed,
    platform_of_display,
)

ROOT = Path(__file__).resolve().parents[1]
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


@pytest.mark.skipif(shutil.which("make") is None or sys.platform == "win32", reason="needs make and a shell")
def test_what_python_and_what_qt_lack_are_told_by_one_start(tmp_path: Path) -> None:
    """As on a Debian that has nothing but `python3` and `make`."""
    bare = tmp_path / "python3"
    bare.write_text(
        "#!/bin/sh\n"
        'case "$*" in\n'
        "*ensurepip*) exit 1 ;;\n"
        '*libraries.py) echo "landscape: apt-get install libegl1" >&2; exit 2 ;;\n'
        f'*) exec "{sys.executable}" "$@" ;;\n'
        "esac\n"
    )
    bare.chmod(0o755)
    done = subprocess.run(
        ["make", "run", f"PYTHON={bare}", f"VENV={tmp_path / 'env'}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "apt-get install python3-venv" in done.stderr
    assert "landscape: apt-get install libegl1" in done.stderr
    assert not (tmp_path / "env").exists()


@pytest.mark.parametrize(
    ("command", "name"),
    [("apt-get", lambda packages: packages.debian), ("dnf", lambda packages: packages.fedora)],
)
def test_the_page_lists_what_a_bare_system_installs(command: str, name: Callable[[Packages], str]) -> None:
    page = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    (line,) = re.findall(rf"^ +{command} install (.+)$", page, re.MULTILINE)
    assert line.split() == sorted({name(one) for one in needed(*OF_DISPLAY).values()})
