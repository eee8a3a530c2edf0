"""Kernels on the box and the line: against quadrature, and the leapfrog against its own laws."""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
import scipy.stats
import torch
from torch import Tensor

from landscape_app.physics.base import Base, GaussianBase, UniformBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import HMC, KERNELS, MALA, Kernel, State
from landscape_app.physics.kernels.hmc import LEAST_STEPS
from landscape_app.physics.kernels.mala import leapfrog, reflected
from landscape_app.physics.space import Box, Line
from tests.physics.exact import LEAST_P_VALUE, Array, pooled_chi_squared

STEP_SIZES = {"random-walk": (0.3, 2.0), "single-site": (0.5, 3.0), "mala": (0.3, 0.9), "hmc": (0.2, 0.6)}
LANGEVIN = ["mala", "hmc"]
CHAINS = 8000


class Function:
    """An energy given by a function of x."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        self.energy = function


def ripples(x: Tensor) -> Tensor:
    """Several minima, coupled, nowhere harmonic, and steep at the walls of BOX."""
    flat = x.flatten(1)
    alone = 1.5 * (2.5 * flat).cos() + 0.4 * flat
    return alone.sum(1) + 0.8 * (flat[:, 0] + 2 * flat[:, -1]).sin()


def target_of(base: Base, energy: Callable[[Tensor], Tensor]) -> Target:
    return Target(base, Hamiltonian([WeightedTerm(1.0, Function(energy))]))


BASES: dict[str, Base] = {
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


@lru_cache
def quadrature(name: str, beta: float = 1.0) -> Quadrature:
    exact = ExactModel(TARGETS[name])
    p = exact.log_weights(beta).exp().numpy()
    count = 40 if exact.x[0].numel() == 1 else 8
    edges = []
    for column in exact.x.flatten(1).double().numpy().T:
        nodes, index = np.unique(column, return_inverse=True)
        cumulative = np.cumsum(np.bincount(index, weights=p))
        # Bins end half-way between nodes, so that a node's whole cell is on one side.
        last = np.searchsorted(cumulative, np.arange(1, count) / count)
        edges.append((nodes[last] + nodes[last + 1]) / 2)
    expected = np.bincount(bins(exact.x, edges), weights=p, minlength=count ** len(edges))
    return Quadrature(exact.x, p, edges, expected)


def kernel_of(name: str, step: float) -> Kernel:
    return HMC(step, length=4 * step) if name == "hmc" else KERNELS[name](step)


CASES = [
    pytest.param(name, step, where, id=f"{name}-{step}-{where}")
    for name, steps in STEP_SIZES.items()
    for step in steps
    for where in TARGETS
]


@pytest.mark.parametrize(("name", "step", "where"), CASES)
def test_kernel_leaves_the_exact_distribution_invariant(name: str, step: float, where: str) -> None:
    exact, target = quadrature(where), TARGETS[where]
    start = exact.draw(CHAINS, seed=1)
    chains = Chains(start, target, kernel_of(name, step), generator(2), adapt=False)
    chains.run(12)
    assert float((chains.x != start).float().mean()) > 0.3
    assert bool(target.base.space.contains(chains.x).all())
    assert exact.p_value(chains.x) > LEAST_P_VALUE


@pytest.mark.parametrize("where", sorted(TARGETS))
@pytest.mark.parametrize("name", LANGEVIN)
def test_scales_keep_the_distribution_exact(name: str, where: str) -> None:
    exact, target = quadrature(where), TARGETS[where]
    kernel = kernel_of(name, 0.5)
    assert isinstance(kernel, MALA)
    shape = target.base.space.shape
    kernel.scales = torch.tensor([[0.4, 2.5]])[:, : math.prod(shape)].reshape(1, *shape)
    chains = Chains(exact.draw(CHAINS, seed=3), target, kernel, generator(4), adapt=False)
    chains.run(12)
    assert exact.p_value(chains.x) > LEAST_P_VALUE


@pytest.mark.parametrize("where", sorted(TARGETS))
@pytest.mark.parametrize(
    ("name", "steps"), [("random-walk", 600), ("single-site", 900), ("mala", 600), ("hmc", 250)]
)
def test_kernel_tunes_itself_and_reaches_the_exact_distribution_from_afar(
    name: str, steps: int, where: str
) -> None:
    exact, target = quadrature(where), TARGETS[where]
    space = target.base.space
    afar = space.high if isinstance(space, Box) else 12.0
    start = torch.full((1500, *space.shape), afar)
    chains = Chains(start, target, KERNELS[name](0.1), generator(5))
    chains.run(steps)
    chains.adapt = False
    chains.run(steps)
    assert exact.p_value(chains.x) > LEAST_P_VALUE


@pytest.mark.parametrize("where", ["box-2d", "line-2d"])
@pytest.mark.parametrize("name", sorted(STEP_SIZES))
def test_groups_have_their_own_temperature_and_step(name: str, where: str) -> None:
    betas, steps = (0.25, 1.0), (2 * STEP_SIZES[name][0], STEP_SIZES[name][0])
    exact = [quadrature(where, beta) for beta in betas]
    beta = torch.tensor(betas).repeat_interleave(CHAINS)
    target = TARGETS[where]._replace(beta=beta)
    start = torch.cat([each.draw(CHAINS, seed=6 + i) for i, each in enumerate(exact)])
    kernel = HMC(steps, length=4 * steps[-1]) if name == "hmc" else KERNELS[name](steps)
    chains = Chains(start, target, kernel, generator(8), adapt=False)
    chains.run(10)
    for each, x in zip(exact, chains.x.split(CHAINS), strict=True):
        assert each.p_value(x) > LEAST_P_VALUE


@pytest.mark.parametrize("name", LANGEVIN)
def test_groups_are_tuned_one_by_one(name: str) -> None:
    """A harmonic energy at β = 1/100 and 1 is ten times as wide in the first group."""
    target = target_of(UniformBase(Box((2,), -500.0, 500.0)), lambda x: 0.5 * (x**2).sum(1))
    target = target._replace(beta=torch.tensor([0.01, 1.0]).repeat_interleave(500))
    start = torch.randn(1000, 2, generator=generator(9)) * target.beta.rsqrt().unsqueeze(1)  # type: ignore[union-attr]
    chains = Chains(start, target, KERNELS[name]([0.5, 0.5]), generator(10))
    chains.run(400)
    hot, cold = chains.kernel.step_sizes
    assert hot / cold == pytest.approx(10, rel=0.25)


@pytest.mark.parametrize(("name", "step"), [("mala", 0.3), ("mala", 3.0), ("hmc", 0.1), ("hmc", 1.5)])
def test_mass_piled_at_a_wall_is_the_exponential_s(name: str, step: float) -> None:
    base, slope, n = UniformBase(Box((1,), 0.0, 1.0)), 12.0, 20_000
    oracle = scipy.stats.truncexpon(b=slope, scale=1 / slope)
    start = torch.as_tensor(oracle.rvs((n, 1), random_state=11), dtype=torch.float32).clamp(0, 1)
    target = target_of(base, lambda x: slope * x[:, 0])
    chains = Chains(start, target, kernel_of(name, step), generator(12), adapt=False)
    chains.run(20)
    assert float(chains.x.min()) >= 0
    assert float(chains.x.max()) <= 1
    assert scipy.stats.kstest(chains.x[:, 0].numpy(), oracle.cdf).pvalue > LEAST_P_VALUE


@pytest.mark.parametrize("name", LANGEVIN)
def test_without_a_hamiltonian_the_base_is_sampled(name: str) -> None:
    for where, base in BASES.items():
        chains = Chains(
            base.sample(5000, generator(13)), Target(base, Hamiltonian([])), KERNELS[name](), generator(14)
        )
        chains.run(100)
        x = chains.x.flatten(1)[:, -1].numpy()
        if isinstance(base, GaussianBase):
            mean, deviation = float(base.mean.flatten()[-1]), float(base.deviation.flatten()[-1])
            assert scipy.stats.kstest(x, "norm", (mean, deviation)).pvalue > LEAST_P_VALUE, where
        else:
            assert chains.kernel.step_size <= 5.0
            assert scipy.stats.kstest(x, "uniform", (-2, 5)).pvalue > LEAST_P_VALUE, where


def test_points_beyond_the_walls_are_folded_back_with_their_momentum() -> None:
    box = Box((1,), -1.0, 3.0)
    cases = [
        (0.5, 0.5, 1),
        (-1.0, -1.0, 1),
        (-1.5, -0.5, -1),
        (3.25, 2.75, -1),
        (8.0, 0.0, 1),
        (-6.0, 2.0, 1),
        (12.5, 1.5, -1),
    ]
    beyond, inside, sign = (torch.tensor(column).unsqueeze(1) for column in zip(*cases, strict=True))
    x, momentum = reflected(beyond.clone(), torch.full_like(beyond, 2.0), box)
    torch.testing.assert_close(x, inside)
    torch.testing.assert_close(momentum, 2.0 * sign)


def phase_points(where: str, n: int) -> tuple[State, Tensor]:
    """Positions of a target, with their gradients, and momenta, in double precision."""
    target = TARGETS[where]
    x = quadrature(where).draw(n, seed=15).double()
    momentum = torch.randn(x.shape, generator=generator(16), dtype=torch.float64)
    return State(x, *target.hamiltonian.energy_and_gradient(x)), momentum


def double(value: float) -> Tensor:
    return torch.tensor(value, dtype=torch.float64)


@pytest.mark.parametrize("where", sorted(TARGETS))
def test_a_trajectory_turned_round_leads_back(where: str) -> None:
    target = TARGETS[where]
    start, momentum = phase_points(where, 200)
    reach = torch.linspace(0.05, 0.4, 200, dtype=torch.float64).view(-1, *[1] * (start.x.dim() - 1))
    end, last = leapfrog(start, momentum, reach, 9, target)
    back, first = leapfrog(end, -last, reach, 9, target)
    torch.testing.assert_close(back.x, start.x, rtol=0, atol=1e-8)
    torch.testing.assert_close(first, -momentum, rtol=0, atol=1e-8)
    assert float((end.x - start.x).abs().mean()) > 0.3


@pytest.mark.parametrize("where", sorted(TARGETS))
def test_a_trajectory_keeps_the_volume_of_phase_space(where: str) -> None:
    target = TARGETS[where]
    start, momentum = phase_points(where, 40)
    sites, h = start.x[0].numel(), 1e-6

    def moved(shift: Tensor) -> Tensor:
        x = start.x + shift[:sites].view(start.x.shape[1:])
        p = momentum + shift[sites:].view(start.x.shape[1:])
        end, last = leapfrog(State(x, *target.hamiltonian.energy_and_gradient(x)), p, double(0.3), 5, target)
        return torch.cat([end.x.flatten(1), last.flatten(1)], dim=1)

    unit = h * torch.eye(2 * sites, dtype=torch.float64)
    jacobian = torch.stack([(moved(row) - moved(-row)) / (2 * h) for row in unit], dim=2)
    volumes = torch.linalg.det(jacobian)
    torch.testing.assert_close(volumes, torch.ones_like(volumes), rtol=0, atol=1e-5)


@pytest.mark.parametrize("where", ["line-1d", "line-2d"])
def test_the_energy_s_error_is_of_second_order_in_the_step(where: str) -> None:
    target = TARGETS[where]
    start, momentum = phase_points(where, 500)

    def total(state: State, p: Tensor) -> Tensor:
        return state.energy - target.base.log_prob(state.x) + 0.5 * (p**2).flatten(1).sum(1)

    errors = []
    for steps in (20, 40, 80):
        end, last = leapfrog(start, momentum, double(1 / steps), steps, target)
        errors.append(float((total(end, last) - total(start, momentum)).abs().mean()))
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.1)
    assert errors[1] / errors[2] == pytest.approx(4, rel=0.1)


@pytest.mark.parametrize("name", LANGEVIN)
def test_reported_evaluations_are_what_the_hamiltonian_sees(name: str) -> None:
    calls = 0

    def counted(x: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        return ripples(x)

    chains = Chains(torch.zeros(8, 1), target_of(BASES["line-1d"], counted), KERNELS[name](), generator(17))
    calls = 0
    assert chains.run(20).evaluations == calls
    assert calls == 20 or name == "hmc"


def test_trajectories_have_every_length_up_to_the_longest_alike() -> None:
    kernel, target = HMC(0.1, length=0.6), TARGETS["line-1d"]
    state, g = kernel.init(torch.zeros(4, 1), target), generator(18)
    lengths = [kernel.step(state, target, g)[1].evaluations for _ in range(600)]
    assert scipy.stats.chisquare(np.bincount(lengths)[1:]).pvalue > LEAST_P_VALUE
    assert set(lengths) == {1, 2, 3, 4, 5, 6}


def correlated(dimensions: int, correlation: float) -> tuple[Target, Array]:
    """A Gaussian of covariance correlation^|i − j|, and the covariance."""
    index = np.arange(dimensions)
    covariance = correlation ** np.abs(np.subtract.outer(index, index))
    excess = torch.as_tensor(np.linalg.inv(covariance) - np.eye(dimensions), dtype=torch.float32)
    base = GaussianBase.standard(Line((dimensions,)))
    return target_of(base, lambda x: 0.5 * ((x @ excess) * x).sum(1)), covariance


def tuned(kernel: Kernel, target: Target, start: Tensor, steps: int) -> Chains:
    """Chains after warming up from exact draws, their kernel frozen."""
    chains = Chains(start, target, kernel, generator(19))
    chains.run(steps)
    chains.adapt = False
    return chains


def pooled_rate(chains: Chains, steps: int) -> float:
    """The acceptance that adaptation aims at, over some steps."""
    rates = []
    for _ in range(steps):
        chains.state, info = chains.kernel.step(chains.state, chains.target, chains.generator)
        rates.append(float(chains.kernel.pooled_acceptance(info.probability.view(1, -1))))
    return float(np.mean(rates))


def lag_one(chains: Chains, project: Callable[[Tensor], Tensor], steps: int) -> float:
    """Correlation of successive values of a projection."""
    values = [project(chains.x)]
    chains.on_step = lambda: values.append(project(chains.x))
    chains.run(steps)
    before, after = torch.stack(values[:-1]).flatten(), torch.stack(values[1:]).flatten()
    return float(torch.corrcoef(torch.stack([before, after]))[0, 1])


@pytest.mark.parametrize("name", LANGEVIN)
def test_step_size_reaches_its_acceptance_on_a_correlated_gaussian(name: str) -> None:
    target, covariance = correlated(50, 0.95)
    rng = np.random.default_rng(20)
    start = rng.normal(size=(96, 50)) @ np.linalg.cholesky(covariance).T
    chains = tuned(KERNELS[name](0.02), target, torch.as_tensor(start, dtype=torch.float32), 250)
    assert pooled_rate(chains, 60) == pytest.approx(chains.kernel.target_acceptance, abs=0.05)


def test_trajectories_cross_the_widest_direction_of_a_correlated_gaussian() -> None:
    """MALA, a random walk of steps of 0.17 in a valley 6 wide, keeps 0.999 of it."""
    target, covariance = correlated(50, 0.95)
    rng = np.random.default_rng(21)
    start = rng.normal(size=(96, 50)) @ np.linalg.cholesky(covariance).T
    chains = tuned(HMC(), target, torch.as_tensor(start, dtype=torch.float32), 250)
    widest = torch.as_tensor(np.linalg.eigh(covariance)[1][:, -1], dtype=torch.float32)
    assert abs(lag_one(chains, lambda x: x @ widest, 30)) < 0.8
    kernel = chains.kernel
    assert isinstance(kernel, HMC)
    # The exact flow decorrelates it at π; longer than two turns would be wasted.
    assert 1.5 < kernel.length / math.sqrt(np.linalg.eigvalsh(covariance)[-1]) < 5


@pytest.mark.parametrize("name", LANGEVIN)
def test_scales_make_an_ill_scaled_gaussian_round(name: str) -> None:
    deviation = torch.logspace(-2, 2, 20)
    target = target_of(
        GaussianBase(Line((20,)), torch.zeros(20), deviation), lambda x: 0.5 * (x / deviation).square().sum(1)
    )
    start = deviation * torch.randn(256, 20, generator=generator(22)) / math.sqrt(2)
    chains = tuned(KERNELS[name](), target, start, 300)
    kernel = chains.kernel
    assert isinstance(kernel, MALA)
    assert kernel.scales is not None
    relative = (kernel.scales[0] / deviation).log()
    assert float(relative.std()) < 0.2
    assert pooled_rate(chains, 60) == pytest.approx(kernel.target_acceptance, abs=0.05)
    for i in (0, 19):
        assert abs(lag_one(chains, lambda x, i=i: x[:, i], 30)) < 0.8  # type: ignore[misc]


def test_trajectories_stay_short_on_a_round_gaussian() -> None:
    target = Target(GaussianBase.standard(Line((10,))), Hamiltonian([]))
    for length in (0.01, 40.0):
        kernel = HMC(0.3, length=length)
        tuned(kernel, target, target.base.sample(256, generator(23)), 300)
        assert 1 < kernel.length < 5


def test_one_chain_alone_is_tuned_without_harm() -> None:
    for name in LANGEVIN:
        chains = tuned(KERNELS[name](), TARGETS["line-2d"], torch.zeros(1, 1, 2), 200)
        kernel = chains.kernel
        assert isinstance(kernel, MALA)
        assert kernel.scales is not None
        assert kernel.scales.tolist() == [[[1, 1]]]
        assert 0.01 < kernel.step_size < 10


@pytest.mark.parametrize("name", LANGEVIN)
def test_frozen_chains_keep_what_was_tuned(name: str) -> None:
    chains = tuned(KERNELS[name](), TARGETS["line-2d"], torch.randn(64, 1, 2, generator=generator(24)), 20)
    before = {key: getattr(chains.kernel, key, None) for key in ("step_sizes", "scales", "length")}
    chains.run(20)
    assert {key: getattr(chains.kernel, key, None) for key in before} == before


def test_scales_of_another_number_of_groups_are_forgotten() -> None:
    target = TARGETS["line-2d"]
    chains = Chains(torch.randn(64, 1, 2, generator=generator(25)), target, HMC([0.1, 0.2]), generator(26))
    chains.run(3)
    chains.kernel.step_sizes = [0.1, 0.2, 0.2, 0.2]
    chains.run(3)
    assert isinstance(chains.kernel, HMC)
    assert chains.kernel.scales is not None
    assert chains.kernel.scales.shape == (4, 1, 2)


def test_a_few_stuck_chains_lower_the_pooled_acceptance_and_a_dead_one_hardly() -> None:
    kernel = HMC()
    most = torch.full((1, 100), 0.9)
    few_stuck, one_dead = most.clone(), most.clone()
    few_stuck[0, :3] = 1e-6
    one_dead[0, 0] = 0
    assert float(kernel.pooled_acceptance(most)) == pytest.approx(0.9)
    assert float(kernel.pooled_acceptance(few_stuck)) == pytest.approx(100 / (97 / 0.9 + 300))
    assert float(kernel.pooled_acceptance(one_dead)) == pytest.approx(0.99 * 0.9)
    assert float(kernel.pooled_acceptance(torch.zeros(1, 4))) == 0


@pytest.mark.parametrize("where", ["box-1d", "line-1d"])
@pytest.mark.parametrize("name", LANGEVIN)
def test_a_region_of_undefined_energy_is_never_entered(name: str, where: str) -> None:
    target = target_of(BASES[where], lambda x: torch.where(x > 0.5, torch.nan, x)[:, 0])
    chains = Chains(torch.zeros(256, 1), target, KERNELS[name](0.4), generator(27))
    chains.run(50)
    assert bool((chains.x <= 0.5).all())
    assert float(chains.x.std()) > 0.1
    assert math.isfinite(chains.kernel.step_size)


@pytest.mark.parametrize("name", LANGEVIN)
def test_state_carries_the_energy_and_gradient_of_its_position(name: str) -> None:
    target = TARGETS["box-2d"]
    chains = Chains(target.base.sample(64, generator(28)), target, KERNELS[name](), generator(29))
    chains.run(20)
    energy, gradient = target.hamiltonian.energy_and_gradient(chains.x)
    torch.testing.assert_close(chains.energy, energy)
    torch.testing.assert_close(chains.state.gradient, gradient)


@pytest.mark.parametrize("name", LANGEVIN)
def test_same_seed_gives_the_same_chain(name: str) -> None:
    runs = []
    for seed in (30, 30, 31):
        chains = Chains(torch.zeros(64, 1), TARGETS["line-1d"], KERNELS[name](), generator(seed))
        chains.run(10)
        runs.append(chains.x)
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])


@pytest.mark.parametrize("length", [0.0, -1.0, math.nan])
def test_lengths_that_are_not_positive_are_refused(length: float) -> None:
    with pytest.raises(ValueError, match="trajectory length must be positive"):
        HMC(0.1, length=length)


def test_there_is_always_a_shorter_trajectory_to_compare_with() -> None:
    assert HMC(1.0, length=0.1).most_steps == LEAST_STEPS


@pytest.mark.parametrize("name", ["mala", "hmc"])
@pytest.mark.parametrize("groups", [1, 3])
def test_a_kernel_goes_on_from_its_tuning_as_if_it_had_not_stopped(name: str, groups: int) -> None:
    target = target_of(GaussianBase(Line((2,)), torch.zeros(2), torch.tensor([0.2, 5.0])), ripples)
    betas = torch.linspace(0.2, 1, groups).repeat_interleave(24)
    here = target._replace(beta=betas)

    def chains(kernel: Kernel, x: Tensor, seed: int) -> Chains:
        kernel.step_sizes = kernel.step_sizes * groups if len(kernel.step_sizes) == 1 else kernel.step_sizes
        return Chains(x, here, kernel, generator(seed))

    straight = chains(KERNELS[name](), target.base.sample(24 * groups, generator(1)), 2)
    straight.run(15)
    tuning, x = straight.kernel.tuning(), straight.x
    assert tuning
    resumed_kernel = KERNELS[name](straight.kernel.step_sizes)
    resumed_kernel.take_tuning({"other": torch.zeros(1), **tuning})
    straight.generator.manual_seed(5)
    straight.run(15)
    resumed = chains(resumed_kernel, x, 5)
    resumed.run(15)
    assert torch.equal(straight.x, resumed.x)
    assert straight.kernel.step_sizes == resumed.kernel.step_sizes


@pytest.mark.parametrize(
    "damaged",
    [
        {"scales": torch.zeros(1, 2)},
        {"scales": torch.ones(3, 2)},
        {"length": torch.tensor(-1.0)},
        {"jumps": torch.ones(3, 3)},
    ],
)
def test_a_tuning_that_cannot_be_is_refused(damaged: dict[str, Tensor]) -> None:
    with pytest.raises(ValueError, match=r"scales|length|jumps"):
        HMC().take_tuning(damaged)
