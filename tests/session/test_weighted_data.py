"""A data set whose items have weights, and the same with every item as often as it counts, teach the same."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from landscape_app.data.dataset import ColumnMeaning, Dataset, Kind
from landscape_app.learning.batches import Batches
from landscape_app.physics.estimate import Estimate
from landscape_app.problems import PROBLEMS
from landscape_app.problems.proposal import fitted_otherwise, proposal_for
from landscape_app.session.dataset_io import carried, carried_dataset
from landscape_app.session.measurement import Measurement, spread_of
from landscape_app.session.records import CrossValidation, Fold
from landscape_app.session.session import Session
from tests.session.exact import exact_record

RANDOM = np.random.default_rng(3)
COUNTS = np.append(RANDOM.integers(1, 7, 16), [1, 2, 3, 1, 2, 3, 1, 2]).astype(np.float64)
SPINS = np.unique(RANDOM.choice([-1, 1], (60, 5)).astype(np.int8), axis=0)[:24]
LEARNED, HELD_OUT = np.arange(16), np.arange(16, 24)
EPOCHS = 4


def counted() -> Dataset:
    return Dataset("counted", Kind.SPINS, SPINS, LEARNED, HELD_OUT, weights=COUNTS)


def repeated() -> Dataset:
    times = COUNTS.astype(int)
    learned = int(times[LEARNED].sum())
    return Dataset(
        "repeated",
        Kind.SPINS,
        SPINS.repeat(times, axis=0),
        np.arange(learned),
        np.arange(learned, times.sum()),
    )


def trained(data: Dataset, model: str, fit: str | None) -> Session:
    plan = replace(PROBLEMS["ising"].defaults, model=model, fit=fit, chains=64, replicas=1, units=0)
    plan = replace(plan, network="pairs", observables=6) if model == "observables" else plan
    plan = replace(plan, units=2) if model == "rbm" else plan
    session = Session(replace(fitted_otherwise(plan), chains=64, problem="counted"), "cpu", 8, data)
    for _ in islice(session.train(), EPOCHS):
        pass
    return session


@pytest.mark.parametrize(
    ("model", "fit"),
    [
        ("pairs", "exact"),
        ("pairs", "likelihood"),
        ("pairs", "pseudo-likelihood"),
        ("pairs", "mean-field"),
        ("pairs", "hebb"),
        ("rbm", "likelihood"),
        ("observables", None),
    ],
)
def test_counted_items_give_the_model_of_repeated_ones(model, fit):
    one, other = trained(counted(), model, fit), trained(repeated(), model, fit)
    for found, wanted in zip(one.model.values(), other.model.values(), strict=True):
        assert torch.allclose(found, wanted, rtol=2e-4, atol=2e-5)
    ours, theirs = exact_record(one), exact_record(other)
    assert ours.cross_entropy == pytest.approx(theirs.cross_entropy, abs=1e-4)
    assert ours.cross_entropy_training == pytest.approx(theirs.cross_entropy_training, abs=1e-4)
    assert one.energy_origin == pytest.approx(other.energy_origin, abs=1e-4)
    for name, column in other.history.as_arrays().items():
        if name != "seconds":
            assert one.history[name] == pytest.approx(column, rel=5e-3, abs=1e-3, nan_ok=True), name


def test_base_of_categories_has_the_counts_of_repeated_rows():
    items = RANDOM.integers(0, 3, (24, 3)).astype(np.uint8)
    columns = tuple(ColumnMeaning(name, ("a", "b", "c")) for name in "xyz")
    data = Dataset("c", Kind.LEVELS, items, LEARNED, HELD_OUT, levels=3, columns=columns, weights=COUNTS)
    session = Session(replace(proposal_for(data).configuration, chains=16), "cpu", 8, data)
    counts = (
        np.stack([np.bincount(items[LEARNED, i], COUNTS[LEARNED], minlength=3) for i in range(3)])
        + session.configuration.pseudo_count
    )
    found = session.model.base_measure.log_probabilities.exp().numpy()
    assert found == pytest.approx(counts / counts.sum(1, keepdims=True), rel=1e-5)


def test_measurement_has_means_and_errors_of_the_rows_that_items_count_as():
    surprisals = [RANDOM.standard_normal(n) for n in (16, 5, 3)]
    weights = [RANDOM.integers(1, 6, n).astype(float) for n in (16, 5, 3)]
    again = [x.repeat(w.astype(int)) for x, w in zip(surprisals, weights, strict=True)]
    log_z = Estimate(1.5, 0.0)
    found = Measurement.of_surprisals(3, log_z, log_z, *surprisals, weights=weights)
    wanted = Measurement.of_surprisals(3, log_z, log_z, *again)
    for name in ("training_nats", "validation_nats", "validation_scatter", "test_nats", "test_scatter"):
        assert getattr(found, name) == pytest.approx(getattr(wanted, name), rel=1e-12)
    assert spread_of(again[0], np.ones(len(again[0]))) == pytest.approx(again[0].std(ddof=1))
    folds = [
        CrossValidation(tuple(Fold(log_z, x, 1, w) for x, w in zip(parts, of_parts, strict=True)))
        for parts, of_parts in ((surprisals, weights), (again, [None] * 3))
    ]
    assert folds[0].mean == pytest.approx(folds[1].mean, rel=1e-12)


def test_batches_visit_items_in_proportion_to_their_weights():
    weights = torch.tensor([6.0, 3.0, 2.0, 1.0])
    batches = Batches(torch.arange(4.0).unsqueeze(1), 2, 0, weights)
    assert batches.weights is None
    seen = torch.cat([batches.at(epoch) for epoch in range(600)]).flatten().long().bincount(minlength=4)
    # A pass takes each ⌊4 w⌋ or ⌈4 w⌉ times.
    assert seen.numpy() / 1200 == pytest.approx(weights.numpy() / 12, abs=0.03)
    assert torch.equal(Batches(torch.zeros(4, 1), None, 0, weights).weights, weights)


def test_half_of_equal_held_out_rows_chooses_and_half_judges():
    items = np.repeat(np.arange(6, dtype=np.uint8).reshape(-1, 1), 3, axis=0)
    weights = np.full(18, 9.0)
    data = Dataset(
        "c",
        Kind.LEVELS,
        items,
        np.arange(0, 18, 3),
        np.setdiff1d(np.arange(18), np.arange(0, 18, 3)),
        levels=6,
        weights=weights,
    )
    chooses = data.in_validation
    assert sorted(data.held_out_items[chooses].flatten()) == sorted(data.held_out_items[~chooses].flatten())
    assert data.has_test
    assert data.worth == 162


def test_views_show_items_as_often_as_they_count():
    data = counted()
    places = data.as_often_as_counted(data.training)
    times = np.bincount(places, minlength=16)
    share = COUNTS[LEARNED] / COUNTS[LEARNED].sum() * 16
    assert np.abs(times - share).max() <= 1
    assert np.array_equal(repeated().as_often_as_counted(np.arange(5)), np.arange(5))


def test_weights_travel_in_files_and_change_the_fingerprint():
    data = counted()
    again = carried_dataset("counted", carried(data))
    assert np.array_equal(again.weights, COUNTS)
    assert again.fingerprint == data.fingerprint != replace(data, weights=None).fingerprint
    arrays = carried(data) | {"data/weights": -COUNTS}
    with pytest.raises(ValueError, match="weight"):
        carried_dataset("counted", arrays)
