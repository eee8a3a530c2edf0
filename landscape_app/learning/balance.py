"""Weights of a model's modes by ladders that follow its training, and the features of it that they are told by.

Chains that never cross from one mode to another carry their weights along (Carbone, Hua, Coste, Vanden-Eijnden 2023),
with an error that every update adds to: of a mode with n chains Var(ΔH)/n. After a thousand updates modes that look
right may hold some times their share, or next to nothing. Replicas on a ladder do cross, if few. They say what the
chains cannot; Newton's steps towards the data's means, on as many features as tell modes apart, put it right.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor

from landscape_app.learning.maxent import bounded_newton_step, estimate_moments
from landscape_app.models.minmaxent import MinMaxEntModel
from landscape_app.models.model import Model
from landscape_app.physics.host import to_host

INTERVAL, FIRST = 20, 100
"""Epochs between two steps, and before the first."""

MOVES, TAKES = 10, 5
"""Of the ladders before each step, and how often of these their samples are taken."""

GAIN, DOUBT = 0.5, 2.0
"""Share of Newton's step that is taken, and variances of the samples' noise by which a difference is shrunk first."""

COMPONENTS, MOST_COMPONENTS = 16, 32
"""Features: principal components of the last hidden layer, in a step and at the end of a training."""

RIDGE, LEAST_RIDGE = 0.1, 0.01
"""Added to the covariance of the components, whose variance is one over data and samples together, in a step and at
the end of a training, when samples are many."""

LARGEST_CHANGE = 0.5
"""Nats of standard deviation by which a step may change the energies of the samples and of the data."""

LEAST_VARIANCE = 1e-6
"""Of a component, over that of the first, below which it is none."""


@runtime_checkable
class Readable(Protocol):
    """Observables that are linear in a last hidden layer."""

    def features(self, x: Tensor) -> Tensor:
        """The last hidden layer h, shape (batch, features)."""
        ...

    def add_to_energy(self, change: Tensor, multipliers: Tensor) -> None:
        """Changes the last layer and λ so that Σ_i λ_i f_i grows by `change` · h, shape (features,)."""
        ...


def readable(model: Model) -> Readable | None:
    """The observables of a model whose energy is linear in a last hidden layer; None of any other."""
    if isinstance(model, MinMaxEntModel) and isinstance(model.observables, Readable):
        return model.observables
    return None


class Components(NamedTuple):
    """Principal components of a hidden layer over data and samples, which count as much as each other.

    Attributes:
        centre: mean of the layer, shape (features,).
        directions: shape (features, components); the variance of (h − centre) · directions is one each.
    """

    centre: Tensor
    directions: Tensor

    @classmethod
    def of(
        cls, h_data: Tensor, h_samples: Tensor, most: int = COMPONENTS, data_weights: Tensor | None = None
    ) -> Components:
        """At most so many components of a layer on data, shape (n, features), and on samples, shape (m, features)."""
        n, m = len(h_data), len(h_samples)
        counts = h_data.new_ones(n) if data_weights is None else data_weights
        share = torch.cat([0.5 * counts / counts.sum(), h_data.new_full((m,), 0.5 / m)]).unsqueeze(1)
        h = torch.cat([h_data, h_samples])
        centre = (share * h).sum(0)
        rows = share.sqrt() * (h - centre)
        # The products of rows say the same as a covariance, and are fewer where features are many.
        wide = n + m < h.shape[1]
        variance, vectors = torch.linalg.eigh(to_host(rows @ rows.T if wide else rows.T @ rows).double())
        variance, vectors = variance[-most:], vectors[:, -most:]
        known = variance > LEAST_VARIANCE * variance[-1]
        scale = torch.where(known, variance, torch.inf) ** (-1.0 if wide else -0.5)
        directions = (vectors * scale).float().to(h)
        return cls(centre, rows.T @ directions if wide else directions)

    def __call__(self, h: Tensor) -> Tensor:
        """The components, shape (batch, components), of a layer, shape (batch, features)."""
        return (h - self.centre) @ self.directions


def balancing_change(
    h_data: Tensor, h_samples: Tensor, takes: int, data_weights: Tensor | None = None
) -> Tensor:
    """A change v of the energy by v · h that takes the means of a hidden layer over samples towards those of data.

    A share of Newton's step for the maximum of the likelihood, which is concave in v, along the components. What
    the means differ by is shrunk by what independent ladders would differ by anyway: where modes have their weights,
    next to nothing is changed, and no noise comes in.

    Args:
        h_data: the layer on the training set, shape (n, features).
        h_samples: on samples of the model, shape (takes · ladders, features), those of a ladder dependent.
        takes: samples of each ladder.
        data_weights: of the training set, shape (n,); None where its items count alike.

    Returns:
        Shape (features,).
    """
    components = Components.of(h_data, h_samples, data_weights=data_weights)
    of_data, of_samples = components(h_data), components(h_samples)
    moments = estimate_moments(of_data, of_samples, data_weights=data_weights)
    of_ladders = of_samples.view(takes, -1, of_samples.shape[1]).mean(0)
    noise, difference = of_ladders.var(0) / len(of_ladders), moments.model_mean - moments.data_mean
    difference = difference * (1 - DOUBT * noise / difference.square().clamp_min(1e-30)).clamp_min(0)
    shrunk = moments._replace(model_mean=moments.data_mean + difference)
    step = bounded_newton_step(shrunk, of_data, data_weights, RIDGE, LARGEST_CHANGE, GAIN)
    return components.directions @ step
