"""Energies as formulas of coordinates, such as `x**4 - x**2 + y**2`: read by a small grammar, never run as code."""

from __future__ import annotations

import ast
import difflib
import functools
import math
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from landscape_app.counting import capitalised, counted
from landscape_app.language import tr
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import is_true
from landscape_app.physics.kernels.program import Operation, Program

MOST_CHARACTERS = 1_000
MOST_PRODUCTS = 16
"""Largest whole power that is taken by multiplying."""

MOST_DEPTH = 100
"""Operations within operations."""

MOST_COORDINATES = 64

FORBIDDEN = 1e6
"""Energy in nats where a formula gives no finite number, as log(x) of a negative x: a wall that no chain enters."""

PROBES = 4_096
"""Places of the space where an energy must be a number somewhere."""

CONSTANTS = {"pi": math.pi, "e": math.e}
LETTERS = {"x": 0, "y": 1, "z": 2}
"""The first coordinates by their short names."""

SPELLINGS = {"−": "-", "×": "*", "·": "*", "⋅": "*", "÷": "/", "²": "**2", "³": "**3", "π": "pi", "^": "**"}
"""Signs as people write them, and what they are read as."""

Value = Tensor | float


class FormulaError(ValueError):
    """A text is no formula of an energy; the message says where, and what may stand there."""


def _lowest(a: Value, b: Value) -> Value:
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return torch.minimum(a, b)
    if isinstance(a, Tensor):
        return a.clamp(max=b)
    return b.clamp(max=a) if isinstance(b, Tensor) else min(a, b)


def _highest(a: Value, b: Value) -> Value:
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return torch.maximum(a, b)
    if isinstance(a, Tensor):
        return a.clamp(min=b)
    return b.clamp(min=a) if isinstance(b, Tensor) else max(a, b)


def _either(
    of_tensor: Callable[[Tensor], Tensor], of_number: Callable[[float], float]
) -> Callable[..., Value]:
    return lambda a: of_tensor(a) if isinstance(a, Tensor) else of_number(a)


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "exp": _either(torch.exp, math.exp),
    "log": _either(torch.log, math.log),
    "sqrt": _either(torch.sqrt, math.sqrt),
    "sin": _either(torch.sin, math.sin),
    "cos": _either(torch.cos, math.cos),
    "tan": _either(torch.tan, math.tan),
    "tanh": _either(torch.tanh, math.tanh),
    "abs": _either(torch.abs, math.fabs),
    "min": _lowest,
    "max": _highest,
    "pow": lambda a, b: a**b,
}
"""Functions of formulas; log is the natural logarithm, min and max take two arguments or more."""

TWO_ARGUMENTS = {"min", "max", "pow"}

_BINARY: dict[type[ast.operator], Callable[..., Value]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}


def _negative(a: Value) -> Value:
    return -a


_OPERATIONS: dict[Callable[..., Value], Operation] = {
    _negative: Operation.NEGATE,
    **{
        _BINARY[node]: operation
        for node, operation in (
            (ast.Add, Operation.ADD),
            (ast.Sub, Operation.SUBTRACT),
            (ast.Mult, Operation.MULTIPLY),
            (ast.Div, Operation.DIVIDE),
            (ast.Pow, Operation.POWER),
        )
    },
    **{function: Operation[name.upper()] for name, function in FUNCTIONS.items() if name != "pow"},
    FUNCTIONS["pow"]: Operation.POWER,
}


class _Step(NamedTuple):
    """One operation; its arguments are results of earlier steps, by their number.

    Attributes:
        apply: the operation; None for a number or a coordinate.
        arguments: numbers of earlier steps; of a coordinate its index.
        value: the number; None for what depends on x.
    """

    apply: Callable[..., Value] | None
    arguments: tuple[int, ...]
    value: float | None = None


