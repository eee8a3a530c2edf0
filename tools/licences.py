"""Licences of the packages that ship with the stand-alone application, and of what a wheel holds.

`python -m tools.licences` writes `assets/licences.md` anew; `make release-check` compares it with what is installed.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "assets" / "licences.md"
OURS = "landscape-app"
IN_APPLICATION = (f"{OURS}[cluster]",)
"""What the stand-alone application is made of."""
FILES = re.compile(r"(^|/)(licen[cs]es?/|(licen[cs]e|copying|notice|authors)[^/]*$)", re.IGNORECASE)
"""Paths of files that state a licence."""
ONLY_CUDA = re.compile(r"(nvidia|cuda|triton)(-|$)")
"""Names of packages that the CUDA build of torch brings along; what is released has the build for the CPU."""
LONGEST = 60
"""Letters of a licence's name; a longer entry is its text."""
ROW = re.compile(r"^\| ([\w.-]+) \| (.+) \|$", re.MULTILINE)
CLASSIFIER = "License :: OSI Approved :: "
TEXT = """# Licences

Landscape's own code is under the MIT licence (`LICENSE`). A wheel also holds the digits, from the UCI repository
under CC BY 4.0, and a model trained on them.

The stand-alone application brings Python along, under the licence of the Python Software Foundation, the loader of
PyInstaller, under the GPL 2.0 or later with an exception that leaves what it loads under its own licence, and these
packages. Qt and PySide6 are used under the LGPL 3.0: their libraries are files of their own in the application, and
may be replaced. The texts lie in its folder `licences`.

| package | licence |
| --- | --- |
"""


def closure(requirements: Iterable[Requirement]) -> Iterator[Distribution]:
    """Installed packages that meet requirements, and what these require in turn, each once."""
    todo, seen = [(one, frozenset({""})) for one in requirements], set()
    while todo:
        requirement, extras = todo.pop()
        wanted = requirement.marker is None or any(
            requirement.marker.evaluate({"extra": one}) for one in extras
        )
        key = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if not wanted or key in seen:
            continue
        seen.add(key)
        installed = distribution(requirement.name)
        if not requirement.specifier.contains(installed.version, prereleases=True):
            raise ValueError(
                f"{installed.name} {installed.version} is installed, and {requirement} is required"
            )
        yield installed
        asked = frozenset({"", *requirement.extras})
        todo += [(Requirement(line), asked) for line in installed.requires or ()]


def licence_of(package: Distribution) -> str:
    """Licence that a package states, by its identifier where it has one; nothing where it states none."""
    told = package.metadata
    expression, words = (told.get_all(name, [""])[0] for name in ("License-Expression", "License"))
    if expression:
        return expression
    if words and len(words) <= LONGEST and "\n" not in words:
        return words
    return "; ".join(
        line.removeprefix(CLASSIFIER)
        for line in told.get_all("Classifier") or ()
        if line.startswith(CLASSIFIER)
    )


def shipped() -> dict[str, Distribution]:
    """Packages of the stand-alone application but ours, by their names."""
    found = closure(map(Requirement, IN_APPLICATION))
    return {canonicalize_name(one.name): one for one in found if canonicalize_name(one.name) != OURS}


def listed() -> list[Distribution]:
    """Those that the page of licences has, whichever build of torch is installed."""
    return [package for name, package in shipped().items() if not ONLY_CUDA.match(name)]


def faults(page: str, packages: Iterable[Distribution]) -> list[str]:
    """Lines of what is wrong with the page of licences, for packages that ship."""
    told = dict(ROW.findall(page))
    wrong = []
    for package in packages:
        name, licence = canonicalize_name(package.name), licence_of(package)
        if not licence:
            wrong.append(f"licences: {name} states none that could be told to users")
        elif told.get(name) != licence:
            wrong.append(
                f"licences: {PAGE.name} says {told.get(name, 'nothing')} of {name}, which states {licence}"
            )
    return wrong


def copy_licences(folder: Path) -> None:
    """Copies the files that state the licences of what ships, a folder for each package, and those of Qt."""
    shutil.copytree(ROOT / "app" / "licences", folder / "qt")
    for name, package in shipped().items():
        for file in package.files or ():
            if FILES.search(file.as_posix()) and file.suffix not in (".py", ".pyc", ".pyi"):
                source = Path(str(package.locate_file(file)))
                target = (
                    folder / name / "_".join(part for part in file.parts if not part.endswith(".dist-info"))
                )
                if source.is_file():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(source, target)


def main() -> int:
    """Writes the page anew."""
    rows = sorted(f"| {canonicalize_name(package.name)} | {licence_of(package)} |" for package in listed())
    PAGE.write_text(TEXT + "\n".join(rows) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
