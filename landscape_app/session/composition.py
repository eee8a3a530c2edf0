"""Compositions of fields and temperatures added to a trained model, the history of their edits, and presets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from landscape_app.counting import counted
from landscape_app.language import tr
from landscape_app.models import MinMaxEntModel
from landscape_app.physics.estimate import shown
from landscape_app.physics.fields import (
    ALL_OF,
    NONE_OF,
    ClassCondition,
    DiscriminatorRound,
    Field,
    FixedColumns,
    FixedPixels,
    times,
)

DEFAULT_STRENGTH = ClassCondition.scale.start
"""Strength α at which a class field starts."""

MOST_STRENGTH = 1e4
LEAST_TEMPERATURE, MOST_TEMPERATURE = 1e-3, 1e6
"""Beyond these, float32 energies lose all meaning."""

MOST_LAYERS = 64


@dataclass(frozen=True)
class Layer:
    """One field of a composition.

    Attributes:
        field: its energy.
        strength: α, from −`MOST_STRENGTH` to `MOST_STRENGTH`, negative for the opposite.
        enabled: whether it takes part.
        name: given by the user; empty for the field's own label.

    Raises:
        ValueError: a strength outside its range, or a negative one of a field that has no opposite.
    """

    field: Field
    strength: float = DEFAULT_STRENGTH
    enabled: bool = True
    name: str = ""

    def __post_init__(self) -> None:
        least = -MOST_STRENGTH if self.field.signed else 0.0
        if not least <= self.strength <= MOST_STRENGTH:
            raise ValueError(
                tr(
                    "the strength must be a number from {least:g} to {most:g}, got {strength}",
                    least=least,
                    most=MOST_STRENGTH,
                    strength=self.strength,
                )
            )

    @property
    def title(self) -> str:
        """Name for people."""
        return self.name or self.field.label

    @property
    def clamps(self) -> bool:
        """True if it fixes pixels or columns, instead of adding an energy."""
        return self.field.clamps

    @property
    def acts(self) -> bool:
        """True if it adds an energy."""
        return self.enabled and self.strength != 0 and not self.clamps


@dataclass(frozen=True)
class Composition:
    """H(x) = [ Σ_i λ_i f_i(x) / T_m + Σ_k α_k V_k(x) ] / T, each part of which can be absent.

    Attributes:
        layers: the fields, in the order in which they are listed.
        temperature: T, positive; the base measure q is not heated.
        model_temperature: T_m of the Min-MaxEnt term alone, positive.
        hamiltonian: whether the Min-MaxEnt term takes part.

    Raises:
        ValueError: a temperature outside its range, or more than `MOST_LAYERS` layers.
    """

    layers: tuple[Layer, ...] = ()
    temperature: float = 1.0
    model_temperature: float = 1.0
    hamiltonian: bool = True

    def __post_init__(self) -> None:
        for temperature in (self.temperature, self.model_temperature):
            if not LEAST_TEMPERATURE <= temperature <= MOST_TEMPERATURE:
                raise ValueError(
                    tr(
                        "the temperature must be a positive number, {least:g} to {most:g}, got {temperature}",
                        least=LEAST_TEMPERATURE,
                        most=MOST_TEMPERATURE,
                        temperature=temperature,
                    )
                )
        if len(self.layers) > MOST_LAYERS:
            raise ValueError(
                tr(
                    "a composition has at most {most} layers, got {layers}",
                    most=MOST_LAYERS,
                    layers=len(self.layers),
                )
            )

    @classmethod
    def towards(
        cls,
        target: int | None,
        strength: float = DEFAULT_STRENGTH,
        temperature: float = 1.0,
        hamiltonian: bool = True,
    ) -> Composition:
        """The composition of one class target, or of none.

        Args:
            target: number of the class; None for no field.
            strength: α of its field, nats per unit of −log p(c|x).
            temperature: T.
            hamiltonian: whether the model takes part.

        Raises:
            ValueError: a temperature outside its range.

        Example:
            >>> Composition.towards(7, strength=2.0).layers[0].strength
            2.0
        """
        layers = () if target is None else (Layer(ClassCondition((target,)), strength),)
        return cls(layers, temperature, hamiltonian=hamiltonian)

    @property
    def model_coefficient(self) -> float:
        """Coefficient of the model's energy in H."""
        return (1.0 if self.hamiltonian else 0.0) / (self.temperature * self.model_temperature)

    @property
    def acting(self) -> tuple[Layer, ...]:
        """The layers that add an energy."""
        return tuple(layer for layer in self.layers if layer.acts)

    @property
    def clamps(self) -> tuple[Field, ...]:
        """The fields that fix pixels or columns."""
        return tuple(
            layer.field for layer in self.layers if layer.enabled and layer.clamps and layer.field.fixed
        )

    @property
    def is_model(self) -> bool:
        """True if this is the trained model itself, without any change."""
        return self.model_coefficient == 1.0 and not self.acting and not self.clamps

    @property
    def conditions(self) -> tuple[ClassCondition, ...]:
        """The acting conditions on classes."""
        return tuple(layer.field for layer in self.acting if isinstance(layer.field, ClassCondition))

    @property
    def target(self) -> int | None:
        """The class, where the only condition is one single class; None elsewhere."""
        conditions = self.conditions
        one = (
            len(conditions) == 1
            and len(conditions[0].classes) == 1
            and conditions[0].is_met_by(conditions[0].classes[0])
        )
        return conditions[0].classes[0] if one else None

    def is_met_by(self, classes: np.ndarray) -> np.ndarray:
        """True for images that are of a class which every condition wants, bool, shape (n,).

        Args:
            classes: of each image, shape (n,).
        """
        met = [all(condition.is_met_by(int(c)) for condition in self.conditions) for c in classes]
        return np.array(met, dtype=bool)

    @property
    def formula(self) -> str:
        """H(x) = … in words and symbols, of learned observables."""
        return self.formula_of(MinMaxEntModel.formula)

    def formula_of(self, energy: str) -> str:
        """H(x) = … in words and symbols.

        Args:
            energy: the model's own, such as `Model.formula`.
        """
        body = "".join(self._terms(energy)) or "0"
        if self.temperature == 1 or body == "0":
            formula = f"H(x) = {body}"
        else:
            formula = f"H(x) = [ {body} ] / {self.temperature:g}"
        pixels = sum(field.fixed for field in self.clamps if isinstance(field, FixedPixels))
        formula += tr(", {pixels} fixed", pixels=counted(pixels, "pixel")) if pixels else ""
        given = ", ".join(field.label for field in self.clamps if isinstance(field, FixedColumns))
        return formula + (tr(", given {columns}", columns=given) if given else "")

    @property
    def in_short(self) -> str:
        """Its fields by name and strength, such as "7 (α = 4), ink 20% (α = 80), T = 1.5".

        Example:
            >>> Composition.towards(7, strength=2.0, temperature=1.5).in_short
            '7 (α = 2), T = 1.5'
            >>> Composition().in_short, Composition(temperature=0.5).in_short
            ('the model alone', 'the model alone, T = 0.5')
        """
        return self.summary()

    def summary(self, with_temperature: bool = False) -> str:
        """The composition in few words.

        Args:
            with_temperature: whether T is said also where it is 1.
        """
        parts = [] if self.hamiltonian else [tr("without the model")]
        if self.hamiltonian and not self.acting and not self.clamps:
            parts = [tr("the model alone")]
        for layer in self.layers:
            if layer.acts:
                strength = shown(layer.strength, "g")
                parts.append(f"{layer.title} (α = {strength})")
            elif layer.enabled and layer.clamps and layer.field.fixed:
                parts.append(layer.title)
        if self.hamiltonian and self.model_temperature != 1:
            parts.append(f"Tₘ = {self.model_temperature:g}")
        if self.temperature != 1 or with_temperature:
            parts.append(f"T = {self.temperature:g}")
        return ", ".join(parts)

    def with_layer(self, index: int, **changes: object) -> Composition:
        """The same with a layer changed.

        Args:
            index: of the layer.
            changes: entries of `Layer` by name.

        Raises:
            IndexError: there is no such layer.
        """
        layers = list(self.layers)
        layers[index] = replace(layers[index], **changes)  # type: ignore[arg-type]
        return replace(self, layers=tuple(layers))

    def named(self, class_names: Sequence[str]) -> Composition:
        """The same with names of its classes.

        Args:
            class_names: of each class by its number; those without a name keep their number.
        """
        layers = tuple(
            replace(layer, field=layer.field.named(class_names))
            if isinstance(layer.field, ClassCondition)
            else layer
            for layer in self.layers
        )
        return replace(self, layers=layers)

    def _terms(self, energy: str) -> Iterator[str]:
        if self.hamiltonian:
            share = 1 / self.model_temperature
            of_more_terms = share != 1 and any(sign in energy[1:] for sign in "+−-")
            yield times(share, f"({energy})" if of_more_terms else energy, digits=3)
        first = not self.hamiltonian
        for layer in self.acting:
            sign, body = layer.field.formula(layer.strength)
            yield f"{'' if sign == '+' else sign}{body}" if first else f" {sign} {body}"
            first = False


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
        future: those undone, the next to be done again last.
        gesture: of which the last edit was a part, such as one drag of a slider; empty for an edit by itself.
    """

    present: Composition = field(default_factory=Composition)
    past: tuple[Composition, ...] = ()
    future: tuple[Composition, ...] = ()
    gesture: str = ""

    @property
    def can_undo(self) -> bool:
        """True if there is an edit to undo."""
        return bool(self.past)

    @property
    def can_redo(self) -> bool:
        """True if there is an edit to redo."""
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
        """One undone step done again; the same where there is none."""
        if not self.future:
            return self
        return CompositionHistory(self.future[-1], (*self.past, self.present), self.future[:-1])


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
        tr("Between {first} and {second}", first=first, second=second),
        tr(
            "Images that the classifier takes for a {first} and for a {second} at once.",
            first=first,
            second=second,
        ),
        lambda: Composition((Layer(ClassCondition((a, b), ALL_OF), BETWEEN_STRENGTH),)),
    )
    finish = Preset(
        tr("Finish my drawing"),
        tr("Draw some pixels: the chains keep them and fill in the rest."),
        lambda: Composition((Layer(FixedPixels(), 1.0),)),
    )
    fool = Preset(
        tr("Fool the discriminator"),
        tr("Towards what the discriminators of this run take for real; train one first."),
        lambda: Composition(tuple(Layer(DiscriminatorRound(k + 1), 0.7) for k in range(max(rounds, 1)))),
    )
    alone = Preset(
        tr("Classifier alone"),
        tr("The trained landscape switched off: what the classifier alone is content with (figure 7d)."),
        lambda: Composition.towards(min(7, classes - 1), hamiltonian=False),
    )
    of_images = (finish, fool) if images else ()
    return (*targets, *([between] if classes > 1 else []), *of_images, *([alone] if classes > 1 else []))


def request_for(class_name: str) -> str:
    """A class target in words; a name of the person's own takes no article.

    Example:
        >>> request_for("7"), request_for("bars / crosses")
        ('Make it a 7', 'Steer to bars / crosses')
    """
    if class_name.isdecimal():
        return tr("Make it a {class_name}", class_name=class_name)
    return tr("Steer to {class_name}", class_name=class_name)


def _class_preset(c: int, name: str) -> Preset:
    meaning = tr("The class target {name}, at four times the strength of Bayes' rule.", name=name)
    return Preset(request_for(name), meaning, lambda: Composition.towards(c))
