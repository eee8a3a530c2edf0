"""Files of user-defined fields and energies: Python with one function of x, run only once it is trusted."""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from torch import Tensor

from landscape_app.language import tr
from landscape_app.physics.fields import CodeError, FieldError

FUNCTION = "energy"
MOST_BYTES = 1_000_000

KNOWN_PACKAGES = frozenset({"landscape_app", "numpy", "scipy", "torch"})
"""Of Landscape itself and what it is built on: a file that imports them runs no other code of its author's."""

EXAMPLE = '''"""A user-defined field: V(x) in nats, one number for each configuration; low where x is wanted."""

import torch


def energy(x: torch.Tensor) -> torch.Tensor:
    """x has shape (batch, height, width), in levels (float32, from 0 for paper); returns shape (batch,)."""
    ink_above, ink_below = x[:, :4].mean((1, 2)), x[:, 4:].mean((1, 2))
    return (ink_above - ink_below).abs()
'''

TEMPLATE = '''"""An energy in nats, one number for each configuration; low where x is wanted."""

import torch


def energy(x: torch.Tensor) -> torch.Tensor:
    """x has shape (batch, {shape}), float32; returns shape (batch,), differentiable in x."""
    return x.flatten(1).mean(1)
'''
"""A file to begin with, as which it runs; `shape` is that of a configuration."""


@dataclass(frozen=True)
class FieldSource:
    """Source of a file, before any of it has run.

    Attributes:
        path: of the file.
        text: its content.
        digest: SHA-256 of the text.
    """

    path: Path
    text: str
    digest: str

    @property
    def other_code(self) -> tuple[str, ...]:
        """Names of the packages and modules that it imports and that come neither with Python nor with Landscape.

        The digest does not cover them. Code that is reached without an import statement is not found.
        """
        found: set[str] = set()
        for node in ast.walk(ast.parse(self.text)):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add("." if node.level else (node.module or "").partition(".")[0])
        return tuple(sorted(found - KNOWN_PACKAGES - sys.stdlib_module_names))


def read_source(path: Path, error: type[CodeError] = FieldError) -> FieldSource:
    """Reads a file without running it.

    Args:
        path: of the file.
        error: raised where it will not do.

    Raises:
        CodeError: it is missing, too large, no Python, or has no function `energy`.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise error(path.stem, tr("is in a file of more than {most:,} bytes", most=MOST_BYTES))
        text = path.read_bytes().decode()
    except OSError as failure:
        raise error(
            path.stem, tr("cannot be read: {reason}", reason=failure.strerror or failure)
        ) from failure
    except UnicodeDecodeError as failure:
        raise error(path.stem, tr("is no Python: {failure}", failure=failure)) from failure
    return source_of_text(path, text, error)


def source_of_text(path: Path, text: str, error: type[CodeError] = FieldError) -> FieldSource:
    """The source of a text that was read before, without running it; arguments and errors as of `read_source`."""
    try:
        tree = ast.parse(text, filename=path.name)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as failure:
        raise error(path.stem, tr("is no Python: {failure}", failure=failure)) from failure
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    if FUNCTION not in functions:
        raise error(
            path.stem,
            tr(
                "needs a function {function}(x); the file defines {functions}",
                function=FUNCTION,
                functions=", ".join(functions),
            )
            if functions
            else tr("needs a function {function}(x); the file defines none", function=FUNCTION),
        )
    return FieldSource(path, text, hashlib.sha256(text.encode()).hexdigest())


def run_source(source: FieldSource, error: type[CodeError] = FieldError) -> Callable[[Tensor], Tensor]:
    """Runs a file that is trusted; returns its function.

    Raises:
        CodeError: it fails.
    """
    module = ModuleType(source.path.stem)
    module.__file__ = str(source.path)
    try:
        exec(compile(source.text, str(source.path), "exec"), module.__dict__)
    except (Exception, SystemExit) as failure:
        raise error(
            source.path.stem,
            tr("failed to load: {kind}: {failure}", kind=type(failure).__name__, failure=failure),
        ) from failure
    function: Callable[[Tensor], Tensor] = getattr(module, FUNCTION)
    return function
