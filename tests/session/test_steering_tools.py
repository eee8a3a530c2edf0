"""Statistics of layers, two compositions side by side, discriminators, and how chains go on after a failure."""

from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from landscape_app.physics.fields import (
    ClassCondition,
    CustomField,
    DiscriminatorRound,
    FieldError,
    FixedPixels,
    InkAmount,
    SymmetryAbout,
)
from landscape_app.session import (
    Comparison,
    Composition,
    Layer,
    LayerMeter,
    Session,
    discriminator_training,
    open_session,
    read_source,
    save_session,
    strength_limit,
)

NewSession = Callable[..., Session]


@pytest.mark.parametrize("spread", [1e-9, 0.126, 0.64, 2.9, 4.87, 40.0, 1e5])
def test_a_slider_ends_at_a_round_number_where_the_field_overwhelms_the_model(spread: float) -> None:
    limit = strength_limit(spread)
    assert limit is not None
    if 0.1 < limit < 1e4:
        assert 25 / 1.3 < limit * spread < 25 * 1.3
    assert len(f"{limit:.6g}".replace(".", "").strip("0")) <= 2


def test_a_field_without_a_spread_has_no_limit() -> None:
    assert strength_limit(0.0) is None
    assert strength_limit(float("nan")) is None


def test_statistics_are_those_of_the_chains_and_of_the_model(new_session: NewSession) -> None:
    session = new_session(chains=1024, sampler_chains=40)
    layers = (
        Layer(InkAmount(0.2), 30.0),
        Layer(SymmetryAbout("left-right"), 2.0, enabled=False),
        Layer(FixedPixels(((0, 0, 3),)), 1.0),
        Layer(ClassCondition((3,)), 2.0),
        Layer(DiscriminatorRound(1), 1.0, enabled=False),
    )
    session.steer(Composition(layers))
    generator = session.sampler.chains.generator.get_state()
    found = LayerMeter(session.sampler, session.configuration.seed).measure()
    assert torch.equal(session.sampler.chains.generator.get_state(), generator)
    assert found.composition == session.composition
    assert session.classifier is not None

    def energies(x: torch.Tensor) -> list[torch.Tensor]:
        u = x / 16
        ink = 64 * (u.mean((1, 2)) - 0.2).square()
        symmetry = 0.5 * (u - u.flip(2)).square().sum((1, 2))
        assert session.classifier is not None
        return [ink, symmetry, -session.classifier(x).log_softmax(-1)[:, 3]]

    reservoir = session.samples.reservoir
    weights = reservoir.log_weights.softmax(0)
    measured = [found.layers[i] for i in (0, 1, 3)]
    for record, chains, model in zip(
        measured, energies(session.sampler.chains.x), energies(reservoir.x), strict=True
    ):
        assert record is not None
        assert record.chains_mean == pytest.approx(float(chains.mean()), rel=1e-4)
        assert record.chains_spread == pytest.approx(float(chains.std(correction=0)), rel=1e-4)
        mean = float((weights * model).sum())
        spread = float((weights * (model - mean).square()).sum().sqrt())
        # The meter looks at 512 of the samples.
        assert record.model_mean == pytest.approx(mean, abs=4 * spread / np.sqrt(512))
        assert record.model_spread == pytest.approx(spread, rel=0.25)
    assert found.layers[2] is None
    assert found.layers[4] is None


def test_equal_compositions_side_by_side_have_equal_chains(new_session: NewSession) -> None:
    session = new_session(chains=256, sampler_chains=20)
    composition = Composition.towards(3)
    session.steer(composition)
    comparison = Comparison(session.sampler)
    comparison.steer(composition, moves=2)
    assert torch.equal(comparison.a.chains.x, session.sampler.chains.x)
    for _ in range(5):
        comparison.step()
        next(session.sample())
    assert torch.equal(comparison.a.chains.x, session.sampler.chains.x)
    comparison.mirror(lambda a: a.restart("noise", 12))
    session.sampler.restart("noise", 12)
    assert len(comparison.a.chains) == 12
    assert torch.equal(comparison.a.chains.x, session.sampler.chains.x)


def test_a_comparison_leaves_the_other_chains_as_they_would_be_alone(new_session: NewSession) -> None:
    runs = []
    for compared in (True, False):
        session = new_session(chains=256, sampler_chains=20)
        session.steer(Composition.towards(3))
        comparison = Comparison(session.sampler)
        session.sampler.seed(7)
        for _ in range(6):
            if compared:
                comparison.step()
            next(session.sample())
        runs.append(session.sampler.chains.x.clone())
    assert torch.equal(*runs)


