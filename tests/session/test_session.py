"""The session: training that watching does not change, chains, steering, and what it refuses."""

from collections.abc import Callable
from itertools import islice

import numpy as np
import pytest
import torch

from landscape_app.problems.problem import Configuration
from landscape_app.session.composition import Composition
from landscape_app.session.sampler import START_PLACES
from landscape_app.session.session import Session


def train(session: Session, epochs: int) -> None:
    for _ in islice(session.train(), epochs):
        pass


def parameters(session: Session) -> list[torch.Tensor]:
    return [
        *session.model.parameters(),
        session.trainer.ensemble.chains_at_one.x,
    ]


def test_watching_does_not_change_training(new_session: Callable[..., Session]) -> None:
    alone, watched = new_session(), new_session()
    train(alone, 6)
    sweeps = watched.sample()
    for epoch, _ in enumerate(islice(watched.train(), 6)):
        watched.snapshot(training=True)
        watched.energy_sets()
        watched.steer(Composition.towards(epoch))
        for _ in range(3):
            next(sweeps)
        watched.sampler.restart(START_PLACES[epoch % 4], 10 + epoch)
        watched.sampler.set_kernel("random-walk")
    for a, b in zip(parameters(alone), parameters(watched), strict=True):
        assert torch.equal(a, b)


def test_another_seed_trains_another_model(new_session: Callable[..., Session]) -> None:
    one, other = new_session(seed=1), new_session(seed=2)
    train(one, 2)
    train(other, 2)
    assert not torch.equal(one.model.multipliers, other.model.multipliers)


def test_every_epoch_is_in_the_history(new_session: Callable[..., Session]) -> None:
    session = new_session()
    train(session, 5)
    np.testing.assert_array_equal(session.history["epoch"], np.arange(1, 6))
    assert np.isfinite(session.history["chi_squared"]).all()
    assert session.history["multipliers"].shape == (5, 4)


def test_the_classifier_knows_images_it_never_saw() -> None:
    session = Session(Configuration(chains=2), "cpu", sampler_chains=1)
    # Four standard errors below 0.9, measured on 400 images.
    assert session.train_classifier(epochs=10) > 0.84
    assert session.classifier_accuracy is not None
    assert session.classifier_accuracy > 0.84


def test_wrong_requests_are_refused_and_change_nothing(new_session: Callable[..., Session]) -> None:
    session = new_session()
    session.steer(Composition.towards(4))
    x = session.sampler.chains.x.clone()
    with pytest.raises(ValueError, match="no class 10; choose one of 0 to 9"):
        session.steer(Composition.towards(10))
    with pytest.raises(ValueError, match="no class -1"):
        session.steer(Composition.towards(-1))
    with pytest.raises(ValueError, match="cannot start from 'moon'"):
        session.sampler.restart("moon")
    with pytest.raises(ValueError, match="at least one chain"):
        session.sampler.restart("base", 0)
    with pytest.raises(ValueError, match="no kernel is called 'teleport'"):
        session.sampler.set_kernel("teleport")
    assert session.composition == Composition.towards(4)
    assert torch.equal(session.sampler.chains.x, x)


def test_unknown_data_sets_are_refused() -> None:
    with pytest.raises(ValueError, match="no data set is called 'faces'; choose from digits"):
        Session(Configuration(problem="faces"), "cpu")


def test_a_session_learns_from_as_many_images_as_it_is_told() -> None:
    session = Session(Configuration(training_size=50, chains=4, observables=2, channels=(2, 2)), "cpu", 2)
    assert len(session.training_items) == 50
    assert len(session.held_out_items) == 1747
    assert len(session.trainer.training) == 50
    with pytest.raises(ValueError, match="2 to 1796 items"):
        Session(Configuration(training_size=5000), "cpu")
