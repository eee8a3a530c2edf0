"""Edits of a composition, and their history for undo and redo."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from landscape_app.physics.fields import NONE_OF, ClassCondition
from landscape_app.session.composition import DEFAULT_STRENGTH, Composition, Layer


def added(composition: Composition, layer: Layer, index: int | None = None) -> Composition:
    """With one more layer, at the end or before the layer of an index.

    Raises:
        ValueError: there are as many as there can be.
    """
    layers = list(composition.layers)
    layers.insert(len(layers) if index is None else index, layer)
    return replace(composition, layers=tuple(layers))


def removed(composition: Composition, index: int) -> Composition:
    """Without a layer."""
    return replace(composition, layers=composition.layers[:index] + composition.layers[index + 1 :])


def moved(composition: Composition, index: int, to: int) -> Composition:
    """With a layer at another place of the list; at the nearest end where there is no such place."""
    layers = list(composition.layers)
    layer = layers.pop(index)
    layers.insert(max(0, min(to, len(layers))), layer)
    return replace(composition, layers=tuple(layers))


def duplicated(composition: Composition, index: int) -> Composition:
    """With a layer once more, behind itself.

    Raises:
        ValueError: there are as many as there can be.
    """
    return added(composition, composition.layers[index], index + 1)


def switched_off(composition: Composition, indices: Iterable[int]) -> Composition:
    """With layers switched off."""
    for index in indices:
        composition = composition.with_layer(index, enabled=False)
    return composition


def class_layer(composition: Composition) -> int | None:
    """Index of the first layer that wants a single class, switched on or off; None without one."""
    for index, layer in enumerate(composition.layers):
        field = layer.field
        if isinstance(field, ClassCondition) and field.mode != NONE_OF and len(field.classes) == 1:
            return index
    return None


def chosen_class(composition: Composition) -> int | None:
    """The class of that layer, while it is switched on."""
    index = class_layer(composition)
    if index is None or not composition.layers[index].enabled:
        return None
    field = composition.layers[index].field
    assert isinstance(field, ClassCondition)
    return field.classes[0]


def towards_class(
    composition: Composition, target: int | None, strength: float = DEFAULT_STRENGTH
) -> Composition:
    """With one layer for a single class: another class in its place, a new one at the end, or none.

    Args:
        composition: whose other layers are kept.
        target: the class; None takes the layer away.
        strength: of the layer where there is none yet.
    """
    index = class_layer(composition)
    if target is None:
        return composition if index is None else removed(composition, index)
    if index is None:
        return added(composition, Layer(ClassCondition((target,)), strength))
    return composition.with_layer(index, field=ClassCondition((target,)), enabled=True)


MOST_STEPS = 500


@dataclass(frozen=True)
class CompositionHistory:
    """A composition with what came before it and what was taken back; every change makes a new one.

    Attributes:
        present: the composition now.
        past: earlier ones, the latest last.
        future: those taken back, the next to be done again last.
        gesture: what the last edit was part of, such as one drag of a slider; empty for an edit by itself.
    """

    present: Composition = field(default_factory=Composition)
    past: tuple[Composition, ...] = ()
    future: tuple[Composition, ...] = ()
    gesture: str = ""

    @property
    def can_undo(self) -> bool:
        """Whether there is something to take back."""
        return bool(self.past)

    @property
    def can_redo(self) -> bool:
        """Whether there is something to do again."""
        return bool(self.future)

    def edited(self, composition: Composition, gesture: str = "") -> CompositionHistory:
        """After an edit; edits of the same gesture in a row are one step."""
        if composition == self.present:
            return self
        if gesture and gesture == self.gesture:
            return replace(self, present=composition)
        past = (*self.past, self.present)[-MOST_STEPS:]
        return CompositionHistory(composition, past, (), gesture)

    def settled(self) -> CompositionHistory:
        """After the end of a gesture: another of the same name is a step of its own."""
        return replace(self, gesture="")

    def undone(self) -> CompositionHistory:
        """One step back; the same where there is none."""
        if not self.past:
            return self
        return CompositionHistory(self.past[-1], self.past[:-1], (*self.future, self.present))

    def redone(self) -> CompositionHistory:
        """One step that was taken back done again; the same where there is none."""
        if not self.future:
            return self
        return CompositionHistory(self.future[-1], (*self.past, self.present), self.future[:-1])
