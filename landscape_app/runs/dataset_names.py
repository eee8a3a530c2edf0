"""Names of classes and columns in a run file: bytes of JSON lists, as its arrays hold numbers only."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from landscape_app.runs.run_file import DATA

CLASS_NAMES, COLUMNS = f"{DATA}/class_names", f"{DATA}/columns"
"""Their paths."""


def class_names_in(arrays: Mapping[str, np.ndarray]) -> tuple[str, ...]:
    """Names of the classes among a run file's arrays; none where their numbers say it.

    Raises:
        ValueError: they are no list of words.
    """
    return _words(_parsed(arrays, CLASS_NAMES), "the names of the classes")


def columns_in(arrays: Mapping[str, np.ndarray]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The name and the values of every column of a table, by a run file's arrays; none of other data.

    Raises:
        ValueError: they are no lists of words.
    """
    columns = _parsed(arrays, COLUMNS)
    if not isinstance(columns, list):
        raise ValueError("the columns must be a list")
    words = [_words(column, "a column's name and values") for column in columns]
    if not all(words):
        raise ValueError("every column needs a name")
    return tuple((name, tuple(values)) for name, *values in words)


def _parsed(arrays: Mapping[str, np.ndarray], name: str) -> object:
    stored = arrays.get(name)
    if stored is None:
        return []
    try:
        return json.loads(stored.tobytes().decode())
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"{name} cannot be read") from error


def _words(names: object, what: str) -> tuple[str, ...]:
    if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise ValueError(f"{what} must be a list of words")
    return tuple(names)
