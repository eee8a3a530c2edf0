"""The ladder of replicas against enumeration: every temperature, the swaps, and where temperatures are put."""

import math

import numpy as np
import pytest
import torch

from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import DiscreteLangevin
from landscape_app.physics.kernels.kernel import Kernel
from landscape_app.physics.kernels.random_walk import RandomWalk
from landscape_app.physics.kernels.replica_exchange import propose_exchange
from landscape_app.physics.kernels.single_site import SingleSite
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.ladder_spacing import SpacingStatistics, respace
from landscape_app.physics.space import Levels, Space, Spins
from tests.physics.exact import LEAST_P_VALUE, coupled_target, pooled_chi_squared, random_base

BETAS = (0.0, 0.3, 1.0)


class TwoWells:
    """Deep wells at all spins up and all spins down: E = −depth · |mean|⁴, which no single flip crosses."""

    def __init__(self, depth: float) -> None:
        self.depth = depth

    def energy(self, x: torch.Tensor) -> torch.Tensor:
        return -self.depth * x.flatten(1).mean(1) ** 4


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def chi_squared_p_value(index: np.ndarray, p: np.ndarray) -> float:
    import scipy.stats

    statistic, freedom = pooled_chi_squared(np.bincount(index, minlength=len(p)), p)
    return float(scipy.stats.chi2.sf(statistic, freedom))


@pytest.mark.parametrize("kernel", [DiscreteLangevin(1.0), RandomWalk(1.0), SingleSite(2.0)])
def test_every_temperature_keeps_its_exact_distribution(kernel: Kernel) -> None:
    space: Space = Levels((2, 2), 3)
    target, _ = coupled_target(Levels((2, 2), 3), seed=50)
    exact = ExactModel(target)
    columns = 12_000
    ladder = Ladder(columns, target, kernel, generator(0), BETAS, adapt=False)
    rng = np.random.default_rng(1)
    start = []
    for beta in BETAS:
        p = exact.log_weights(beta).exp().numpy()
        start.append(exact.x[torch.as_tensor(rng.choice(len(p), columns, p=p))])
    ladder.state = kernel.init(torch.cat(start), target)
    ladder.run(6)
    weights = torch.tensor([3.0**i for i in reversed(range(space.sites))])
    for replica, beta in enumerate(BETAS):
        x = ladder.state.x[replica * columns : (replica + 1) * columns]
        index = (x.flatten(1) @ weights).long().numpy()
        assert chi_squared_p_value(index, exact.log_weights(beta).exp().numpy()) > LEAST_P_VALUE


def test_swap_probabilities_are_those_of_the_formula() -> None:
    energy = torch.randn(4, 500, generator=generator(2)) * 3
    betas = torch.tensor([0.0, 0.2, 0.7, 1.0])
    for odd in (False, True):
        exchange = propose_exchange(energy, betas, odd, generator(3))
        for pair in range(3):
            found = exchange.probability[pair]
            if pair % 2 != int(odd):
                assert torch.isnan(found).all()
                continue
            gap = float(betas[pair + 1] - betas[pair])
            expected = np.minimum(1, np.exp(gap * (energy[pair + 1] - energy[pair]).double().numpy()))
            np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5)
            swapped = (exchange.order[pair] == pair + 1).double().mean()
            error = math.sqrt(float((found * (1 - found)).mean()) / 500)
            assert float(swapped) == pytest.approx(float(found.mean()), abs=4 * error)
        assert (exchange.order.sort(0).values == torch.arange(4).unsqueeze(1)).all()


def test_energies_that_are_not_finite_are_not_exchanged() -> None:
    energy = torch.tensor([[math.nan, 1.0], [1.0, math.inf]])
    exchange = propose_exchange(energy, torch.tensor([0.0, 1.0]), False, generator(4))
    assert exchange.order[:, 0].tolist() == [0, 1]


def test_replica_ids_and_directions_travel_with_their_configurations() -> None:
    target, _ = coupled_target(Levels((2, 2), 3), seed=51)
    ladder = Ladder(50, target, DiscreteLangevin(1.0), generator(5), 5)
    ladder.run(40)
    assert torch.equal(ladder.replica_ids.sort(0).values, torch.arange(250).view(5, 50))
    assert (ladder.direction[0] == 1).all()
    assert (ladder.direction[-1] == -1).all()
    assert ladder.round_trips > 100
    torch.testing.assert_close(ladder.state.energy, target.hamiltonian.energy(ladder.state.x))


def test_the_ladder_crosses_a_barrier_that_one_chain_does_not() -> None:
    space = Spins((8,))
    target = Target(ProductBase.uniform(space), Hamiltonian([WeightedTerm(1.0, TwoWells(25.0))]))
    up = torch.ones(400, 8)
    ladder = Ladder(400, target, SingleSite(), generator(6), 8, x=up)
    # After 300 rounds 0.57 ± 0.01 of them are up still, of six other seeds.
    ladder.run(1_000)
    share = (ladder.x.sum(1) > 0).double().mean()
    assert float(share) == pytest.approx(0.5, abs=4 * 0.5 / math.sqrt(400))
    assert ladder.round_trips > 400


def test_same_seed_same_ladder() -> None:
    target, _ = coupled_target(Levels((2, 2), 3), seed=52)
    runs = []
    for _ in range(2):
        ladder = Ladder(20, target, DiscreteLangevin(), generator(7), 4)
        ladder.run(30)
        ladder.respace()
        ladder.run(10)
        runs.append((ladder.state.x, ladder.betas, ladder.kernel.step_sizes))
    assert torch.equal(runs[0][0], runs[1][0])
    assert torch.equal(runs[0][1], runs[1][1])
    assert runs[0][2] == runs[1][2]


@pytest.mark.parametrize("betas", [[0.0], [0.1, 1.0], [0.0, 0.9], [0.0, 0.5, 0.5, 1.0]])
def test_ladders_that_do_not_rise_from_zero_to_one_are_refused(betas: list[float]) -> None:
    target, _ = coupled_target(Levels((2, 2), 3), seed=53)
    with pytest.raises(ValueError, match="rise from β = 0 to 1"):
        Ladder(4, target, DiscreteLangevin(), generator(8), betas)


def spacing(rates: list[float], flow: list[float] | None = None) -> SpacingStatistics:
    seen = SpacingStatistics.empty(len(rates) + 1, "cpu")
    seen.rounds = 1000
    seen.accepted = torch.tensor(rates, dtype=torch.float32) * 1000
    seen.proposed = torch.full((len(rates),), 1000.0)
    if flow is not None:
        seen.rising = torch.tensor(flow) * 10_000
        seen.falling = (1 - torch.tensor(flow)) * 10_000
    return seen


def test_temperatures_move_to_where_swaps_are_refused() -> None:
    betas = torch.tensor([0.0, 0.5, 1.0])
    for _ in range(20):
        # The rejection of a gap grows with its length, three times as fast above a half.
        density = [(0.2 if b <= 0.5 else 0.6) for b in ((betas[:-1] + betas[1:]) / 2).tolist()]
        rejection = [d * float(gap) for d, gap in zip(density, betas.diff(), strict=True)]
        betas = respace(betas, spacing([1 - r for r in rejection]), 3)
    assert betas[0] == 0
    assert betas[-1] == 1
    # There both gaps are refused equally often: 0.2 · ¾ = 0.6 · ¼.
    assert float(betas[1]) == pytest.approx(0.75, abs=1e-3)


def test_a_flow_that_falls_evenly_leaves_temperatures_where_they_are() -> None:
    betas = torch.tensor([0.0, 0.1, 0.4, 1.0])
    moved = respace(betas, spacing([0.9, 0.2, 0.5], [1.0, 2 / 3, 1 / 3, 0.0]), 4)
    torch.testing.assert_close(moved, betas.double(), atol=1e-6, rtol=0)


def test_temperatures_gather_where_the_flow_breaks() -> None:
    betas = torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0])
    moved = respace(betas, spacing([0.5] * 4, [1.0, 0.95, 0.1, 0.05, 0.0]), 5)
    assert moved[2] - moved[1] < 0.25
    assert (moved.diff() > 0).all()


def test_temperatures_of_a_model_like_its_base_measure_stay_apart() -> None:
    space = Levels((2, 2), 3)
    target = Target(ProductBase.uniform(space), Hamiltonian([WeightedTerm(1e-6, TwoWells(1.0))]))
    ladder = Ladder(100, target, SingleSite(), generator(11), 8)
    for _ in range(60):
        ladder.run(20)
        ladder.respace()
    # The next state of the ladder is read back as it was written.
    assert bool((ladder.betas.diff() > 0).all())
    ladder.load_state_dict(ladder.state_dict(), target)
    assert float(ladder.run(20).swap_rates.min()) > 0.99


def test_temperatures_of_a_file_that_float32_does_not_tell_apart_are_moved_apart() -> None:
    target, _ = coupled_target(Levels((2, 2), 3), seed=53)
    ladder = Ladder(4, target, DiscreteLangevin(), generator(12), [0.0, 0.3, 0.6, 0.8, 1.0])
    state = ladder.state_dict() | {"betas": torch.tensor([0.0, 0.0, 0.25, 1.0, 1.0])}
    ladder.load_state_dict(state, target)
    assert bool((ladder.betas.diff() > 0).all())
    assert float(ladder.betas[2]) == pytest.approx(0.25, abs=1e-5)
    with pytest.raises(ValueError, match="rise from β = 0 to 1"):
        ladder.load_state_dict(state | {"betas": torch.tensor([0.0, 0.6, 0.3, 0.8, 1.0])}, target)


def test_a_ladder_too_coarse_grows_until_its_ends_are_joined() -> None:
    space = Levels((3, 4), 5)
    target, _ = coupled_target(space, seed=54)
    steep = Target(random_base(space, 55), Hamiltonian([WeightedTerm(6.0, target.hamiltonian.terms[0].term)]))
    ladder = Ladder(100, steep, DiscreteLangevin(1.0), generator(9), 2)
    for _ in range(12):
        ladder.run(25)
        ladder.respace()
    rates = ladder.run(50).swap_rates
    assert ladder.replicas > 2
    assert len(ladder.kernel.step_sizes) == ladder.replicas - 1
    assert float(rates.min()) > 0.2
    torch.testing.assert_close(
        ladder.state.energy, steep.hamiltonian.energy(ladder.state.x), rtol=1e-4, atol=1e-4
    )
