"""Oracles for small spaces: enumeration in double precision, and χ² tests of samples against it."""

import numpy as np
import numpy.typing as npt
import scipy.stats
import torch
from torch import Tensor

from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.space import Levels

Array = npt.NDArray[np.float64]

LEAST_P_VALUE = 1e-6
"""Some 300 tests ask for a p-value, and on another processor chains take other paths: correct samplers then fail one
of them once in 3,000 processors. Wrong ones are far beyond: their χ² grows with the number of chains."""


class CoupledLevels:
    """E(x) = Σ_i a_i x_i + ½ Σ_ij J_ij x_i x_j + Σ_i b_i cos(2 x_i): coupled, and nowhere linear.

    Args:
        space: where x lives.
        seed: of the coefficients.
        scale: size of the couplings, in nats over the whole range of levels.
    """

    def __init__(self, space: Levels, seed: int, scale: float = 2.0) -> None:
        rng = np.random.default_rng(seed)
        n, top = space.sites, space.levels - 1
        couplings = rng.normal(size=(n, n)) * scale / top**2
        self.couplings = np.triu(couplings, 1) + np.triu(couplings, 1).T
        self.slopes = rng.normal(size=n) * scale / top
        self.ripples = rng.normal(size=n) * scale / 4

    def energy(self, x: Tensor) -> Tensor:
        """E(x), shape (batch,)."""
        flat = x.flatten(1)
        a, j, b = (torch.as_tensor(c, dtype=x.dtype) for c in (self.slopes, self.couplings, self.ripples))
        return flat @ a + 0.5 * ((flat @ j) * flat).sum(1) + (2 * flat).cos() @ b

    def exact_energy(self, x: Array) -> Array:
        """E(x) without torch, shape (batch,), of x with shape (batch, sites)."""
        pairs = 0.5 * np.einsum("bi,ij,bj->b", x, self.couplings, x)
        return x @ self.slopes + pairs + np.cos(2 * x) @ self.ripples

    def exact_gradient(self, x: Array) -> Array:
        """∂E/∂x by hand, shape (batch, sites)."""
        return self.slopes + x @ self.couplings - 2 * np.sin(2 * x) * self.ripples


def random_base(space: Levels, seed: int) -> ProductBase:
    """A product base whose levels differ in probability by about e."""
    table = np.random.default_rng(seed).normal(size=(space.sites, space.levels))
    return ProductBase(space, torch.as_tensor(table))


def coupled_target(space: Levels, seed: int, temperature: float = 1.0) -> tuple[Target, CoupledLevels]:
    """A target with couplings and a base that is not uniform, and its energy term."""
    term = CoupledLevels(space, seed)
    return Target(random_base(space, seed + 1), Hamiltonian([WeightedTerm(1.0, term)], temperature)), term


def all_states(space: Levels) -> Array:
    """Every configuration once, shape (states, sites), the last site fastest."""
    return (
        np.stack(np.unravel_index(np.arange(space.levels**space.sites), (space.levels,) * space.sites), 1)
        * 1.0
    )


def base_log_prob(base: ProductBase, x: Array) -> Array:
    """log q(x) by looking each site up, shape (batch,)."""
    table = base.log_probabilities.double().numpy()
    table = table - np.log(np.exp(table).sum(1, keepdims=True))
    return sum(table[i, x[:, i].astype(int)] for i in range(base.space.sites))  # type: ignore[return-value]


def boltzmann(base: ProductBase, energy: Array) -> Array:
    """q(x) exp(−H(x)) / Z over `all_states`, shape (states,)."""
    log_p = base_log_prob(base, all_states(base.space)) - energy
    p = np.exp(log_p - log_p.max())
    return p / p.sum()


def state_index(x: Tensor, space: Levels) -> npt.NDArray[np.int64]:
    """Row of each configuration in `all_states`, shape (batch,)."""
    columns = x.flatten(1).long().numpy().T
    return np.ravel_multi_index(tuple(columns), (space.levels,) * space.sites)


def draw(p: Array, n: int, space: Levels, seed: int) -> Tensor:
    """n independent configurations with probabilities p over `all_states`, shape (n, *shape)."""
    chosen = np.random.default_rng(seed).choice(len(p), size=n, p=p)
    return torch.as_tensor(all_states(space)[chosen], dtype=torch.float32).reshape(n, *space.shape)


def pooled_chi_squared(counts: npt.NDArray[np.int64], p: Array) -> tuple[float, int]:
    """Pearson's χ² and its degrees of freedom, states expected fewer than five times put together."""
    expected = p / p.sum() * counts.sum()
    rare = expected < 5
    observed = np.append(counts[~rare], counts[rare].sum())
    expected = np.append(expected[~rare], expected[rare].sum())
    observed, expected = observed[expected > 0], expected[expected > 0]
    return float(((observed - expected) ** 2 / expected).sum()), len(expected) - 1


def p_value(x: Tensor, p: Array, space: Levels) -> float:
    """p-value of independent configurations x under the probabilities p over `all_states`."""
    statistic, freedom = pooled_chi_squared(np.bincount(state_index(x, space), minlength=len(p)), p)
    return float(scipy.stats.chi2.sf(statistic, freedom))


class Hole:
    """E(x) = −depth at one state of spins, and 0 elsewhere: nothing tells a chain where it is."""

    def __init__(self, depth: float) -> None:
        self.depth = depth

    def energy(self, x: Tensor) -> Tensor:
        return -self.depth * (x == 1).all(1).float()
