"""Fields V(x): energies that steer a trained model, added to its Hamiltonian with a strength α."""

from landscape_app.physics.fields import classes, columns, custom, discriminator, pixels
from landscape_app.physics.fields.classes import ALL_OF, MODES, NONE_OF, ONE_OF, ClassCondition, ClassTerm
from landscape_app.physics.fields.columns import FixedColumns
from landscape_app.physics.fields.custom import CheckedTerm, CodeError, CustomField, FieldError
from landscape_app.physics.fields.discriminator import DiscriminatorRound, DiscriminatorTerm
from landscape_app.physics.fields.field import Field, FieldResources, StrengthScale, times
from landscape_app.physics.fields.pixels import (
    AXES,
    FixedPixels,
    InkAmount,
    SimilarityTo,
    SmoothPixels,
    SymmetryAbout,
)
from landscape_app.physics.space import Space

__all__ = [
    "ALL_OF",
    "AXES",
    "KINDS",
    "MODES",
    "NONE_OF",
    "ONE_OF",
    "CheckedTerm",
    "ClassCondition",
    "ClassTerm",
    "CodeError",
    "CustomField",
    "DiscriminatorRound",
    "DiscriminatorTerm",
    "Field",
    "FieldError",
    "FieldResources",
    "FixedColumns",
    "FixedPixels",
    "InkAmount",
    "SimilarityTo",
    "SmoothPixels",
    "StrengthScale",
    "SymmetryAbout",
    "kinds_for",
    "times",
]

KINDS: dict[str, type[Field]] = {
    kind.kind: kind
    for kind in (*classes.KINDS, *discriminator.KINDS, *pixels.KINDS, *columns.KINDS, *custom.KINDS)
}
"""Every kind of field by its name in files, in the order of menus."""

# Scripts name every kind by its class, such as `fields.InkAmount`, a new one too.
globals().update({kind.__name__: kind for kind in KINDS.values()})


def kinds_for(space: Space, classes: int) -> tuple[str, ...]:
    """Names of the kinds of field that fit a run.

    Args:
        space: of the chains.
        classes: that a classifier of the data tells apart; 0 for none.
    """
    return tuple(name for name, kind in KINDS.items() if kind.fits(space, classes))
