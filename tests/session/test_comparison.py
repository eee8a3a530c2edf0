"""Two compositions side by side: both are taken along as a slider moves, on the same random numbers."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from landscape_app.physics.fields import CustomField, FixedPixels, InkAmount
from landscape_app.session import Comparison, Composition, Layer, Session

NewSession = Callable[..., Session]


def ink(strength: float, share: float = 0.45) -> Composition:
    return Composition((Layer(InkAmount(share), strength),))


def test_a_and_b_are_taken_along_by_the_same_numbers(new_session: NewSession) -> None:
    session = new_session(chains=256, sampler_chains=40)
    session.steer(ink(5.0))
    comparison = Comparison(session.sampler)
    records = comparison.follow(ink(5.0), moves=2)
    assert records is not None
    assert [record.source for record in records] == ["chains", "chains"]
    # The same composition on both sides: the same chains, to the last pixel.
    assert torch.equal(comparison.a.chains.x, session.sampler.chains.x)
    assert torch.equal(comparison.a.chains.energy, session.sampler.chains.energy)


def test_a_small_change_of_b_leaves_most_pixels_as_they_are_in_a(new_session: NewSession) -> None:
    session = new_session(chains=256, sampler_chains=40)
    session.steer(ink(5.0))
    comparison = Comparison(session.sampler)
    assert comparison.follow(ink(5.01), moves=1) is not None
    assert (comparison.a.composition, session.composition) == (ink(5.0), ink(5.01))
    assert float((comparison.a.chains.x == session.sampler.chains.x).float().mean()) > 0.9


def test_following_leaves_b_as_it_would_be_alone(new_session: NewSession) -> None:
    runs = []
    for compared in (True, False):
        session = new_session(chains=256, sampler_chains=20)
        session.steer(ink(5.0))
        comparison = Comparison(session.sampler)
        for strength in (5.5, 6.0, 6.5):
            if compared:
                comparison.follow(ink(strength), moves=1)
            else:
                session.sampler.follow(ink(strength), moves=1)
        runs.append(session.sampler.chains.x.clone())
    assert torch.equal(*runs)


def test_both_sides_stay_on_their_distributions_while_a_slider_moves(new_session: NewSession) -> None:
    session = new_session(chains=2048, sampler_chains=800)
    session.steer(ink(1.0))
    comparison = Comparison(session.sampler)
    for strength in np.linspace(1.0, 25.0, 25)[1:]:
        assert comparison.follow(ink(float(strength)), moves=1) is not None

    def share(x: torch.Tensor) -> tuple[float, float]:
        values = (x / 16).mean((1, 2))
        return float(values.mean()), float(values.std()) / np.sqrt(len(values))

    followed = share(comparison.a.chains.x), share(session.sampler.chains.x)
    comparison.steer(session.composition, moves=10)
    jumped = share(comparison.a.chains.x), share(session.sampler.chains.x)
    for (mean, error), (other, other_error) in zip(followed, jumped, strict=True):
        # Descendants of one chain are alike: the error of the followers is that of fewer.
        assert mean == pytest.approx(other, abs=4 * np.hypot(3 * error, other_error))
    assert jumped[1][0] > jumped[0][0] + 0.02


def test_a_large_change_is_followed_in_stages(new_session: NewSession) -> None:
    session = new_session(chains=2048, sampler_chains=800)
    session.steer(ink(1.0))
    record = session.sampler.follow(ink(6.0), moves=5)
    assert record is not None
    assert record.stages > 1
    followed = (session.sampler.chains.x / 16).mean((1, 2))
    session.steer(ink(6.0), moves=10)
    jumped = (session.sampler.chains.x / 16).mean((1, 2))
    error = math.hypot(float(followed.std()), float(jumped.std())) / math.sqrt(800)
    assert float(followed.mean()) == pytest.approx(float(jumped.mean()), abs=4 * 3 * error)


def test_other_held_pixels_are_not_followed(new_session: NewSession) -> None:
    far = Composition((*ink(5.0).layers, Layer(FixedPixels(((0, 0, 3),)))))
    session = new_session(chains=256, sampler_chains=30)
    session.steer(ink(5.0))
    comparison, x = Comparison(session.sampler), session.sampler.chains.x.clone()
    assert comparison.follow(far, moves=1) is None
    assert torch.equal(session.sampler.chains.x, x)
    assert session.composition == ink(5.0)


def test_a_that_cannot_be_leaves_the_sessions_chains(new_session: NewSession) -> None:
    session = new_session(chains=64, sampler_chains=12)
    session.steer(ink(5.0))
    x, target = session.sampler.chains.x.clone(), session.sampler.chains.target
    comparison = Comparison(session.sampler, Composition((Layer(CustomField("mine.py", "0"), 1.0),)))
    with pytest.raises(ValueError, match="has not been trusted"):
        comparison.steer(ink(6.0), moves=1)
    assert torch.equal(session.sampler.chains.x, x)
    assert session.sampler.chains.target is target
    assert session.composition == ink(5.0)
