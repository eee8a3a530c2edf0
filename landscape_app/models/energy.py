"""A model whose energy is the user's own: a formula of the coordinates, or a Python function that is trusted."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor, nn

from landscape_app.language import tr
from landscape_app.models.model import Model
from landscape_app.physics.base_measure import BaseMeasure
from landscape_app.physics.fields.custom import CheckedTerm, CodeError
from landscape_app.physics.formula import Formula
from landscape_app.physics.kernels.program import Program

MOST_BYTES = 1_000_000
DEFAULT_WALL = 5.0
"""Half the side of the box that points live in, where nobody says another."""

LONGEST_FORMULA = 60
"""Characters of a formula that is shown whole as the energy."""

Function = Callable[[Tensor], Tensor]
"""x of shape (batch, *shape) to energies in nats, shape (batch,)."""


class EnergyError(CodeError):
    """A user's energy failed."""

    kind: ClassVar[str] = tr("energy")


class UntrustedError(EnergyError):
    """An energy is a Python file that nobody has trusted yet: nothing of it has run.

    Attributes:
        source: the energy.
    """

    def __init__(self, source: EnergySource) -> None:
        super().__init__(
            source.name,
            tr(
                "is a Python file of its author's, which can do anything that you can; read it, and trust it first"
            ),
        )
        self.source = source


@dataclass(frozen=True)
class EnergySource:
    """An energy as the user has written it, with the walls of the box that points live in.

    Attributes:
        text: a formula (see `physics.formula`), or the source of a Python file with a function `energy(x)`.
        file: name of the Python file; empty for a formula.
        low: lowest value of every coordinate, where these are real numbers.
        high: highest value.

    Raises:
        FormulaError: the text is no formula.
        ValueError: the walls are not finite and in order, or the text is too long.
    """

    text: str
    file: str = ""
    low: float = -DEFAULT_WALL
    high: float = DEFAULT_WALL

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(
                tr(
                    "the box of an energy needs finite walls, low below high, got {low:g} and {high:g}",
                    low=self.low,
                    high=self.high,
                )
            )
        if len(self.text.encode()) > MOST_BYTES:
            raise ValueError(tr("an energy may have {most:,} bytes of source", most=MOST_BYTES))
        if not self.is_code:
            _ = self.as_formula

    @property
    def is_code(self) -> bool:
        """True of a Python file, which runs only if it is trusted."""
        return bool(self.file)

    @property
    def name(self) -> str:
        """Name for people: the file's, or the formula."""
        return self.file.removesuffix(".py") if self.is_code else self.as_formula.text

    @cached_property
    def as_formula(self) -> Formula:
        """The formula that was read.

        Raises:
            FormulaError: the text is none.
        """
        return Formula(self.text)

    @property
    def digest(self) -> str:
        """SHA-256 of the text, in hexadecimal: by it a file is trusted."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def function(self, functions: Mapping[str, Function], sites: int) -> Function:
        """E(x) of configurations of so many numbers, each value checked.

        Args:
            functions: Python that is trusted, by the digest of its source.
            sites: numbers of a configuration.

        Raises:
            UntrustedError: it is Python that is not trusted.
            ValueError: the formula names a coordinate that there is not.
        """
        if self.is_code:
            if self.digest not in functions:
                raise UntrustedError(self)
            return CheckedTerm(self.name, functions[self.digest], EnergyError).energy
        formula = self.as_formula
        if formula.coordinates > sites:
            text = (
                tr("the formula names x{coordinate}, and a configuration has {count} number")
                if sites == 1
                else tr("the formula names x{coordinate}, and a configuration has {count} numbers")
            )
            raise ValueError(text.format(coordinate=formula.coordinates, count=sites))
        return formula


class EnergyModel(Model):
    """P(x) = q(x) exp(−E(x)) / Z of an energy that is given: there is nothing to fit.

    Args:
        base_measure: q; uniform where P shall be exp(−E) but for its norm.
        source: E.
        functions: Python that is trusted, by the digest of its source.

    Attributes:
        source: E.
        digest: SHA-256 of E's text, byte by byte, shape (32,): the model's fingerprint is made of its parameters.

    Raises:
        UntrustedError: E is Python that is not trusted.
        ValueError: E is of more coordinates.
    """

    title: ClassVar[str] = tr("Energy of your own")
    short_title: ClassVar[str] = tr("Own energy")
    about: ClassVar[str] = tr("Its energy is given: nothing is fitted.")
    default_fit: ClassVar[str] = "given"
    is_given: ClassVar[bool] = True

    def __init__(
        self, base_measure: BaseMeasure, source: EnergySource, functions: Mapping[str, Function] | None = None
    ) -> None:
        super().__init__(base_measure)
        self.source = source
        self._function = source.function(functions or {}, self.space.sites)
        digest = torch.tensor(list(bytes.fromhex(source.digest)), dtype=torch.float32)
        self.digest = nn.Parameter(digest.to(base_measure.device), requires_grad=False)

    @property
    def formula(self) -> str:  # type: ignore[override]
        """The formula where it is short, else E(x)."""
        text = "" if self.source.is_code else self.source.name
        return text if 0 < len(text) <= LONGEST_FORMULA else "E(x)"

    def energy(self, x: Tensor) -> Tensor:
        """E(x) in nats, shape (batch,).

        Raises:
            EnergyError: the Python failed, or gave what is no energy.
        """
        return self._function(x)

    @property
    def program(self) -> Program | None:
        """The formula for loops on the host; None of Python."""
        return self._function.program if isinstance(self._function, Formula) else None

    def energy_and_gradient(self, x: Tensor) -> tuple[Tensor, Tensor] | None:
        """E, shape (batch,), and ∂E/∂x, same shape as x, of a formula on the host; None elsewhere and of Python."""
        program = self.program
        if program is None or not x.is_cpu or x.dtype != torch.float32:
            return None
        return program.energy_and_gradient(x)
