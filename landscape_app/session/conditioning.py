"""Values of columns by their names, for conditional sampling and for tables of samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from landscape_app.data import ColumnMeaning
from landscape_app.language import tr
from landscape_app.physics.fields import FixedColumns
from landscape_app.physics.space import Space
from landscape_app.session.composition import Composition


def columns_of(columns: Sequence[ColumnMeaning], space: Space) -> tuple[ColumnMeaning, ...]:
    """The columns of a table, or of points without names those of x1, x2 …; none of what are no rows."""
    if columns or len(space.shape) != 1:
        return tuple(columns)
    return tuple(ColumnMeaning(f"x{i + 1}") for i in range(space.sites))


def fixed_columns(
    columns: Sequence[ColumnMeaning], space: Space, values: Mapping[str | int, str | float]
) -> FixedColumns:
    """The field that fixes columns at values.

    Args:
        columns: of the data set.
        space: of its items.
        values: by the names of columns, or by their numbers from 1: numbers in the unit of the file, or words.

    Raises:
        ValueError: there are no such columns or values, or none is left free.
    """
    known = columns_of(columns, space)
    names = [column.name for column in known]
    fixed, words = [], []
    for name, value in values.items():
        if name in names:
            place = names.index(str(name))
        elif str(name).isdecimal() and 1 <= int(name) <= len(known):
            place = int(name) - 1
        else:
            raise ValueError(
                tr("no column {name!r}; there are {names}", name=name, names=", ".join(names[:12]))
                if names
                else tr("no column {name!r}; there are none", name=name)
            )
        number = known[place].number_of(value)
        fixed.append((place, site_of(known[place], space, number)))
        words.append(f"{names[place]} = {known[place].text_of(number)}")
    field = FixedColumns(tuple(fixed), tuple(words))
    field.check(space, 0)
    return field


def in_words(field: FixedColumns, columns: Sequence[ColumnMeaning], space: Space) -> FixedColumns:
    """The same field in the words of the data."""
    known = columns_of(columns, space)
    return field.told(
        [
            f"{known[column].name} = {known[column].text_of(place_of(known[column], space, value))}"
            if 0 <= column < len(known)
            else f"column {column + 1} = {value:g}"
            for column, value in field.columns
        ]
    )


def named_columns(composition: Composition, columns: Sequence[ColumnMeaning], space: Space) -> Composition:
    """The composition with its fixed columns in the words of the data."""
    layers = tuple(
        replace(layer, field=in_words(layer.field, columns, space))
        if isinstance(layer.field, FixedColumns)
        else layer
        for layer in composition.layers
    )
    return replace(composition, layers=layers)


def site_of(column: ColumnMeaning, space: Space, number: float) -> float:
    """Value of a site by the place of a word from 0, such as −1 and +1 of spins; a number is as it is."""
    return number * space.spacing + space.lowest if column.values else number


def place_of(column: ColumnMeaning, space: Space, site: float) -> float:
    """The inverse of `site_of`."""
    return (site - space.lowest) / space.spacing if column.values else site


def table_of(columns: Sequence[ColumnMeaning], space: Space, x: npt.NDArray[np.generic]) -> list[list[str]]:
    """Rows of samples as people write them, the first row with the names of the columns.

    Args:
        columns: of the data set.
        space: of its items.
        x: shape (n, columns).

    Raises:
        ValueError: samples are no rows.
    """
    known = columns_of(columns, space)
    if not known:
        raise ValueError(
            tr("a .csv has a row for every sample, and these samples live on {space}", space=space.label)
        )
    return [
        [column.name for column in known],
        *(
            [
                column.text_of(place_of(column, space, float(site)))
                for column, site in zip(known, row, strict=True)
            ]
            for row in x
        ),
    ]
