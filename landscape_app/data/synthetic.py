"""Data drawn from distributions that are known: two Gaussians, two rings, and spins of the Ising model."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from landscape_app.data.dataset import Dataset, Kind
from landscape_app.language import tr

LINE_SAMPLES, PLANE_SAMPLES, LATTICES = 1_000, 2_000, 4_000
"""Items to learn from; as many are held out."""

RADII, RING_WIDTH = (1.0, 2.5), 0.15
"""Radii of the two rings, and the standard deviation across them."""

COUPLING = 0.4
"""Of the Ising model: a little hotter than the infinite lattice's critical point, 0.4407."""

LARGEST_SIDE = 4
"""Of a lattice whose states are all listed: 2^16 of them."""


def two_gaussians(samples: int = LINE_SAMPLES, seed: int = 0) -> Dataset:
    """½ N(−2, ½²) + ½ N(2, 1²) on the line: the paper's figure 3, S = 1.754 nats."""
    random = np.random.default_rng(seed)
    left = random.random(2 * samples) < 0.5
    normal = random.standard_normal(2 * samples)
    x = np.where(left, -2 + 0.5 * normal, 2 + normal)
    return _halved("two-gaussians", Kind.POINTS, x[:, None].astype(np.float32))


def rings(samples: int = PLANE_SAMPLES, seed: int = 0) -> Dataset:
    """Two rings in the plane, as many points on the small one as on the large one.

    The angle is uniform, the radius N(r, `RING_WIDTH`²) about one of the `RADII` r.
    """
    random = np.random.default_rng(seed)
    centre = np.asarray(RADII)[random.integers(0, len(RADII), 2 * samples)]
    radius = centre + RING_WIDTH * random.standard_normal(2 * samples)
    angle = 2 * math.pi * random.random(2 * samples)
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _halved("rings", Kind.POINTS, x.astype(np.float32))


def ising(coupling: float = COUPLING, side: int = 4, samples: int = LATTICES, seed: int = 0) -> Dataset:
    """Independent exact samples of the Ising model on a periodic square lattice, H(s) = −J Σ_<ij> s_i s_j.

    Args:
        coupling: J in units of k_B T, positive for ferromagnets.
        side: sites along an edge, 2 to `LARGEST_SIDE`: all states are listed and weighted by exp(−H).
        samples: lattices to learn from; as many are held out.
        seed: of the draws.

    Raises:
        ValueError: the side is out of range or the coupling is not finite.
    """
    if not 2 <= side <= LARGEST_SIDE:
        raise ValueError(
            tr(
                "the lattice's side must be 2 to {largest}, got {side}",
                largest=LARGEST_SIDE,
                side=side,
            )
        )
    if not math.isfinite(coupling):
        raise ValueError(tr("the coupling must be finite, got {coupling}", coupling=coupling))
    sites = side * side
    bits = (np.arange(2**sites)[:, None] >> np.arange(sites)) & 1
    states = (2 * bits - 1).astype(np.int8).reshape(-1, side, side)
    bonds = sum((states * np.roll(states, 1, axis)).sum((1, 2), dtype=np.int64) for axis in (1, 2))
    log_weight = coupling * np.asarray(bonds, float)
    weight = np.exp(log_weight - log_weight.max())
    chosen = np.random.default_rng(seed).choice(len(states), 2 * samples, p=weight / weight.sum())
    return _halved("ising", Kind.SPINS, states[chosen])


def _halved(name: str, kind: Kind, items: npt.NDArray[np.generic]) -> Dataset:
    """The first half to learn from, the second held out."""
    middle = len(items) // 2
    return Dataset(name, kind, items, np.arange(middle), np.arange(middle, len(items)))
