"""From a composition to the fields of a Hamiltonian: the networks and functions that these are made with."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from landscape_app.language import tr
from landscape_app.learning.classifier import ImageClassifier
from landscape_app.learning.discriminator import Discriminator
from landscape_app.physics.base_measure import BaseMeasure
from landscape_app.physics.fields import ClassTerm, CustomField, FieldResources
from landscape_app.physics.hamiltonian import EnergyTerm, WeightedTerm
from landscape_app.physics.host import check_shape, text_of
from landscape_app.physics.space import Space, require_images
from landscape_app.physics.weighted_samples import WeightedSamples
from landscape_app.session.composition import Composition, Layer, switched_off
from landscape_app.session.custom_field import FieldSource, run_source
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
        classifier: x of shape (batch, *shape) to logits, shape (batch, classes); None until it is trained.
        classifier_accuracy: on images it never saw; None until it is trained.
        classifier_seed: that it was trained with; None until it is, and where it comes from a file.
        trainings: of classifiers so far.
        discriminators: of all rounds so far.
        rounds: how well each of them tells.
        trusted: user-defined energies that are trusted, by the digest of their source.
    """

    def __init__(self, space: Space, classes: int) -> None:
        self.space = space
        self.classes = classes
        self.classifier: ImageClassifier | None = None
        self.classifier_accuracy: float | None = None
        self.classifier_seed: int | None = None
        self.trainings = 0
        self.discriminators: list[nn.Module] = []
        self.rounds: list[DiscriminatorRecord] = []
        self.trusted: dict[str, Callable[[Tensor], Tensor]] = {}

    def copied(self) -> Composer:
        """One with the same networks and functions, to which others can be added."""
        other = copy.copy(self)
        other.discriminators, other.rounds = [*self.discriminators], [*self.rounds]
        other.trusted = dict(self.trusted)
        return other

    def discriminators_state(self) -> dict[str, Any]:
        """Networks of all rounds and how well they tell, by the number of the round."""
        return {
            str(number): {
                "network": network.state_dict(),
                "accuracy": torch.tensor([found.real, found.generated, found.error], dtype=torch.float64),
                "against": found.against,
            }
            for number, (network, found) in enumerate(zip(self.discriminators, self.rounds, strict=True), 1)
        }

    def load_discriminators(self, state: Mapping[str, Any], device: torch.device) -> None:
        """Takes the rounds of a state in the place of its own.

        Raises:
            KeyError, RuntimeError or ValueError: one of them is not whole.
        """
        self.discriminators, self.rounds = [], []
        for number in range(1, len(state) + 1):
            found = state[str(number)]
            network = Discriminator(require_images(self.space))
            network.load_state_dict(found["network"])
            check_shape("accuracy", found["accuracy"], (3,))
            real, generated, error = found["accuracy"].tolist()
            if not all(0 <= share <= 1 for share in (real, generated, error)):
                raise ValueError(f"the accuracy of round {number} must be three shares between 0 and 1")
            self.discriminators.append(network.requires_grad_(False).to(device))
            against = text_of(found["against"])
            self.rounds.append(DiscriminatorRecord(real, generated, error, against))

    def fields(
        self, composition: Composition, samples: ClassifiedSamples | None = None
    ) -> tuple[WeightedTerm, ...]:
        """The fields of the acting layers with their coefficients in H, α / T.

        Args:
            composition: whose.
            samples: of the model, by which a mixture gives each class its share; only needed for one.

        Raises:
            ValueError: a field needs what is missing, or does not fit the space.
        """
        if composition.conditions:
            self.require_classes()
        network = None if self.classifier is None else SharedNetwork(self.classifier)
        plain = self._build(
            [layer for layer in composition.acting if not layer.field.is_mixture], composition, network
        )

        def log_parts(classes: Sequence[int], coefficient: float) -> Tensor:
            if samples is None or samples.log_probabilities is None:
                raise ValueError(
                    tr("a mixture of classes needs samples of the model; train it, or collect some")
                )
            under = samples.log_weights_under(composition.model_coefficient, plain.values())
            return log_class_parts(under, samples.log_probabilities, classes, coefficient)

        mixtures = [layer for layer in composition.acting if layer.field.is_mixture]
        mixed = self._build(mixtures, composition, network, log_parts)
        return tuple((plain | mixed)[layer] for layer in composition.acting)

    @property
    def lacks_classifier(self) -> bool:
        """True until the classifier of data with classes is trained."""
        return self.classes > 0 and self.classifier is None

    def require_classes(self) -> None:
        """Refuses data without classes.

        Raises:
            ValueError: they have none.
        """
        if not self.classes:
            raise ValueError(tr("these data have no classes to steer to"))

    def trust(self, source: FieldSource) -> CustomField:
        """Runs a trusted file of a user-defined field; returns the field.

        Raises:
            FieldError: it fails.
        """
        self.trusted[source.digest] = run_source(source)
        return CustomField(str(source.path), source.digest)

    def is_missing(self, layer: Layer) -> bool:
        """True for a layer that needs a network that is not trained, or a file that is not trusted."""
        # Data without classes are refused with their own message.
        return layer.field.is_missing(not self.lacks_classifier, len(self.discriminators), self.trusted)

    def without_missing(self, composition: Composition) -> Composition:
        """The composition with every layer switched off that cannot be made."""
        return switched_off(
            composition, [i for i, layer in enumerate(composition.layers) if self.is_missing(layer)]
        )

    def _build(
        self,
        layers: Sequence[Layer],
        composition: Composition,
        network: SharedNetwork | None,
        log_parts: Callable[[Sequence[int], float], Tensor] | None = None,
    ) -> dict[Layer, WeightedTerm]:
        made = FieldResources(self.space, self.classes, network, self.discriminators, self.trusted, log_parts)
        coefficients = {layer: layer.strength / composition.temperature for layer in layers}
        return {
            layer: WeightedTerm(coefficient, layer.field.term(made, coefficient, layer.title))
            for layer, coefficient in coefficients.items()
        }


