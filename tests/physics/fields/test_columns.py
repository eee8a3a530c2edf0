"""Fields that fix columns: what they accept, and what they fix."""

import math

import pytest
import torch

from landscape_app.physics.fields import kinds_for
from landscape_app.physics.fields.columns import FixedColumns
from landscape_app.physics.fields.field import FieldResources
from landscape_app.physics.fields.pixels import FixedPixels
from landscape_app.physics.space import Box, Levels, Line, Mixed, Space, Spins


@pytest.mark.parametrize(
    ("space", "fits"),
    [
        (Mixed((0, 2)), True),
        (Line((3,)), True),
        (Levels((4,), 3), True),
        (Spins((4,)), True),
        (Line((1,)), False),
        (Spins((4, 4)), False),
        (Levels((8, 8), 17), False),
        (Box((2,), 0.0, 1.0), False),
    ],
    ids=str,
)
def test_columns_are_fixed_in_rows_of_several(space: Space, fits: bool) -> None:
    assert (FixedColumns.kind in kinds_for(space, 0)) is fits
    if not fits:
        with pytest.raises(ValueError, match="no columns to fix"):
            FixedColumns(((0, 1.0),)).check(space, 0)


def test_fixed_columns_are_a_mask_and_values() -> None:
    mask, values = FixedColumns(((2, 1.0), (0, -3.5))).tables(Mixed((0, 0, 2)))
    assert mask.tolist() == [True, False, True]
    assert values.tolist() == [-3.5, 0.0, 1.0]
    mask, values = FixedColumns(((1, 1.0),)).tables(Spins((3,)))
    assert mask.tolist() == [False, True, False]
    assert bool(Spins((3,)).contains(values.unsqueeze(0)))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (((3, 0.0),), "no column 4 among 3"),
        (((2, 2.0),), "not in the model's numbers and categories"),
        (((2, 0.5),), "not in the model's numbers and categories"),
        (((0, 0.0), (1, 0.0), (2, 0.0)), "free one of them"),
    ],
)
def test_columns_and_values_that_are_not_there_are_refused(
    columns: tuple[tuple[int, float], ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        FixedColumns(columns).check(Mixed((0, 0, 2)), 0)


def test_a_column_is_fixed_once_at_a_finite_value() -> None:
    for columns, message in (((0, math.nan),), "finite"), (((0, 1.0), (0, 2.0)), "twice"):
        with pytest.raises(ValueError, match=message):
            FixedColumns(columns)
    with pytest.raises(ValueError, match="as many words"):
        FixedColumns(((0, 1.0),), ("a", "b"))


def test_words_are_said_and_make_no_other_field() -> None:
    field = FixedColumns(((2, 40.0),))
    told = field.told(["age = 40"])
    assert (field.label, told.label, FixedColumns().label) == ("column 3 = 40", "age = 40", "no column fixed")
    assert field == told
    assert (told.clamps, told.fixed, FixedColumns().fixed) == (True, 1, 0)
    with pytest.raises(ValueError, match="add no energy"):
        field.term(FieldResources(Mixed((0, 0, 0, 2))))


def test_pixels_clamp_where_they_are_exact() -> None:
    pixels = ((0, 0, 1), (0, 1, 1))
    assert (FixedPixels(pixels).clamps, FixedPixels(pixels).fixed) == (True, 2)
    assert (FixedPixels(pixels, exact=False).clamps, FixedPixels(pixels, exact=False).fixed) == (False, 0)
    assert torch.equal(
        FixedPixels(pixels).tables(Levels((2, 2), 2))[0], torch.tensor([[True, True], [False, False]])
    )
