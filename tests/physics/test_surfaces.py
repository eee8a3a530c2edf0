"""Surfaces given by formulas: against integrals, densities of other libraries, and kernels that stay on them."""

import math

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import torch
from sklearn.neighbors import KernelDensity as SklearnDensity

from landscape_app.physics.chains import Chains
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.kernels import kernels_for, make_kernel
from landscape_app.physics.space import Box
from landscape_app.physics.surfaces import SURFACES, Funnel, GaussianMixture, KernelDensity, TwoGaussiansLine

PLANES = [name for name, make in SURFACES.items() if make().space.sites == 2]
LINES = [name for name in SURFACES if name not in PLANES]


def random_points(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, 2)) * [1.0, 0.5] + [0.5, -1.0]


@pytest.mark.parametrize("name", LINES)
def test_the_partition_function_of_a_line_is_the_integral(name: str) -> None:
    surface = SURFACES[name]()

    def density(x: float) -> float:
        return math.exp(-float(surface.energy(torch.tensor([[x]], dtype=torch.float64))))

    integral, _ = scipy.integrate.quad(density, -25, 25, points=[-2, 0, 2], limit=200)
    assert surface.log_partition == pytest.approx(math.log(integral), abs=1e-6)


@pytest.mark.parametrize("name", [name for name in PLANES if name not in ("himmelblau", "funnel")])
def test_the_partition_function_of_a_plane_is_the_integral(name: str) -> None:
    surface = SURFACES[name]()
    # As far out as the tails matter, beyond the walls too.
    x = torch.linspace(-15, 15, 1201, dtype=torch.float64)
    y = torch.linspace(-9, 75, 3361, dtype=torch.float64)
    if name != "banana":
        y = x
    energy = torch.cat([surface.energy(torch.cartesian_prod(piece, y)) for piece in x.split(100)])
    integral = float((-energy).exp().sum() * (x[1] - x[0]) * (y[1] - y[0]))
    assert surface.log_partition == pytest.approx(math.log(integral), abs=1e-6)


def test_the_funnel_is_a_normal_whose_variance_is_log_normal() -> None:
    funnel, rng = Funnel(), np.random.default_rng(0)
    y = rng.normal(size=200) * funnel.spread
    x = rng.normal(size=200) * np.exp(y / 2)
    expected = scipy.stats.norm.logpdf(y, 0, funnel.spread) + scipy.stats.norm.logpdf(x, 0, np.exp(y / 2))
    energy = funnel.energy(torch.from_numpy(np.stack([x, y], axis=1))).numpy()
    assert -energy - funnel.log_partition == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", SURFACES)
def test_minima_are_where_the_force_vanishes_and_nothing_lies_lower(name: str) -> None:
    surface = SURFACES[name]()
    hamiltonian = surface.target().hamiltonian
    energy, force = hamiltonian.energy_and_gradient(surface.minima)
    around = surface.target().base_measure.sample(20_000, torch.Generator().manual_seed(0))
    # Two Gaussians pull each other's peaks a little: by exp(−d²/2s²) of the distance between them.
    assert force.abs().max() < 5e-3
    assert float(energy.max()) <= float(hamiltonian.energy(around).min()) + 1e-3


def test_a_mixture_has_the_density_of_its_gaussians() -> None:
    rng = np.random.default_rng(1)
    means, deviations, weights = rng.normal(size=(4, 2)), rng.uniform(0.3, 1.2, 4), rng.uniform(0.5, 2, 4)
    mixture = GaussianMixture(
        torch.from_numpy(means), torch.from_numpy(deviations), torch.from_numpy(weights), Box((2,), -6, 6)
    )
    x = rng.normal(size=(100, 2)) * 2
    density = sum(
        w / weights.sum() * scipy.stats.multivariate_normal(m, s**2).pdf(x)
        for w, m, s in zip(weights, means, deviations, strict=True)
    )
    energy = mixture.energy(torch.from_numpy(x).float()).numpy()
    assert -energy == pytest.approx(np.log(density), abs=2e-4)


def test_the_two_gaussians_of_the_paper_have_its_entropy() -> None:
    assert ExactModel(TwoGaussiansLine().target()).at().entropy == pytest.approx(1.754, abs=5e-4)


@pytest.mark.parametrize("factor", [0.4, 1.0])
def test_a_kernel_density_is_that_of_another_library(factor: float) -> None:
    points = random_points(300)
    surface = KernelDensity(torch.from_numpy(points), factor)
    scott = math.sqrt(points.var(axis=0).mean()) * 300 ** (-1 / 6)
    assert surface.width == pytest.approx(factor * scott, rel=1e-5)
    other = SklearnDensity(bandwidth=surface.width).fit(points)
    x = random_points(50, seed=1)
    energy = surface.energy(torch.from_numpy(x).float()).numpy()
    assert -energy == pytest.approx(other.score_samples(x), abs=1e-3)
    assert surface.space.contains(surface.points).all()


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (torch.zeros(0, 2), "at least one point"),
        (torch.zeros(5, 2), "all points are at one place"),
        (torch.tensor([[0.0, math.nan]]), "finite"),
    ],
)
def test_points_without_a_density_are_refused(points: torch.Tensor, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        KernelDensity(points)


def test_a_mixture_of_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="positive deviation"):
        GaussianMixture(torch.zeros(1, 2), torch.zeros(1), torch.ones(1), Box((2,), -1, 1))
    with pytest.raises(ValueError, match="shape"):
        GaussianMixture(torch.zeros(1, 2), torch.ones(2), torch.ones(1), Box((2,), -1, 1))


@pytest.mark.parametrize("kernel", kernels_for(SURFACES["banana"]().target()))
@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_kernels_stay_at_the_exact_energy(kernel: str, temperature: float) -> None:
    target = SURFACES["himmelblau"]().target(temperature)
    exact = ExactModel(target)
    seeded = torch.Generator().manual_seed(3)
    start = exact.x[torch.multinomial(exact.log_weights().exp(), 4000, True, generator=seeded)]
    chains = Chains(start, target, make_kernel(kernel, target), seeded, adapt=False)
    chains.run(20)
    thermodynamics = exact.at()
    error = math.sqrt(thermodynamics.heat_capacity / len(chains))
    assert abs(float(chains.energy.mean()) - thermodynamics.energy) < 4 * error
