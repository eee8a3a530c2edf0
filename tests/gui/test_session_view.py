"""View of a session: which of its chains are on view, and what a file gets of them."""

import pytest

from landscape_app.gui.session_view import SessionView
from landscape_app.problems.problem import Configuration
from landscape_app.session.composition import Composition
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
