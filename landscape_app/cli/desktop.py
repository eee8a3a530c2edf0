"""`landscape desktop`: an entry in the desktop's menu, and runs that open with a double click, on Linux."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from landscape_app.cli.errors import CommandError, working
from landscape_app.program import own_command

NAME = "landscape-app"
PLACES = {
    f"{NAME}.desktop": "applications",
    f"{NAME}.xml": "mime/packages",
    "icon.svg": "icons/hicolor/scalable/apps",
}
"""Folder of each shipped file among the desktop's, by the names of the specifications."""
UPDATES = (("update-mime-database", "mime"), ("update-desktop-database", "applications"))
"""Programs that read the new files where the desktop has them, and the folder that each is given."""
ELSEWHERE = {
    "darwin": "on macOS the stand-alone application brings them along: make app",
    "win32": "on Windows choose Open with… for a run file once, and the stand-alone application: make app",
}


def desktop(
    remove: Annotated[bool, typer.Option("--remove", help="Take both away again.")] = False,
) -> None:
    """Add Landscape to the menu of applications, and open runs by a double click (Linux).

    Only files in your own folder of data are added. A run is told from other
    .h5 files by what it begins with.

    \b
    Examples:
      landscape desktop
      landscape desktop --remove
    """
    if not sys.platform.startswith("linux"):
        raise CommandError(
            f"there is no such menu here; {ELSEWHERE.get(sys.platform, 'see the documentation of your desktop')}"
        )
    from landscape_app.data import asset_path
    from landscape_app.runs import atomic_write

    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    for name, folder in PLACES.items():
        target = data / folder / f"{NAME}{Path(name).suffix}"
        with working():
            if remove:
                target.unlink(missing_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            text = asset_path(name).read_text(encoding="utf-8")
            with atomic_write(target) as part:
                part.write_text(
                    entry(text, own_command("gui")) if folder == "applications" else text, encoding="utf-8"
                )
    for program, folder in UPDATES:
        if shutil.which(program) and (data / folder).is_dir():
            subprocess.run([program, data / folder], stderr=subprocess.DEVNULL, check=False)
    print(
        f"Landscape is gone from the menu of applications ({data})"
        if remove
        else f"Landscape is in the menu of applications, and opens runs ({data}); --remove takes it away"
    )


def entry(text: str, command: list[str]) -> str:
    """The shipped entry of the menu with the command that starts this installation, wherever it lies."""
    lines = [line for line in text.splitlines() if not line.startswith("TryExec=")]
    told = " ".join(map(quoted, command))
    return "\n".join(f"Exec={told} %f" if line.startswith("Exec=") else line for line in lines) + "\n"


def quoted(argument: str) -> str:
    """An argument of a command as the Desktop Entry Specification writes it."""
    if argument and not set(argument) & set(" \t\n\"'\\><~|&;$*?#()`%"):
        return argument
    # Backslashes are read twice: once in every text of the file, once in an argument.
    inner = "".join(f"\\{letter}" if letter in '"`$\\' else letter for letter in argument)
    return '"' + inner.replace("\\", "\\\\").replace("%", "%%") + '"'
