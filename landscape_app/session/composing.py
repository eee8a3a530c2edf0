"""From a composition to a Hamiltonian, and the path by which chains get there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

from landscape_app.physics.base import Base, ProductBase
from landscape_app.physics.fields import ClassField
from landscape_app.physics.hamiltonian import EnergyTerm, Hamiltonian, WeightedTerm
from landscape_app.physics.reservoir import Reservoir
from landscape_app.physics.space import Space
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.fields import ONE_OF, ClassCondition, Ingredients, OwnField
from landscape_app.session.own_field import Source, run_source

if TYPE_CHECKING:
    from landscape_app.session.records import DiscriminatorRecord


class SharedNetwork:
    """A network whose last output is kept, so that several fields can ask about the same x at the cost of one.

    Args:
        network: x of shape (batch, *shape) to logits of shape (batch, classes).
    """

    def __init__(self, network: nn.Module) -> None:
        self.network = network
        self._seen: tuple[Tensor, int, Tensor] | None = None

    def __call__(self, x: Tensor) -> Tensor:
        """Logits, shape (batch, classes)."""
        if self._seen is None or self._seen[0] is not x or self._seen[1] != x._version:
            self._seen = x, x._version, self.network(x)
        return self._seen[2]


class Composer:
    """Makes of compositions what chains can sample.

    Args:
        space: where the chains live.
        classes: number of classes.

    Attributes:
        discriminators: of all rounds so far.
        rounds: how well each of them tells.
        own: functions of x that the person trusts, by the digest of their source.
    """

    def __init__(self, space: Space, classes: int) -> None:
        self.space = space
        self.classes = classes
        self.discriminators: list[nn.Module] = []
        self.rounds: list[DiscriminatorRecord] = []
        self.own: dict[str, Callable[[Tensor], Tensor]] = {}

    def fields(
        self, composition: Composition, classifier: nn.Module | None, samples: ClassifiedSamples | None = None
    ) -> tuple[WeightedTerm, ...]:
        """The fields of the acting layers with their coefficients in H, α / T.

        Args:
            composition: whose.
            classifier: the class network; None until it is trained.
            samples: of the model, by which a mixture gives each class its share; only needed for one.

        Raises:
            ValueError: a field needs what is missing, or does not fit the space.
        """
        if composition.conditions:
            self.require_classes()
        network = None if classifier is None else SharedNetwork(classifier)
        plain = self._build(
            [layer for layer in composition.acting if not is_mixture(layer)], composition, network
        )

        def log_parts(classes: Sequence[int], coefficient: float) -> Tensor:
            if samples is None or samples.log_probabilities is None:
                raise ValueError("a mixture of classes needs samples of the model; train it, or collect some")
            under = samples.log_weights_under(composition.model_coefficient, plain.values())
            return log_class_parts(under, samples.log_probabilities, classes, coefficient)

        mixed = self._build(list(filter(is_mixture, composition.acting)), composition, network, log_parts)
        return tuple((plain | mixed)[layer] for layer in composition.acting)

    def require_classes(self) -> None:
        """Refuses data without classes.

        Raises:
            ValueError: they have none.
        """
        if not self.classes:
            raise ValueError("these data have no classes to steer to")

    def trust(self, source: Source) -> OwnField:
        """Runs a person's own file, which they trust; returns the field that it makes possible.

        Raises:
            FieldError: it fails.
        """
        self.own[source.digest] = run_source(source)
        return OwnField(str(source.path), source.digest)

    def _build(
        self,
        layers: Sequence[Layer],
        composition: Composition,
        network: SharedNetwork | None,
        log_parts: Callable[[Sequence[int], float], Tensor] | None = None,
    ) -> dict[Layer, WeightedTerm]:
        made = Ingredients(self.space, self.classes, network, log_parts, self.discriminators, self.own)
        coefficients = {layer: layer.strength / composition.temperature for layer in layers}
        return {
            layer: WeightedTerm(coefficient, layer.field.build(made, coefficient, layer.title))
            for layer, coefficient in coefficients.items()
        }


def is_mixture(layer: Layer) -> bool:
    """Whether a layer's field depends on what the model holds under all others."""
    return (
        isinstance(layer.field, ClassCondition)
        and layer.field.mode == ONE_OF
        and len(layer.field.classes) > 1
    )


