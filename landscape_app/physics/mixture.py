"""Mixture of product distributions, p(x) = Σ_k π_k ∏_i p_ki(x_i), fitted by expectation–maximisation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

LEAST = 1e-300
"""Least probability of a value in a component: it was never seen there."""


class ProductMixture(NamedTuple):
    """Latent classes, given which the sites are independent (Lazarsfeld 1950).

    Attributes:
        log_weights: log π_k, float64, shape (K,).
        log_tables: log p_ki(v), float64, shape (K, sites, levels).
    """

    log_weights: Tensor
    log_tables: Tensor

    def joint(self, index: Tensor) -> Tensor:
        """log p(x, k), shape (n, K), of the numbers of the sites' values, int64, shape (n, sites)."""
        levels = self.log_tables.shape[2]
        return self.log_weights + _one_hot(index, levels) @ self.log_tables.flatten(1).T

    def log_likelihood(self, index: Tensor) -> Tensor:
        """log p(x), shape (n,)."""
        return self.joint(index).logsumexp(1)

    def posterior(self, index: Tensor) -> Tensor:
        """p(k|x), shape (n, K)."""
        return self.joint(index).softmax(1)

    def elbo(self, index: Tensor, q: Tensor) -> Tensor:
        """E_q[log p(x, k)] + S[q], shape (n,), q(k) of each item, shape (n, K).

        It is log p(x) − KL(q‖p(k|x)): equal to log p(x) where q is the posterior, below it elsewhere.
        """
        return (q * self.joint(index)).sum(1) + torch.special.entr(q).sum(1)


class EMStep(NamedTuple):
    """A step of expectation–maximisation.

    Attributes:
        mixture: after the maximisation.
        log_likelihood: of the items, mean in nats an item.
        elbo: by the posterior of the mixture before, which the maximisation was made with.
    """

    mixture: ProductMixture
    log_likelihood: float
    elbo: float


def fitted_mixture(
    index: Tensor, levels: int, components: int, generator: torch.Generator, steps: int
) -> Iterator[EMStep]:
    """Steps of expectation–maximisation from random classes: log p never falls (Dempster, Laird, Rubin 1977).

    The E step makes the bound tight, q = p(k|x); the M step raises the bound, and log p at least as much, as the gap
    KL(q‖p(k|x)) that it opens is not negative.

    Args:
        index: numbers of the items' values, int64, shape (n, sites).
        levels: values of a site.
        components: K.
        generator: random state of the classes to begin with.
        steps: how many.
    """
    items = _one_hot(index, levels)
    q = torch.rand(len(index), components, dtype=torch.float64, generator=generator).softmax(1)
    for _ in range(steps):
        counts = (q.T @ items).view(components, index.shape[1], levels)
        tables = (counts / counts.sum(2, keepdim=True).clamp_min(LEAST)).clamp_min(LEAST).log()
        mixture = ProductMixture(q.mean(0).clamp_min(LEAST).log(), tables)
        elbo = float(mixture.elbo(index, q).mean())
        yield EMStep(mixture, float(mixture.log_likelihood(index).mean()), elbo)
        q = mixture.posterior(index)


def _one_hot(index: Tensor, levels: int) -> Tensor:
    """Float64, shape (n, sites · levels)."""
    return F.one_hot(index, levels).flatten(1).double()
