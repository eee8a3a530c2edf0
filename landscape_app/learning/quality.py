"""Quality of generated images, by a classifier that takes no part in training or steering."""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from landscape_app.learning.classifier import classifier_passes
from landscape_app.physics.host import to_host
from landscape_app.physics.space import Levels

EVALUATOR_PASSES = 60
"""Over the real images, in training an evaluation classifier."""

CLASSES = 10
"""Of the digits."""

RESAMPLES = 40
"""Bootstrap samples that tell an error."""


class EvaluationClassifier(nn.Module):
    """A classifier of another architecture than the class field's: two wide convolutions, no pooling.

    Args:
        space: images of shape (height, width).
    """

    def __init__(self, space: Levels) -> None:
        super().__init__()
        self.space = space
        self.conv1 = nn.Conv2d(1, 24, 5, padding=2)
        self.conv2 = nn.Conv2d(24, 48, 3, stride=2, padding=1)
        side = [(size + 1) // 2 for size in space.shape]
        self.hidden = nn.Linear(48 * side[0] * side[1], 64)
        self.readout = nn.Linear(64, CLASSES)

    def features(self, x: Tensor) -> Tensor:
        """The last hidden layer, shape (batch, 64)."""
        h = F.relu(self.conv1(self.space.unit(x).unsqueeze(1)))
        return F.relu(self.hidden(F.relu(self.conv2(h)).flatten(1)))

    def forward(self, x: Tensor) -> Tensor:
        """Logits, shape (batch, CLASSES)."""
        return self.readout(self.features(x))


def evaluator_passes(
    space: Levels, images: Tensor, labels: Tensor, seed: int = 1234, passes: int = EVALUATOR_PASSES
) -> Generator[float, None, EvaluationClassifier]:
    """Trains an evaluation classifier on real images; yields the share that is done, after every pass.

    Args:
        space: where the images live.
        images: in levels, shape (n, *shape).
        labels: int64, shape (n,).
        seed: of its first weights, and of the order and corruption of images.
        passes: over the images.

    Returns:
        The evaluation classifier.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        evaluator = EvaluationClassifier(space)
    generator = torch.Generator().manual_seed(seed)
    yield from classifier_passes(evaluator, space, images, labels, generator, epochs=passes, smoothing=0.0)
    return evaluator


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """|μ_a − μ_b|² + tr(C_a + C_b − 2 (C_a C_b)^½) between two sets of features, shapes (n, d) and (m, d).

    Source: Heusel et al., "GANs trained by a two time-scale update rule" (2017).
    """
    a, b = to_host(a).double(), to_host(b).double()
    covariance_a, covariance_b = a.T.cov(), b.T.cov()
    values, vectors = torch.linalg.eigh(covariance_a)
    root = vectors @ torch.diag(values.clamp_min(0).sqrt()) @ vectors.T
    cross = torch.linalg.eigvalsh(root @ covariance_b @ root).clamp_min(0).sqrt().sum()
    means = ((a.mean(0) - b.mean(0)) ** 2).sum()
    return float(means + covariance_a.trace() + covariance_b.trace() - 2 * cross)


def classifier_distance(evaluator: EvaluationClassifier, a: Tensor, b: Tensor) -> float:
    """Fréchet classifier distance (FCD): `frechet_distance` of images a and b by the classifier's features."""
    with torch.no_grad():
        return frechet_distance(evaluator.features(a), evaluator.features(b))


def classifier_distance_error(evaluator: EvaluationClassifier, a: Tensor, b: Tensor) -> float:
    """Standard error of `classifier_distance` that comes from the images a: its deviation over bootstrap samples.

    Source: Efron, "Bootstrap methods: another look at the jackknife" (1979).
    """
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        features, reference = to_host(evaluator.features(a)), evaluator.features(b)
    drawn = (torch.randint(len(a), (len(a),), generator=generator) for _ in range(RESAMPLES))
    return float(torch.tensor([frechet_distance(features[chosen], reference) for chosen in drawn]).std())


class AdversarialAccuracy(NamedTuple):
    """Nearest-neighbour adversarial accuracy; ½ where the sets cannot be told apart.

    Attributes:
        real: share of real images whose nearest neighbour is real.
        generated: share of generated images whose nearest neighbour is generated.
    """

    real: float
    generated: float

    @property
    def mean(self) -> float:
        """AATS, the mean of both shares."""
        return (self.real + self.generated) / 2


def adversarial_accuracy(real: Tensor, generated: Tensor) -> AdversarialAccuracy:
    """AATS between two sets of the same number of images, shape (n, *shape).

    Source: Yale et al., "Generation and evaluation of privacy preserving synthetic health data" (2020).

    Raises:
        ValueError: the sets differ in number.
    """
    if len(real) != len(generated):
        raise ValueError(f"AATS needs sets of the same size, got {len(real)} and {len(generated)}")
    r, g = real.flatten(1), generated.flatten(1)
    across = torch.cdist(r, g)
    within_r = torch.cdist(r, r).fill_diagonal_(torch.inf).amin(1)
    within_g = torch.cdist(g, g).fill_diagonal_(torch.inf).amin(1)
    return AdversarialAccuracy(
        real=float((within_r < across.amin(1)).float().mean()),
        generated=float((within_g < across.amin(0)).float().mean()),
    )
