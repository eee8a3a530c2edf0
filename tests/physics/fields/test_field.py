"""What every kind of field has in common: where it fits, its formula, and its name in files and scripts."""

import pytest

from landscape_app.physics import fields
from landscape_app.physics.fields import KINDS, kinds_for
from landscape_app.physics.fields.classes import ClassCondition
from landscape_app.physics.fields.columns import FixedColumns
from landscape_app.physics.fields.custom import CustomField
from landscape_app.physics.fields.discriminator import DiscriminatorRound
from landscape_app.physics.fields.field import Field
from landscape_app.physics.fields.pixels import (
    FixedPixels,
    InkAmount,
    SimilarityTo,
    SmoothPixels,
    SymmetryAbout,
)
from landscape_app.physics.space import Levels, Line, Spins

ONE_OF_EACH: tuple[Field, ...] = (
    ClassCondition((3,)),
    DiscriminatorRound(1),
    FixedPixels(((0, 0, 1),)),
    InkAmount(0.2),
    SymmetryAbout("half-turn"),
    SimilarityTo(((0, 1), (2, 3))),
    SmoothPixels(),
    FixedColumns(((0, 1.0),)),
    CustomField("tilt.py", "0"),
)


def test_every_kind_is_known_by_a_name_of_its_own_in_files_and_in_scripts() -> None:
    assert [type(field) for field in ONE_OF_EACH] == list(KINDS.values())
    for name, kind in KINDS.items():
        assert kind.kind == name
        assert getattr(fields, kind.__name__) is kind


def test_kinds_are_offered_where_they_fit() -> None:
    of_images = tuple(kind for kind in KINDS if kind != "columns")
    assert kinds_for(Levels((8, 8), 17), 10) == of_images
    assert kinds_for(Levels((8, 8), 17), 0) == of_images[1:]
    assert kinds_for(Levels((8, 8, 3), 17), 10) == ("class", "discriminator", "custom")
    assert kinds_for(Line((2,)), 0) == ("columns", "custom")


@pytest.mark.parametrize("field", ONE_OF_EACH, ids=lambda field: field.kind)
def test_a_kind_is_refused_where_it_is_not_offered(field: Field) -> None:
    for space, classes in ((Levels((2, 2), 5), 10), (Levels((2, 2, 3), 5), 0), (Spins((2, 2)), 0)):
        if field.fits(space, classes):
            field.check(space, classes)
        else:
            with pytest.raises(ValueError, match=r"needed|no classes|no columns"):
                field.check(space, classes)


def test_only_what_must_be_trained_or_trusted_first_can_be_missing() -> None:
    missing = [field.kind for field in ONE_OF_EACH if field.is_missing(False, 0, ())]
    assert missing == ["class", "discriminator", "custom"]
    assert not any(field.is_missing(True, 1, {"0"}) for field in ONE_OF_EACH)


def test_a_formula_has_the_sign_and_the_size_of_the_strength() -> None:
    assert InkAmount(0.2).formula(3.0) == ("+", "3 · N (ū − 0.2)²")
    assert InkAmount(0.2).formula(-1.0) == ("−", "N (ū − 0.2)²")


@pytest.mark.parametrize("field", ONE_OF_EACH, ids=lambda field: field.kind)
def test_a_layer_starts_within_its_slider(field: Field) -> None:
    assert 0 < field.scale.start <= field.scale.limit
