"""Colour-by-colour kernels against enumeration, and against the product of their single-site updates."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
import scipy.stats
import torch

from landscape_app.physics.base_measure import ProductBase, UniformBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.fields.classes import ClassCondition
from landscape_app.physics.fields.field import FieldResources
from landscape_app.physics.hamiltonian import EnergyTerm, Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import ChromaticMetropolis, Kernel
from landscape_app.physics.kernels.chromatic import FLIP_ATTEMPTS
from landscape_app.physics.kernels.heat_bath import HeatBath
from landscape_app.physics.lattice import Ising, ReceptiveField
from landscape_app.physics.space import Box, Discrete, Levels, Spins
from tests.physics.exact import LEAST_P_VALUE, Array, pooled_chi_squared
from tests.physics.local_network import LocalNetwork

SPIN_KERNELS = [ChromaticMetropolis, HeatBath]


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_base(space: Discrete, seed: int) -> ProductBase:
    return ProductBase(space, torch.randn(space.sites, space.levels, generator=generator(seed)))


def network_term(
    space: Levels | Spins, kernel_sizes: tuple[int, ...], periodic: bool = False
) -> LocalNetwork:
    """A local network whose energy differs by some nats from state to state."""
    return LocalNetwork(space, kernel_sizes, periodic, scale=9.0)


def target_of(space: Discrete, *terms: EnergyTerm, base_seed: int | None = None) -> Target:
    base = ProductBase.uniform(space) if base_seed is None else random_base(space, base_seed)
    return Target(base, Hamiltonian([WeightedTerm(1.0, term) for term in terms]))


TARGETS: dict[str, Callable[[], Target]] = {
    "ising-free": lambda: target_of(Spins((3, 3)), Ising((3, 3), 0.4407, 0.1, periodic=False)),
    "ising-free-base": lambda: target_of(Spins((2, 4)), Ising((2, 4), 0.5, -0.2, False), base_seed=2),
    "ising-periodic": lambda: target_of(Spins((2, 4)), Ising((2, 4), 0.3, 0.1)),
    "ising-periodic-base": lambda: target_of(Spins((4, 2)), Ising((4, 2), -0.3), base_seed=3),
    "ising-three-axes": lambda: target_of(Spins((2, 2, 2)), Ising((2, 2, 2), 0.3, 0.2, False)),
    "ising-ring": lambda: target_of(Spins((8,)), Ising((8,), 0.7, 0.2)),
    "ising-odd": lambda: target_of(Spins((3, 3)), Ising((3, 3), 0.3, 0.1), base_seed=4),
    "network": lambda: target_of(Spins((2, 4)), network_term(Spins((2, 4)), (3, 1)), base_seed=5),
    "network-free": lambda: target_of(Spins((8,)), network_term(Spins((8,)), (3,))),
    "network-ring": lambda: target_of(Spins((8,)), network_term(Spins((8,)), (3,), periodic=True)),
    "network-and-ising": lambda: target_of(
        Spins((2, 4)), network_term(Spins((2, 4)), (3,)), Ising((2, 4), 0.3, periodic=False)
    ),
    "nothing": lambda: target_of(Spins((2, 4)), base_seed=6),
    "levels": lambda: target_of(Levels((2, 3), 3), network_term(Levels((2, 3), 3), (3, 1))),
    "levels-base": lambda: target_of(Levels((6,), 3), network_term(Levels((6,), 3), (3,)), base_seed=7),
}
COUNTED = {"ising-free", "ising-free-base", "ising-periodic", "ising-periodic-base", "ising-three-axes"} | {
    "ising-ring",
    "nothing",
}
"""Those that are swept by counting neighbours."""


CASES = [
    pytest.param(kernel, name, id=f"{kernel.__name__}-{name}")
    for kernel in SPIN_KERNELS
    for name in TARGETS
    if kernel is not HeatBath or not name.startswith("levels")
]


def state_index(x: torch.Tensor, space: Discrete) -> Array:
    """Row of each configuration in `space.enumerate()`."""
    columns = space.index(x).flatten(1).numpy().T
    return np.ravel_multi_index(tuple(columns), (space.levels,) * space.sites)


def p_value(x: torch.Tensor, p: Array, space: Discrete) -> float:
    counts = np.bincount(state_index(x, space), minlength=len(p))
    statistic, freedom = pooled_chi_squared(counts, p)
    return float(scipy.stats.chi2.sf(statistic, freedom))


def exact_probabilities(target: Target, beta: float = 1.0) -> Array:
    return ExactModel(target).log_weights(beta).exp().numpy()


def draw(p: Array, n: int, space: Discrete, seed: int) -> torch.Tensor:
    chosen = np.random.default_rng(seed).choice(len(p), size=n, p=p / p.sum())
    return space.enumerate()[torch.as_tensor(chosen)]


def site_order(target: Target, name: str) -> list[int]:
    """Sites as a sweep visits them, by colours."""
    space = target.base_measure.space
    places = list(itertools.product(*map(range, space.shape)))
    if name in COUNTED:
        return sorted(range(space.sites), key=lambda i: sum(places[i]) % 2)
    spacing = {"ising-odd": 3, "network-ring": 4}.get(name, 3)
    sides = [min(spacing, side) for side in space.shape]
    return sorted(
        range(space.sites),
        key=lambda i: tuple(place % side for place, side in zip(places[i], sides, strict=True)),
    )


class ExactSweep:
    """What a sweep does to probabilities: updates of single sites in turn, each by its formula."""

    def __init__(self, kernel: type[Kernel], target: Target, name: str) -> None:
        space = target.base_measure.space
        x = space.enumerate()
        log_p = ExactModel(target).log_weights().numpy()
        levels = space.index(x).flatten(1).numpy()
        attempts = FLIP_ATTEMPTS if isinstance(space, Spins) else 0.5
        self.moves = []
        for site in site_order(target, name):
            stride = space.levels ** (space.sites - 1 - site)
            for change in (-1, 1):
                start = np.flatnonzero((levels[:, site] + change) // space.levels == 0)
                to = start + change * stride
                ratio = np.exp(log_p[to] - log_p[start])
                rate = ratio / (1 + ratio) if kernel is HeatBath else attempts * np.minimum(1, ratio)
                self.moves.append((site, start, to, rate))

    def __call__(self, p: Array) -> Array:
        """Probabilities after a sweep."""
        for _, moves in itertools.groupby(self.moves, key=lambda move: move[0]):
            flow = np.zeros_like(p)
            for _, start, to, rate in moves:
                moved = p[start] * rate
                flow[to] += moved
                flow[start] -= moved
            p = p + flow
        return p


@pytest.mark.parametrize(("kernel", "name"), CASES)
def test_sweeps_from_far_take_the_exact_path_to_the_exact_distribution(
    kernel: type[Kernel], name: str
) -> None:
    target = TARGETS[name]()
    space, n = target.base_measure.space, 8000
    exact, sweep = exact_probabilities(target), ExactSweep(kernel, target, name)
    start = torch.full((n, *space.shape), space.lowest)
    p = np.eye(len(exact))[0]
    chains = Chains(start, target, kernel(1.0), generator(31), adapt=False)
    chains.run(2)
    p = sweep(sweep(p))
    assert p_value(chains.x, p, space) > LEAST_P_VALUE
    # As many more as leave a bias that n chains cannot see: χ² grows by less than 0.01.
    more = 0
    while n * ((p - exact) ** 2 / exact).sum() > 0.01:
        p = sweep(p)
        more += 1
    assert more < 200
    chains.run(more)
    assert p_value(chains.x, exact, space) > LEAST_P_VALUE


@pytest.mark.parametrize("kernel", SPIN_KERNELS)
@pytest.mark.parametrize("periodic", [False, True])
def test_four_by_four_lattices_have_the_enumerated_energies_and_magnetisations(
    kernel: type[Kernel], periodic: bool
) -> None:
    space = Spins((4, 4))
    target = target_of(space, Ising(space.shape, 0.3, 0.05, periodic))
    exact = ExactModel(target)
    keys = torch.stack([exact.energy.mul(1000).round(), exact.x.flatten(1).sum(1).double()], dim=1)
    classes, of_state = keys.unique(dim=0, return_inverse=True)
    p = np.bincount(of_state.numpy(), exact.log_weights().exp().numpy(), minlength=len(classes))
    start = torch.ones(6000, 4, 4)
    chains = Chains(start, target, kernel(), generator(4), adapt=False)
    chains.run(60)
    counts = np.bincount(of_state[torch.as_tensor(state_index(chains.x, space))].numpy(), minlength=len(p))
    statistic, freedom = pooled_chi_squared(counts, p)
    assert freedom > 10
    assert scipy.stats.chi2.sf(statistic, freedom) > LEAST_P_VALUE


@pytest.mark.parametrize(("kernel", "name"), CASES)
def test_each_chain_follows_its_own_temperature(kernel: type[Kernel], name: str) -> None:
    cold = TARGETS[name]()
    space, n = cold.base_measure.space, 5000
    betas = (0.0, 1.3)
    p = [exact_probabilities(cold, beta) for beta in betas]
    beta = torch.tensor(betas).repeat_interleave(n)
    start = torch.cat([draw(each, n, space, seed=5) for each in p])
    chains = Chains(start, cold._replace(beta=beta), kernel([1.0, 1.0]), generator(6), adapt=False)
    chains.run(3)
    for x, each in zip(chains.x.split(n), p, strict=True):
        assert p_value(x, each, space) > LEAST_P_VALUE
    torch.testing.assert_close(chains.energy, cold.hamiltonian.energy(chains.x), atol=1e-4, rtol=1e-5)


def test_a_change_of_temperature_in_place_is_followed() -> None:
    target = TARGETS["ising-free"]()._replace(beta=torch.zeros(15_000))
    space = target.base_measure.space
    p = exact_probabilities(target, 1.0)
    chains = Chains(draw(p, 15_000, space, seed=7), target, HeatBath(), generator(8))
    chains.run(1)
    target.beta.fill_(1.0)
    chains.run(20)
    assert p_value(chains.x, p, space) > LEAST_P_VALUE


@pytest.mark.parametrize("name", ["ising-free", "ising-odd", "levels"])
def test_retargeted_chains_forget_the_old_target(name: str) -> None:
    target, n = TARGETS[name](), 8000
    space = target.base_measure.space
    other = Target(target.base_measure, Hamiltonian(target.hamiltonian.terms, temperature=0.3))
    p = exact_probabilities(target)
    start = draw(p, n, space, seed=9)
    chains = Chains(start, other, ChromaticMetropolis(1.0), generator(10), adapt=False)
    chains.run(2)
    chains.retarget(target, start)
    chains.run(3)
    assert p_value(chains.x, p, space) > LEAST_P_VALUE


@pytest.mark.parametrize(("kernel", "name"), CASES)
def test_a_step_reports_its_energy_and_its_acceptance(kernel: type[Kernel], name: str) -> None:
    target = TARGETS[name]()
    space, n = target.base_measure.space, 8000
    p = exact_probabilities(target)
    sampler = kernel(1.0)
    state = sampler.init(draw(p, n, space, seed=12), target)
    moved, info = sampler.step(state, target, generator(13))
    torch.testing.assert_close(moved.energy, target.hamiltonian.energy(moved.x), atol=1e-4, rtol=1e-5)
    assert bool(space.contains(moved.x).all())
    if kernel is HeatBath:
        assert bool((info.probability == 1).all() and info.accepted.all())
        return
    # Under P each site's update is reversible on its own, and what it changes is its acceptance.
    changed = (moved.x != state.x).flatten(1)
    share = float(changed.float().mean())
    assert float(info.acceptance_rate) == pytest.approx(share, abs=4 * 0.5 / math.sqrt(n))
    assert torch.equal(info.accepted, changed.any(1))


def test_evaluations_are_those_that_the_energy_sees() -> None:
    space = Levels((6, 6), 4)
    term = network_term(space, (3,))
    calls = 0
    energy_map = term.energy_map

    class Counted:
        receptive_field = term.receptive_field

        def energy(self, x: torch.Tensor) -> torch.Tensor:
            return term.energy(x)

        def energy_map(self, x: torch.Tensor) -> torch.Tensor:
            nonlocal calls
            calls += 1
            return energy_map(x)

    chains = Chains(
        torch.zeros(4, 6, 6), target_of(space, Counted()), ChromaticMetropolis(), generator(14), adapt=False
    )
    assert chains.run(2).evaluations == calls == 2 * (1 + 9)


def test_a_proposal_of_undefined_energy_is_rejected() -> None:
    class UndefinedAboveZero:
        receptive_field = ReceptiveField(0, 0, periodic=False)

        def energy(self, x: torch.Tensor) -> torch.Tensor:
            return self.energy_map(x).flatten(1).sum(1)

        def energy_map(self, x: torch.Tensor) -> torch.Tensor:
            return torch.where(x > 0, torch.nan, x)

    for space, low in ((Levels((2, 2), 3), 0.0), (Spins((2, 2)), -1.0)):
        start = torch.full((64, 2, 2), low)
        chains = Chains(
            start, target_of(space, UndefinedAboveZero()), ChromaticMetropolis(), generator(15), adapt=False
        )
        chains.run(5)
        assert torch.equal(chains.x, start)


@pytest.mark.parametrize("kernel", SPIN_KERNELS)
def test_same_seed_gives_the_same_chain(kernel: type[Kernel]) -> None:
    target = target_of(Spins((5, 7)), Ising((5, 7), 0.4, periodic=False))
    runs = []
    for seed in (16, 16, 17):
        chains = Chains(torch.ones(16, 5, 7), target, kernel(), generator(seed))
        chains.run(10)
        runs.append(chains.x)
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])


def test_adaptation_leaves_the_heat_bath_alone_and_tunes_the_reach_of_levels() -> None:
    target = TARGETS["ising-free"]()
    chains = Chains(torch.ones(16, 3, 3), target, HeatBath(), generator(18))
    assert chains.run(20).acceptance_rate == 1
    assert chains.kernel.step_size == 1
    space = Levels((4, 4), 17)
    wide = target_of(space, network_term(space, (3,)))
    chains = Chains(wide.base_measure.sample(32, generator(19)), wide, ChromaticMetropolis(), generator(20))
    chains.run(150)
    # Eight seeds end at 0.449 to 0.458: the step size still changes a little after 150 steps.
    assert chains.run(40).acceptance_rate == pytest.approx(ChromaticMetropolis.target_acceptance, abs=0.04)


@pytest.mark.parametrize("kernel", SPIN_KERNELS)
def test_energies_that_are_not_local_are_refused(kernel: type[Kernel]) -> None:
    space = Spins((3, 3))
    ising = Ising((3, 3), periodic=False)
    field = ClassCondition((0,)).term(FieldResources(space, 9, lambda x: x.flatten(1)))
    mixed = target_of(space, ising, field)
    with pytest.raises(ValueError, match=rf"{kernel.label}.*local energy.*`Ising`.*ClassTerm"):
        Chains(torch.ones(2, 3, 3), mixed, kernel(), generator(24))
    chains = Chains(torch.ones(2, 3, 3), target_of(space, ising), kernel(), generator(24))
    with pytest.raises(ValueError, match="ClassTerm is not one"):
        chains.retarget(mixed)


def test_other_spaces_are_refused() -> None:
    box = Box((3, 3), 0.0, 1.0)
    with pytest.raises(ValueError, match="levels or spins, not on a box"):
        Chains(
            torch.zeros(2, 3, 3),
            Target(UniformBase(box), Hamiltonian([])),
            ChromaticMetropolis(),
            generator(25),
        )
    with pytest.raises(ValueError, match="moves on spins, not on levels"):
        Chains(torch.zeros(2, 3, 3), target_of(Levels((3, 3), 2)), HeatBath(), generator(26))
