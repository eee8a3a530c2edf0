"""Items of a file, read as those of a data set were: the same columns, units and words, or size and levels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from landscape_app.data.columns import ColumnMeaning, in_units
from landscape_app.data.dataset import Dataset, Kind
from landscape_app.data.importing import ARRAY_ENDINGS, IMAGE_ENDINGS, open_source
from landscape_app.data.importing.arrays import LEAST_IMAGES, few_of_shape, image_source
from landscape_app.data.importing.columns import Column, ColumnType
from landscape_app.data.importing.folders import STACKS, open_pictures
from landscape_app.data.importing.images import (
    ImageOptions,
    ImageSource,
    ImportFailure,
    LeftOut,
    convert,
    luminance,
    named,
)
from landscape_app.data.importing.tables import ReadOptions, Table, table_of_array
from landscape_app.language import tr

BETWEEN_LEVELS = 1e-3
"""Share of a step between levels up to which a number is a level, for rounding."""

USUAL_LIGHT = ((0.0, 255.0), (0.0, 1.0))
"""Numbers for black and white that are common."""

MOST_SHOWN = 12
"""Names and words that a message shows."""


@dataclass(frozen=True)
class AlikeOptions:
    """Ways of reading a file that a data set does not tell.

    Attributes:
        table: how a table is found in it.
        invert: whether dark pixels are ink; None as the data were read, and for image files of data that were not
            imported, yes, as samples are exported.
        resize: whether images of any size are brought to that of the data; else only where the data's were.
    """

    table: ReadOptions = field(default_factory=ReadOptions)
    invert: bool | None = None
    resize: bool = False


class ItemsRead(NamedTuple):
    """Items of a file.

    Attributes:
        x: as the data set has its own, same type, shape (n, *shape), n ≥ 1.
        names: what to call each, such as "line 12".
        left_out: what could not be read, and why.
    """

    x: npt.NDArray[np.generic]
    names: tuple[str, ...]
    left_out: tuple[LeftOut, ...] = ()


def read_alike(path: Path, data: Dataset, options: AlikeOptions | None = None) -> ItemsRead:
    """Items of a file or folder, read as `landscape import` has read those of a data set.

    Rows have the data set's columns, by their names, in any order and among others; images its size and levels.

    Args:
        path: of anything that can be imported.
        data: the data set.
        options: what it does not tell.

    Raises:
        ImportFailure: the file cannot be read, has other columns, sizes or words, or nothing in it can be taken.
    """
    path, options = Path(path), options or AlikeOptions()
    if data.columns or data.items.ndim == 2:
        return _rows(path, data, options)
    source: ImageSource | Table
    told = _told(data)
    paper = str(told.get("paper", "white"))
    if path.is_file() and path.name.lower().endswith(IMAGE_ENDINGS):
        source = open_pictures(path, paper, options.table.progress, least=1)
    else:
        few = _few_items(path, data)
        if few is None:
            source = open_source(path, options.table, paper=paper)
        else:
            # As often as are needed to tell the axes of any array apart; the copies are not read.
            copies = image_source(path.stem, np.concatenate([few] * LEAST_IMAGES))
            source = copies.with_more(count=len(few))
    if isinstance(source, Table):
        raise ImportFailure(
            tr(
                "{path} holds no images but {rows:,} rows of {columns:,} columns; expected images of {size}",
                path=path,
                rows=len(source),
                columns=len(source.columns),
                size=_size(data.items.shape[1:]),
            )
        )
    return _images(path, source, data, told, options)


def items_alike(other: Dataset, data: Dataset, name: str) -> ItemsRead:
    """All items of another data set, in the form of this one.

    Args:
        other: whose items are taken.
        data: whose columns, units and words, or size and levels they get.
        name: of the other, for messages.

    Raises:
        ImportFailure: it has other columns, sizes or levels.
    """
    called = [tr("item {number}", number=i + 1) for i in range(len(other.items))]
    if not data.columns:
        found, wanted = (
            (one.kind, one.items.shape[1:], one.levels) if not one.columns else None for one in (other, data)
        )
        if found != wanted:
            raise ImportFailure(
                tr(
                    "{name} holds {other}; the model has learned {learned}: give data of the same kind, size "
                    "and levels",
                    name=name,
                    other=other.summary,
                    learned=data.summary,
                )
            )
        return ItemsRead(other.items, tuple(called))
    _check_columns([column.name for column in other.columns], data, name)
    place = {column.name: i for i, column in enumerate(other.columns)}
    numbers = np.asarray(in_units(other.columns, other.items), np.float64)
    x, faults = np.empty((len(numbers), len(data.columns))), [""] * len(numbers)
    for i, meaning in enumerate(data.columns):
        theirs, values = other.columns[place[meaning.name]], numbers[:, place[meaning.name]]
        if bool(theirs.values) != bool(meaning.values):
            raise ImportFailure(
                tr(
                    "column {column!r} of {name} has words, and the model has learned numbers: import it likewise",
                    column=meaning.name,
                    name=name,
                )
                if theirs.values
                else tr(
                    "column {column!r} of {name} has numbers, and the model has learned words: import it likewise",
                    column=meaning.name,
                    name=name,
                )
            )
        if meaning.values:
            places = _places(theirs.values, meaning)
            if data.kind is Kind.SPINS and other.kind is Kind.SPINS:
                values = (values + 1) / 2
            x[:, i] = places[values.astype(np.intp)]
        else:
            x[:, i] = meaning.from_unit(values)
        for row in np.flatnonzero(~np.isfinite(x[:, i])).tolist():
            faults[row] = faults[row] or tr(
                "column {name!r}: {why}",
                name=meaning.name,
                why=_no_value(theirs.text_of(values[row]), meaning),
            )
    return _whole(x, called, faults, (), data, name)


def _rows(path: Path, data: Dataset, options: AlikeOptions) -> ItemsRead:
    table = _table(path, data, options.table)
    if not data.columns:
        columns = _numeric(table, data, path)
        x = np.stack([column.numbers for column in columns], axis=1)
        faults = _faults(columns, x, [_number_fault] * len(columns))
        if data.kind is not Kind.POINTS:
            values = (-1.0, 1.0) if data.kind is Kind.SPINS else tuple(map(float, range(data.levels)))
            odd = np.isfinite(x).all(1) & ~np.isin(x, values).all(1)
            words = (
                "−1 or +1"
                if data.kind is Kind.SPINS
                else tr("a whole number from 0 to {highest}", highest=data.levels - 1)
            )
            for row in np.flatnonzero(odd).tolist():
                faults[row], x[row] = tr("not every number is {what}", what=words), np.nan
    else:
        columns = [table.column(meaning.name) for meaning in data.columns]
        typed = [_typed(column, meaning) for column, meaning in zip(columns, data.columns, strict=True)]
        x = np.stack(
            [
                _places(column.words, meaning)[column.codes]
                if meaning.values
                else (column.numbers - meaning.offset) / meaning.scale
                for column, meaning in zip(typed, data.columns, strict=True)
            ],
            axis=1,
        )
        faults = _faults(typed, x, data.columns)
    lines = [tr("line {line}", line=line) for line in table.lines.tolist()]
    return _whole(x, lines, faults, table.left_out, data, str(path))


def _whole(
    x: npt.NDArray[np.float64],
    names: Sequence[str],
    faults: Sequence[str],
    left_out: Sequence[LeftOut],
    data: Dataset,
    name: str,
) -> ItemsRead:
    """Rows without a fault, as items.

    Args:
        x: numbers of items, places of words, shape (rows, columns).
        names: of the rows.
        faults: what is wrong with each; empty where nothing is.
        left_out: what was left out before.
        data: whose items they are like.
        name: of the file.

    Raises:
        ImportFailure: none is left.
    """
    good = np.array([not fault for fault in faults], bool)
    odd = [LeftOut(row, fault) for row, fault in zip(names, faults, strict=True) if fault]
    every = (*left_out, *odd)
    if not good.any():
        raise ImportFailure(_nothing(name, every, tr("rows of {columns}", columns=_columns(data))))
    x = x[good]
    if data.kind is Kind.SPINS and data.columns:
        x = 2 * x - 1
    kept = tuple(row for row, fine in zip(names, good.tolist(), strict=True) if fine)
    return ItemsRead(x.astype(data.items.dtype), kept, every)


def _table(path: Path, data: Dataset, options: ReadOptions) -> Table:
    """The table in a file, its first row taken for names or not, by whether these are the data set's columns."""
    table = _opened(path, options, data)
    wanted = {column.name for column in data.columns}
    if options.header is None and wanted - {column.name for column in table.columns}:
        for header in (True, False):
            try:
                other = _opened(path, replace(options, header=header), data)
            except ImportFailure:
                continue
            if not wanted - {column.name for column in other.columns}:
                return other
    _check_columns([column.name for column in table.columns], data, str(path))
    return table