class ClassifiedSamples(NamedTuple):
    """Samples from which a path starts, with their classes.

    Attributes:
        weighted_samples: the samples.
        start: what multiplies the model's energy in their H: 1 for samples of the model, 0 for samples of q.
        log_probabilities: log p(c|x), shape (n, classes); None without a classifier.
    """

    weighted_samples: WeightedSamples
    start: float
    log_probabilities: Tensor | None

    def energy(self, term: EnergyTerm) -> Tensor:
        """V of each sample, shape (n,)."""
        with torch.no_grad():
            if isinstance(term, ClassTerm) and self.log_probabilities is not None:
                return term.of_log_probabilities(self.log_probabilities)
            return term.energy(self.weighted_samples.x)

    def log_ratio(self, model_coefficient: float, fields: Iterable[WeightedTerm]) -> Tensor:
        """log of the density of a composition over that where the samples come from, up to a constant, shape (n,)."""
        ratio = (self.start - model_coefficient) * self.weighted_samples.energy
        for coefficient, term in fields:
            ratio = ratio - coefficient * self.energy(term)
        return ratio

    def log_weights_under(self, model_coefficient: float, fields: Iterable[WeightedTerm]) -> Tensor:
        """log of the weights that make them samples of a composition, shape (n,)."""
        return self.weighted_samples.log_weights + self.log_ratio(model_coefficient, fields)


def clamp(base: BaseMeasure, composition: Composition) -> BaseMeasure:
    """The base measure, given the pixels or columns that a composition fixes; where layers disagree, the last's.

    Raises:
        ValueError: there are no such pixels, columns or values; or nothing that could be fixed, or nothing left free.
    """
    if not composition.clamps:
        return base
    mask = torch.zeros(base.space.shape, dtype=torch.bool)
    values = torch.full(base.space.shape, base.space.lowest)
    for field in composition.clamps:
        fixed, levels = field.tables(base.space)
        mask |= fixed
        values = torch.where(fixed, levels, values)
    if len(base.space.shape) == 1 and bool(mask.all()):
        raise ValueError(tr("all columns are fixed: free one of them at least"))
    return base.clamped(mask, values)


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
