"""What a model on the line is compared with: MaxEnt of two moments, a kernel density estimate, an autoencoder."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator

import numpy as np
import torch
from scipy import stats
from torch import Tensor

from landscape_app.experiments.line import HIDDEN, Axis, input_scale
from landscape_app.learning.dual import solve_dual
from landscape_app.learning.line_vae import LineAutoencoder
from landscape_app.learning.vae import pass_over
from landscape_app.physics.space import Box


def gaussian_max_ent(data: Tensor, axis: Axis) -> np.ndarray:
    """log density of MaxEnt with the data's mean and variance, nats, shape (nodes,)."""
    x = torch.as_tensor(axis.x)
    features = torch.stack([x, x**2], dim=1)
    points = data[:, 0].double()
    means = torch.stack([points.mean(), (points**2).mean()])
    found = solve_dual(features, torch.full_like(x, math.log(axis.width)), means)
    return found.log_probabilities.numpy() - math.log(axis.width)


def kernel_density(data: Tensor, axis: Axis) -> np.ndarray:
    """log density of Gaussian kernels on the points, their width by Scott's rule, nats, shape (nodes,)."""
    return axis.normalised(stats.gaussian_kde(data[:, 0].double().numpy()).logpdf(axis.x))


class Autoencoder:
    """A variational autoencoder whose encoder has the observables' architecture and input.

    It has no prior on its weights: with one its latent collapses, and it does worse.

    Args:
        data: training set, shape (n, 1).
        box: where it lies.
        rate: peak learning rate of Adam, annealed to zero along a cosine.
        batch: points a step.
        warm_up: share of the training during which the weight of the latent's divergence rises to 1.
        seed: of the network, the order of the points and the latents.
    """

    def __init__(self, data: Tensor, box: Box, rate: float, batch: int, warm_up: float, seed: int) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.vae = LineAutoencoder(box, HIDDEN, input_scale(data, box), float(data.std(correction=0)))
        self._data, self._rate, self._batch, self._warm_up = data, rate, batch, warm_up
        self._generator = torch.Generator().manual_seed(seed)

    def train(self, epochs: int) -> Iterator[int]:
        """Trains; yields the number of passes over the data after each."""
        optimiser = torch.optim.Adam(self.vae.parameters(), self._rate)
        for epoch in range(epochs):
            for group in optimiser.param_groups:
                group["lr"] = self._rate * 0.5 * (1 + math.cos(math.pi * epoch / epochs))
            weight = epoch / (self._warm_up * epochs) if epoch < self._warm_up * epochs else 1.0
            loss = functools.partial(self.vae.loss, divergence_weight=weight)
            pass_over(self._data, loss, optimiser, self._generator, self._batch)
            yield epoch + 1

    def log_density(self, axis: Axis) -> np.ndarray:
        """log p at the nodes, nats, shape (nodes,); inside the box only, and normalised there, in its favour."""
        return axis.normalised(self.vae.log_density(axis.points).numpy())
