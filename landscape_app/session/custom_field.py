"""Files of user-defined fields: Python with one function of x, run only once it is trusted."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from torch import Tensor

from landscape_app.physics.fields import FieldError

FUNCTION = "energy"
MOST_BYTES = 1_000_000

EXAMPLE = '''"""A user-defined field: V(x) in nats, one number for each configuration; low where x is wanted."""

import torch


def energy(x: torch.Tensor) -> torch.Tensor:
    """x has shape (batch, height, width), in levels (float32, from 0 for paper); returns shape (batch,)."""
    ink_above, ink_below = x[:, :4].mean((1, 2)), x[:, 4:].mean((1, 2))
    return (ink_above - ink_below).abs()
'''


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


def read_source(path: Path) -> FieldSource:
    """Reads a file without running it.

    Raises:
        FieldError: it is missing, too large, no Python, or has no function `energy`.
    """
    name = path.stem
    try:
        if path.stat().st_size > MOST_BYTES:
            raise FieldError(name, f"is in a file of more than {MOST_BYTES:,} bytes")
        data = path.read_bytes()
        text = data.decode()
        tree = ast.parse(text, filename=path.name)
    except OSError as error:
        raise FieldError(name, f"cannot be read: {error.strerror or error}") from error
    except (SyntaxError, ValueError) as error:
        raise FieldError(name, f"is no Python: {error}") from error
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    if FUNCTION not in functions:
        raise FieldError(
            name, f"needs a function {FUNCTION}(x); the file defines {', '.join(functions) or 'none'}"
        )
    return FieldSource(path, text, hashlib.sha256(data).hexdigest())


def run_source(source: FieldSource) -> Callable[[Tensor], Tensor]:
    """Runs a file that is trusted; returns its function.

    Raises:
        FieldError: it fails.
    """
    module = ModuleType(source.path.stem)
    module.__file__ = str(source.path)
    try:
        exec(compile(source.text, str(source.path), "exec"), module.__dict__)
    except (Exception, SystemExit) as error:
        raise FieldError(source.path.stem, f"failed to load: {type(error).__name__}: {error}") from error
    function: Callable[[Tensor], Tensor] = getattr(module, FUNCTION)
    return function
