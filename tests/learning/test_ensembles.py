"""What training takes its averages from: ladders and chains, weighted and not, against enumeration."""

import numpy as np
import pytest
import torch
from torch import Tensor

from landscape_app.learning.ensembles import ChainEnsemble, Ensemble, LadderEnsemble
from landscape_app.models.rbm import RestrictedBoltzmannMachine
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import BlockGibbs, DiscreteLangevin, RandomWalk
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.space import Levels
from tests.physics.exact import CoupledLevels, all_states, boltzmann, random_base

SPACE = Levels((2, 2), 4)
BASE = random_base(SPACE, seed=1)
TERM = CoupledLevels(SPACE, seed=2)


def target(strength: float) -> Target:
    return Target(BASE, Hamiltonian([WeightedTerm(strength, TERM)]))


def ladder(columns: int, seed: int, weighted: bool = False) -> LadderEnsemble:
    made = Ladder(columns, target(0.0), DiscreteLangevin(), torch.Generator().manual_seed(seed), 4)
    return LadderEnsemble(made, weighted, resample_share=0.5)


def chains(count: int, seed: int, weighted: bool = False) -> ChainEnsemble:
    generator = torch.Generator().manual_seed(seed)
    slow = RandomWalk(0.4)
    made = Chains(BASE.sample(count, generator), target(0.0), slow, generator, adapt=False)
    return ChainEnsemble(made, weighted, resample_share=0.5)


def exact_energy(strength: float) -> float:
    energy = TERM.exact_energy(all_states(SPACE))
    return float(boltzmann(BASE, strength * energy) @ energy)


def mean_energy(x: Tensor, log_weights: Tensor) -> float:
    return float(log_weights.double().softmax(0) @ torch.as_tensor(TERM.exact_energy(x.flatten(1).numpy())))


def dragged(ensemble: Ensemble, steps: int = 40) -> list[float]:
    """⟨V⟩ of an ensemble that follows a strength from 0 to 1, a step at a time, at the end."""
    for k in range(1, steps + 1):
        ensemble.run(1)
        ensemble.follow(target(k / steps))
    samples, drawn = ensemble.samples, ensemble.draw()
    return [mean_energy(s.x, s.log_weights) for s in (samples, drawn)]


@pytest.mark.parametrize("make", [ladder, chains], ids=["ladder", "chains"])
def test_weighted_ensembles_follow_a_moving_model(make: type) -> None:
    runs = np.array([dragged(make(400, seed, weighted=True)) for seed in range(12)])
    error = runs.std(0, ddof=1) / np.sqrt(len(runs))
    assert (np.abs(runs.mean(0) - exact_energy(1.0)) < 4 * error + 0.01).all()


def test_unweighted_slow_chains_lag_behind() -> None:
    lag = abs(dragged(chains(4_000, 1))[0] - exact_energy(1.0))
    weighted = abs(dragged(chains(4_000, 1, weighted=True))[0] - exact_energy(1.0))
    assert lag > 3 * weighted


def test_a_ladder_forgets_where_it_was_dragged() -> None:
    ensemble = ladder(2_000, 3)
    dragged(ensemble)
    ensemble.run(30)
    spread = float(torch.as_tensor(TERM.exact_energy(ensemble.ladder.x.flatten(1).numpy())).std())
    samples = ensemble.samples
    assert abs(mean_energy(samples.x, samples.log_weights) - exact_energy(1.0)) < 4 * spread / np.sqrt(2_000)


def test_looking_at_the_samples_changes_nothing() -> None:
    first, second = ladder(16, 4), ladder(16, 4)
    for _ in range(5):
        first.run(1)
        assert len(first.samples) == first.size
        second.run(1)
    for name, array in first.state_dict().items():
        assert torch.equal(array, second.state_dict()[name]), name


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("make", [ladder, chains], ids=["ladder", "chains"])
def test_a_state_gone_back_to_goes_on_the_same(make: type, weighted: bool) -> None:
    straight, back = make(16, 5, weighted), make(16, 6, weighted)
    for k in range(60):
        straight.run(1)
        straight.follow(target(k / 60))
    back.load_state_dict(straight.state_dict(), target(59 / 60))
    back.generator.set_state(straight.generator.get_state())
    for ensemble in (straight, back):
        ensemble.run(60)
        ensemble.draw()
    for name, array in straight.state_dict().items():
        assert torch.equal(array, back.state_dict()[name]), name


def test_resampling_copies_whole_columns() -> None:
    ensemble = ladder(8, 7, weighted=True)
    ensemble.follow(target(0.3))
    ensemble.log_weights = torch.full((8,), -50.0)
    ensemble.log_weights[2] = 0.0
    ensemble.ladder.adapt = False
    before = ensemble.ladder.state.x.view(4, 8, *SPACE.shape)[:, 2].clone()
    assert ensemble.run(0).now().resampled
    after = ensemble.ladder.state.x.view(4, 8, *SPACE.shape)
    assert torch.equal(after, before.unsqueeze(1).expand_as(after))
    assert torch.equal(ensemble.log_weights, torch.zeros(8))


@pytest.mark.parametrize("name", ["x", "log_weights", "step_sizes"])
@pytest.mark.parametrize("make", [ladder, chains], ids=["ladder", "chains"])
def test_states_of_another_shape_are_refused(make: type, name: str) -> None:
    ensemble = make(6, 8)
    state = ensemble.state_dict()
    with pytest.raises(ValueError, match=f"{name} has shape .*, expected"):
        ensemble.load_state_dict(state | {name: state[name][1:]}, target(0.0))


@pytest.mark.parametrize("weighted", [False, True])
def test_energies_are_those_under_the_parameters_that_it_follows(weighted: bool) -> None:
    """Also where the kernel needs none, and they are evaluated when somebody looks."""
    space = Levels((2, 3), 2)
    base, random = ProductBase.uniform(space), torch.Generator().manual_seed(40)
    model = RestrictedBoltzmannMachine(base, *(torch.randn(n, generator=random) for n in (6, 2, (6, 2))))
    kernel = BlockGibbs()
    ensemble = ChainEnsemble(Chains(base.sample(50, random), model.target, kernel, random), weighted, 0.5)
    for _ in range(3):
        model.set_values([value + 0.1 for value in model.values()])
        ensemble.follow(model.target)
        torch.testing.assert_close(ensemble.chains_at_one.energy, model.hamiltonian.energy(ensemble.chains.x))
        model.set_values([value + 0.1 for value in model.values()])
        ensemble.follow(model.target)
        ensemble.run(1)
        torch.testing.assert_close(ensemble.chains.energy, model.hamiltonian.energy(ensemble.chains.x))


@pytest.mark.parametrize("make", [chains, ladder])
def test_samples_that_were_looked_at_ahead_are_followed_to_the_same(make: type) -> None:
    """Energies, gradients and weights: to rounding, as both are evaluations of the same function."""
    found = []
    for looks in (False, True):
        ensemble = make(30, 9, weighted=True)
        ensemble.run(3)
        samples = ensemble.draw()
        ahead = ensemble.ahead(samples, target(0.4))
        torch.testing.assert_close(ahead.energy, target(0.4).hamiltonian.energy(samples.x))
        ensemble.follow(target(0.4), ahead if looks else None)
        ensemble.run(3)
        found.append(vars(ensemble.chains_at_one))
    torch.testing.assert_close(found[0], found[1])
