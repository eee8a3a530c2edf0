"""Append-only metrics: one row an epoch, readable from another thread while they grow."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np


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
        self._add({field.name: getattr(record, field.name) for field in dataclasses.fields(record)})

    def _add(self, values: Mapping[str, Any]) -> None:
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

    def extend(self, columns: Mapping[str, np.ndarray]) -> None:
        """Adds rows, one array of shape (rows, …) for each column.

        Raises:
            ValueError: the columns are others, or differ in length.
        """
        more = History.from_arrays(columns)
        if self._columns and more._columns.keys() != self._columns.keys() and len(more):
            raise ValueError("the rows are of other metrics")
        for row in range(len(more)):
            self._add({name: column[row] for name, column in more._columns.items()})

    def __getitem__(self, name: str) -> np.ndarray:
        """One column so far, shape (rows, …), a view that later rows do not change."""
        length = self._length
        return self._columns[name][:length]

    def as_arrays(self, first: int = 0) -> dict[str, np.ndarray]:
        """A copy of every column, from a row on."""
        length = self._length
        return {name: column[first:length].copy() for name, column in self._columns.items()}

    @classmethod
    def from_arrays(cls, columns: Mapping[str, np.ndarray]) -> History:
        """A history that goes on from saved columns.

        Raises:
            ValueError: the columns differ in length.
        """
        lengths = {len(column) for column in columns.values()}
        if len(lengths) > 1:
            raise ValueError(f"the metrics' columns differ in length: {sorted(lengths)}")
        history = cls()
        if lengths and lengths != {0}:
            history._columns = {name: np.array(column) for name, column in columns.items()}
            history._length = lengths.pop()
        return history


def _empty(value: Any, rows: int) -> np.ndarray:
    array = np.asarray(value)
    kind = np.int64 if array.dtype.kind in "iub" else np.float64 if array.ndim == 0 else array.dtype
    return np.zeros((rows, *array.shape), dtype=kind)
