"""`landscape desktop`: the entry of the menu, and runs told from other HDF5 files, as Qt's reader of types does."""

import configparser
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import pytest

from landscape_app.cli.desktop import entry, quoted
from landscape_app.data import asset_path

Landscape = Callable[..., Any]
linux_only = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="other desktops have no such files"
)
TYPES = """
import sys
from PySide6.QtCore import QMimeDatabase
for path in sys.argv[1:]:
    print(QMimeDatabase().mimeTypeForFile(path).name())
"""


@linux_only
def test_runs_are_told_from_other_files_and_opened_by_this_installation(
    landscape: Landscape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert landscape("desktop").code == 0
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = [1.0]
    done = subprocess.run(
        [sys.executable, "-c", TYPES, asset_path("digits-model.h5"), tmp_path / "other.h5"],
        env={**os.environ, "XDG_DATA_DIRS": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["application/x-landscape-run", "application/x-hdf"]
    menu = configparser.ConfigParser(interpolation=None)
    menu.read(tmp_path / "data" / "applications" / "landscape-app.desktop", encoding="utf-8")
    told = menu["Desktop Entry"]
    assert shlex.split(told["Exec"]) == [sys.executable, "-P", "-m", "landscape_app", "gui", "%f"]
    assert told["MimeType"] == "application/x-landscape-run;"
    assert (tmp_path / "data" / "icons/hicolor/scalable/apps" / f"{told['Icon']}.svg").is_file()

    assert landscape("desktop", "--remove").code == 0
    assert not [path for path in (tmp_path / "data").rglob("landscape-app*") if path.is_file()]


@pytest.mark.parametrize(
    ("argument", "written"),
    # The first two are examples of the Desktop Entry Specification: a dollar sign and a backslash in an argument.
    [
        ("$", '"\\\\$"'),
        ("\\", '"' + 4 * "\\" + '"'),
        ("/opt/a b", '"/opt/a b"'),
        ("100%", '"100%%"'),
        ("/bin/a", "/bin/a"),
    ],
)
def test_commands_are_quoted_as_the_desktop_reads_them(argument: str, written: str) -> None:
    assert quoted(argument) == written
    assert f"Exec={written} %f\n" in entry("TryExec=a\nExec=a %f\n", [argument])


def test_another_system_is_told_what_opens_runs_there(
    landscape: Landscape, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    done = landscape("desktop")
    assert done.code == 1
    assert "make app" in done.err
