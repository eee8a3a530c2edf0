"""With which strength a layer begins, how far its slider reaches, and by how much a key changes it."""

from __future__ import annotations

from typing import NamedTuple

from landscape_app.session import DEFAULT_STRENGTH, ClassCondition, Layer, LayerStatistics, strength_limit
from landscape_app.session.fields import Field


class Scale(NamedTuple):
    """Strengths of one kind of field.

    Attributes:
        start: of a new layer.
        limit: end of the slider, until the spread of V is known.
    """

    start: float
    limit: float


SCALES = {
    "class": Scale(DEFAULT_STRENGTH, 8.0),
    "discriminator": Scale(1.0, 10.0),
    "pixels": Scale(8.0, 30.0),
    "ink": Scale(80.0, 200.0),
    "symmetry": Scale(3.0, 15.0),
    "similarity": Scale(3.0, 8.0),
    "smoothness": Scale(3.0, 10.0),
    "own": Scale(1.0, 10.0),
}
"""By kind of field; measured on the digits, where α times the spread of V is about 10 nats at the start and 25 at the
end. A condition on classes starts at the strength of the quick buttons, a discriminator at that of equation 20."""

STAYS = 1.6
"""Ratio of two limits below which a slider is left as it is, rather than made to jump."""


def start_strength(field: Field) -> float:
    """The strength of a new layer."""
    return SCALES[field.kind].start


def slider_limits(
    field: Field, statistics: LayerStatistics | None, now: tuple[float, float] | None
) -> tuple[float, float]:
    """What the slider of a layer reaches: from 0, or as far below it where the field has an opposite.

    Args:
        field: of the layer.
        statistics: of its V; None before they are known.
        now: what it reaches now.
    """
    limit = None if statistics is None else strength_limit(statistics.model_spread)
    if limit is None:
        limit = SCALES[field.kind].limit if now is None else now[1]
    elif now is not None and 1 / STAYS < limit / now[1] < STAYS:
        limit = now[1]
    return (-limit if field.signed else 0.0, limit)


def strength_step(layer: Layer, limits: tuple[float, float]) -> float:
    """By how much a key makes a layer stronger: half a Bayes' rule, or a sixteenth of the slider."""
    return 0.5 if isinstance(layer.field, ClassCondition) else limits[1] / 16