def _opened(path: Path, options: ReadOptions, data: Dataset) -> Table:
    few = _few_items(path, data)
    table = open_source(path, options, as_table=True) if few is None else table_of_array(few, path.stem)
    if not isinstance(table, Table):
        raise ImportFailure(
            tr(
                "{path} holds images; the model has learned {columns}: give a table of these",
                path=path,
                columns=_columns(data),
            )
        )
    return table


def _few_items(path: Path, data: Dataset) -> npt.NDArray[np.generic] | None:
    """One or two items in an array file: too few to tell its axes apart, but by the shape of the data's.

    None of other files.
    """
    is_array = path.is_file() and path.name.lower().endswith(ARRAY_ENDINGS)
    return few_of_shape(path, data.items.shape[1:]) if is_array else None


def _check_columns(names: Sequence[str], data: Dataset, path: str) -> None:
    """Fails where a column of the data is missing."""
    missing = [column.name for column in data.columns if column.name not in names]
    if not missing:
        return
    if missing[0] == "component 1" and all(column.name.startswith("component ") for column in data.columns):
        raise ImportFailure(
            tr(
                "the model has learned principal components, and its file does not say of which columns; give a "
                "table of {columns}",
                columns=_columns(data),
            )
        )
    raise ImportFailure(
        tr(
            "{path} has no column {missing}, which the model has learned; it has {others}: "
            "give a table with {columns}, under these names",
            path=path,
            missing=_listed(missing),
            others=_listed(names) or tr("none"),
            columns=_columns(data),
        )
    )


