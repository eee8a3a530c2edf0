"""View of a session: which of its chains are on view, and what a file gets of them."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from landscape_app.data.columns import ColumnMeaning, in_units
from landscape_app.data.dataset import Dataset
from landscape_app.gui.session_view import SessionView, facts_of
from landscape_app.gui.state import Origin
from landscape_app.problems.problem import Configuration
from landscape_app.problems.proposal import starting_configuration
from landscape_app.session.composition import Composition
from landscape_app.session.landscape.plane import trapezoid_weights
from landscape_app.session.session import Session


def test_samples_of_nothing_trained_are_not_exported() -> None:
    session = Session(Configuration(chains=2), "cpu", sampler_chains=3)
    view = SessionView(session)
    with pytest.raises(ValueError, match="there is no trained model yet"):
        view.samples()
    session.steer(Composition(hamiltonian=False))
    samples = view.samples()
    assert (len(samples.x), samples.effective_samples) == (3, 3.0)


@pytest.mark.parametrize("chain", [None, 1, 7])
def test_a_number_of_a_chain_that_there_is_not_follows_none(chain: int | None) -> None:
    session = Session(Configuration(chains=2), "cpu", sampler_chains=3)
    view = SessionView(session, chain)
    followed = view.snapshot(training=False).followed
    assert (followed is not None) == (chain == 1)
    assert view.chain == chain


def test_the_chains_that_train_are_on_view_until_something_is_added_to_the_model() -> None:
    session = Session(Configuration(chains=2), "cpu", sampler_chains=3)
    view = SessionView(session)
    assert view.snapshot(training=True).training
    assert view.shows_training
    session.steer(Composition(temperature=2.0))
    assert not view.snapshot(training=True).training
    assert not view.shows_training


def test_rows_and_their_landscape_are_on_view_in_the_unit_of_the_file() -> None:
    columns = (
        ColumnMeaning("wavelength", offset=1e8, scale=50.0),
        ColumnMeaning("mass", offset=2.0, scale=0.5, type="logarithm"),
    )
    items = np.random.default_rng(0).normal(size=(60, 2))
    data = replace(Dataset.of_points(items), columns=columns)
    session = Session(replace(starting_configuration(data), chains=4), "cpu", sampler_chains=3, dataset=data)
    view = SessionView(session)
    session.sampler.step()
    snapshot, facts = view.snapshot(training=False), facts_of(session, 0, Origin.NEW, None)
    x = session.sampler.chains.x.double().numpy()
    np.testing.assert_allclose(snapshot.x, np.stack([1e8 + 50 * x[:, 0], np.exp(2 + 0.5 * x[:, 1])], 1))
    np.testing.assert_allclose(facts.training_items, in_units(columns, data.training_items))
    assert facts.column_names == ("wavelength", "log mass")
    record = snapshot.landscape
    assert record is not None
    np.testing.assert_allclose(record.chains.positions[:, 0], snapshot.x[:, 0])
    np.testing.assert_allclose(record.chains.positions[:, 1], np.log(snapshot.x[:, 1]))
    trajectory = record.chains.trajectory
    assert trajectory is not None
    np.testing.assert_allclose(trajectory.places[-1], record.chains.positions[0])
    # The density is one per unit of these axes.
    known = record.landscape
    whole = (np.exp(known.log_density) * trapezoid_weights(known.axes)).sum()
    assert whole == pytest.approx(known.inside, rel=1e-6)
    assert known.bounds[0][0] > 9e7


def test_chains_are_of_the_epoch_that_was_kept_though_training_went_further() -> None:
    data = Dataset.of_points(np.random.default_rng(0).normal(size=(60, 2)))
    session = Session(replace(starting_configuration(data), chains=4), "cpu", sampler_chains=3, dataset=data)
    for _ in islice(session.train(), 2):
        pass
    view = SessionView(session)
    (source,) = view.samples().provenance.sources
    assert source.epoch == 2
    session.kept = replace(session.estimator.measure_aside(), epoch=0)
    assert session.model_epoch == 0
    (source,) = view.samples().provenance.sources
    shown = view.snapshot(training=False).source
    assert shown is not None
    assert (source.epoch, shown.epoch) == (0, 0)
