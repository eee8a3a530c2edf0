"""Controls, title and first state of every kind of field."""

from __future__ import annotations

from landscape_app.gui.steering.context import FieldContext, FieldSignals
from landscape_app.gui.steering.controls.classes import ClassControls
from landscape_app.gui.steering.controls.custom import CustomControls
from landscape_app.gui.steering.controls.discriminator import DiscriminatorControls
from landscape_app.gui.steering.controls.field_controls import FieldControls
from landscape_app.gui.steering.controls.pixels import PixelControls
from landscape_app.gui.steering.controls.similarity import TRAINING, SimilarityControls, likeness_to
from landscape_app.gui.steering.controls.simple import InkControls, SmoothnessControls, SymmetryControls
from landscape_app.gui.theme import Theme
from landscape_app.session import (
    ClassCondition,
    DiscriminatorRound,
    InkAmount,
    PinnedPixels,
    SmoothPixels,
    SymmetryAbout,
)
from landscape_app.session.fields import Field

TITLES = {
    "class": "Condition on classes",
    "discriminator": "Discriminator",
    "pixels": "Pinned pixels",
    "ink": "Total ink",
    "symmetry": "Symmetry",
    "similarity": "Likeness to an image",
    "smoothness": "Smoothness",
    "own": "Your own field…",
}
"""By kind, in the order of the menu."""


def title_of(kind: str) -> str:
    """What a person calls a kind of field."""
    return TITLES[kind]


def new_field(kind: str, context: FieldContext) -> Field:
    """The field of a new layer of any kind but "own", which needs a file.

    Raises:
        ValueError: there is no such kind, or no session yet to take an image from.
    """
    if kind == "similarity":
        if context.facts is None:
            raise ValueError("there is no image yet to be like")
        return likeness_to(context.facts.training_items[0], f"{TRAINING}1")
    fields: dict[str, Field] = {
        "class": ClassCondition(tuple(c for c in (3, 8) if c < context.classes) or (0,)),
        "discriminator": DiscriminatorRound(max(1, len(context.rounds))),
        "pixels": PinnedPixels(),
        "ink": InkAmount(),
        "symmetry": SymmetryAbout(),
        "smoothness": SmoothPixels(),
    }
    if kind not in fields:
        raise ValueError(f"no field is of the kind {kind!r}; choose from {', '.join(fields)}")
    return fields[kind]


def build_controls(field: Field, context: FieldContext, signals: FieldSignals, theme: Theme) -> FieldControls:
    """Controls of a field's kind, which show it."""
    controls: FieldControls = {
        "class": lambda: ClassControls(context.class_names),
        "discriminator": lambda: DiscriminatorControls(signals),
        "pixels": lambda: PixelControls(signals, theme),
        "ink": InkControls,
        "symmetry": SymmetryControls,
        "similarity": lambda: SimilarityControls(signals, theme),
        "smoothness": SmoothnessControls,
        "own": lambda: CustomControls(signals),
    }[field.kind]()
    controls.show_field(field)
    controls.show_surroundings(context)
    return controls
