"""Kernels on the box and the line leave distributions invariant that quadrature gives."""

import math

import pytest
import scipy.stats
import torch
from torch import Tensor

from landscape_app.physics.base_measure import GaussianBase, UniformBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import Hamiltonian, Target
from landscape_app.physics.kernels import HMC, KERNELS, MALA, Kernel, kernels_for
from landscape_app.physics.space import Box
from tests.physics.exact import LEAST_P_VALUE
from tests.physics.ripples import BASES, LANGEVIN, TARGETS, generator, quadrature, ripples, target_of

STEP_SIZES = {
    "random-walk": (0.3, 2.0),
    "single-site": (0.5, 3.0),
    "mala": (0.3, 0.9),
    "hmc": (0.2, 0.6),
}
CHAINS = 8000


def kernel_of(name: str, step: float) -> Kernel:
    return HMC(step, length=4 * step) if name == "hmc" else KERNELS[name](step)


CASES = [
    pytest.param(name, step, where, id=f"{name}-{step}-{where}")
    for name, steps in STEP_SIZES.items()
    for step in steps
    for where in TARGETS
]


def test_every_kernel_is_tested() -> None:
    assert set(STEP_SIZES) == {name for target in TARGETS.values() for name in kernels_for(target)}


@pytest.mark.parametrize(("name", "step", "where"), CASES)
def test_kernel_leaves_the_exact_distribution_invariant(name: str, step: float, where: str) -> None:
    exact, target = quadrature(where), TARGETS[where]
    start = exact.draw(CHAINS, seed=1)
    chains = Chains(start, target, kernel_of(name, step), generator(2), adapt=False)
    chains.run(12)
    assert float((chains.x != start).float().mean()) > 0.3
    assert bool(target.base_measure.space.contains(chains.x).all())
    assert exact.p_value(chains.x) > LEAST_P_VALUE


@pytest.mark.parametrize("where", sorted(TARGETS))
@pytest.mark.parametrize("name", LANGEVIN)
def test_scales_keep_the_distribution_exact(name: str, where: str) -> None:
    exact, target = quadrature(where), TARGETS[where]
    kernel = kernel_of(name, 0.5)
    assert isinstance(kernel, MALA)
    shape = target.base_measure.space.shape
    kernel.scales = torch.tensor([[0.4, 2.5]])[:, : math.prod(shape)].reshape(1, *shape)
    chains = Chains(exact.draw(CHAINS, seed=3), target, kernel, generator(4), adapt=False)
    chains.run(12)
    assert exact.p_value(chains.x) > LEAST_P_VALUE


@pytest.mark.parametrize("where", sorted(TARGETS))
@pytest.mark.parametrize(
    ("name", "steps"), [("random-walk", 400), ("single-site", 600), ("mala", 600), ("hmc", 250)]
)
def test_kernel_tunes_itself_and_reaches_the_exact_distribution_from_afar(
    name: str, steps: int, where: str
) -> None:
    exact, target = quadrature(where), TARGETS[where]
    space = target.base_measure.space
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
    chains = Chains(target.base_measure.sample(64, generator(28)), target, KERNELS[name](), generator(29))
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
