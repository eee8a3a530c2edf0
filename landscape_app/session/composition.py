"""A composition: what a person adds to a trained model's Hamiltonian."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from landscape_app.physics.fields import ClassCondition, Field, FixedPixels

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
        field: what it wants.
        strength: α, from −`MOST_STRENGTH` to `MOST_STRENGTH`, negative for the opposite.
        enabled: whether it takes part.
        name: given by the person; empty for the field's own label.

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
                f"the strength must be a number from {least:g} to {MOST_STRENGTH:g}, got {self.strength}"
            )

    @property
    def title(self) -> str:
        """What a person calls it."""
        return self.name or self.field.label

    @property
    def clamps(self) -> bool:
        """Whether it fixes pixels, instead of adding an energy."""
        return isinstance(self.field, FixedPixels) and self.field.exact

    @property
    def acts(self) -> bool:
        """Whether it adds an energy."""
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
                    f"the temperature must be a positive number, {LEAST_TEMPERATURE:g} "
                    f"to {MOST_TEMPERATURE:g}, got {temperature}"
                )
        if len(self.layers) > MOST_LAYERS:
            raise ValueError(f"a composition has at most {MOST_LAYERS} layers, got {len(self.layers)}")

    @classmethod
    def towards(
        cls,
        target: int | None,
        strength: float = DEFAULT_STRENGTH,
        temperature: float = 1.0,
        hamiltonian: bool = True,
    ) -> Composition:
        """The composition of one class target, or of none.

        Example:
            >>> Composition.towards(7, strength=2.0).layers[0].strength
            2.0
        """
        layers = () if target is None else (Layer(ClassCondition((target,)), strength),)
        return cls(layers, temperature, hamiltonian=hamiltonian)

    @property
    def model_coefficient(self) -> float:
        """What multiplies Σ λ f in H."""
        return (1.0 if self.hamiltonian else 0.0) / (self.temperature * self.model_temperature)

    @property
    def acting(self) -> tuple[Layer, ...]:
        """The layers that add an energy."""
        return tuple(layer for layer in self.layers if layer.acts)

    @property
    def clamps(self) -> tuple[FixedPixels, ...]:
        """The layers' fixed pixels."""
        return tuple(
            layer.field
            for layer in self.layers
            if layer.enabled and layer.clamps and isinstance(layer.field, FixedPixels) and layer.field.pixels
        )

    @property
    def is_model(self) -> bool:
        """Whether this is the trained model itself, without any change."""
        return self.model_coefficient == 1.0 and not self.acting and not self.clamps

    @property
    def conditions(self) -> tuple[ClassCondition, ...]:
        """What is wanted of classes."""
        return tuple(layer.field for layer in self.acting if isinstance(layer.field, ClassCondition))

    @property
    def target(self) -> int | None:
        """The class, where one single class is all that is wanted of classes."""
        conditions = self.conditions
        one = (
            len(conditions) == 1
            and len(conditions[0].classes) == 1
            and conditions[0].is_met_by(conditions[0].classes[0])
        )
        return conditions[0].classes[0] if one else None

    def share_on_target(self, classes: np.ndarray) -> float:
        """The share of images that are of a class which every condition wants.

        Args:
            classes: of each image, shape (n,).
        """
        met = [all(condition.is_met_by(int(c)) for condition in self.conditions) for c in classes]
        return float(np.mean(met))

    @property
    def formula(self) -> str:
        """H(x) = … as a person reads it."""
        body = "".join(self._terms()) or "0"
        if self.temperature == 1 or body == "0":
            formula = f"H(x) = {body}"
        else:
            formula = f"H(x) = [ {body} ] / {self.temperature:g}"
        fixed = sum(len(field.pixels) for field in self.clamps)
        return formula + (f", {fixed} pixel{'' if fixed == 1 else 's'} fixed" if fixed else "")

    def with_layer(self, index: int, **changes: object) -> Composition:
        """The same with a layer changed."""
        layers = list(self.layers)
        layers[index] = replace(layers[index], **changes)  # type: ignore[arg-type]
        return replace(self, layers=tuple(layers))

    def named(self, class_names: Sequence[str]) -> Composition:
        """The same with what its classes are called, by their numbers."""
        layers = tuple(
            replace(layer, field=layer.field.named(class_names))
            if isinstance(layer.field, ClassCondition)
            else layer
            for layer in self.layers
        )
        return replace(self, layers=layers)

    def _terms(self) -> Iterator[str]:
        if self.hamiltonian:
            share = 1 / self.model_temperature
            yield "Σᵢ λᵢ fᵢ(x)" if share == 1 else f"{share:.3g} Σᵢ λᵢ fᵢ(x)"
        first = not self.hamiltonian
        for layer in self.acting:
            sign, body = layer.field.formula(layer.strength)
            yield f"{'' if sign == '+' else sign}{body}" if first else f" {sign} {body}"
            first = False
