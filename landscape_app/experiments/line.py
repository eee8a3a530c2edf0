"""Experiments on the line: distributions known exactly, an axis to integrate over, a model, and its rivals."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from scipy import special, stats
from torch import Tensor, nn

from landscape_app.experiments.figure import Bars, Role
from landscape_app.language import tr
from landscape_app.learning.adam import Adam
from landscape_app.learning.dual import solve_dual
from landscape_app.learning.ensembles import make_ensemble
from landscape_app.learning.line_vae import LineAutoencoder
from landscape_app.learning.maxent import Moments, PreconditionedUpdate
from landscape_app.learning.minmaxent import MinMaxEnt
from landscape_app.learning.schedule import Schedule
from landscape_app.learning.trainer import DivergenceError
from landscape_app.learning.vae import pass_over
from landscape_app.models.minmaxent import MinMaxEntModel
from landscape_app.models.observables import PerceptronObservables
from landscape_app.physics.base_measure import UniformBase
from landscape_app.physics.kernels import MALA
from landscape_app.physics.space import Box

HIDDEN = (32, 32)
"""Units of the observables' hidden layers, the paper's."""

COUNT = 2
"""Number of observables, the paper's."""

SCALE_SHARE = 0.2
"""Of the data's interquartile range: what the networks take for one. Their 32 units can then resolve a fraction of
the data's spread from the start."""

NODES = 2_000
"""Of an axis: an eighth of the narrowest peak's half width apart, or finer."""


class Axis:
    """Midpoints of equal cells of a box, to integrate over.

    Args:
        box: of one coordinate.
        nodes: their number.

    Attributes:
        x: the midpoints, float64, shape (nodes,).
        width: of a cell.
        points: the same as configurations, float32, shape (nodes, 1).
    """

    def __init__(self, box: Box, nodes: int = NODES) -> None:
        self.width = (box.high - box.low) / nodes
        self.x = box.low + self.width * (np.arange(nodes) + 0.5)
        self.points = torch.as_tensor(self.x, dtype=torch.float32).unsqueeze(1)

    def normalised(self, log_density: np.ndarray) -> np.ndarray:
        """The log density whose integral over the box is one, nats, shape (nodes,)."""
        return log_density - float(special.logsumexp(log_density)) - math.log(self.width)

    def divergence(self, true: np.ndarray, model: np.ndarray) -> float:
        """KL(true‖model) in nats, of normalised log densities, each of shape (nodes,)."""
        return float(np.sum(np.exp(true) * (true - model)) * self.width)

    def entropy(self, log_density: np.ndarray) -> float:
        """S = −∫ p log p in nats, of a normalised log density, shape (nodes,)."""
        return -float(np.sum(np.exp(log_density) * log_density) * self.width)

    def mass(self, log_density: np.ndarray, where: np.ndarray) -> float:
        """The probability of some of the cells, bool, shape (nodes,)."""
        return float(np.exp(log_density[where]).sum() * self.width)


@dataclass(frozen=True)
class TwoPeaks:
    """Half of one distribution and half of another, cut off at the walls of a box.

    Attributes:
        left, right: the two, with scipy's interface.
        box: of one coordinate.
        shown: what part of it figures show.
    """

    left: stats.distributions.rv_frozen
    right: stats.distributions.rv_frozen
    box: Box
    shown: tuple[float, float]
    _inside: tuple[float, float] = field(init=False)

    def __post_init__(self) -> None:
        walls = np.array([self.box.low, self.box.high])
        inside = tuple(float(np.diff(peak.cdf(walls))[0]) for peak in (self.left, self.right))
        object.__setattr__(self, "_inside", inside)

    def log_density(self, x: np.ndarray) -> np.ndarray:
        """log p(x) in nats, inside the box, same shape as x."""
        both = np.logaddexp(self.left.logpdf(x), self.right.logpdf(x))
        return both - math.log(sum(self._inside))

    def draw(self, points: int, seed: int) -> Tensor:
        """Independent points, float32, shape (points, 1)."""
        random = np.random.default_rng(seed)
        from_left = random.random(points) < self._inside[0] / sum(self._inside)
        uniform = random.random(points)
        x = np.empty(points)
        for peak, chosen in ((self.left, from_left), (self.right, ~from_left)):
            low, high = peak.cdf(self.box.low), peak.cdf(self.box.high)
            x[chosen] = peak.ppf(low + (high - low) * uniform[chosen])
        return torch.as_tensor(x.clip(self.box.low, self.box.high), dtype=torch.float32).unsqueeze(1)


def two_gaussians() -> TwoPeaks:
    """½ N(−2, ½²) + ½ N(2, 1²): S = 1.754 nats; what lies outside the box is less than 10⁻¹⁴."""
    return TwoPeaks(stats.norm(-2, 0.5), stats.norm(2, 1), Box((1,), -10.0, 10.0), (-5.0, 6.0))


def two_cauchys() -> TwoPeaks:
    """Two Cauchy distributions of medians ±5 and half width ½, between walls at ±60."""
    return TwoPeaks(stats.cauchy(-5, 0.5), stats.cauchy(5, 0.5), Box((1,), -60.0, 60.0), (-60.0, 60.0))


@dataclass(frozen=True)
class Recipe:
    """Schedule of a model on the line.

    Attributes:
        chains: columns of its ladder.
        replicas: temperatures of each; 1 for chains without a ladder.
        schedule: how an epoch is done.
    """

    chains: int
    replicas: int
    schedule: Schedule