class ClassifiedSamples(NamedTuple):
    """Samples of where a path starts, and what the class network says of them.

    Attributes:
        reservoir: the samples.
        start: what multiplies Σ λ f where they come from: 1 from the model, 0 from the base measure.
        log_probabilities: log p(c|x), shape (n, classes); None without a class network.
    """

    reservoir: Reservoir
    start: float
    log_probabilities: Tensor | None

    def energy(self, term: EnergyTerm) -> Tensor:
        """V of each sample, shape (n,)."""
        with torch.no_grad():
            if isinstance(term, ClassField) and self.log_probabilities is not None:
                return term.judge(self.log_probabilities)
            return term.energy(self.reservoir.x)

    def log_ratio(self, model_coefficient: float, fields: Iterable[WeightedTerm]) -> Tensor:
        """log of the density of a composition over that where the samples come from, up to a constant, shape (n,)."""
        ratio = (self.start - model_coefficient) * self.reservoir.energy
        for coefficient, term in fields:
            ratio = ratio - coefficient * self.energy(term)
        return ratio

    def log_weights_under(self, model_coefficient: float, fields: Iterable[WeightedTerm]) -> Tensor:
        """log of the weights that make them samples of a composition, shape (n,)."""
        return self.reservoir.log_weights + self.log_ratio(model_coefficient, fields)


def clamp(base: Base, composition: Composition) -> Base:
    """The base measure, given the pixels that a composition holds; where layers disagree, the last's.

    Raises:
        ValueError: a pixel lies outside the image, or a level outside the space; or there are none to hold.
    """
    if not composition.clamps:
        return base
    if not isinstance(base, ProductBase):
        raise ValueError(f"there are no pixels to hold on {base.space.label}")
    mask = torch.zeros(base.space.shape, dtype=torch.bool)
    values = torch.zeros(base.space.shape)
    for pins in composition.clamps:
        held, levels = pins.tables(base.space)
        mask |= held
        values = torch.where(held, levels, values)
    return base.clamped(mask, values)


class HamiltonianPath:
    """The straight path of Hamiltonians from one reservoir's distribution to a composition.

    H_s = ((1 − s) a₀ + s a₁) Σ λ f + s Σ_k b_k V_k, with a₀ = 1 from the model's samples, 0 from the base's.

    Args:
        model: the Min-MaxEnt term Σ λ f.
        fields: V_k with their coefficients b_k.
        model_coefficient: a₁.
        start: a₀.
    """

    def __init__(
        self, model: EnergyTerm, fields: Sequence[WeightedTerm], model_coefficient: float, start: float = 1.0
    ) -> None:
        self.model = model
        self.fields = tuple(fields)
        self.model_coefficient = model_coefficient
        self.start = start

    def hamiltonian(self, s: float = 1.0) -> Hamiltonian:
        """H_s, for s from 0 to 1."""
        terms = [WeightedTerm((1 - s) * self.start + s * self.model_coefficient, self.model)]
        terms += [WeightedTerm(s * coefficient, term) for coefficient, term in self.fields]
        return Hamiltonian(terms)


def log_class_parts(
    log_weights: Tensor, log_probabilities: Tensor, classes: Sequence[int], strength: float
) -> Tensor:
    """log ⟨p(c|x)^α⟩ of weighted samples, shape (len(classes),).

    Args:
        log_weights: shape (n,).
        log_probabilities: log p(c|x), shape (n, number of classes).
        classes: c.
        strength: α.
    """
    weights = log_weights.log_softmax(0).unsqueeze(1)
    return (weights + strength * log_probabilities[:, list(classes)]).logsumexp(0)
