"""Compositions to begin with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from landscape_app.physics.fields import ALL_OF, ClassCondition, DiscriminatorRound, FixedPixels
from landscape_app.session.composition import Composition, Layer

BETWEEN_STRENGTH = 2.0

MOST_TARGETS = 40
"""Classes that have a preset of their own."""


@dataclass(frozen=True)
class Preset:
    """A composition by name.

    Attributes:
        title: what a person picks.
        meaning: one sentence.
        make: the composition.
    """

    title: str
    meaning: str
    make: Callable[[], Composition]


def presets(class_names: Sequence[str], rounds: int, images: bool = True) -> tuple[Preset, ...]:
    """The presets of a run.

    Args:
        class_names: what its classes are called, by their numbers.
        rounds: discriminators that it has.
        images: whether it learns images.
    """
    classes = len(class_names)
    targets = tuple(_class_preset(c, name) for c, name in enumerate(class_names[:MOST_TARGETS]))
    a, b = (3, 8) if classes > 8 else (0, classes - 1)
    first, second = (class_names[c] if classes else "" for c in (a, b))
    between = Preset(
        f"Between {first} and {second}",
        f"Images that the classifier takes for a {first} and for a {second} at once.",
        lambda: Composition((Layer(ClassCondition((a, b), ALL_OF), BETWEEN_STRENGTH),)),
    )
    finish = Preset(
        "Finish my drawing",
        "Draw some pixels: the chains keep them and fill in the rest.",
        lambda: Composition((Layer(FixedPixels(), 1.0),)),
    )
    fool = Preset(
        "Fool the discriminator",
        "Towards what the discriminators of this run take for real; train one first.",
        lambda: Composition(tuple(Layer(DiscriminatorRound(k + 1), 0.7) for k in range(max(rounds, 1)))),
    )
    alone = Preset(
        "Classifier alone",
        "The trained landscape switched off: what the classifier alone is content with (figure 7d).",
        lambda: Composition.towards(min(7, classes - 1), hamiltonian=False),
    )
    of_images = (finish, fool) if images else ()
    return (*targets, *([between] if classes > 1 else []), *of_images, *([alone] if classes > 1 else []))


def _class_preset(c: int, name: str) -> Preset:
    meaning = f"The class target {name}, at four times the strength of Bayes' rule."
    return Preset(f"Make it a {name}", meaning, lambda: Composition.towards(c))
