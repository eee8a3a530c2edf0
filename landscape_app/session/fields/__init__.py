"""Fields as a person chooses them."""

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
