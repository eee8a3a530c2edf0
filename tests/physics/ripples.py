"""Oracles on the box and the line: a rippled energy by quadrature, and χ² tests of samples against it."""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.stats
import torch
from torch import Tensor

from landscape_app.physics.base_measure import BaseMeasure, GaussianBase, UniformBase
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.space import Box, Line
from tests.physics.exact import Array, pooled_chi_squared

LANGEVIN = ["mala", "hmc"]


class Function:
    """An energy given by a function of x."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        self.energy = function


def ripples(x: Tensor) -> Tensor:
    """Several minima, coupled, nowhere harmonic, and steep at the walls of a box."""
    flat = x.flatten(1)
    alone = 1.5 * (2.5 * flat).cos() + 0.4 * flat
    return alone.sum(1) + 0.8 * (flat[:, 0] + 2 * flat[:, -1]).sin()


def target_of(base: BaseMeasure, energy: Callable[[Tensor], Tensor]) -> Target:
    return Target(base, Hamiltonian([WeightedTerm(1.0, Function(energy))]))


BASES: dict[str, BaseMeasure] = {
    "box-1d": UniformBase(Box((1,), -2.0, 3.0)),
    "box-2d": UniformBase(Box((1, 2), -2.0, 3.0)),
    "line-1d": GaussianBase(Line((1,)), torch.tensor([0.7]), torch.tensor([1.5])),
    "line-2d": GaussianBase(Line((1, 2)), torch.tensor([[0.7, -1.2]]), torch.tensor([[1.5, 0.8]])),
}
TARGETS = {name: target_of(base, ripples) for name, base in BASES.items()}


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class Quadrature(NamedTuple):
    """A target on its quadrature nodes, and bins of about equal probability along each axis."""

    x: Tensor
    p: Array
    edges: list[Array]
    expected: Array

    def draw(self, n: int, seed: int) -> Tensor:
        return self.x[np.random.default_rng(seed).choice(len(self.p), size=n, p=self.p)]

    def p_value(self, x: Tensor) -> float:
        counts = np.bincount(bins(x, self.edges), minlength=len(self.expected))
        statistic, freedom = pooled_chi_squared(counts, self.expected)
        return float(scipy.stats.chi2.sf(statistic, freedom))


def bins(x: Tensor, edges: list[Array]) -> npt.NDArray[np.int64]:
    """Which bin each configuration is in, shape (batch,)."""
    columns = x.flatten(1).double().numpy().T
    indices = [np.searchsorted(along, column) for along, column in zip(edges, columns, strict=True)]
    return np.ravel_multi_index(tuple(indices), tuple(len(along) + 1 for along in edges))


def grid(base: BaseMeasure) -> Tensor:
    """Midpoints of equal cells, over the box or ten deviations of the line, float32, shape (n, *shape)."""
    axes = base.space.sites
    count = 20_001 if axes == 1 else 1_201
    middle = (torch.arange(count, dtype=torch.float64) + 0.5) / count
    if isinstance(base, GaussianBase):
        around = zip(base.mean.flatten(), base.deviation.flatten(), strict=True)
        along = [mean + 20 * deviation * (middle - 0.5) for mean, deviation in around]
    else:
        low, high = base.space.bounds or (0.0, 0.0)
        along = [low + (high - low) * middle] * axes
    return torch.cartesian_prod(*along).view(-1, *base.space.shape).float()


@lru_cache
def quadrature(name: str, beta: float = 1.0) -> Quadrature:
    target = TARGETS[name]
    x = grid(target.base_measure)
    log_p = target.base_measure.log_prob(x).double() - beta * target.hamiltonian.energy(x).double()
    p = log_p.softmax(0).numpy()
    count = 40 if x[0].numel() == 1 else 8
    edges = []
    for column in x.flatten(1).double().numpy().T:
        nodes, index = np.unique(column, return_inverse=True)
        cumulative = np.cumsum(np.bincount(index, weights=p))
        # Bins end half-way between nodes, so that a node's whole cell is on one side.
        last = np.searchsorted(cumulative, np.arange(1, count) / count)
        edges.append((nodes[last] + nodes[last + 1]) / 2)
    expected = np.bincount(bins(x, edges), weights=p, minlength=count ** len(edges))
    return Quadrature(x, p, edges, expected)
