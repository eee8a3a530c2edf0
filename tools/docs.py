"""`make docs`: gathers the pages, lets Zensical build the site from them, and checks what came out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from tools import controls, figures, pictures, results
from tools.reference import GENERATORS, ROOMS, fields, kernels, module_pages, sketches
from tools.site_check import faults

ROOT = Path(__file__).resolve().parents[1]
SOURCE, PAGES, SITE, CACHE = ROOT / "docs", ROOT / "build" / "docs", ROOT / "site", ROOT / ".cache"

INSERT = re.compile(r"^<!-- insert: (.+) -->$", re.MULTILINE)
"""A line in whose place a page gets the text of a file, or of a generator (`tools.reference`), by its name."""

LINK = re.compile(r"^```.*?^```$|(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)", re.MULTILINE | re.DOTALL)
"""A link; or what stands between fences, without groups: that is code, in which brackets are no links."""

Generators = Mapping[str, Callable[[], str]]


def gather(generators: Generators, written: Mapping[str, str | bytes]) -> None:
    """Puts every page into `build/docs`: its inserts in their places, its links to where the pages are there.

    Args:
        generators: texts by the names of inserts.
        written: pages and pictures that no file holds, by their paths in the site.

    Raises:
        ValueError: an insert names neither a generator nor a file.
    """
    shutil.rmtree(PAGES, ignore_errors=True)
    shutil.copytree(SOURCE, PAGES)
    places = included()
    for file in sorted(SOURCE.rglob("*.md")):
        text = page(file, generators, places)
        (PAGES / file.relative_to(SOURCE)).write_text(text, encoding="utf-8")
    for name, held in written.items():
        target = PAGES / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(held.encode() if isinstance(held, str) else held)


def included() -> dict[Path, Path]:
    """Pages by the files of the repository that they insert."""
    return {
        ROOT / name: file
        for file in SOURCE.rglob("*.md")
        for name in INSERT.findall(file.read_text(encoding="utf-8"))
        if (ROOT / name).is_file()
    }


def page(file: Path, generators: Generators, places: Mapping[Path, Path]) -> str:
    """Text of a page with its inserts, its links as they are in the site."""

    def inserted(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in generators:
            return generators[name]()
        if not (ROOT / name).is_file():
            raise ValueError(
                f"{file.relative_to(ROOT)} inserts {name}, which is neither a file nor a generator"
            )
        text = (ROOT / name).read_text(encoding="utf-8")
        return relinked(text, (ROOT / name).parent, file.parent, places)

    text = relinked(file.read_text(encoding="utf-8"), file.parent, file.parent, places)
    return INSERT.sub(inserted, text)


def relinked(text: str, at: Path, to: Path, places: Mapping[Path, Path]) -> str:
    """Links of a text that stands in one folder, as they are from a page of the site in another.

    A link to a file that a page inserts leads to that page, one to a module to its entry in the API; what is not in
    the site is named without a link.
    """

    def moved(match: re.Match[str]) -> str:
        image, words, link = match.groups()
        if link is None or "://" in link or link.startswith("#"):
            return match.group(0)
        name, _, anchor = link.partition("#")
        target = (at / name).resolve()
        target = places.get(target, target)
        if target.is_relative_to(SOURCE):
            place = Path(os.path.relpath(target, to)).as_posix()
            return f"{image}[{words}]({place}{'#' + anchor if anchor else ''})"
        if target.suffix == ".py" and target.is_relative_to(ROOT / "landscape_app"):
            module = ".".join(target.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            if module.split(".")[1] in ROOMS:
                return f"[{words}][{module}]"
        return words

    return LINK.sub(moved, text)


def unlisted() -> list[str]:
    """Pages that `mkdocs.yml` gives no place in its navigation, a line for each."""
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    pages = (file.relative_to(SOURCE).as_posix() for file in sorted(SOURCE.rglob("*.md")))
    return [
        f"docs/{page} has no place in nav of mkdocs.yml" for page in pages if f"- {page}\n" not in navigation
    ]


def build() -> int:
    """Builds the site and tells what is wrong with it; returns the exit code."""
    start = time.perf_counter()
    drawn = figures.pictures()
    own: Generators = {
        "controls": controls.page,
        "kernels": partial(kernels, drawn),
        "fields": partial(fields, drawn),
    }
    gather({**GENERATORS, **own}, {**module_pages(), **sketches(), **drawn})
    gathered = time.perf_counter()
    # Pages of the API are kept there by their own text, which does not change with the code.
    for old in (SITE, CACHE):
        shutil.rmtree(old, ignore_errors=True)
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict"],
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1"},
    )
    if done.returncode:
        return done.returncode
    built = time.perf_counter()
    wrong = [*unlisted(), *controls.unlisted(), *faults(SITE, controls.tooltips())]
    for fault in wrong:
        print(fault, file=sys.stderr)
    for line in (*pictures.stale(), *results.stale()):
        print(line)
    pages = sum(1 for _ in SITE.rglob("*.html"))
    print(
        f"site/index.html: {pages} pages; gathered in {gathered - start:.0f} s, built in {built - gathered:.0f} s, "
        f"checked in {time.perf_counter() - built:.0f} s; {len(wrong)} faults"
    )
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(build())
