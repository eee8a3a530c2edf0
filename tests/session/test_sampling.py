"""Samples of a model of two modes that is known exactly: as many independent ones as are said."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import binom

from landscape_app.data.dataset import Dataset
from landscape_app.models.observables import PairObservables
from landscape_app.physics.estimate import Estimate
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.resampling import independent_samples
from landscape_app.session import sampling
from landscape_app.session.api import new_session, sample
from landscape_app.session.composition import Composition
from landscape_app.session.load import load_data
from landscape_app.session.records import ClassShares
from landscape_app.session.sampling import Samples, drawing, joined
from landscape_app.session.session import Session

SWITCH, FREE = 4, 6
"""Spins that are up or down together, and spins that a field holds while those are up."""

BARRIER, FIELD, TILT = 25.0, 2.0, 1.4
SEEDS = 8
MOST_SQUARES = 31.8
"""Of so many standard normal numbers: one sum in ten thousand is larger."""


@pytest.fixture(scope="module")
def data() -> Dataset:
    return load_data(np.random.default_rng(0).choice([-1, 1], (400, SWITCH + FREE)))


def two_modes(data: Dataset, size: int, seed: int) -> tuple[Session, float]:
    """A session of a model with two modes, one low in energy and one rich in states, and weighted samples of it.

    H = −25 σ² − 8 (σ + 1) τ + 5.6 σ, σ and τ the means of the two kinds of spins, in squares of sums: about half of
    the model is in the mode of σ = 1, and much less of it where it is hotter.

    Returns:
        The session, its independent samples, and the exact share of the mode of σ = 1.
    """
    sums = [(1, 0, 0), (1, 1, 0), (1, -1, 0), (0, 1, 1), (0, 1, -1), (1, 0, 1), (1, 0, -1)]
    multipliers = [-BARRIER, -FIELD, FIELD, -FIELD, FIELD, TILT, -TILT]
    session = new_session(
        data, observables=len(sums), network="pairs", chains=4, device="cpu", sampler_chains=5, seed=seed
    )
    assert isinstance(session.model.observables, PairObservables)
    rows = [[a / SWITCH] * SWITCH + [b / FREE] * FREE for a, b, _ in sums]
    with torch.no_grad():
        session.model.observables.projection.weight.copy_(torch.tensor(rows))
        session.model.observables.projection.bias.copy_(torch.tensor([float(c) for _, _, c in sums]))
        session.model.multipliers.copy_(torch.tensor(multipliers))
    exact = ExactModel(session.model.target)
    p = exact.log_weights(1.0).exp().double().numpy()
    chosen = np.random.default_rng(seed).choice(len(p), size, p=p / p.sum())
    session.samples.load_state_dict({"x": exact.x[torch.as_tensor(chosen)], "log_weights": torch.zeros(size)})
    return session, float(p[is_low(exact.x.numpy())].sum() / p.sum())


def is_low(x: np.ndarray) -> np.ndarray:
    """Whether configurations are in the mode of σ = 1, shape (n,)."""
    low: np.ndarray = x[:, :SWITCH].sum(1) > 0
    return low


def deviation(drawn: Samples, share: float) -> float:
    """p̂ − p in the standard error that so many independent samples have."""
    found = float(is_low(drawn.x.astype(int)).mean())
    return (found - share) / math.sqrt(share * (1 - share) / drawn.effective_samples)


@pytest.mark.parametrize(
    ("n", "size", "steps", "ladder", "least"),
    [
        (2_000, 20_000, 4, True, 800),
        (700, 20_000, 12, False, 650),
        (400, 60, 0, True, 30),
        (400, 60, 60, True, 100),
    ],
)
def test_modes_have_their_exact_shares_within_the_error_of_the_stated_number_and_of_the_stated_errors(
    data: Dataset, n: int, size: int, steps: int, ladder: bool, least: float
) -> None:
    deviations, stated, errors = [], [], []
    for seed in range(SEEDS):
        session, share = two_modes(data, size, seed)
        session.sampler.seed(seed)
        batches = [
            record.drawn
            for record in drawing(session.sampler, n, steps, "chains", ladder)
            if record.drawn is not None
        ]
        drawn = joined(batches, session.sampler)
        assert len(drawn.x) == len(drawn.energy) == len(session.sampler) == n
        deviations.append(deviation(drawn, share))
        stated.append(drawn.effective_samples)
        mode = torch.as_tensor(is_low(drawn.x.astype(int))).long()
        shares = ClassShares.of(Composition.towards(1), mode, 2, drawn.effective_samples)
        assert shares.on_target == shares.classes[1]
        assert shares.classes[0].error == pytest.approx(shares.classes[1].error)
        errors.append((shares.on_target.value - share) / shares.on_target.error)
    for off in (deviations, errors):
        # All a little too high, as where replicas begin as copies, is as wrong as one that is far off.
        assert sum(z**2 for z in off) < MOST_SQUARES
        assert abs(sum(off)) / math.sqrt(SEEDS) < 4
    assert least < np.mean(stated) <= n


@pytest.mark.parametrize(("p", "relatives"), [(0.02, 1), (0.4, 1), (0.4, 5)])
def test_shares_lie_within_two_errors_as_often_as_a_binomial_law_says(p: float, relatives: int) -> None:
    rng, sets, chains = np.random.default_rng(7), 1_000, 100
    ancestors = torch.arange(chains) // relatives
    within = 0
    for _ in range(sets):
        chosen = torch.as_tensor(rng.random(chains // relatives) < p).repeat_interleave(relatives).long()
        found = ClassShares.of(
            Composition.towards(1), chosen, 2, independent_samples([chosen], ancestors)
        ).on_target
        within += abs(found.value - p) <= 2 * found.error
    # Exact by the binomial law, with the same error; within four standard errors of as many sets.
    count = chains // relatives
    hits = np.arange(count + 1)
    stated = [Estimate.share(k / count, count).error for k in hits]
    covered = np.abs(hits / count - p) <= 2 * np.array(stated)
    exact = float(binom.pmf(hits, count, p)[covered].sum())
    assert exact > 0.92
    assert within / sets == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / sets))


def test_a_share_of_all_or_none_is_not_certain() -> None:
    for chosen in (torch.ones(100, dtype=torch.int64), torch.zeros(100, dtype=torch.int64)):
        found = ClassShares.of(Composition.towards(1), chosen, 2, 100).on_target
        assert found.value in (0, 1)
        assert found.error == pytest.approx(math.sqrt(2 * 102 / 104**3))


def test_samples_of_few_ancestors_are_worth_few(data: Dataset) -> None:
    session, _ = two_modes(data, 20, 0)
    # The moves after resampling make relatives a little different.
    assert sample(session, 400, steps=0).effective_samples < 80


def test_batches_share_ancestors_of_the_weighted_samples_and_none_of_the_base_measure(
    data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "BATCH", 100)
    session, _ = two_modes(data, 20, 0)
    assert sample(session, 400, steps=0).effective_samples < 80
    assert sample(session, 200, steps=0, start="base").effective_samples == 200


def test_ladders_come_in_batches_that_memory_has_room_for(
    data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "LEAST_LADDERS", 40)
    monkeypatch.setattr(sampling, "AT_ONCE", 0)
    session, share = two_modes(data, 20_000, 0)
    replicas = [record.replicas for record in drawing(session.sampler, 100, 4, "chains", True)]
    assert len(replicas) == 3 * 5
    drawn = sample(session, 1_000, steps=4, seed=3)
    assert drawn.x.shape == (1_000, SWITCH + FREE)
    assert 200 < drawn.effective_samples <= 1_000
    assert abs(deviation(drawn, share)) < 4
