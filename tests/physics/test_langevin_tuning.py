"""What Langevin kernels tune: steps, scales and lengths of trajectories."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from landscape_app.physics.base_measure import GaussianBase, UniformBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import Hamiltonian, Target
from landscape_app.physics.kernels import HMC, KERNELS, MALA, Kernel
from landscape_app.physics.space import Box, Line
from tests.physics.exact import Array
from tests.physics.ripples import LANGEVIN, TARGETS, generator, ripples, target_of


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
    # Step sizes after 300 steps still differ from run to run: rates by 0.03.
    assert pooled_rate(chains, 60) == pytest.approx(kernel.target_acceptance, abs=0.15)
    for i in (0, 19):
        # Steps of the narrowest direction's size would keep more than 0.999 of the widest.
        assert abs(lag_one(chains, lambda x, i=i: x[:, i], 30)) < 0.9  # type: ignore[misc]


def test_trajectories_stay_short_on_a_round_gaussian() -> None:
    target = Target(GaussianBase.standard(Line((10,))), Hamiltonian([]))
    for length in (0.01, 40.0):
        kernel = HMC(0.3, length=length)
        tuned(kernel, target, target.base_measure.sample(256, generator(23)), 300)
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


@pytest.mark.parametrize("name", ["mala", "hmc"])
@pytest.mark.parametrize("groups", [1, 3])
def test_a_kernel_goes_on_from_its_tuning_as_if_it_had_not_stopped(name: str, groups: int) -> None:
    target = target_of(GaussianBase(Line((2,)), torch.zeros(2), torch.tensor([0.2, 5.0])), ripples)
    betas = torch.linspace(0.2, 1, groups).repeat_interleave(24)
    here = target._replace(beta=betas)

    def chains(kernel: Kernel, x: Tensor, seed: int) -> Chains:
        if kernel.groups != groups:
            kernel.step_sizes = kernel.step_sizes * groups
        return Chains(x, here, kernel, generator(seed))

    straight = chains(KERNELS[name](), target.base_measure.sample(24 * groups, generator(1)), 2)
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