class Formula:
    """E(x) in nats, read of a text.

    Known are the coordinates x, y, z or x1, x2, …, numbers, pi and e, + − * / and ** (also ^), parentheses, and
    `FUNCTIONS`. Where the formula gives no finite number the energy is `FORBIDDEN`, without a slope.

    Args:
        text: at most `MOST_CHARACTERS`.
        most_coordinates: that it may name.

    Attributes:
        text: as it was written, without spaces around.
        coordinates: how many it needs: the number of the last one that it names.

    Raises:
        FormulaError: it is none; what is wrong, and what may stand there.

    Example:
        >>> Formula("x**4 - x**2 + y**2")(torch.tensor([[2.0, 1.0]]))
        tensor([13.])
    """

    def __init__(self, text: str, most_coordinates: int = MOST_COORDINATES) -> None:
        self.text = " ".join(text.split())
        self._steps: list[_Step] = []
        self.coordinates = 0
        self._most = most_coordinates
        self._plain = _plain(self.text)
        self._last = self._compile(_tree(self._plain), 0)
        if not self.coordinates:
            raise FormulaError(tr("the formula names no coordinate; write it in x, y, or in x1, x2, …"))

    def __call__(self, x: Tensor) -> Tensor:
        """E of configurations, shape (batch, *shape), flattened to their coordinates; nats, shape (batch,)."""
        flat = x.flatten(1)
        if flat.requires_grad:
            # Slopes that are not finite, as that of sqrt at 0, count as zero.
            flat = flat.view_as(flat)
            flat.register_hook(lambda slope: slope.nan_to_num(0.0, 0.0, 0.0))
        results: list[Value] = []
        for step in self._steps:
            if step.apply is not None:
                results.append(step.apply(*(results[i] for i in step.arguments)))
            else:
                results.append(flat[:, step.arguments[0]] if step.value is None else step.value)
        energy = results[self._last]
        assert isinstance(energy, Tensor)
        return torch.where(energy.isfinite(), energy, FORBIDDEN)

    @functools.cached_property
    def program(self) -> Program:
        """The same on the host, with its derivatives."""
        steps: list[tuple[int, int, int]] = []
        numbers: list[float] = []
        places: list[int] = []

        def add(operation: Operation, first: int = 0, second: int = 0, value: float = 0.0) -> int:
            steps.append((operation, first, second))
            numbers.append(value)
            return len(steps) - 1

        for step in self._steps[: self._last + 1]:
            if step.value is not None:
                place = add(Operation.NUMBER, value=step.value)
            elif step.apply is None:
                place = add(Operation.COORDINATE, step.arguments[0])
            else:
                operation, first, second = _OPERATIONS[step.apply], step.arguments[0], step.arguments[-1]
                power = self._steps[second].value if operation is Operation.POWER else None
                if power is not None and power.is_integer() and 1 <= power <= MOST_PRODUCTS:
                    place = base = places[first]
                    for digit in f"{int(power):b}"[1:]:
                        place = add(Operation.SQUARE, place)
                        place = add(Operation.MULTIPLY, place, base) if digit == "1" else place
                else:
                    place = add(operation, places[first], places[second])
            places.append(place)
        if places[-1] < len(steps) - 1:
            add(Operation.MULTIPLY, places[-1], add(Operation.NUMBER, value=1.0))
        steps_of_all, numbers_of_all = np.array(steps, np.int64), np.array(numbers).astype(np.float32)
        return Program(steps_of_all, numbers_of_all, np.float32(FORBIDDEN))

    def _compile(self, node: ast.expr, depth: int) -> int:
        """Adds the steps of a part of the formula; returns the number of its result."""
        if depth > MOST_DEPTH:
            raise FormulaError(
                tr(
                    "the formula has more than {most} operations within each other; make it shorter",
                    most=MOST_DEPTH,
                )
            )
        if isinstance(node, ast.Constant):
            return self._number(node)
        if isinstance(node, ast.Name):
            return self._name(node.id)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            inner = self._compile(node.operand, depth + 1)
            return inner if isinstance(node.op, ast.UAdd) else self._apply(node, _negative, inner)
        if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
            return self._chain(node, depth)
        if isinstance(node, ast.Call):
            return self._call(node, depth)
        raise FormulaError(
            tr(
                "“{text}” cannot stand in a formula; there are numbers, coordinates, + - * / **, "
                "parentheses, and {functions}",
                text=self._part(node),
                functions=", ".join(FUNCTIONS),
            )
        )

    def _chain(self, node: ast.BinOp, depth: int) -> int:
        """A sum or product of many parts, from left to right: as long as it is, it is not nested."""
        chain = [node]
        while isinstance(chain[-1].left, ast.BinOp) and type(chain[-1].left.op) in _BINARY:
            chain.append(chain[-1].left)
        result = self._compile(chain[-1].left, depth + 1)
        for part in reversed(chain):
            right = self._compile(part.right, depth + 1)
            result = self._apply(part, _BINARY[type(part.op)], result, right)
        return result

    def _part(self, node: ast.expr) -> str:
        """Text of a part, not too long to be quoted."""
        text = self._plain.encode()[node.col_offset : node.end_col_offset].decode(errors="replace")
        return _shortened(text)

    def _number(self, node: ast.Constant) -> int:
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            raise FormulaError(
                tr("“{text}” is no number; only numbers can stand there", text=self._part(node))
            )
        try:
            value = float(node.value)
        except OverflowError:
            value = math.inf
        return self._constant(value, self._part(node))

    def _constant(self, value: float, text: str) -> int:
        if not math.isfinite(value):
            raise FormulaError(tr("“{text}” is larger than a number can be", text=text))
        return self._add(_Step(None, (), value))

    def _name(self, name: str) -> int:
        if name in CONSTANTS:
            return self._constant(CONSTANTS[name], name)
        index = _coordinate(name)
        if index is None or index >= self._most:
            raise FormulaError(_unknown(name, self._most))
        self.coordinates = max(self.coordinates, index + 1)
        return self._add(_Step(None, (index,)))

    def _call(self, node: ast.Call, depth: int) -> int:
        if not isinstance(node.func, ast.Name):
            raise FormulaError(
                tr("“{text}” is no function; {known}", text=self._part(node.func), known=_listed(self._most))
            )
        name = node.func.id
        if name not in FUNCTIONS:
            raise FormulaError(_unknown(name, self._most, calls=True))
        if node.keywords or any(isinstance(part, ast.Starred) for part in node.args):
            raise FormulaError(
                tr("{function} takes arguments with commas between, without names or stars", function=name)
            )
        given, wanted = len(node.args), 2 if name in TWO_ARGUMENTS else 1
        if given < wanted or (given > wanted and name not in ("min", "max")):
            needed = counted(wanted, "argument")
            raise FormulaError(
                tr("{function} takes 2 or more arguments, got {count}", function=name, count=given)
                if name in ("min", "max")
                else tr(
                    "{function} takes {arguments}, got {count}", function=name, arguments=needed, count=given
                )
            )
        parts = [self._compile(part, depth + 1) for part in node.args]
        result = self._apply(node, FUNCTIONS[name], *parts[:wanted])
        for part in parts[wanted:]:
            result = self._apply(node, FUNCTIONS[name], result, part)
        return result

    def _apply(self, node: ast.expr, function: Callable[..., Value], *arguments: int) -> int:
        """A step; of numbers alone its value is known at once."""
        values = [self._steps[i].value for i in arguments]
        if any(value is None for value in values):
            return self._add(_Step(function, arguments))
        try:
            found = function(*values)
        except OverflowError:
            found = math.inf
        except (ValueError, ZeroDivisionError):
            found = math.nan
        # A power of a negative number may be complex.
        if not isinstance(found, float) or math.isnan(found):
            raise FormulaError(tr("“{text}” is no real number", text=self._part(node)))
        return self._constant(found, self._part(node))

    def _add(self, step: _Step) -> int:
        self._steps.append(step)
        return len(self._steps) - 1


