"""Rules that hold the house up: which room may import which, no circles, and who may know the whole `Session`."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture import (
    PACKAGE,
    Import,
    circles,
    importers_of,
    imports_of,
    modules,
    room_of,
    unnamed_modules,
)
from tests.portable import left_out

FILES = sorted(modules().values())

# Each room, and the other rooms that it may import. Modules at the top that import nothing of ours are open to all;
# the public names of the package's own __init__ are for scripts.
MAY_IMPORT: dict[str, set[str]] = {
    "physics": set(),
    "models": {"physics"},
    "learning": {"physics", "models"},
    "data": set(),
    "runs": set(),
    "problems": {"physics", "models", "learning", "data"},
    "session": {"physics", "models", "learning", "data", "runs", "problems"},
    "experiments": {"physics", "models", "learning", "data", "runs", "problems", "session"},
    "gui": {"physics", "models", "learning", "data", "runs", "problems", "session", "experiments"},
    "cli": {"physics", "models", "learning", "data", "runs", "problems", "session", "experiments", "gui"},
    "version": set(),
    "counting": set(),
    "language": set(),
    "libraries": set(),
    "program": set(),
    "__main__": {"cli"},
    "__init__": {"data", "physics", "session"},
}
# Rooms that name every package from outside that they may import; the others name none.
OUTSIDE: dict[str, set[str]] = {
    "physics": {"torch", "numpy", "scipy", "numba", "arviz_stats"},
    "models": {"torch", "numpy"},
    "data": {"numpy", "h5py", "PIL", "fastexcel", "pillow_heif", "polars", "scipy"},
    "runs": {"numpy", "h5py", "filelock", "platformdirs", "pydantic"},
}
WINDOW_PACKAGES = {"PySide6", "pyqtgraph", "shiboken6"}


# Modules that take the whole `Session`. The list only shrinks: the front door of the session room, the command line
# and the engine are to remain.
KNOW_THE_SESSION: set[str] = {
    "landscape_app",
    "landscape_app.cli.common",
    "landscape_app.cli.diagnose",
    "landscape_app.cli.saving",
    "landscape_app.cli.sample",
    "landscape_app.cli.train",
    "landscape_app.cli.verify",
    "landscape_app.experiments.digits",
    "landscape_app.experiments.discriminator",
    "landscape_app.experiments.models",
    "landscape_app.experiments.quality",
    "landscape_app.experiments.steering",
    "landscape_app.gui.engine",
    "landscape_app.gui.run_files",
    "landscape_app.gui.session_view",
    "landscape_app.session.api",
    "landscape_app.session.autosave",
    "landscape_app.session.checkpoint",
}


def imported_room(module: str) -> str | None:
    """The room that a module belongs to, or None where it is not one of ours."""
    parts = module.split(".")
    if parts[0] != PACKAGE.name:
        return None
    return parts[1] if len(parts) > 1 else "__init__"


def place(file: Path, found: Import) -> str:
    return f"{file.relative_to(PACKAGE.parent)}:{found.line} imports {found.module}"


def each_import(room: str | None = None) -> Iterator[tuple[Path, Import]]:
    """Every import of one room, or of all."""
    for file in FILES:
        if room is None or room_of(file) == room:
            for found in imports_of(file):
                yield file, found


def top_level(found: Import) -> str:
    return found.module.split(".")[0]


def test_every_file_belongs_to_a_known_room() -> None:
    strangers = {room_of(file) for file in FILES} - set(MAY_IMPORT)
    assert not strangers, f"give {sorted(strangers)} a place in MAY_IMPORT"


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_rooms_import_one_way(room: str) -> None:
    allowed = MAY_IMPORT[room] | {room, "version", "counting", "language", "libraries", "program", None}
    wrong = [
        place(file, found) for file, found in each_import(room) if imported_room(found.module) not in allowed
    ]
    assert not wrong, f"{room} may import {sorted(MAY_IMPORT[room]) or 'no other room'}: {wrong}"


def test_no_modules_import_one_another_in_a_circle() -> None:
    assert not circles(), [sorted(circle) for circle in circles()]


def test_a_test_names_every_module() -> None:
    assert not unnamed_modules(), "import what is tested from the module that has it"


def test_what_the_portable_tests_leave_out_is_there() -> None:
    assert not [file for file in left_out() if not file.exists()]


def test_only_those_named_know_the_whole_session() -> None:
    found = importers_of("Session")
    assert not found - KNOW_THE_SESSION, (
        f"take what is needed of it instead: {sorted(found - KNOW_THE_SESSION)}"
    )
    assert not KNOW_THE_SESSION - found, f"strike them out: {sorted(KNOW_THE_SESSION - found)}"


@pytest.mark.parametrize("room", sorted(OUTSIDE))
def test_inner_rooms_depend_on_few_packages(room: str) -> None:
    allowed = OUTSIDE[room] | sys.stdlib_module_names | {PACKAGE.name}
    wrong = [place(file, found) for file, found in each_import(room) if top_level(found) not in allowed]
    assert not wrong, f"beside the standard library {room} may import {sorted(OUTSIDE[room])}: {wrong}"


def test_only_the_window_imports_qt() -> None:
    wrong = [
        place(file, found)
        for file, found in each_import()
        if top_level(found) in WINDOW_PACKAGES and room_of(file) != "gui"
    ]
    assert not wrong


def panel_of(module: str) -> str | None:
    """The panel's folder in `gui/` that a module belongs to, or None where it is shared."""
    parts = module.split(".")
    return (
        parts[2] if parts[:2] == [PACKAGE.name, "gui"] and len(parts) > 3 and parts[2] != "widgets" else None
    )


def test_no_panel_imports_another() -> None:
    wrong = [
        place(file, found)
        for module, file in modules().items()
        for found in imports_of(file)
        if panel_of(module) and panel_of(found.module) and panel_of(found.module) != panel_of(module)
    ]
    assert not wrong


def test_no_worker_imports_qt() -> None:
    """The engine and what it stands on run without a window."""
    known = modules()
    workers = ("engine", "playground.worker", "lattice.worker", "lattice.sweep_worker")
    reached, left = set(), [f"{PACKAGE.name}.gui.{worker}" for worker in workers]
    while left:
        module = left.pop()
        if module in known and module not in reached:
            reached.add(module)
            left += [found.module for found in imports_of(known[module])]
    wrong = [
        place(known[module], found)
        for module in sorted(reached)
        for found in imports_of(known[module])
        if top_level(found) in WINDOW_PACKAGES
    ]
    assert not wrong


def test_the_command_line_starts_without_the_window() -> None:
    wrong = [
        place(file, found)
        for file, found in each_import("cli")
        if imported_room(found.module) == "gui" and not found.lazy
    ]
    assert not wrong, f"import the window inside the function that opens it: {wrong}"


def test_public_names_are_for_scripts_and_rooms_import_from_rooms() -> None:
    wrong = [place(file, found) for file, found in each_import() if found.module == PACKAGE.name]
    assert not wrong


def test_docstrings_begin_with_a_noun_or_a_verb() -> None:
    question = re.compile(r'r?"""(What|How|Whether|Where|That|Who|Which|When)\b')
    found = [
        f"{file.relative_to(PACKAGE.parent)}:{number}"
        for file in FILES
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if question.match(line.strip())
    ]
    assert not found
