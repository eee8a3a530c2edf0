"""Energies of a configuration by site: the parts of −log P of the base measure, the model and the fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from landscape_app.physics.base_measure import ProductBase, kind_of
from landscape_app.physics.hamiltonian import EnergyTerm, Target
from landscape_app.physics.host import number, to_host

QUADRATURE_POINTS = 64
"""Points of the Gauss–Legendre rule along a straight line."""

TOGETHER = 4_096
"""Configurations evaluated at once."""


class EnergyMap(NamedTuple):
    """An energy by site.

    Attributes:
        values: nats, shape (*shape); their sum is `energy` − `reference`.
        energy: of the configuration, nats.
        reference: what the sites' values are counted from: 0 of a base measure, which is a sum over sites, else the
            energy of the configuration from which gradients were integrated.
    """

    values: Tensor
    energy: float
    reference: float


def mean_of(base: ProductBase) -> Tensor:
    """⟨x⟩_q, shape (*shape)."""
    values = base.space.values(base.log_probabilities.device)
    return (base.log_probabilities.exp() @ values).view(base.space.shape)


def base_map(base: ProductBase, x: Tensor) -> EnergyMap:
    """−log q_i(x_i) of every site, exact, of one configuration of shape (*shape)."""
    levels = base.space.index(x.flatten()).unsqueeze(1)
    values = -base.log_probabilities.gather(1, levels).view(base.space.shape)
    return EnergyMap(values, number(values.sum()), 0.0)


def term_map(term: EnergyTerm, x: Tensor, baseline: Tensor, coefficient: float) -> EnergyMap:
    """A term of a Hamiltonian by site, by integrated gradients.

    Args:
        term: with energy E.
        x: one configuration, shape (*shape).
        baseline: where gradients are integrated from, shape (*shape).
        coefficient: α/T, with which E counts.
    """
    values = coefficient * integrated_gradients(term.energy, x, baseline)
    with torch.no_grad():
        energy, reference = to_host(coefficient * term.energy(torch.stack([x, baseline]))).tolist()
    return EnergyMap(values, energy, reference)


def integrated_gradients(function: Callable[[Tensor], Tensor], x: Tensor, baseline: Tensor) -> Tensor:
    """(x_i − b_i) ∫₀¹ ∂f/∂x_i (b + t (x − b)) dt of every site (Sundararajan, Taly and Yan 2017).

    The sites' values sum to f(x) − f(b), but for the error of the quadrature.

    Args:
        function: f, of shape (batch, *shape) to (batch,) or (batch, K), differentiable.
        x: one configuration, shape (*shape).
        baseline: b, shape (*shape).

    Returns:
        Shape (*shape), or (K, *shape) of a function with K values.
    """
    nodes, weights = (
        torch.as_tensor(v, dtype=x.dtype).to(x.device) for v in _gauss_legendre(QUADRATURE_POINTS)
    )
    with torch.enable_grad():
        line = torch.lerp(baseline, x, nodes.view(-1, *[1] * x.dim())).requires_grad_()
        values = function(line)
        columns = [values[:, k] for k in range(values.shape[1])] if values.dim() == 2 else [values]
        gradients = [torch.autograd.grad(column.sum(), line, retain_graph=True)[0] for column in columns]
    maps = torch.stack([torch.tensordot(weights, gradient, dims=1) for gradient in gradients])
    maps = (x - baseline) * maps
    return maps if values.dim() == 2 else maps[0]


def conditional_surprise(target: Target, x: Tensor) -> Tensor:
    """−log P(x_i | all other sites) of every site, nats, shape (*shape): exact, as log Z cancels.

    −log P(x_i | x_rest) = log Σ_v exp(−U(x with v at i)) + U(x), U = H − log q, by evaluating every level of every
    site.

    Args:
        target: q, on levels or spins, and H.
        x: one configuration, shape (*shape).

    Raises:
        ValueError: the base measure is not one of levels.
    """
    base = target.base_measure
    if not isinstance(base, ProductBase):
        raise ValueError(f"a site has levels to compare only on a table of them, not {kind_of(base)}")
    space = base.space
    here = space.index(x.flatten())
    sites = torch.arange(space.sites, device=x.device)
    options = here.repeat(space.sites, space.levels, 1)
    options[sites, :, sites] = torch.arange(space.levels, device=x.device)
    configurations = space.from_index(options).view(-1, *space.shape)
    energy = torch.cat([target.surprisal(piece) for piece in configurations.split(TOGETHER)])
    log_p = (-to_host(energy).double().view(space.sites, space.levels)).log_softmax(1)
    return -log_p.gather(1, to_host(here).unsqueeze(1)).view(space.shape).float()


def _gauss_legendre(points: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights on [0, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(points)
    return (nodes + 1) / 2, weights / 2