def test_both_compositions_are_sampled_and_a_stays(new_session: NewSession) -> None:
    session = new_session(chains=1024, sampler_chains=60)
    a, b = Composition.towards(0, 8.0), Composition.towards(1, 8.0)
    session.steer(a)
    comparison = Comparison(session.sampler)
    first, second = comparison.steer(b, moves=5)
    assert (first.composition, second.composition, session.composition) == (a, b, b)
    assert comparison.a.composition == a
    for composition, snapshot in ((a, comparison.a.snapshot()), (b, session.snapshot(False))):
        assert snapshot.classes is not None
        assert composition.share_on_target(snapshot.classes) > 0.8
    assert session.composition == b


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
    assert found.against == "H(x) = Σᵢ λᵢ fᵢ(x) + 500 N (ū − 0.7)²"
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


FAILS_LATER = (
    "calls = []\ndef energy(x):\n    calls.append(1)\n    e = x.mean((1, 2))\n"
    "    return e / 0 if len(calls) > {calls} else e\n"
)


def test_a_jump_that_fails_leaves_the_chains_as_they_were(new_session: NewSession, tmp_path: Path) -> None:
    session = new_session(chains=256, sampler_chains=16)
    path = tmp_path / "late.py"
    path.write_text(FAILS_LATER.format(calls=3))
    session.steer(Composition.towards(2))
    before, x, target = session.composition, session.sampler.chains.x.clone(), session.sampler.chains.target
    field = session.composer.trust(read_source(path))
    with pytest.raises(FieldError, match="“late” gave an energy that is not finite"):
        session.steer(Composition((Layer(field, 1.0),)))
    assert session.composition == before
    assert session.sampler.chains.target is target
    assert torch.equal(session.sampler.chains.x, x)
    next(session.sample())


def test_chains_carry_on_from_where_they_are(new_session: NewSession) -> None:
    session = new_session(chains=256, sampler_chains=16)
    session.steer(Composition((Layer(ClassCondition((2,)), 3.0), Layer(InkAmount(0.4), 50.0))))
    x = session.sampler.chains.x.clone()
    rest = session.composition.with_layer(1, enabled=False)
    session.sampler.carry_on(rest)
    assert torch.equal(session.sampler.chains.x, x)
    assert session.composition == rest
    assert session.classifier is not None
    expected = session.model_energy(x) - 3 * session.classifier(x).log_softmax(-1)[:, 2]
    torch.testing.assert_close(session.sampler.chains.energy, expected, rtol=1e-4, atol=1e-4)
    for _ in islice(session.sample(), 2):
        pass


def test_chains_follow_small_changes_to_the_distribution_that_a_jump_reaches(new_session: NewSession) -> None:
    session = new_session(chains=2048, sampler_chains=1500)
    strengths = np.linspace(0.0, 60.0, 21)
    session.steer(Composition((Layer(InkAmount(0.45), 1.0),)))
    for strength in strengths[1:]:
        composition = Composition((Layer(InkAmount(0.45), float(strength)),))
        record = session.sampler.follow(composition, moves=1)
        assert record is not None
        assert record.source == "chains"
        assert session.composition == composition

    def ink() -> tuple[float, float]:
        share = (session.sampler.chains.x / 16).mean((1, 2))
        return float(share.mean()), float(share.std()) / np.sqrt(len(share))

    followed, error = ink()
    session.steer(session.composition)
    jumped, other_error = ink()
    # Descendants of one chain are alike: the error of the followers is that of fewer.
    assert followed == pytest.approx(jumped, abs=4 * np.hypot(3 * error, other_error))


def test_chains_do_not_follow_what_is_too_far(new_session: NewSession) -> None:
    session = new_session(chains=256, sampler_chains=30)
    x = session.sampler.chains.x.clone()
    assert session.sampler.follow(Composition((Layer(InkAmount(0.9), 500.0),)), moves=1) is None
    assert session.sampler.follow(Composition((Layer(FixedPixels(((0, 0, 3),)), 1.0),)), moves=1) is None
    assert torch.equal(session.sampler.chains.x, x)
    assert session.composition == Composition()


def test_what_a_session_cannot_make_is_switched_off(new_session: NewSession) -> None:
    session = new_session(sampler_chains=12)
    layers = (
        Layer(InkAmount(), 1.0),
        Layer(DiscriminatorRound(1), 1.0),
        Layer(CustomField("x.py", "ab"), 1.0),
        Layer(ClassCondition((3,)), 1.0),
    )
    assert all(layer.enabled for layer in session.composer.without_missing(Composition(layers[3:])).layers)
    session.classifier = None
    possible = session.composer.without_missing(Composition(layers))
    assert [layer.enabled for layer in possible.layers] == [True, False, False, False]
    session.steer(possible)