def _numeric(table: Table, data: Dataset, path: Path) -> list[Column]:
    """The columns of numbers of a table, as many as the data have, whose columns have no names."""
    wanted = data.items.shape[1]
    columns = [column for column in table.columns if np.isfinite(column.numbers).any()]
    if len(columns) > wanted:
        columns = [column for column in columns if not _numbers_rows(column)]
    if len(columns) != wanted:
        raise ImportFailure(
            tr(
                "{path} has {count} columns of numbers; the model has learned {wanted}: give a table of as many, "
                "in their order",
                path=path,
                count=len(columns),
                wanted=wanted,
            )
        )
    return columns


def _numbers_rows(column: Column) -> bool:
    """True of a column that only numbers the rows."""
    return column.type is ColumnType.IDENTIFIER and bool(np.isfinite(column.numbers).all())


def _typed(column: Column, meaning: ColumnMeaning) -> Column:
    """A column of the type that the data set's has, whatever its own cells would be guessed to be."""
    known = meaning.type in set(ColumnType)
    return column.typed(ColumnType(meaning.type)) if known else column


def _places(words: Sequence[str], meaning: ColumnMeaning) -> npt.NDArray[np.float64]:
    """Place of each word among the values of a column, NaN of one that is none, and behind them NaN for no word.

    A number is the same however it is written; capital letters count only where values differ in nothing else.
    """
    exact = {value: i for i, value in enumerate(meaning.values)}
    keys = [_loosely(value) for value in meaning.values]
    loose = {key: i for i, key in enumerate(keys) if keys.count(key) == 1}
    return np.array([*(exact.get(word, loose.get(_loosely(word), np.nan)) for word in words), np.nan])