def input_scale(data: Tensor, box: Box) -> float:
    """Scale by which a network divides `Box.unit` of a point, for data of shape (n, 1)."""
    low, high = np.quantile(data.numpy(), [0.25, 0.75])
    return float(SCALE_SHARE * max(high - low, 1e-3) / ((box.high - box.low) / 2))


def add_prior(network: nn.Module, points: int) -> None:
    """Puts a Gaussian prior of variance 1 on every weight of a network, so that few data are not overfitted.

    The most probable parameters minimise n S + Σ w²/2 in place of S, which adds w/n to ∂S/∂w: next to nothing with a
    thousand points, and with ten what keeps the landscape smooth. Held-out data take no part. Offsets have none.

    Source: MacKay, "A practical Bayesian framework for backpropagation networks" (1992).

    Args:
        network: whose weights; gradients that arrive there are changed from now on.
        points: number n of points in the training set.
    """
    for weight in network.parameters():
        if weight.dim() == 2:
            weight.register_hook(lambda gradient, weight=weight: gradient + weight.detach() / points)


class PriorUpdate(PreconditionedUpdate):
    """Newton on the dual with the same prior on λ: minimises n Γ(λ) + λ²/2, so that ⟨f⟩_P − μ = λ/n.

    That is a constraint known from n points only: nobody should insist on a mean beyond its error.

    Source: Chen, Rosenfeld, "A survey of smoothing techniques for maximum entropy models" (2000).

    Args:
        multipliers: λ, shape (K,); looked at, not changed.
        points: number n of points in the training set.
        rate: 1 is the full Newton step.
    """

    def __init__(self, multipliers: Tensor, points: int, rate: float) -> None:
        super().__init__(rate)
        self._multipliers, self._points = multipliers, points

    def step(self, moments: Moments) -> Tensor:
        """The step of the regularised Newton method, shape (K,)."""
        wanted = moments.data_mean + self._multipliers / self._points
        prior = torch.eye(len(wanted), device=wanted.device) / self._points
        return super().step(
            moments._replace(data_mean=wanted, model_covariance=moments.model_covariance + prior)
        )


class LineModel:
    """Min-MaxEnt on the line, from a uniform base measure, so that S is the bound of equation (7).

    Args:
        data: training set, shape (n, 1).
        box: where it lies.
        recipe: how it is trained.
        seed: of the network and the chains.

    Attributes:
        trainer: of the product.
    """

    def __init__(self, data: Tensor, box: Box, recipe: Recipe, seed: int) -> None:
        scale = input_scale(data, box)
        base = UniformBase(box)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            observables = PerceptronObservables(box, COUNT, HIDDEN, scale)
        add_prior(observables, len(data))
        multipliers = torch.zeros(COUNT)
        model = MinMaxEntModel(base, observables, multipliers)
        kernel = MALA(scale * (box.high - box.low) / 2)
        generator = torch.Generator().manual_seed(seed)
        ensemble = make_ensemble(
            model.target, kernel, generator, recipe.chains, recipe.replicas, recipe.schedule
        )
        self.trainer = MinMaxEnt(model, data, data, ensemble, recipe.schedule)
        self.trainer.multiplier_update = PriorUpdate(
            model.multipliers, len(data), recipe.schedule.update().rate
        )

    def train(self, epochs: int) -> Iterator[int]:
        """Trains; yields the epoch after each. Ends early, in the last good state, where training diverges."""
        trainer = self.trainer
        while trainer.epoch < epochs:
            trainer.progress = trainer.epoch / epochs
            try:
                trainer.advance()
            except DivergenceError:
                return
            yield trainer.epoch

    def log_density(self, axis: Axis) -> np.ndarray:
        """log P of the averaged parameters at the nodes, normalised, nats, shape (nodes,)."""
        trainer = self.trainer
        model = trainer.model.with_values(trainer.average)
        return axis.normalised(-model.target.surprisal(axis.points).double().numpy())


def allowed_divergence(wanted: float, points: int) -> float:
    """KL(true‖model) in nats that is wanted of 1,000 points or more; of fewer, more in proportion to 1/n."""
    return wanted * max(1.0, 1_000 / points)


def histogram(data: Tensor, shown: tuple[float, float], bins: int) -> Bars:
    """The data's share in each bin over its width, of all the data, those not shown included."""
    counts, edges = np.histogram(data.numpy(), bins=bins, range=shown)
    return Bars(
        edges, counts / (len(data) * np.diff(edges)), tr("{count:,} data points", count=len(data)), Role.DATA
    )


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
        optimiser = Adam(self.vae.parameters(), self._rate)
        for epoch in range(epochs):
            optimiser.rate = self._rate * 0.5 * (1 + math.cos(math.pi * epoch / epochs))
            weight = epoch / (self._warm_up * epochs) if epoch < self._warm_up * epochs else 1.0
            loss = functools.partial(self.vae.loss, divergence_weight=weight)
            pass_over(self._data, loss, optimiser, self._generator, self._batch)
            yield epoch + 1

    def log_density(self, axis: Axis) -> np.ndarray:
        """log p at the nodes, nats, shape (nodes,); inside the box only, and normalised there, in its favour."""
        return axis.normalised(self.vae.log_density(axis.points).numpy())
