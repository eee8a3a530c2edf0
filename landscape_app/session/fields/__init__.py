"""Fields as a person chooses them."""

from landscape_app.physics.observables import are_coloured, are_images
from landscape_app.physics.space import Space
from landscape_app.session.fields.class_condition import ALL_OF, MODES, NONE_OF, ONE_OF, ClassCondition
from landscape_app.session.fields.field import Field, Ingredients
from landscape_app.session.fields.learned import DiscriminatorRound, OwnField
from landscape_app.session.fields.pixels import (
    InkAmount,
    LikenessTo,
    PinnedPixels,
    SmoothPixels,
    SymmetryAbout,
)

__all__ = [
    "ALL_OF",
    "KINDS",
    "MODES",
    "NONE_OF",
    "ONE_OF",
    "ClassCondition",
    "DiscriminatorRound",
    "Field",
    "Ingredients",
    "InkAmount",
    "LikenessTo",
    "OwnField",
    "PinnedPixels",
    "SmoothPixels",
    "SymmetryAbout",
    "kinds_for",
]

KINDS: dict[str, type[Field]] = {
    kind.kind: kind
    for kind in (
        ClassCondition,
        DiscriminatorRound,
        PinnedPixels,
        InkAmount,
        SymmetryAbout,
        LikenessTo,
        SmoothPixels,
        OwnField,
    )
}
"""Every kind of field by its name in files."""


def kinds_for(space: Space, classes: int) -> tuple[str, ...]:
    """Names of the kinds of field that fit where the chains live.

    Args:
        space: where they live.
        classes: that a class network of the data tells apart; 0 for none.
    """
    images = are_images(space)
    fits = {ClassCondition: classes > 0, DiscriminatorRound: images, OwnField: True}
    pixels = images and not are_coloured(space)
    return tuple(name for name, kind in KINDS.items() if fits.get(kind, pixels))