def _loosely(word: str) -> str:
    try:
        return f"{float(word):.15g}"
    except ValueError:
        return word.strip().casefold()


def _faults(
    columns: Sequence[Column], x: npt.NDArray[np.float64], meanings: Sequence[ColumnMeaning | Any]
) -> list[str]:
    """Fault of each row, its first cell that cannot be taken; empty where there is none."""
    faults = [""] * len(x)
    for i, (column, meaning) in enumerate(zip(columns, meanings, strict=True)):
        for row in np.flatnonzero(~np.isfinite(x[:, i])).tolist():
            if faults[row]:
                continue
            cell = column.cell(row)
            of_words = isinstance(meaning, ColumnMeaning)
            why = _no_value(cell, meaning) if of_words else _number_fault(cell)
            faults[row] = tr("column {name!r}: {why}", name=column.name, why=why)
    return faults


def _number_fault(cell: str) -> str:
    return tr("{cell!r} is no finite number", cell=cell[:40]) if cell else tr("no value")


def _no_value(cell: str, meaning: ColumnMeaning) -> str:
    """Reason why a cell is no value of a column."""
    if not cell:
        return tr("no value")
    if meaning.values:
        return tr("{cell!r} is none of {values}", cell=cell[:40], values=_listed(meaning.values))
    if meaning.is_log:
        return tr("{cell!r} is no number above 0, as a log scale needs", cell=cell[:40])
    if meaning.is_date:
        return tr("{cell!r} is no date", cell=cell[:40])
    return tr("{cell!r} is no finite number", cell=cell[:40])


def _told(data: Dataset) -> Mapping[str, Any]:
    """Reading of the images of a data set (`images.as_read`); empty where nothing says it."""
    told = data.reading.get("images")
    return told if isinstance(told, Mapping) else {}


def _images(
    path: Path, source: ImageSource, data: Dataset, told: Mapping[str, Any], options: AlikeOptions
) -> ItemsRead:
    shape, levels = data.items.shape[1:], 2 if data.kind is Kind.SPINS else data.levels
    size, of_files = shape[:2], source.black_and_white is None
    light, invert = _light(told, data, source.black_and_white), options.invert
    if invert is None:
        invert = bool(told.get("invert", of_files and len(shape) == 2))
    resize = options.resize or tuple(told.get("size") or size) != size
    are_levels = not of_files and light == _of_levels(data)
    read = source.read if len(shape) == 2 or source.read_colour is None else source.read_colour
    items, names, left_out = [], [], list(source.left_out)
    for i in range(source.count):
        name = source.label_of(i)
        try:
            image = read(i)
        except ImportFailure as error:
            left_out.append(LeftOut(name, str(error)))
            continue
        fits = image.shape[:2] == size
        if not (fits or resize):
            left_out.append(LeftOut(name, tr("of {size}", size=_size(image.shape))))
            continue
        image = _relit(image, source.black_and_white, light)
        steps = image.astype(np.float64) * (levels - 1)
        beyond = bool((steps < -BETWEEN_LEVELS).any() or (steps > levels - 1 + BETWEEN_LEVELS).any())
        between = are_levels and fits and bool((np.abs(steps - np.rint(steps)) > BETWEEN_LEVELS).any())
        if beyond or between:
            what = (
                tr("−1 and +1")
                if data.kind is Kind.SPINS
                else tr("levels from 0 to {highest}", highest=levels - 1)
            )
            reach = what if are_levels else tr("from {low:g} to {high:g}", low=light[0], high=light[1])
            left_out.append(LeftOut(name, tr("its numbers are not {what}", what=reach)))
            continue
        items.append(_levels_of(image, shape, levels, invert))
        names.append(name)
    if not items:
        raise ImportFailure(
            _nothing(
                str(path),
                left_out,
                tr("images of {size}, {levels} levels", size=_size(shape), levels=levels),
                tr("give such a file") if resize else tr("have the images resized, or give such a file"),
            )
        )
    x = np.stack(items).astype(data.items.dtype)
    return ItemsRead(2 * x - 1 if data.kind is Kind.SPINS else x, tuple(names), tuple(left_out))


