"""Which controls, what title and what first field every kind has."""

from __future__ import annotations

from landscape_app.gui.bias.controls.class_controls import ClassControls
from landscape_app.gui.bias.controls.discriminator_controls import DiscriminatorControls
from landscape_app.gui.bias.controls.field_controls import FieldControls
from landscape_app.gui.bias.controls.likeness_controls import TRAINING, LikenessControls, likeness_to
from landscape_app.gui.bias.controls.own_controls import OwnControls
from landscape_app.gui.bias.controls.pixel_controls import PixelControls
from landscape_app.gui.bias.controls.simple_controls import InkControls, SmoothnessControls, SymmetryControls
from landscape_app.gui.bias.surroundings import Requests, Surroundings
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


def new_field(kind: str, around: Surroundings) -> Field:
    """The field of a new layer of any kind but "own", which needs a file.

    Raises:
        ValueError: there is no such kind, or no session yet to take an image from.
    """
    if kind == "similarity":
        if around.facts is None:
            raise ValueError("there is no image yet to be like")
        return likeness_to(around.facts.training_items[0], f"{TRAINING}1")
    fields: dict[str, Field] = {
        "class": ClassCondition(tuple(c for c in (3, 8) if c < around.classes) or (0,)),
        "discriminator": DiscriminatorRound(max(1, len(around.rounds))),
        "pixels": PinnedPixels(),
        "ink": InkAmount(),
        "symmetry": SymmetryAbout(),
        "smoothness": SmoothPixels(),
    }
    if kind not in fields:
        raise ValueError(f"no field is of the kind {kind!r}; choose from {', '.join(fields)}")
    return fields[kind]


def build_controls(field: Field, around: Surroundings, requests: Requests, theme: Theme) -> FieldControls:
    """Controls of a field's kind, which show it."""
    controls: FieldControls = {
        "class": lambda: ClassControls(around.class_names),
        "discriminator": lambda: DiscriminatorControls(requests),
        "pixels": lambda: PixelControls(requests, theme),
        "ink": InkControls,
        "symmetry": SymmetryControls,
        "similarity": lambda: LikenessControls(requests, theme),
        "smoothness": SmoothnessControls,
        "own": lambda: OwnControls(requests),
    }[field.kind]()
    controls.show_field(field)
    controls.show_surroundings(around)
    return controls
