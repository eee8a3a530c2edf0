"""The program as a process, from sources and as a stand-alone application."""

import subprocess
import sys
from pathlib import Path

import pytest

from landscape_app.program import own_command, restore_library_paths
from landscape_app.version import __version__


def test_the_program_starts_itself_without_modules_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "landscape_app").mkdir()
    (tmp_path / "landscape_app" / "__main__.py").write_text("print('a stranger')")
    done = subprocess.run(own_command("--version"), cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == f"landscape {__version__}\n"


def test_a_stand_alone_application_takes_the_arguments_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert own_command("info", "run.h5") == [sys.executable, "info", "run.h5"]


def test_other_programs_get_the_libraries_of_the_system() -> None:
    environment = {
        "LD_LIBRARY_PATH": "/app",
        "LD_LIBRARY_PATH_ORIG": "/home",
        "DYLD_LIBRARY_PATH": "/app",
        "PATH": "/bin",
    }
    restore_library_paths(environment)
    assert environment == {"LD_LIBRARY_PATH": "/home", "PATH": "/bin"}
