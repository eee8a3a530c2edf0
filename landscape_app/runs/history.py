"""Append-only metrics: one row an epoch, readable from another thread while they grow."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from landscape_app.language import tr


class History:
    """Columns of numbers that grow by a row at a time.

    One thread appends; any other may read at any time: a row is written before the length that shows it, and
    a column that outgrew its array is copied to a larger one while readers keep the old.
    """

    def __init__(self) -> None:
        self._columns: dict[str, np.ndarray] = {}
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, none before the first row."""
        return tuple(self._columns)

    def append(self, record: Any) -> None:
        """Adds a row: a dataclass instance of numbers and arrays, each of one shape from row to row."""
        values = {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
        if not self._columns:
            self._columns = {name: _empty(value, 256) for name, value in values.items()}
        if self._length == len(next(iter(self._columns.values()))):
            self._columns = {
                name: np.concatenate([column, np.zeros_like(column)])
                for name, column in self._columns.items()
            }
        for name, value in values.items():
            self._columns[name][self._length] = value
        self._length += 1

    def __getitem__(self, name: str) -> np.ndarray:
        """One column so far, shape (rows, …), a view that later rows do not change."""
        length = self._length
        return self._columns[name][:length]

    @property
    def last(self) -> dict[str, float]:
        """Numbers of the last row by their names; none before the first."""
        n = self._length
        return {name: float(c[n - 1]) for name, c in self._columns.items() if c.ndim == 1} if n else {}

    def as_arrays(self) -> dict[str, np.ndarray]:
        """Every column so far, all of one length, views that later rows do not change."""
        length = self._length
        return {name: column[:length] for name, column in self._columns.items()}

    def until(self, epoch: int) -> History:
        """The rows of an epoch and before; its own rows can be added to it."""
        history = History()
        if self._length:
            history._length = int(np.searchsorted(self["epoch"], epoch, side="right"))
        if history._length:
            # Nothing is written to these views: the next row takes larger arrays.
            history._columns = {name: column[: history._length] for name, column in self._columns.items()}
        return history

    @classmethod
    def from_arrays(
        cls, columns: Mapping[str, np.ndarray], expected: Mapping[str, tuple[int, ...]] | None = None
    ) -> History:
        """A history that goes on from saved columns.

        Args:
            columns: arrays of shape (rows, …), copied.
            expected: shape of a row of every column. A column that is missing, as in a run from before the metric
                was measured, reads as NaN; one that is not expected is left out. None takes all as they are.

        Raises:
            ValueError: the columns differ in length, or one has rows of another shape.
        """
        if expected is not None:
            if columns and "epoch" in expected and "epoch" not in columns:
                raise ValueError(tr("the metrics do not say of which epochs they are"))
            columns = {name: columns[name] for name in columns if name in expected}
        lengths = {len(column) for column in columns.values()}
        if len(lengths) > 1:
            raise ValueError(tr("the metrics' columns differ in length: {lengths}", lengths=sorted(lengths)))
        history = cls()
        length = lengths.pop() if lengths else 0
        if not length:
            return history
        history._columns = {name: np.array(column) for name, column in columns.items()}
        history._length = length
        for name, shape in (expected or {}).items():
            column = history._columns.setdefault(name, np.full((length, *shape), np.nan))
            if column.shape[1:] != shape:
                raise ValueError(
                    tr(
                        "the metric {name} has rows of shape {shape}, expected {expected}",
                        name=name,
                        shape=column.shape[1:],
                        expected=shape,
                    )
                )
        return history


def _empty(value: Any, rows: int) -> np.ndarray:
    array = np.asarray(value)
    kind = np.int64 if array.dtype.kind in "iub" else np.float64 if array.ndim == 0 else array.dtype
    return np.zeros((rows, *array.shape), dtype=kind)