def _levels_of(
    image: npt.NDArray[np.float32], shape: tuple[int, ...], levels: int, invert: bool
) -> npt.NDArray[np.uint8]:
    """An image, 0 to 1, in the size, levels and colours of a data set."""
    if image.shape[:2] != shape[:2]:
        colour = len(shape) == 3
        return convert(image, ImageOptions(shape[0], shape[1], levels, invert, colour=colour))
    if image.ndim < len(shape):
        image = np.repeat(image[..., None], shape[2], axis=-1)
    elif image.ndim > len(shape):
        image = luminance(image)
    unit = np.clip(image, 0.0, 1.0)
    return np.rint((1.0 - unit if invert else unit) * (levels - 1)).astype(np.uint8)


def _of_levels(data: Dataset) -> tuple[float, float]:
    """Numbers that stand for the lowest and the highest level where a file has the levels themselves."""
    return (-1.0, 1.0) if data.kind is Kind.SPINS else (0.0, float(data.levels - 1))


def _light(told: Mapping[str, Any], data: Dataset, own: tuple[float, float] | None) -> tuple[float, float]:
    """Numbers that stand for 0 and 1 in an array: those by which the data were read, else the levels.

    Where image files of eight bits were read, an array may have the numbers of such, or 0 to 1.
    """
    found = told.get("black_and_white")
    if found:
        return float(found[0]), float(found[1])
    of_levels = _of_levels(data)
    return own if told and own in USUAL_LIGHT and data.levels > 2 and own is not None else of_levels


def _relit(
    image: npt.NDArray[np.float32], own: tuple[float, float] | None, light: tuple[float, float]
) -> npt.NDArray[np.float32]:
    """An image of which 0 and 1 stand for two numbers of a file, where they are to stand for two others.

    Args:
        image: 0 to 1.
        own: numbers that 0 and 1 stand for; None of files of eight bits, whose black and white nobody doubts.
        light: numbers that they are to stand for.
    """
    if own is None or own == light:
        return image
    return (
        (image.astype(np.float64) * (own[1] - own[0]) + own[0] - light[0]) / (light[1] - light[0])
    ).astype(np.float32)


def _nothing(name: str, left_out: Sequence[LeftOut], wanted: str, advice: str = "") -> str:
    """Message about a file of which nothing can be taken, with what to do."""
    reasons = Counter(one.reason for one in left_out)
    if len(reasons) == 1:
        (reason,) = reasons
        found = (
            tr("all {count:,}: {why}", count=len(left_out), why=reason)
            if len(left_out) > 1
            else f"{left_out[0].name}: {reason}"
        )
    else:
        found = named(tuple(left_out), 3) or tr("it is empty")
    return tr(
        "nothing in {name} can be taken ({found}); the model has learned {wanted}: {advice}",
        name=name,
        found=found,
        wanted=wanted,
        advice=advice or tr("give such a file"),
    )


def _columns(data: Dataset) -> str:
    """Columns of a data set in words."""
    if not data.columns:
        return tr("{count} columns of numbers", count=data.items.shape[1])
    names = _listed([column.name for column in data.columns])
    return (
        tr("the column {name}", name=names)
        if len(data.columns) == 1
        else tr("the columns {names}", names=names)
    )


def _listed(names: Sequence[str]) -> str:
    listed = ", ".join(names[:MOST_SHOWN])
    more = len(names) - MOST_SHOWN
    return tr("{names} and {count} more", names=listed, count=more) if more > 0 else listed


def _size(shape: Sequence[int]) -> str:
    """Width and height in words."""
    return tr("{width} × {height} pixels", width=shape[1], height=shape[0])


def is_picture_file(path: Path) -> bool:
    """True of a file of one picture, by its name."""
    name = path.name.lower()
    return path.is_file() and name.endswith(IMAGE_ENDINGS) and not name.endswith(STACKS)
