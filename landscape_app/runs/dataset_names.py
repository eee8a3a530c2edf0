"""Names of classes and columns in a run file: bytes of JSON lists, as its arrays hold numbers only."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from landscape_app.language import tr
from landscape_app.runs.documents import adapter_of
from landscape_app.runs.run_file import DATA

CLASS_NAMES, COLUMNS = f"{DATA}/class_names", f"{DATA}/columns"
"""Their paths."""


def class_names_in(arrays: Mapping[str, np.ndarray]) -> tuple[str, ...]:
    """Names of the classes among a run file's arrays; none where their numbers say it.

    Raises:
        ValueError: they are no list of words.
    """
    names = _parsed(arrays, CLASS_NAMES)
    if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise ValueError(tr("the names of the classes must be a list of words"))
    return tuple(names)


@dataclass(frozen=True)
class StoredColumn:
    """A column of a table, as a run file describes it: the attributes of `data.ColumnMeaning`."""

    name: str
    values: tuple[str, ...] = ()
    offset: float = 0.0
    scale: float = 1.0
    type: str = ""


def columns_in(arrays: Mapping[str, np.ndarray]) -> list[StoredColumn]:
    """The columns of a table, by a run file's arrays; none of other data.

    Raises:
        ValueError: they are no such list, or a number is not finite.
    """
    parsed = _parsed(arrays, COLUMNS)
    if parsed == []:
        return []
    try:
        found = adapter_of(list[StoredColumn]).validate_python(parsed)
    except ValueError as error:
        raise ValueError(tr("the columns must be a list, each with a name and what it is")) from error
    for column in found:
        if not (
            math.isfinite(column.offset) and math.isfinite(column.scale) and column.scale > 0 and column.name
        ):
            raise ValueError(tr("every column needs a name, a finite offset and a positive scale"))
    return found


def _parsed(arrays: Mapping[str, np.ndarray], name: str) -> object:
    stored = arrays.get(name)
    if stored is None:
        return []
    try:
        return json.loads(stored.tobytes().decode())
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(tr("{name} cannot be read", name=name)) from error
