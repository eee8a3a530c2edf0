"""A variational autoencoder of points on the line, whose density can be summed over its latent."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from landscape_app.learning.vae import drawn_latent, latent_divergence
from landscape_app.models.observables import PerceptronObservables
from landscape_app.physics.space import Space

LATENT_REACH = 7.0
"""Beyond so many standard deviations of the prior, where it has 10⁻¹² of its mass, the latent is not summed over."""

LATENT_NODES = 501
"""Four times as many change the log density of trained models by less than 10⁻⁶."""


class LineAutoencoder(nn.Module):
    """Encoder and decoder of a point x, prior N(0, 1) on a latent z of one dimension.

    The encoder is `PerceptronObservables` with two outputs, mean and log deviation of z, and their offsets; the
    decoder is its mirror image, from z to mean and log deviation of x. A decoder that chooses its deviation along
    the way describes narrow peaks and wide tails much better than one with the same for all.

    Source: Kingma, Welling, "Auto-encoding variational Bayes" (2014).

    Args:
        space: of one coordinate.
        hidden: units of the encoder's hidden layers, with tanh.
        scale: what the encoder divides a point by first, in units of `space.unit`.
        unit: what the decoder's outputs are multiplied by, in units of x.

    Raises:
        ValueError: the space has more than one coordinate.
    """

    def __init__(self, space: Space, hidden: tuple[int, ...], scale: float, unit: float) -> None:
        super().__init__()
        if space.sites != 1:
            raise ValueError(f"this autoencoder serves one coordinate, not {space.sites}")
        self.unit = unit
        self.encoder = PerceptronObservables(space, 2, hidden, scale)
        self.offset = nn.Parameter(torch.zeros(2))
        sizes = (1, *reversed(hidden))
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.readout = nn.Linear(sizes[-1], 2)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log deviation of the latent, each of shape (batch, 1), of x with shape (batch, 1)."""
        mean, log_deviation = (self.encoder(x) + self.offset).chunk(2, dim=1)
        return mean, log_deviation

    def decode(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log deviation of x, in units of x, each of shape (batch, 1), of z with shape (batch, 1)."""
        h = z
        for layer in self.layers:
            h = torch.tanh(layer(h))
        mean, log_deviation = self.readout(h).chunk(2, dim=1)
        return self.unit * mean, log_deviation + math.log(self.unit)

    def loss(self, x: Tensor, generator: torch.Generator, divergence_weight: float = 1.0) -> Tensor:
        """Minus the evidence lower bound of points x, shape (batch, 1), nats per point, a scalar.

        Args:
            x: the points.
            generator: of the latents.
            divergence_weight: of the latent's divergence from the prior; below 1 to warm up (Bowman and others,
                "Generating sentences from a continuous space", 2016), without which the latent often collapses.
        """
        mean, log_deviation = self.encode(x)
        centre, log_width = self.decode(drawn_latent(mean, log_deviation, generator))
        misfit = 0.5 * ((x - centre) / log_width.exp()) ** 2 + log_width + 0.5 * math.log(2 * math.pi)
        return misfit.mean() + divergence_weight * latent_divergence(mean, log_deviation).mean()

    @torch.no_grad()
    def log_density(self, x: Tensor, nodes: int = LATENT_NODES) -> Tensor:
        """log p(x) = log ∫ N(z; 0, 1) p(x|z) dz in nats per unit of x, float64, shape (n,), of x with shape (n, 1).

        Args:
            x: where.
            nodes: of the trapezoid rule over z. It is exact where p(x|z) moves by less than its own width from
                node to node, as those of trained models do.
        """
        z = torch.linspace(-LATENT_REACH, LATENT_REACH, nodes, dtype=torch.float64).to(x)
        centre, log_width = (values[:, 0].double() for values in self.decode(z.unsqueeze(1)))
        log_prior = (-0.5 * z.double() ** 2).log_softmax(0) - log_width - 0.5 * math.log(2 * math.pi)
        precision = (-log_width).exp()
        pieces = []
        for piece in x.double().split(500):
            squares = ((piece - centre) * precision).square_()
            pieces.append(torch.add(log_prior, squares, alpha=-0.5).logsumexp(1))
        return torch.cat(pieces)
