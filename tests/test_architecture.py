"""The rooms of the house: which part of the package may import which."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "landscape_app"
FILES = sorted(PACKAGE.rglob("*.py"))

# Each room, and the other rooms that it may import. The version in the package's own __init__ is open to all; the
# public names beside it are for scripts.
MAY_IMPORT: dict[str, set[str]] = {
    "physics": set(),
    "learning": {"physics"},
    "data": set(),
    "runs": {"physics", "learning"},
    "problems": {"physics", "learning", "data"},
    "session": {"physics", "learning", "data", "runs", "problems"},
    "experiments": {"physics", "learning", "data", "runs", "problems", "session"},
    "gui": {"physics", "learning", "data", "runs", "problems", "session", "experiments"},
    "cli": {"physics", "learning", "data", "runs", "problems", "session", "experiments", "gui"},
    "__main__": {"cli"},
    "__init__": {"data", "session"},
}
# Rooms that name every package from outside that they may import; the others name none.
OUTSIDE: dict[str, set[str]] = {
    "physics": {"torch", "numpy", "scipy", "arviz_stats"},
    "data": {"numpy", "h5py", "PIL"},
}
WINDOW_PACKAGES = {"PySide6", "pyqtgraph", "shiboken6"}


class Import(NamedTuple):
    """One imported module: its absolute dotted name, where, and whether only a function call runs it."""

    module: str
    line: int
    lazy: bool


def room_of(file: Path) -> str:
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


def imported_room(module: str) -> str | None:
    """The room that a module belongs to, or None where it is not one of ours."""
    parts = module.split(".")
    if parts[0] != PACKAGE.name:
        return None
    return parts[1] if len(parts) > 1 else "__init__"


def package_of(file: Path) -> list[str]:
    return list(file.relative_to(PACKAGE.parent).parent.parts)


def imports_of(file: Path) -> Iterator[Import]:
    """Every import of a file, relative ones resolved, those inside functions and type checks included."""

    def visit(node: ast.AST, lazy: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                for alias in child.names:
                    yield Import(alias.name, child.lineno, lazy)
            elif isinstance(child, ast.ImportFrom):
                parents = package_of(file)
                start = parents[: len(parents) - child.level + 1] if child.level else []
                source = ".".join([*start, *([child.module] if child.module else [])])
                for alias in child.names:
                    # `from landscape_app import session` imports a room; `__version__` is the package's own.
                    room = source == PACKAGE.name and alias.name in MAY_IMPORT
                    yield Import(f"{source}.{alias.name}" if room else source, child.lineno, lazy)
            else:
                yield from visit(child, lazy or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef))

    yield from visit(ast.parse(file.read_text(encoding="utf-8"), str(file)), lazy=False)


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
    allowed = MAY_IMPORT[room] | {room, "__init__", None}
    wrong = [
        place(file, found) for file, found in each_import(room) if imported_room(found.module) not in allowed
    ]
    assert not wrong, f"{room} may import {sorted(MAY_IMPORT[room]) or 'no other room'}: {wrong}"


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


def test_the_command_line_starts_without_the_window() -> None:
    wrong = [
        place(file, found)
        for file, found in each_import("cli")
        if imported_room(found.module) == "gui" and not found.lazy
    ]
    assert not wrong, f"import the window inside the function that opens it: {wrong}"


def test_public_names_are_for_scripts_and_rooms_import_from_rooms() -> None:
    named = {
        (file.relative_to(PACKAGE), alias.name)
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == PACKAGE.name
        for alias in node.names
    }
    assert {name for _, name in named} <= {"__version__"}, sorted(named)