def check_defined(target: Target) -> None:
    """Refuses an energy that is a number nowhere: of the places that are tried, all are behind the wall.

    Args:
        target: q, whose samples are tried, and H.

    Raises:
        FormulaError: with what to do.
    """
    base = target.base_measure
    places = base.sample(PROBES, torch.Generator(base.device).manual_seed(0))
    if not is_true((target.hamiltonian.energy(places) < FORBIDDEN).any()):
        raise FormulaError(
            tr(
                "the energy is no finite number at any of {count:,} places of {space}; choose walls within "
                "which the formula can be evaluated",
                count=PROBES,
                space=base.space.label,
            )
        )


def _plain(text: str) -> str:
    """A formula in the spelling that is read.

    Raises:
        FormulaError: it is empty, too long, or has a product without its sign.
    """
    if not text:
        raise FormulaError(tr("the formula is empty; write one such as x**4 - x**2 + y**2"))
    if len(text) > MOST_CHARACTERS:
        raise FormulaError(
            tr(
                "the formula has {count:,} characters, at most {most:,} are read",
                count=len(text),
                most=MOST_CHARACTERS,
            )
        )
    plain = "".join(SPELLINGS.get(character, character) for character in text)
    product = re.search(r"(?<![\w.])(\d+\.?\d*)(?![eE][+-]?\d)([A-Za-z]\w*|\()", plain)
    if product is not None:
        number, rest = product[1], product[2] if product[2] != "(" else "(…)"
        raise FormulaError(
            tr(
                "a product needs its sign: write {number}*{rest}, not {number}{rest}",
                number=number,
                rest=rest,
            )
        )
    return plain


