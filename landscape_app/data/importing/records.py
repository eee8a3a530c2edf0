"""Columns in records: values of JSON, and columnar files whose cells are records and lists themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, cast

import polars as pl

from landscape_app.data.importing.cells import EXACT, SECONDS_A_DAY, finite
from landscape_app.data.importing.images import ImportFailure
from landscape_app.data.importing.text import MOST_COLUMNS, unique
from landscape_app.language import tr


def columns_of_json(text: str) -> list[pl.Series]:
    """Columns in a text of JSON, of one value or of a record a line; none where it is no table.

    Raises:
        ImportFailure: columns are not all of one length.
    """
    columns = _json_columns(_json_value(text))
    return [one for name, values in columns.items() for one in _json_series(name, values)]


def _json_value(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) < 2:
            raise
        try:
            return [json.loads(line) for line in lines]
        except json.JSONDecodeError:
            return _json_values(text)


def _json_values(text: str) -> list[object]:
    """Values of JSON one after the other, over as many lines as they take."""
    values, place, decoder = [], 0, json.JSONDecoder()
    while place < len(text):
        value, place = decoder.raw_decode(text, place)
        values.append(value)
        while text[place : place + 1].isspace():
            place += 1
    return values


def _json_columns(value: object) -> dict[str, list[object]]:
    """Columns in JSON: a list of records or of rows, records or columns by name as pandas writes, or these inside.

    Raises:
        ImportFailure: columns are not all of one length.
    """
    if isinstance(value, list):
        if value and all(isinstance(record, dict) for record in value):
            names = dict.fromkeys(str(name) for record in value for name in record)
            return {name: [record.get(name) for record in value] for name in names}
        if value and all(isinstance(row, list) for row in value):
            return _json_rows(value, [])
        return {"column 1": value} if value and not any(map(_is_nested, value)) else {}
    if not isinstance(value, dict):
        return {}
    if isinstance(value.get("columns"), list) and isinstance(value.get("data"), list):
        return _json_rows(value["data"], value["columns"])
    parts = list(value.values())
    if len(parts) > 1 and all(isinstance(part, dict) for part in parts):
        keys = dict.fromkeys(key for part in parts for key in part)
        if all(map(str.isdecimal, value)) or (len(parts) > len(keys) and not all(map(str.isdecimal, keys))):
            return {str(name): [part.get(name) for part in parts] for name in keys}
        return {str(name): [part.get(key) for key in keys] for name, part in value.items()}
    lists = {
        str(name): part
        for name, part in value.items()
        if isinstance(part, list) and part and not any(map(_is_nested, part))
    }
    inside = [part for part in parts if isinstance(part, (list, dict)) and part]
    if lists and len(lists) == len(inside):
        lengths = {name: len(part) for name, part in lists.items()}
        if len(set(lengths.values())) > 1:
            shown = ", ".join(f"{name!r} {length:,}" for name, length in list(lengths.items())[:4])
            raise ImportFailure(
                tr(
                    "columns are of unequal lengths: {columns}; expected as many values in each",
                    columns=shown,
                )
            )
        return lists
    return max((_json_columns(part) for part in inside), key=_cells_of, default={})


def _is_nested(value: object) -> bool:
    return isinstance(value, (list, dict))


def _cells_of(columns: Mapping[str, list[object]]) -> int:
    return sum(map(len, columns.values()))


def _json_rows(rows: Sequence[object], names: Sequence[object]) -> dict[str, list[object]]:
    lists = [row for row in rows if isinstance(row, list)]
    if not names and lists and lists[0] and all(isinstance(cell, str) for cell in lists[0]):
        names, lists = lists[0], lists[1:]
    width = max(map(len, lists), default=0)
    given = [str(name) for name in names] + [f"column {i + 1}" for i in range(len(names), width)]
    return {name: [row[i] if i < len(row) else None for row in lists] for i, name in enumerate(unique(given))}


def _json_series(name: str, values: Sequence[object]) -> Iterator[pl.Series]:
    """Columns of JSON values: numbers, else text; one for each part of records, and of lists of as many numbers."""
    some = [value for value in values if value is not None]
    if some and all(isinstance(value, dict) for value in some):
        for key in dict.fromkeys(key for value in some for key in value):  # type: ignore[attr-defined]
            parts = [value.get(key) if isinstance(value, dict) else None for value in values]
            yield from _json_series(f"{name}.{key}", parts)
    elif any(map(_is_nested, some)):
        try:
            yield pl.Series(name, values, pl.List(pl.Float64))
        except (TypeError, pl.exceptions.PolarsError):
            yield pl.Series(name, [None] * len(values), pl.List(pl.Float64))
    elif all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in some):
        yield pl.Series(name, [None if value is None else float(value) for value in values], pl.Float64)  # type: ignore[arg-type]
    else:
        words = [
            None if value is None else str(value).lower() if isinstance(value, bool) else str(value)
            for value in values
        ]
        yield pl.Series(name, words, pl.String)


class Flat(NamedTuple):
    """Columns of numbers and of words, and the names of columns that have lists, records or bytes in each cell."""

    columns: list[pl.Series]
    opaque: list[str]


def flattened(frame: pl.DataFrame) -> Flat:
    """Columns of a frame, one for each field of records and for each place in lists of as many numbers."""
    series = [part for one in frame for part in _parts_of(one)]
    columns = [plain(one) for one in series if not _is_opaque(one)]
    names = unique([one.name for one in columns])
    named = [one.alias(name) for one, name in zip(columns, names, strict=True)]
    return Flat(named, [one.name for one in series if _is_opaque(one)])


def _is_opaque(series: pl.Series) -> bool:
    return series.dtype.is_nested() or series.dtype in (pl.Binary, pl.Object)


def _parts_of(series: pl.Series) -> Iterator[pl.Series]:
    """Columns in a column: one for each field of records, and for each place in lists of as many numbers."""
    kind = series.dtype
    if isinstance(kind, pl.Struct):
        for part in series.struct.unnest():
            yield from _parts_of(part.alias(f"{series.name}.{part.name}"))
        return
    if isinstance(kind, pl.Array):
        series = series.arr.to_list()
    if isinstance(series.dtype, pl.List) and series.dtype.inner.is_numeric():
        lengths = series.list.len().drop_nulls().unique()
        if len(lengths) == 1 and 0 < lengths[0] <= MOST_COLUMNS:
            for i in range(int(lengths[0])):
                yield series.list.get(i).alias(f"{series.name} {i + 1}")
            return
    yield series


def plain(series: pl.Series) -> pl.Series:
    """A column of any type as numbers or text; durations in days."""
    if series.dtype == pl.Duration:
        return series.dt.total_microseconds().cast(pl.Float64) / (1e6 * SECONDS_A_DAY)
    if series.dtype.is_integer() and cast(float, series.cast(pl.Float64).abs().max() or 0.0) > EXACT:
        return series.cast(pl.String)
    if series.dtype.is_numeric():
        return finite(series.cast(pl.Float64))
    return series.cast(pl.String)
