"""Statistics of the layers of a composition, over the chains and over samples of the model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from landscape_app.physics.fields import CustomField, Field, FieldError
from landscape_app.physics.hamiltonian import EnergyTerm
from landscape_app.physics.host import read_back
from landscape_app.physics.resampling import systematic_resample
from landscape_app.physics.weighted_samples import WeightedSamples
from landscape_app.session.composer import ClassifiedSamples
from landscape_app.session.composition import MOST_STRENGTH, Composition, Layer
from landscape_app.session.sampler import Sampler

SAMPLES = 512
"""Of the model, on which fields are evaluated."""

REACH = 25.0
"""Nats that α times the spread of V should reach at the end of a slider."""

NICE = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


@dataclass(frozen=True)
class LayerStatistics:
    """V of one layer, in nats.

    Attributes:
        chains_mean, chains_spread: over the chains on view.
        model_mean, model_spread: over samples of the model without any field.
    """

    chains_mean: float
    chains_spread: float
    model_mean: float
    model_spread: float


@dataclass(frozen=True)
class CompositionStatistics:
    """The layers of a composition, in its order; None for one without an energy.

    Attributes:
        composition: the composition.
        layers: of each layer.
    """

    composition: Composition
    layers: tuple[LayerStatistics | None, ...]


def strength_limit(spread: float) -> float | None:
    """The strength α, a round number, at which α times a spread of V is about `REACH` nats; None for no spread."""
    if not (math.isfinite(spread) and spread > 0):
        return None
    wanted = REACH / spread
    power = 10.0 ** math.floor(math.log10(wanted))
    limit = power * min(NICE, key=lambda nice: abs(math.log(nice * power / wanted)))
    return min(max(limit, 0.1), MOST_STRENGTH)


class LayerMeter:
    """Measures the layers of a sampler's composition.

    Args:
        sampler: its random state is left alone.
        seed: by which samples of the model are chosen.
    """

    def __init__(self, sampler: Sampler, seed: int) -> None:
        self._sampler = sampler
        self._seed = seed
        self._known: dict[tuple[Field, float], tuple[EnergyTerm, float, float]] = {}
        self._seen: tuple[object, ...] = ()
        self._samples: ClassifiedSamples | None = None

    def measure(self) -> CompositionStatistics:
        """The layers of the composition that the chains sample.

        Fields that cannot be made here, that fix pixels, and user-defined fields that are switched off have none.

        Raises:
            FieldError: a user-defined field that is switched on has failed.
        """
        sampler, composition = self._sampler, self._sampler.composition
        self._forget_what_is_past()
        terms = sampler.chains.target.hamiltonian.terms
        acting = composition.acting
        own = dict(zip(acting, (term for _, term in terms[len(terms) - len(acting) :]), strict=True))
        return CompositionStatistics(
            composition, tuple(self._measure(layer, own) for layer in composition.layers)
        )

    def _measure(self, layer: Layer, acting: Mapping[Layer, EnergyTerm]) -> LayerStatistics | None:
        if layer.clamps or (isinstance(layer.field, CustomField) and not layer.enabled):
            return None
        key = layer.field, layer.strength
        try:
            if key not in self._known:
                term = acting.get(layer) or self._alone(layer)
                assert self._samples is not None
                self._known[key] = (term, *_mean_and_spread(self._samples.energy(term)))
            term, *model = self._known[key]
            with torch.no_grad():
                chains = _mean_and_spread(acting.get(layer, term).energy(self._sampler.chains.x))
        except FieldError:
            raise
        except ValueError:
            return None
        return LayerStatistics(*chains, *model)

    def _alone(self, layer: Layer) -> EnergyTerm:
        """The field of a layer that does not act, as if it were the only one."""
        by_itself = Composition((replace(layer, enabled=True, strength=layer.strength or 1.0),))
        ((_, term),) = self._sampler.composer.fields(by_itself, self._samples)
        return term

    def _forget_what_is_past(self) -> None:
        """Starts afresh where the samples, the classifier or the composition are others."""
        sampler, composer = self._sampler, self._sampler.composer
        weighted_samples, classifier = sampler.samples.at_hand, composer.classifier
        seen = weighted_samples, classifier, sampler.composition, len(composer.discriminators)
        if self._seen and all(a is b or a == b for a, b in zip(seen, self._seen, strict=True)):
            return
        if not self._seen or self._seen[:2] != (weighted_samples, classifier):
            self._samples = _thinned(weighted_samples, classifier, self._seed)
        self._seen = seen
        self._known.clear()


def _thinned(weighted_samples: WeightedSamples, classifier: nn.Module | None, seed: int) -> ClassifiedSamples:
    generator = torch.Generator(weighted_samples.x.device).manual_seed(seed)
    chosen = systematic_resample(weighted_samples.log_weights, min(SAMPLES, len(weighted_samples)), generator)
    x = weighted_samples.x[chosen]
    some = WeightedSamples(x, weighted_samples.energy[chosen], x.new_zeros(len(x)))
    if classifier is None:
        return ClassifiedSamples(some, 1.0, None)
    with torch.no_grad():
        return ClassifiedSamples(some, 1.0, classifier(x).log_softmax(-1))


def _mean_and_spread(energy: Tensor) -> tuple[float, float]:
    mean, deviation = read_back(energy.mean(), energy.std(correction=0))
    return float(mean), float(deviation)