def _tree(plain: str) -> ast.expr:
    """The parts of a formula; nothing of it is run.

    Raises:
        FormulaError: it is no expression.
    """
    try:
        if "#" in plain:
            raise SyntaxError("a comment", ("", 1, plain.index("#") + 1, plain))
        return ast.parse(plain, mode="eval").body
    except SyntaxError as error:
        offset = max(0, min((error.offset or 1) - 1, len(plain) - 1))
        raise FormulaError(
            tr("the formula cannot be read near “{text}”", text=plain[offset : offset + 12])
        ) from error
    except (ValueError, MemoryError, RecursionError) as error:
        raise FormulaError(
            tr("the formula cannot be read: it is nested too deeply, or has characters that no formula has")
        ) from error


def _coordinate(name: str) -> int | None:
    """Index of a coordinate by its name; None where it names none."""
    if name in LETTERS:
        return LETTERS[name]
    found = re.fullmatch(r"x([1-9][0-9]?)", name, re.ASCII)
    index = None if found is None else int(found[1]) - 1
    return index


def _unknown(name: str, most: int, calls: bool = False) -> str:
    letters = list(LETTERS)[:most]
    numbered = [f"x{i}" for i in range(1, most + 1)]
    known = [*FUNCTIONS] if calls else [*letters, *numbered, *CONSTANTS, *FUNCTIONS]
    nearest = difflib.get_close_matches(name.lower(), known, 1, 0.5)
    if nearest:
        return tr(
            "“{name}” is not known; did you mean {nearest}? {known}",
            name=_shortened(name),
            nearest=nearest[0],
            known=capitalised(_listed(most)),
        )
    return tr("“{name}” is not known; {known}", name=_shortened(name), known=_listed(most))


def _listed(most: int) -> str:
    letters = ", ".join(list(LETTERS)[:most])
    coordinates = (
        tr("{letters} or x1 … x{count}", letters=letters, count=most) if most > len(LETTERS) else letters
    )
    return tr(
        "known are {coordinates}, {constants}, and the functions {functions}",
        coordinates=coordinates,
        constants=", ".join(CONSTANTS),
        functions=", ".join(FUNCTIONS),
    )


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
