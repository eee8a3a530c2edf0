"""Weights of modes by ladders that follow a training, against the sum over every state."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from landscape_app.learning import balance
from landscape_app.learning.adam import Adam
from landscape_app.learning.balance import Components, Readable, balancing_change, readable
from landscape_app.learning.ensembles import ChainEnsemble
from landscape_app.learning.minmaxent import MinMaxEnt
from landscape_app.learning.schedule import Schedule
from landscape_app.models.minmaxent import MinMaxEntModel
from landscape_app.models.observables import ConvObservables, MemberObservables, PerceptronObservables
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.kernels import RandomWalk
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.space import Levels
from landscape_app.problems import PROBLEMS
from landscape_app.session.session import Session

SPACE = Levels((2, 2), 5)
STATES = SPACE.enumerate()
IS_HIGH = STATES.flatten(1).mean(1) > 2
HIGH = 0.3
"""Share of the data in the mode of high levels."""


def data() -> Tensor:
    """60 images, near all zeros or all fours."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randint(0, 2, (60, 2, 2), generator=generator).float()
    x[: round(60 * HIGH)] = 4 - x[: round(60 * HIGH)]
    return x


def log_p(model: MinMaxEntModel) -> Tensor:
    """log P of every state."""
    return (-model.target.surprisal(STATES)).double().log_softmax(0)


def high(model: MinMaxEntModel) -> float:
    """Share of the mode of high levels, exactly."""
    return float(log_p(model).exp()[IS_HIGH].sum())


def lopsided() -> MinMaxEntModel:
    """A model that has learned the data by the sum over states, but for the high mode's weight, near one."""
    torch.manual_seed(2)
    observables = PerceptronObservables(SPACE, 2, (8,), scale=2.0, centre=2.0)
    model = MinMaxEntModel(ProductBase.uniform(SPACE), observables, torch.tensor([1.0, -0.5]))
    optimiser = Adam(observables.parameters(), 0.05)
    for _ in range(200):
        energy, of_data = model.energy(STATES), model.energy(data())
        optimiser.zero_grad()
        (of_data.mean() + (-energy).logsumexp(0)).backward()
        optimiser.step()
    assert high(model) < 0.5
    with torch.no_grad():
        h = observables.features(STATES)
        apart = h[IS_HIGH].mean(0) - h[~IS_HIGH].mean(0)
        observables.add_to_energy(-6 * apart / apart.square().sum(), model.multipliers)
    assert high(model) > 0.95
    return model


def test_components_are_uncorrelated_and_of_unit_variance_over_both_sets_together() -> None:
    generator = torch.Generator().manual_seed(3)
    mixing = torch.randn(50, 50, generator=generator)
    data, samples = (
        torch.randn(40, 50, generator=generator) @ mixing,
        torch.randn(90, 50, generator=generator),
    )
    found = Components.of(data, samples)
    both = torch.cat([data, samples]).double().numpy()
    share = np.repeat([0.5 / 40, 0.5 / 90], [40, 90])
    covariance = np.cov(both.T, aweights=share, bias=True)
    z = found(torch.cat([data, samples])).double().numpy()
    np.testing.assert_allclose(np.cov(z.T, aweights=share, bias=True), np.eye(z.shape[1]), atol=1e-3)
    # The subspace of the largest eigenvalues, by another way.
    vectors = np.linalg.eigh(covariance)[1][:, -balance.COMPONENTS :]
    directions = np.linalg.qr(found.directions.double().numpy())[0]
    np.testing.assert_allclose(np.linalg.svd(vectors.T @ directions)[1], 1, atol=1e-3)


def test_components_that_do_not_vary_are_none() -> None:
    data = torch.tensor([[0.0, 1.0, 2.0], [1.0, 1.0, 2.0]])
    found = Components.of(data, data)
    assert torch.isfinite(found.directions).all()
    assert (found(data).abs() > 0.5).sum() == 2


def conv() -> ConvObservables:
    return ConvObservables(Levels((4, 4), 5), 3, (2, 3), full_resolution=True)


MAKERS: dict[str, Callable[[], nn.Module]] = {
    "convolutions": conv,
    "members": lambda: MemberObservables([conv(), conv()]),
    "perceptron": lambda: PerceptronObservables(Levels((4, 4), 5), 3, (7,)),
}


