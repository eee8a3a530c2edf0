"""Columns of a table that are fixed: conditional sampling."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.physics.fields.field import Field, FieldResources, StrengthScale
from landscape_app.physics.hamiltonian import EnergyTerm
from landscape_app.physics.space import Space, sides

MOST_FIXED = 4_096


@dataclass(frozen=True)
class FixedColumns(Field):
    """Columns with given values in every chain, by `BaseMeasure.clamped`; the others follow their conditional law.

    P(x_free | x_fixed) ∝ q(x_free | x_fixed) exp(−H(x)): the strength has no part in it.

    Attributes:
        columns: (column from 0, value as items of the data have it) of each; of a category its number.
        words: each of them for people, such as "age = 40"; empty for the numbers. They make no other field.

    Raises:
        ValueError: a value that is not finite, or a column that is fixed twice.
    """

    kind: ClassVar[str] = "columns"
    scale: ClassVar[StrengthScale] = StrengthScale(1.0, 1.0)
    clamps: ClassVar[bool] = True

    columns: tuple[tuple[int, float], ...] = ()
    words: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if len(self.columns) > MOST_FIXED:
            raise ValueError(
                tr(
                    "at most {most:,} columns can be fixed, got {count:,}",
                    most=MOST_FIXED,
                    count=len(self.columns),
                )
            )
        if not all(math.isfinite(value) for _, value in self.columns):
            raise ValueError(tr("the value of a fixed column must be a finite number"))
        if len({column for column, _ in self.columns}) < len(self.columns):
            raise ValueError(tr("a column is fixed twice"))
        if self.words and len(self.words) != len(self.columns):
            raise ValueError(
                tr(
                    "{columns} columns need as many words, got {words}",
                    columns=len(self.columns),
                    words=len(self.words),
                )
            )

    def told(self, words: Sequence[str]) -> FixedColumns:
        """The same in other words."""
        return replace(self, words=tuple(words))

    @property
    def fixed(self) -> int:  # type: ignore[override]
        """Number of columns."""
        return len(self.columns)

    @property
    def label(self) -> str:
        """Such as "age = 40, sex = f"."""
        if not self.columns:
            return tr("no column fixed")
        words = self.words or tuple(
            tr("column {column} = {value:g}", column=column + 1, value=value)
            for column, value in self.columns
        )
        return ", ".join(words)

    @property
    def symbol(self) -> str:
        """It adds nothing to H."""
        return "0"

    @classmethod
    def fits(cls, space: Space, classes: int) -> bool:
        """True of rows of several columns, unless they have walls."""
        return len(space.shape) == 1 and space.sites > 1 and space.bounds is None

    def check(self, space: Space, classes: int) -> None:
        """Refuses what has no columns, or not these, or not these values.

        Raises:
            ValueError: as `tables`.
        """
        self.tables(space)

    def tables(self, space: Space) -> tuple[Tensor, Tensor]:
        """Mask of the columns, bool, and their values, shape (columns,) both.

        Raises:
            ValueError: there are no such columns or values, or none is left free.
        """
        if not self.fits(space, 0):
            raise ValueError(
                tr(
                    "{space} of shape {shape} has no columns to fix",
                    space=space.label,
                    shape=sides(space.shape),
                )
            )
        mask = torch.zeros(space.shape, dtype=torch.bool)
        values = torch.full(space.shape, space.lowest)
        for column, value in self.columns:
            if not 0 <= column < space.sites:
                raise ValueError(
                    tr("there is no column {column} among {sites}", column=column + 1, sites=space.sites)
                )
            mask[column] = True
            values[column] = value
        if bool(mask.all()):
            raise ValueError(tr("all columns are fixed: free one of them at least"))
        if not bool(space.contains(values.unsqueeze(0))):
            raise ValueError(
                tr("a fixed column has a value that is not in the model's {space}", space=space.label)
            )
        return mask, values

    def term(self, resources: FieldResources, strength: float = 1.0, name: str = "") -> EnergyTerm:
        """Refuses: columns are fixed, and add no energy.

        Raises:
            ValueError: always.
        """
        raise ValueError("fixed columns add no energy")


KINDS: tuple[type[Field], ...] = (FixedColumns,)
