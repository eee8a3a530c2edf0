"""Multinomial logistic regression found both ways: by maximum entropy, and by minimum cross-entropy."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from scipy import optimize, special

from landscape_app.learning.primal import maximise_entropy

CLASSES = 3

SMALLEST_GRADIENT = 1e-9
"""Component of the cross-entropy's gradient at which its minimisation stops, nats per unit of weight."""

MOST_ITERATIONS = 1_000


class Labelled(NamedTuple):
    """Points of a plane in classes.

    Attributes:
        x: shape (n, 2).
        labels: from 0 to CLASSES − 1, int64, shape (n,).
    """

    x: np.ndarray
    labels: np.ndarray

    @property
    def features(self) -> np.ndarray:
        """(1, x), shape (n, 3)."""
        return np.column_stack([np.ones(len(self.x)), self.x])

    @property
    def targets(self) -> np.ndarray:
        """1 for the class of each, else 0, shape (n, CLASSES)."""
        return np.eye(CLASSES)[self.labels]


class Fit(NamedTuple):
    """Where one of the two ways stands.

    Attributes:
        weights: W of p(c|x) ∝ exp(W_c·(1, x)), mean 0 over the classes, shape (CLASSES, 3).
        value: what it optimises, nats per point: conditional entropy, or cross-entropy.
    """

    weights: np.ndarray
    value: float


def three_classes(points: int, distance: float, seed: int) -> Labelled:
    """Points about the corners of a triangle, normal with deviation 1, so that no straight lines part them.

    Args:
        points: of each class.
        distance: side of the triangle.
        seed: of the draw.
    """
    rng = np.random.default_rng(seed)
    angles = 2 * math.pi * np.arange(CLASSES) / CLASSES
    corners = distance / math.sqrt(3) * np.column_stack([np.cos(angles), np.sin(angles)])
    labels = np.repeat(np.arange(CLASSES), points)
    return Labelled(corners[labels] + rng.normal(size=(len(labels), 2)), labels)


def by_maximum_entropy(data: Labelled) -> Iterator[Fit]:
    """Maximises the conditional entropy −Σ_n Σ_c p(c|x_n) log p(c|x_n) over all p(c|x_n); yields every step.

    The constraints: Σ_n p(c|x_n) x_n = Σ_n [y_n = c] x_n for every class, features as the classes have them in the
    data. As Σ_c p(c|x_n) = 1, those of the last class follow from the others and are left out. Their multipliers
    are the weights, −λ_c = W_c, although nobody has asked for an exponential.

    Raises:
        ValueError: straight lines part the classes: then no p meets the constraints but 0 and 1.
    """
    f, n = data.features, len(data.x)
    normal = np.kron(np.eye(n), np.ones((1, CLASSES)))
    feature = np.kron(f.T, np.eye(CLASSES)[:-1])
    means = (f.T @ data.targets[:, :-1]).ravel()
    steps = maximise_entropy(
        torch.as_tensor(np.vstack([normal, feature])),
        torch.as_tensor(np.concatenate([np.ones(n), means])),
        torch.full((n * CLASSES,), 1 / CLASSES, dtype=torch.float64),
    )
    for step in steps:
        weights = np.zeros((CLASSES, f.shape[1]))
        weights[:-1] = -step.multipliers[n:].numpy().reshape(f.shape[1], CLASSES - 1).T
        yield Fit(weights - weights.mean(0), step.entropy / n)


def by_cross_entropy(data: Labelled) -> list[Fit]:
    """Minimises −(1/n) Σ_n log p(y_n|x_n) over the weights by L-BFGS (Liu, Nocedal 1989); every iteration's fit."""
    start = np.zeros(CLASSES * data.features.shape[1])
    path = [start]
    optimize.minimize(
        cross_entropy,
        start,
        (data,),
        "L-BFGS-B",
        jac=True,
        callback=lambda flat: path.append(flat.copy()),
        options={"ftol": 0.0, "gtol": SMALLEST_GRADIENT, "maxiter": MOST_ITERATIONS},
    )
    fits = []
    for flat in path:
        weights = flat.reshape(CLASSES, -1)
        fits.append(Fit(weights - weights.mean(0), cross_entropy(flat, data)[0]))
    return fits


def cross_entropy(flat: np.ndarray, data: Labelled) -> tuple[float, np.ndarray]:
    """−(1/n) Σ_n log p(y_n|x_n), nats, and its gradient, of weights (CLASSES, 3) as one row, shape (9,)."""
    log_p = class_log_probabilities(flat.reshape(CLASSES, -1), data.features)
    n = len(log_p)
    gradient = (np.exp(log_p) - data.targets).T @ data.features / n
    return -float((log_p * data.targets).sum()) / n, gradient.ravel()


def class_log_probabilities(weights: np.ndarray, features: np.ndarray) -> np.ndarray:
    """log p(c|x), shape (n, CLASSES), of weights (CLASSES, 3) and features (n, 3)."""
    return special.log_softmax(features @ weights.T, axis=1)
