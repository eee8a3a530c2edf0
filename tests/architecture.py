"""The package as a graph of imports: modules, rooms and circles, read from the source without running it."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

PACKAGE = Path(__file__).resolve().parents[1] / "landscape_app"


class Import(NamedTuple):
    """One imported name: the module that has it, the line, and whether only a function call runs the import."""

    module: str
    name: str | None
    line: int
    lazy: bool


@cache
def modules(package: Path = PACKAGE) -> dict[str, Path]:
    """Every module of the package by its dotted name; a folder's `__init__` bears the folder's name."""
    found = {}
    for file in sorted(package.rglob("*.py")):
        parts = file.relative_to(package.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def room_of(file: Path, package: Path = PACKAGE) -> str:
    """The first folder below the package, or the file itself where it lies at the top."""
    return file.relative_to(package).with_suffix("").parts[0]


@cache
def imports_of(file: Path, package: Path = PACKAGE) -> tuple[Import, ...]:
    """Every import of a file, relative ones resolved; those inside functions and type checks included."""
    known = modules(package)
    parents = list(file.relative_to(package.parent).parent.parts)

    def visit(node: ast.AST, lazy: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                for alias in child.names:
                    yield Import(alias.name, None, child.lineno, lazy)
            elif isinstance(child, ast.ImportFrom):
                start = parents[: len(parents) - child.level + 1] if child.level else []
                source = ".".join([*start, *([child.module] if child.module else [])])
                for alias in child.names:
                    whole = f"{source}.{alias.name}"
                    if whole in known:
                        yield Import(whole, None, child.lineno, lazy)
                    else:
                        yield Import(source, alias.name, child.lineno, lazy)
            else:
                yield from visit(child, lazy or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef))

    return tuple(visit(ast.parse(file.read_text(encoding="utf-8"), str(file)), lazy=False))


@cache
def circles(package: Path = PACKAGE) -> list[set[str]]:
    """Modules that import one another in a loop (strongly connected components), type-checking imports counted.

    Imports inside functions do not count: they are how a command line starts quickly.
    """
    known = modules(package)
    number = {name: i for i, name in enumerate(known)}
    arrows = {
        (number[name], number[found.module])
        for name, file in known.items()
        for found in imports_of(file, package)
        if not found.lazy and found.module in known and found.module != name
    }
    rows, columns = zip(*arrows, strict=True)
    graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(known),) * 2)
    _, labels = connected_components(graph, connection="strong")
    members = [{name for name, i in number.items() if labels[i] == label} for label in set(labels)]
    return [circle for circle in members if len(circle) > 1]


def importers_of(name: str, package: Path = PACKAGE) -> set[str]:
    """Modules that import a name, from wherever it is handed on."""
    return {
        module
        for module, file in modules(package).items()
        if any(found.name == name for found in imports_of(file, package))
    }


def unnamed_modules(package: Path = PACKAGE) -> list[str]:
    """Modules that no test names, as one that it imports from or otherwise."""
    files = [f for f in (package.parent / "tests").rglob("*.py") if f.parent.name != "benchmarks"]
    tests = "\n".join(f.read_text(encoding="utf-8") for f in files)
    named = set(re.findall(rf"\b{package.name}(?:\.\w+)+", tests))
    for parent, names in re.findall(rf"from ({package.name}[\w.]*) import (\([^)]*\)|[^\n]*)", tests):
        named |= {f"{parent}.{name}" for name in re.findall(r"\w+", names)}
    return [
        name
        for name, file in modules(package).items()
        if file.name not in ("__init__.py", "__main__.py") and name not in named
    ]
