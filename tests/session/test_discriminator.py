"""Discriminators against chains: how well they tell, and that they stay with the run."""

from pathlib import Path

import pytest
import torch

from landscape_app.physics.fields.discriminator import DiscriminatorRound
from landscape_app.physics.fields.pixels import InkAmount
from landscape_app.session.checkpoint import open_session, save_session
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.discriminator import discriminator_training
from tests.session.conftest import NewSession


def test_a_discriminator_tells_what_is_too_dark_from_digits_and_leaves_the_chains(
    new_session: NewSession,
) -> None:
    session = new_session(sampler_chains=30)
    session.steer(Composition((Layer(InkAmount(0.7), 500.0),)))
    x = session.sampler.chains.x.clone()
    generator = session.sampler.chains.generator.get_state()
    shares = list(discriminator_training(session.sampler, session.held_out_items, 5, passes=4))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert torch.equal(session.sampler.chains.x, x)
    assert torch.equal(session.sampler.chains.generator.get_state(), generator)
    (found,) = session.composer.rounds
    assert found.accuracy > 0.95
    assert found.against == "H(x) = Σᵢ λᵢ fᵢ(x) + 500 · N (ū − 0.7)²"
    assert not session.composer.is_missing(Layer(DiscriminatorRound(1), 1.0))
    session.steer(Composition((Layer(DiscriminatorRound(1), 1.0),)))


def test_a_discriminator_needs_chains(new_session: NewSession) -> None:
    session = new_session(sampler_chains=3)
    with pytest.raises(ValueError, match="at least 10 chains"):
        next(discriminator_training(session.sampler, session.held_out_items, 5))


def test_discriminators_are_kept_with_the_run(new_session: NewSession, tmp_path: Path) -> None:
    session = new_session(sampler_chains=20)
    for _ in range(2):
        list(
            discriminator_training(
                session.sampler, session.held_out_items, session.configuration.seed, passes=1
            )
        )
    save_session(session, tmp_path / "run.h5")
    opened = open_session(tmp_path / "run.h5", "cpu", sampler_chains=20)
    assert opened.composer.rounds == session.composer.rounds
    x = session.training_items[:50]
    for before, after in zip(session.composer.discriminators, opened.composer.discriminators, strict=True):
        torch.testing.assert_close(before(x), after(x))
