"""Checks of a release: `python -m tools.release` builds wheel and sdist, and says in a line each that is wrong."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from email.parser import Parser
from pathlib import Path

from landscape_app.version import __version__
from tools import licences

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
COMMANDS = ("landscape", "landscape-app")
RELEASED = re.compile(r"^## \[(\d[^\]]*)\] - \d{4}-\d\d-\d\d$", re.MULTILINE)
CITED = re.compile(r"^version: (\S+)$", re.MULTILINE)


def version_faults(changelog: str, citation: str, version: str = __version__) -> Iterator[str]:
    """Places that state another version than the package's: the latest released section, and the citation."""
    for name, pattern, text in (("CHANGELOG.md", RELEASED, changelog), ("CITATION.cff", CITED, citation)):
        found = pattern.search(text)
        stated = found.group(1) if found else "none"
        if stated != version:
            yield f"version: {name} states {stated}, landscape_app/version.py {version}"


def wheel_faults(wheel: Path, root: Path = ROOT) -> Iterator[str]:
    """What a wheel lacks of the sources, holds beside them, or states wrongly."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (information,) = {name.split("/")[0] for name in names if ".dist-info/" in name}
        metadata = Parser().parsestr(archive.read(f"{information}/METADATA").decode())
        commands = archive.read(f"{information}/entry_points.txt").decode()
    modules = {
        path.relative_to(root).as_posix()
        for ending in ("*.py", "*.po")
        for path in (root / "landscape_app").rglob(ending)
    }
    assets = {
        f"landscape_app/{path.relative_to(root).as_posix()}"
        for path in (root / "assets").rglob("*")
        if path.is_file()
    }
    wanted = {*modules, *assets, "landscape_app/py.typed", f"{information}/licenses/LICENSE"}
    for name in sorted(wanted - names):
        yield f"wheel: {name} is missing"
    for name in sorted(name for name in names - wanted if not name.startswith(f"{information}/")):
        yield f"wheel: {name} does not belong into it"
    if metadata["Version"] != __version__:
        yield f"version: the wheel states {metadata['Version']}, landscape_app/version.py {__version__}"
    if "Typing :: Typed" not in (metadata.get_all("Classifier") or ()):
        yield "wheel: it does not state that it is typed (classifier Typing :: Typed)"
    for name in COMMANDS:
        if f"{name} = landscape_app.cli:main\n" not in f"{commands}\n":
            yield f"wheel: the command {name} is missing"


def sdist_faults(sdist: Path) -> Iterator[str]:
    """What an sdist lacks that is needed to build and to test."""
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for name in (
        "pyproject.toml",
        "LICENSE",
        "CHANGELOG.md",
        "CITATION.cff",
        "landscape_app/version.py",
        "tests/conftest.py",
    ):
        if name not in names:
            yield f"sdist: {name} is missing"


def tool_faults(name: str, *command: str | Path) -> Iterator[str]:
    """Line that says that a tool has failed, with its last words; nothing where it is content."""
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        said = " ".join((done.stdout + done.stderr).split())
        yield f"{name}: {said[-600:] or f'it ended with code {done.returncode}'}"


def built() -> list[Path]:
    """The sdist and the wheel in dist/, where the stand-alone application lies too."""
    return sorted([*DIST.glob("*.tar.gz"), *DIST.glob("*.whl")], key=lambda path: path.suffix)


def all_faults() -> Iterator[str]:
    """Everything that is wrong with a release of these sources."""
    yield from version_faults(
        (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"),
        (ROOT / "CITATION.cff").read_text(encoding="utf-8"),
    )
    yield from licences.faults(licences.PAGE.read_text(encoding="utf-8"), licences.listed())
    for old in built():
        old.unlink()
    # It builds the wheel from the sdist, so that what the sdist lacks is found.
    failed = list(tool_faults("build", "build", "--no-isolation", "--outdir", DIST, ROOT))
    yield from failed
    if failed:
        return
    sdist, wheel = built()
    yield from wheel_faults(wheel)
    yield from sdist_faults(sdist)
    yield from tool_faults("twine", "twine", "check", "--strict", wheel, sdist)
    yield from tool_faults("check-wheel-contents", "check_wheel_contents", wheel)


def main() -> int:
    """Prints what is wrong, a line each, and returns 1; or the files that can be released, and 0."""
    wrong = list(all_faults())
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong:
        return 1
    for path in built():
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 2**20:.1f} MiB, fit to be released")
    return 0


if __name__ == "__main__":
    sys.exit(main())
