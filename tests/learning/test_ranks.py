"""Trainings that ranks share, against one process and against enumeration."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor

from landscape_app.learning.ensembles import ChainEnsemble, Ensemble, LadderEnsemble
from landscape_app.learning.minmaxent import MinMaxEntRecord
from landscape_app.models.minmaxent import MinMaxEntModel
from landscape_app.models.rbm import RestrictedBoltzmannMachine
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import DiscreteLangevin, RandomWalk
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.ranks import ALONE, Ranks
from landscape_app.physics.space import Levels, Spins
from landscape_app.problems import Configuration
from landscape_app.problems.model import build_trainer
from tests.learning.enumerable import (
    HELD_OUT,
    NEVER_RESAMPLE,
    TRAINING,
    SmallObservables,
    exact_trainer,
    weighted_schedule,
)
from tests.learning.test_ensembles import SPACE as LEVELS
from tests.learning.test_ensembles import TERM, exact_energy, mean_energy
from tests.physics.exact import random_base
from tests.ranks import on_ranks

COUNTS = (2, 3)
LEVELS_BASE = random_base(LEVELS, seed=1)


def target(strength: float) -> Target:
    return Target(LEVELS_BASE, Hamiltonian([WeightedTerm(strength, TERM)]))


def ensemble(kind: str, count: int, seed: int, ranks: Ranks, resample_share: float = 0.5) -> Ensemble:
    generator = ranks.generator(torch.device("cpu"), seed)
    if kind == "ladder":
        ladder = Ladder(count, target(0.0), DiscreteLangevin(), generator, 4, ranks=ranks)
        return LadderEnsemble(ladder, True, resample_share)
    x = LEVELS_BASE.sample(ranks.share(count), generator)
    chains = Chains(x, target(0.0), RandomWalk(0.4), generator, adapt=False, ranks=ranks)
    return ChainEnsemble(chains, True, resample_share)


@pytest.mark.parametrize("kind", ["chains", "ladder"])
@pytest.mark.parametrize("count", COUNTS)
def test_shared_weighted_ensembles_follow_a_moving_model(count: int, kind: str) -> None:
    """⟨V⟩ of samples, of thinned ones and of resampled chains, against enumeration."""
    resampled = 0

    def dragged(seed: int, ranks: Ranks) -> list[float]:
        nonlocal resampled
        own = ensemble(kind, 200, seed, ranks, 0.9)
        for k in range(1, 16):
            resampled += own.run(1).now().resampled
            own.follow(target(k / 15))
        drawn = own.gathered(own.draw(100))
        return [mean_energy(s.x, s.log_weights) for s in (own.samples, drawn, own.chains_at_one)]

    seeds = range(6)
    found = on_ranks(count, lambda ranks: [dragged(seed, ranks) for seed in seeds])
    assert all(one == found[0] for one in found)
    runs = np.array(found[0])
    error = runs.std(0, ddof=1) / np.sqrt(len(seeds))
    assert (np.abs(runs.mean(0) - exact_energy(1.0)) < 4.5 * error + 0.01).all()
    assert resampled


class Trained(NamedTuple):
    values: list[Tensor]
    weights: Tensor
    records: list[MinMaxEntRecord]


def trained(ranks: Ranks, **schedule: float) -> Trained:
    """Six epochs with every state as a chain, of which each rank has some."""
    plan = weighted_schedule(resample_share=NEVER_RESAMPLE, theta_rate=2e-2, **schedule)
    trainer = exact_trainer(schedule=plan, ranks=ranks)
    records = [trainer.run_epoch() for _ in range(6)]
    return Trained(trainer.model.values(), trainer.ensemble.log_weights, records)  # type: ignore[arg-type]


def test_an_epoch_takes_three_messages() -> None:
    """Decisions of the first rank, moments with gradients, and weights."""

    def messages(ranks: Ranks) -> int:
        trainer = exact_trainer(schedule=weighted_schedule(resample_share=NEVER_RESAMPLE), ranks=ranks)
        trainer.run_epoch()
        before = ranks.messages
        for _ in range(4):
            trainer.run_epoch()
        return ranks.messages - before

    assert on_ranks(2, messages) == [12, 12]


@pytest.mark.parametrize("schedule", [{}, {"updates": 3}, {"batch": 7, "momentum": 0.5}], ids=str)
@pytest.mark.parametrize("count", COUNTS)
def test_ranks_that_share_every_state_train_as_one_process_does(
    count: int, schedule: dict[str, float]
) -> None:
    """Gradients, moments, step control and weights, in double precision: the sums differ by their order only."""
    alone = trained(ALONE, **schedule)
    for shared in on_ranks(count, lambda ranks: trained(ranks, **schedule)):
        torch.testing.assert_close(shared.values, alone.values, rtol=1e-9, atol=1e-11)
        torch.testing.assert_close(shared.weights, alone.weights, rtol=1e-8, atol=1e-10)
        for mine, whole in zip(shared.records, alone.records, strict=True):
            for name in (
                "chi_squared",
                "entropy_gradient",
                "effective_samples",
                "energy_model",
                "update_share",
            ):
                assert getattr(mine, name) == pytest.approx(getattr(whole, name), rel=1e-6, abs=1e-9), name


@pytest.mark.parametrize("count", COUNTS)
def test_the_likelihoods_gradient_is_that_of_all_chains_and_items(count: int) -> None:
    """With items of different weights, and as many chains as do not divide evenly."""
    space = Spins((2, 3))
    random = torch.Generator().manual_seed(1)
    items = space.enumerate()[torch.randint(0, 64, (11,), generator=random)]
    weights = 1 + torch.rand(11, generator=random)
    base = ProductBase.uniform(space)
    parts = [0.3 * torch.randn(n, generator=random) for n in (6, 2, (6, 2))]
    x, log_weights = base.sample(10, random), torch.randn(10, generator=random)
    plan = Configuration(problem="own", model="rbm", units=2, kernel="block-gibbs", chains=10)

    def gradients(ranks: Ranks) -> list[Tensor]:
        model = RestrictedBoltzmannMachine(base, *(part.clone() for part in parts))
        trainer = build_trainer(plan, model, items, items[:2], weights, weights[:2], ranks)
        own = trainer.ensemble
        assert isinstance(own, ChainEnsemble)
        own.chains.retarget(model.target, x[ranks.own(10)])
        own.log_weights = log_weights.clone()
        model.zero_grad()
        trainer._objective(items).backward()  # type: ignore[attr-defined]
        return list(ranks.sum(*(p.grad for p in model.parameters() if p.grad is not None)))

    alone = gradients(ALONE)
    for found in on_ranks(count, gradients):
        torch.testing.assert_close(found, alone, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("before", "after"), [(2, 2), (2, 3), (3, 1), (1, 2)])
@pytest.mark.parametrize("kind", ["chains", "ladder"])
def test_an_ensemble_of_some_ranks_goes_on_on_others(kind: str, before: int, after: int) -> None:
    def run(ranks: Ranks) -> dict[str, Tensor]:
        own = ensemble(kind, 12, 4, ranks)
        for k in range(4):
            own.run(2)
            own.follow(target(k / 4))
        return own.whole_state(own.state_dict())

    state = on_ranks(before, run)[0]

    def go_on(ranks: Ranks) -> tuple[Tensor, Tensor]:
        own = ensemble(kind, 12, 5, ranks)
        own.load_state_dict(own.own_state(state), target(0.75))
        assert len(own) == 12
        samples = own.samples
        torch.testing.assert_close(samples.energy, target(0.75).hamiltonian.energy(samples.x))
        return own.log_weights, own.whole_state(own.state_dict())["x"]

    for log_weights, x in on_ranks(after, go_on):
        assert torch.equal(log_weights, state["log_weights"])
        assert torch.equal(x, state["x"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"fit": "exact"}, "“Exact likelihood” is trained by one process"),
        ({"members": 2}, "several members is trained by one process"),
        ({"balance": 1}, "1 balancing ladders cannot be shared by 2 ranks"),
        ({"chains": 2}, "2 chains cannot be shared by 3 ranks"),
    ],
    ids=str,
)
def test_trainings_that_cannot_be_shared_are_refused(settings: dict[str, object], message: str) -> None:
    plan = replace(Configuration(problem="own", network="perceptron", chains=64), **settings)  # type: ignore[arg-type]
    space = Levels((2,), 5)
    model = MinMaxEntModel(random_base(space, 1), SmallObservables(1), torch.zeros(2, dtype=torch.float64))
    if settings == {"fit": "exact"}:
        plan = replace(plan, model="pairs")
    ranks = Ranks(0, 3 if "chains" in settings else 2)
    with pytest.raises(ValueError, match=message):
        build_trainer(plan, model, TRAINING, HELD_OUT, ranks=ranks)