@pytest.mark.parametrize("name", MAKERS)
def test_the_energy_grows_by_the_change_of_the_last_layer(name: str) -> None:
    torch.manual_seed(4)
    observables, x = MAKERS[name](), torch.randint(0, 5, (20, 4, 4)).float()
    assert isinstance(observables, Readable)
    multipliers = torch.randn(6 if name == "members" else 3)
    with torch.no_grad():
        h = observables.features(x)
        change = torch.randn(h.shape[1])
        before = observables.weighted_sum(x, multipliers)  # type: ignore[operator]
        observables.add_to_energy(change, multipliers)
        after = observables.weighted_sum(x, multipliers)  # type: ignore[operator]
    torch.testing.assert_close(after - before, h @ change, rtol=1e-4, atol=1e-4)


def test_steps_on_exact_samples_give_the_modes_their_weights_and_the_data_more_likelihood() -> None:
    model, x = lopsided(), data()
    observables = readable(model)
    assert observables is not None
    generator = torch.Generator().manual_seed(5)
    worst = -float(log_p(model)[_places(x)].mean())
    shares = []
    for _ in range(40):
        drawn = torch.multinomial(log_p(model).exp(), 2_000, replacement=True, generator=generator)
        with torch.no_grad():
            change = balancing_change(observables.features(x), observables.features(STATES[drawn]), 1)
        observables.add_to_energy(change, model.multipliers)
        shares.append(high(model))
    # What the noise of the samples could make is left alone.
    error = math.sqrt(balance.DOUBT * HIGH * (1 - HIGH) / 2_000)
    assert shares[-1] == pytest.approx(HIGH, abs=4 * error)
    assert -float(log_p(model)[_places(x)].mean()) < worst - 1


def test_weights_of_data_count_as_copies_do() -> None:
    generator = torch.Generator().manual_seed(6)
    h, samples = torch.randn(6, 4, generator=generator), 1 + torch.randn(50, 4, generator=generator)
    counts = torch.tensor([1.0, 2.0, 3.0, 1.0, 1.0, 4.0])
    copied = balancing_change(h.repeat_interleave(counts.long(), 0), samples, 1)
    torch.testing.assert_close(balancing_change(h, samples, 1, counts), copied, rtol=1e-3, atol=1e-3)


def test_chains_that_cannot_cross_are_told_the_weights_of_modes_by_ladders(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The chains' own weights are as the data's, so that training alone has no reason to change the modes."""
    monkeypatch.setattr(balance, "FIRST", 0)
    monkeypatch.setattr(balance, "INTERVAL", 1)
    found = {}
    for ladders in (0, 32):
        model, generator = lopsided(), torch.Generator().manual_seed(7)
        chains = Chains(data(), model.target, RandomWalk(), generator, adapt=False)
        ladder = Ladder(ladders, model.target, RandomWalk(), generator, 4) if ladders else None
        schedule = Schedule(theta_rate=1e-5, multiplier_rate=1e-5)
        ensemble = ChainEnsemble(chains, schedule.weighted, schedule.resample_share, ladder)
        trainer = MinMaxEnt(model, data(), data(), ensemble, schedule)
        shares = []
        for _ in range(40):
            trainer.advance()
            shares.append(high(model))
        found[ladders] = float(np.mean(shares[20:]))
    assert found[0] > 0.9
    # What the noise of the ladders could make is left alone.
    assert found[32] == pytest.approx(HIGH, abs=2 * math.sqrt(balance.DOUBT * HIGH * (1 - HIGH) / 32))


def test_a_run_with_balancing_ladders_goes_on_to_the_last_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(balance, "FIRST", 3)
    monkeypatch.setattr(balance, "INTERVAL", 2)
    plan = replace(PROBLEMS["digits"].defaults, chains=16, balance=3, planned_epochs=9)
    runs = [Session(plan, device="cpu", sampler_chains=2) for _ in range(2)]
    training = runs[0].train()
    for _ in range(5):
        next(training)
    runs[1].load_state_dict(runs[0].state_dict())
    records = [list(_next(run, 4)) for run in runs]
    assert [record.chi_squared for record in records[0]] == [record.chi_squared for record in records[1]]


def _next(run: Session, epochs: int) -> list[object]:
    training = run.train()
    return [next(training) for _ in range(epochs)]


def _places(x: Tensor) -> Tensor:
    """Number of each of x among all states."""
    return (x.flatten(1).unsqueeze(1) == STATES.flatten(1)).all(2).int().argmax(1)
