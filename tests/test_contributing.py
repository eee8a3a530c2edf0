"""The examples of CONTRIBUTING.md, applied to a copy of the package and run."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BLOCKS = re.findall(
    r"^```(python|diff)\n# (\S+)\n(.*?)^```$",
    (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)
"""Language, path ("try" for what is run) and text of each."""


def changed(text: str, diff: str) -> str:
    """A file's text after a change, whose lines with a space or a minus stand in it once, one after the other."""
    lines = diff.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] in " -")
    assert text.count(before) == 1, f"the file does not hold these lines once:\n{before}"
    return text.replace(before, "".join(line[1:] for line in lines if line[0] in " +"))


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the package in which every example is applied."""
    folder = tmp_path_factory.mktemp("contributed")
    # With what is compiled already, which takes a while.
    shutil.copytree(ROOT / "landscape_app", folder / "landscape_app")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for language, path, text in BLOCKS:
        file = folder / path
        if language == "diff":
            file.write_text(changed(file.read_text(encoding="utf-8"), text), encoding="utf-8")
        elif path != "try":
            assert not file.exists(), f"{path} is there already"
            file.write_text(text, encoding="utf-8")
    return folder


def test_every_example_works(copy: Path) -> None:
    tries = [text for _, path, text in BLOCKS if path == "try"]
    assert len(tries) >= 3
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(tries)],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr


def test_every_example_passes_the_linter(copy: Path) -> None:
    files = sorted({path for _, path, _ in BLOCKS if path != "try"})
    for command in (("check",), ("format", "--diff")):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--no-cache", *files],
            cwd=copy,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout
