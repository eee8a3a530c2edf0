"""Autoregressive densities and base measures, by enumeration."""

import math

import pytest
import torch

from landscape_app.models.autoregressive import AutoregressiveBase, PixelCNN, log_logistics, nats
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.entropy import measure
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import kernels_for, make_kernel
from landscape_app.physics.kernels.independent import Independent
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.minima import Descent
from landscape_app.physics.space import Levels
from tests.physics.exact import LEAST_P_VALUE, CoupledLevels, p_value
from tests.physics.recorded import record_energies

SPACE = Levels((2, 2), 3)


MASK = torch.tensor([[False, True], [True, False]])
VALUES = torch.tensor([[0.0, 2.0], [1.0, 0.0]])


def target(base: AutoregressiveBase, *terms: WeightedTerm) -> Target:
    """Over a base measure, with couplings at temperature 2 and other terms."""
    return Target(base, Hamiltonian([WeightedTerm(0.5, CoupledLevels(SPACE, 4)), *terms]))


def network(seed: int = 0, space: Levels = SPACE) -> PixelCNN:
    """One with weights far from those that it starts from, so that every pixel matters."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = PixelCNN(space, channels=4, blocks=2).eval()
        for parameter in made.parameters():
            parameter.data += 0.3 * torch.randn(parameter.shape)
    return made


@pytest.mark.parametrize("seed", range(3))
def test_its_probabilities_add_up_to_one(seed: int) -> None:
    space = Levels((2, 2), 5)
    total = torch.exp(-nats(network(seed, space), space.enumerate()).double()).sum()
    assert float(total) == pytest.approx(1, abs=1e-6)


def test_probabilities_of_a_pixels_levels_add_up_to_one() -> None:
    levels = Levels((1,), 5).values().unsqueeze(1)
    parameters = torch.tensor([0.5, -1.0, 0.2, 0.1, 0.5, 1.1, -2.0, -1.0, -3.0]).expand(5, 1, 9)
    total = log_logistics(parameters, levels, Levels((1,), 5)).exp().sum()
    assert float(total) == pytest.approx(1, abs=1e-6)


def test_samples_have_its_probabilities_and_its_entropy_is_theirs() -> None:
    base = AutoregressiveBase(network())
    states = SPACE.enumerate()
    log_p = base.log_prob(states).double()
    x = base.sample(20_000, torch.Generator().manual_seed(1))
    assert p_value(x, log_p.exp().numpy(), SPACE) > LEAST_P_VALUE
    entropy = base.entropy()
    assert abs(entropy.value + float(log_p.exp() @ log_p)) < 4 * entropy.error


def test_a_pixel_sees_none_of_those_after_it() -> None:
    space = Levels((4, 4), 3)
    x = torch.randint(0, 3, (1, 4, 4), generator=torch.Generator().manual_seed(0)).float()
    changed = x.clone()
    changed[0, 2, 1] = (x[0, 2, 1] + 1) % 3
    of_both = [network(0, space).log_conditionals(image)[0] for image in (x, changed)]
    place = 2 * 4 + 1
    assert torch.equal(of_both[0][:place], of_both[1][:place])
    assert bool((of_both[0][place:] != of_both[1][place:]).any())


def test_fixed_pixels_leave_the_conditional_distribution_whatever_the_temperature() -> None:
    """Samples of the clamped measure have its probabilities; with its remainder it is P given the pixels."""
    base = AutoregressiveBase(network())
    clamped = base.clamped(MASK, VALUES)
    remainder = clamped.remainder
    assert remainder is not None
    states = SPACE.enumerate()
    own = clamped.log_prob(states).double().exp()
    assert float(own.sum()) == pytest.approx(1, abs=1e-6)
    x = clamped.sample(5_000, torch.Generator().manual_seed(2))
    assert bool(((x == VALUES) | ~MASK).all())
    assert p_value(x, own.numpy(), SPACE) > LEAST_P_VALUE
    holds = ((states == VALUES) | ~MASK).flatten(1).all(1)
    wanted = (-target(base).surprisal(states)).masked_fill(~holds, -torch.inf).softmax(0)
    found = (-target(clamped, remainder).surprisal(states)).softmax(0)
    torch.testing.assert_close(found, wanted, atol=1e-6, rtol=1e-4)
    assert torch.equal(clamped.with_fixed_sites(states)[0][MASK], VALUES[MASK])


@pytest.mark.parametrize("name", ["independent", "random-walk", "single-site"])
def test_kernels_over_it_leave_the_exact_distribution_invariant(name: str) -> None:
    model = target(AutoregressiveBase(network()))
    states = SPACE.enumerate()
    p = (-model.surprisal(states).double()).softmax(0)
    generator = torch.Generator().manual_seed(3)
    start = states[torch.multinomial(p, 4_000, replacement=True, generator=generator)]
    chains = Chains(start, model, make_kernel(name, model), generator, adapt=False)
    chains.run(4)
    assert p_value(chains.x, p.numpy(), SPACE) > LEAST_P_VALUE
    assert sorted(kernels_for(model)) == ["independent", "random-walk", "single-site"]


def test_the_kernel_of_its_samples_forgets_where_it_began() -> None:
    model = target(AutoregressiveBase(network()))
    states = SPACE.enumerate()
    p = (-model.surprisal(states).double()).softmax(0)
    generator = torch.Generator().manual_seed(3)
    chains = Chains(states[:1].repeat(4_000, 1, 1), model, Independent(), generator)
    chains.run(30)
    assert p_value(chains.x, p.numpy(), SPACE) > LEAST_P_VALUE


def test_other_kernels_and_searches_refuse_it_and_its_kernel_refuses_independent_pixels() -> None:
    model = target(AutoregressiveBase(network()))
    with pytest.raises(
        ValueError, match=r"independent sites, and this one is learned.*independent, random-walk"
    ):
        make_kernel("discrete-langevin", model)
    plain = Target(ProductBase.uniform(SPACE), model.hamiltonian)
    with pytest.raises(ValueError, match="this one is not learned"):
        make_kernel("independent", plain)
    with pytest.raises(ValueError, match="over a learned base measure"):
        Descent(model, SPACE.enumerate()[:2])


def test_log_z_of_a_ladder_and_of_importance_weights_is_that_of_the_sum() -> None:
    model = target(AutoregressiveBase(network()))
    exact = ExactModel(model).at().log_partition
    generator = torch.Generator().manual_seed(5)
    ladder = Ladder(32, model, make_kernel("independent", model), generator, 3)
    ladder.run(10)
    found = measure(record_energies(ladder, 40)).log_partition
    assert abs(found.value - exact) < 4 * found.error
    weights = (-model.hamiltonian.energy(model.base_measure.sample(4_000, generator))).double().exp()
    error = float(weights.std() / weights.mean()) / math.sqrt(len(weights))
    assert abs(float(weights.mean().log()) - exact) < 4 * error
    alone = Target(model.base_measure, Hamiltonian([]))
    assert ExactModel(alone).at().log_partition == pytest.approx(0, abs=1e-6)


def test_its_state_goes_to_another_of_the_same_layers_and_to_no_other() -> None:
    one, other = AutoregressiveBase(network(0)), AutoregressiveBase(network(1))
    x = SPACE.enumerate()
    other.load_state_dict(one.state_dict())
    assert torch.equal(one.log_prob(x), other.log_prob(x))
    copied = one.to("cpu")
    copied.load_state_dict(AutoregressiveBase(network(2)).state_dict())
    assert not torch.equal(one.log_prob(x), copied.log_prob(x))
    with pytest.raises(ValueError, match="place"):
        AutoregressiveBase(network(0, Levels((4, 4), 3))).load_state_dict(one.state_dict())
    with pytest.raises(ValueError, match="grey images"):
        PixelCNN(Levels((2, 2, 3), 3))
