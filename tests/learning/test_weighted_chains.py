"""Chains that carry weights: the Jarzynski equality, resampling, and updates shrunk to keep the weights even."""

from typing import NamedTuple

import numpy as np
import pytest
import torch

from landscape_app.learning.minmaxent import MinMaxEnt
from landscape_app.learning.trainer import EpochRecord
from landscape_app.physics.kernels import RandomWalk
from tests.learning.enumerable import (
    BASE,
    LOG_Q,
    NEVER_RESAMPLE,
    SPACE,
    STATES,
    SmallObservables,
    Still,
    exact_trainer,
    log_model,
    trainer_with,
    weighted_schedule,
)
from tests.physics.exact import draw, state_index


def test_weights_of_still_chains_follow_the_model_exactly() -> None:
    """The Jarzynski equality where chains never move: exp of the log weights is P at every epoch."""
    trainer = exact_trainer(
        seed=11, schedule=weighted_schedule(theta_rate=2e-2, resample_share=NEVER_RESAMPLE)
    )
    for _ in range(50):
        trainer.run_epoch()
    exact = log_model(trainer.model.observables, trainer.model.multipliers).exp().detach()  # type: ignore[arg-type]
    assert float((exact - LOG_Q.exp()).abs().max()) > 0.05
    torch.testing.assert_close(trainer.ensemble.log_weights.softmax(0), exact, rtol=1e-9, atol=1e-12)


class Trained(NamedTuple):
    trainer: MinMaxEnt
    records: list[EpochRecord]


def moving_chains(weighted: bool) -> Trained:
    """Slow chains from the base, dragged along by forty fast epochs."""
    n = 20_000
    f, lam = SmallObservables(seed=12), torch.zeros(2, dtype=torch.float64)
    schedule = weighted_schedule(
        moves=1,
        theta_rate=2e-2,
        multiplier_update="chi-squared",
        multiplier_rate=4e-2,
        weighted=weighted,
        resample_share=NEVER_RESAMPLE,
    )
    x = BASE.sample(n, torch.Generator().manual_seed(13))
    trainer = trainer_with(f, lam, x, RandomWalk(0.35), schedule)
    return Trained(trainer, [trainer.run_epoch() for _ in range(40)])


def worst_deviation(trainer: MinMaxEnt) -> float:
    """Largest error of a state's estimated probability, in standard errors of the weighted estimate."""
    w = trainer.ensemble.log_weights.double().softmax(0).numpy()
    index = state_index(trainer.ensemble.chains.x, SPACE)
    with torch.no_grad():
        exact = log_model(trainer.model.observables, trainer.model.multipliers).exp().numpy()  # type: ignore[arg-type]
    estimate = np.bincount(index, weights=w, minlength=len(exact))
    inside = np.bincount(index, weights=w**2, minlength=len(exact))
    variance = inside * (1 - exact) ** 2 + ((w**2).sum() - inside) * exact**2
    common = len(w) * exact > 20
    return float((np.abs(estimate - exact) / np.sqrt(variance))[common].max())


def test_weighted_chains_average_the_model_that_unweighted_ones_lag_behind() -> None:
    # The largest of 25 normal deviations exceeds 5.5 once in a million draws.
    assert worst_deviation(moving_chains(weighted=True).trainer) < 5.5
    assert worst_deviation(moving_chains(weighted=False).trainer) > 20


def test_unweighted_chains_keep_equal_weights() -> None:
    trained = moving_chains(weighted=False)
    assert torch.equal(trained.trainer.ensemble.log_weights, torch.zeros(len(trained.trainer.ensemble)))
    assert all(r.weight_share == pytest.approx(1) and r.resampled == 0 for r in trained.records)


def test_resampling_keeps_the_average_and_evens_the_weights() -> None:
    n, f, lam = 50_000, SmallObservables(seed=14), torch.tensor([1.0, -1.0], dtype=torch.float64)
    x = draw(np.full(len(STATES), 1 / len(STATES)), n, SPACE, seed=15)
    trainer = trainer_with(f, lam, x, Still(), weighted_schedule(resample_share=0.999))
    with torch.no_grad():
        exact = log_model(f, trainer.model.multipliers).exp()
    trainer.ensemble.log_weights = exact.log()[torch.as_tensor(state_index(x, SPACE))]
    weighted = np.bincount(
        state_index(x, SPACE), weights=trainer.ensemble.log_weights.softmax(0).numpy(), minlength=len(STATES)
    )
    record = trainer.run_epoch()
    assert record.resampled == 1
    counts = np.bincount(state_index(trainer.ensemble.chains.x, SPACE), minlength=len(STATES))
    # Systematic resampling rounds every chain's copies; the error of a state is at most that of its chains.
    error = np.sqrt(weighted * (1 - weighted) / n)
    assert (np.abs(counts / n - weighted) < 4 * error + 1 / n).all()
    assert record.weight_share < 0.999
    # What is left of the weights is this epoch's update alone, which the step control bounds.
    assert trainer.ensemble.weight_share > 0.9
    assert exact_trainer(schedule=weighted_schedule(resample_share=NEVER_RESAMPLE)).run_epoch().resampled == 0


@pytest.mark.parametrize("least_share", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("theta_rate", [0.5, 5.0])
def test_step_control_keeps_the_effective_share(least_share: float, theta_rate: float) -> None:
    n = 500
    f, lam = SmallObservables(seed=16), torch.tensor([1.0, -1.0], dtype=torch.float64)
    schedule = weighted_schedule(
        theta_rate=theta_rate, multiplier_rate=1.0, least_share=least_share, resample_share=NEVER_RESAMPLE
    )
    x = BASE.sample(n, torch.Generator().manual_seed(17))
    trainer = trainer_with(f, lam, x, Still(), schedule)
    for _ in range(5):
        old = trainer.ensemble.chains.energy.clone()
        weights = trainer.ensemble.log_weights.exp().numpy()
        parameters = [p.detach().clone() for p in f.parameters()]
        record = trainer.run_epoch()
        new = trainer.model.target.hamiltonian.energy(x)
        ratio = np.exp((old - new).numpy())
        kept = (weights @ ratio) ** 2 / (weights @ ratio**2) / weights.sum()
        assert kept >= least_share * (1 - 1e-9)
        assert 0 < record.update_share < 1
        moved = max(
            float((a - b).detach().abs().max()) for a, b in zip(f.parameters(), parameters, strict=True)
        )
        assert moved > 0
        torch.testing.assert_close(trainer.ensemble.chains.energy, new)
        if record.epoch == 1:
            # Adam's first step is the rate in every component: the whole update was shrunk by one factor.
            assert moved == pytest.approx(record.update_share * theta_rate, rel=1e-4)


def test_step_control_lets_a_small_update_through_whole() -> None:
    trainer = exact_trainer(seed=18, schedule=weighted_schedule(theta_rate=1e-5, multiplier_rate=1e-4))
    assert trainer.run_epoch().update_share == 1.0


def test_updates_end_where_the_step_control_holds_them_back() -> None:
    schedule = weighted_schedule(
        theta_rate=3e-2, resample_share=NEVER_RESAMPLE, least_share=0.999, updates=50
    )
    record = exact_trainer(seed=11, schedule=schedule).run_epoch()
    assert 1 <= record.updates < 50
    assert record.update_share < 1
