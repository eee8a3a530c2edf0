"""A sampler: its kernel, where its chains start, jump, follow and carry on, and two of them side by side."""

import math
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch

from landscape_app.physics.base_measure import ProductBase, UniformBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.estimate import Estimate
from landscape_app.physics.fields.classes import ClassCondition
from landscape_app.physics.fields.custom import CustomField, FieldError
from landscape_app.physics.fields.pixels import FixedPixels, InkAmount
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import HMC, KERNELS
from landscape_app.physics.space import Box, Levels
from landscape_app.physics.weighted_samples import WeightedSamples
from landscape_app.problems.problem import Configuration
from landscape_app.session.composer import Composer
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.custom_field import read_source
from landscape_app.session.sample_file import worth
from landscape_app.session.sampler import (
    LEAST_ADAPTING,
    MOST_ADAPTING,
    START_PLACES,
    TOLERANCE,
    Comparison,
    Sampler,
    TunedChains,
)
from landscape_app.session.session import Session
from tests.session.conftest import NewSession


class Bowl:
    """½ |x|²."""

    def energy(self, x: torch.Tensor) -> torch.Tensor:
        return 0.5 * x.flatten(1).square().sum(1)


class Springs:
    """½ Σ (x_i − x_{i+1})²."""

    def energy(self, x: torch.Tensor) -> torch.Tensor:
        return 0.5 * x.diff(dim=1).square().sum(1)


def steps(session: Session, n: int) -> None:
    for _ in islice(session.sample(), n):
        pass


def trained(new_session: NewSession) -> Session:
    session = new_session(sampler_chains=64)
    for _ in islice(session.train(), 20):
        pass
    session.sampler.restart("chains")
    return session


@pytest.mark.parametrize("name", ["discrete-langevin", "random-walk"])
@pytest.mark.parametrize("far", [0.2, 8.0])
def test_a_kernel_set_far_off_finds_its_acceptance_again_and_then_stands_still(name: str, far: float) -> None:
    levels = Levels((36,), 17)
    target = Target(ProductBase.uniform(levels), Hamiltonian([WeightedTerm(1.0, Springs())]))
    generator = torch.Generator().manual_seed(1)
    tuned = TunedChains(Chains(torch.full((64, 36), 8.0), target, KERNELS[name](), generator))
    tuned.tune_kernel(step_size=far)
    for _ in range(40):
        tuned.step()
    assert tuned.kernel.values == (far,)
    assert tuned.acceptance_rate != pytest.approx(tuned.kernel.target_acceptance, abs=TOLERANCE)
    tuned.tune_kernel(automatic=True)
    assert tuned.kernel.adapting
    for _ in range(MOST_ADAPTING):
        tuned.step()
    record = tuned.kernel
    assert not record.adapting
    assert record.acceptance_rate == pytest.approx(record.target_acceptance, abs=1.5 * TOLERANCE)
    tuned.step()
    assert tuned.kernel.values == record.values


def test_a_kernel_that_is_set_stays_as_it_is_through_steps_jumps_and_training(
    new_session: NewSession,
) -> None:
    session = trained(new_session)
    session.sampler.tune_kernel(step_size=3.5)
    steps(session, 5)
    session.steer(Composition.towards(2))
    session.sampler.restart("noise")
    steps(session, LEAST_ADAPTING)
    next(session.train())
    record = session.sampler.kernel
    assert record.values == (3.5,)
    assert not record.automatic
    assert not record.adapting
    assert session.trainer.ensemble.kernel.step_size != 3.5


def test_another_kernel_tunes_itself_and_counts_from_here(new_session: NewSession) -> None:
    session = new_session()
    session.sampler.tune_kernel(step_size=2.0)
    steps(session, 3)
    session.sampler.set_kernel("single-site")
    record = session.sampler.kernel
    assert (record.name, record.values, record.acceptance_rate) == ("single-site", (6.0,), None)
    assert record.automatic
    assert next(session.sample()).sweep == 1


def test_the_acceptance_rate_is_that_of_the_last_steps(new_session: NewSession) -> None:
    session = new_session()
    session.sampler.tune_kernel(step_size=1.0)
    rates = [record.acceptance_rate for record in islice(session.sample(), 50)]
    assert session.sampler.kernel.acceptance_rate == pytest.approx(sum(rates[-30:]) / 30)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"step_size": 99.0},
            "step size of “Discrete Langevin” must be a number from 0.2 to 24 levels, got 99",
        ),
        ({"step_size": math.nan}, "must be a number from 0.2 to 24 levels, got nan"),
        ({"step_size": 0.0}, "got 0"),
        ({"length": 2.0}, "the kernel “Discrete Langevin” has no 'length'; it has step_size"),
        ({"step_size": 2.0, "length": 2.0}, "has no 'length'"),
    ],
)
def test_what_a_kernel_cannot_be_set_to_is_refused_and_changes_nothing(
    new_session: NewSession, parameters: dict[str, float], message: str
) -> None:
    session = new_session()
    before = session.sampler.kernel
    with pytest.raises(ValueError, match=message):
        session.sampler.tune_kernel(**parameters)
    assert session.sampler.kernel == before


def test_a_trajectory_s_length_is_set_and_tunes_itself() -> None:
    box = Box((2,), -5.0, 5.0)
    target = Target(UniformBase(box), Hamiltonian([WeightedTerm(1.0, Bowl())]))
    generator = torch.Generator().manual_seed(0)
    tuned = TunedChains(Chains(torch.zeros(64, 2), target, HMC(0.1), generator))
    tuned.tune_kernel(step_size=0.5, length=3.0)
    for _ in range(40):
        tuned.step()
    assert tuned.kernel.values == (0.5, 3.0)
    tuned.tune_kernel(automatic=True)
    tuned.step()
    assert tuned.kernel.values != (0.5, 3.0)


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
        assert composition.is_met_by(snapshot.classes).mean() > 0.8
    assert session.composition == b


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


@pytest.mark.parametrize("target", [0, 3, 9])
def test_steering_brings_the_chains_to_the_target(new_session: NewSession, target: int) -> None:
    session = new_session(chains=512, sampler_chains=64)
    session.sampler.restart("base")
    before = float((session.snapshot(training=False).classes == target).mean())
    record = session.steer(Composition.towards(target, 4))
    shares = session.snapshot(training=False).shares
    assert shares is not None
    assert shares.on_target == shares.classes[target]
    assert shares.on_target.value >= max(0.8, before + 0.3)
    assert record.composition == session.composition
    assert record.chains == 64
    assert 1 < record.ancestors <= 64
    assert record.weighted_samples == 512 * session.configuration.replicas
    assert 0 < record.effective_sample_size <= 512
    assert record.stages >= 1


def test_near_copies_are_worth_their_ancestors_in_all_that_is_said_of_them(new_session: NewSession) -> None:
    session = new_session(sampler_chains=100)
    session.steer(Composition.towards(3))
    sampler = session.sampler
    sampler.ancestors = (torch.arange(100) >= 96).long()
    x = session.training_items[:2][sampler.ancestors].clone()
    # A pixel of each differs, by which energies, ink and classes do.
    x[torch.arange(100), 0, torch.arange(100) % 8] = torch.arange(100).float() % 17
    sampler.chains.retarget(sampler.chains.target, x)
    snapshot = session.snapshot(training=False)
    assert snapshot.worth == pytest.approx(sampler.worth())
    assert 1 < sampler.worth() < 1.4
    shares = snapshot.shares
    assert shares is not None
    for share in (shares.on_target, *shares.classes):
        assert share == Estimate.share(share.value, sampler.worth())
        assert share.error > 0.15
    sampler.ancestors = torch.zeros(100, dtype=torch.int64)
    assert sampler.worth() == 1
    assert "all of one ancestor" in worth(sampler.worth(), 100)
    assert "about 1" in worth(1.0, 1)


def test_steering_back_leaves_no_target(new_session: NewSession) -> None:
    session = new_session()
    session.steer(Composition.towards(3))
    record = session.steer(Composition())
    assert session.snapshot(training=False).shares is None
    assert record.effective_sample_size == pytest.approx(record.weighted_samples)


def test_without_the_hamiltonian_the_base_measure_gives_the_weighted_samples(
    new_session: NewSession,
) -> None:
    session = new_session()
    session.model.multipliers.copy_(torch.tensor([40.0, -40.0, 40.0, -40.0]))
    record = session.steer(Composition.towards(2, 1, hamiltonian=False))
    assert record.source == "base"
    assert session.steer(Composition.towards(2, 1)).source == "model"


def test_the_chains_energy_is_the_compositions(new_session: NewSession) -> None:
    session = new_session()
    for _ in islice(session.train(), 3):
        pass
    assert session.classifier is not None
    session.steer(Composition.towards(6, 3, temperature=2))
    next(session.sample())
    x = session.sampler.chains.x
    surprise = -session.classifier(x).log_softmax(-1)[:, 6]
    expected = (session.model_energy(x) + 3 * surprise) / 2
    torch.testing.assert_close(session.sampler.chains.energy, expected, rtol=1e-4, atol=1e-4)


def test_chains_start_where_they_are_told(new_session: NewSession) -> None:
    session = new_session(sampler_chains=7)
    composition = Composition.towards(1)
    session.steer(composition)
    for place in START_PLACES:
        session.sampler.restart(place, 40)
        assert session.snapshot(training=False).x.shape == (40, 8, 8)
        assert session.composition == composition
    session.sampler.restart("data", 40)
    training = {image.tobytes() for image in session.dataset.training_items}
    assert {image.tobytes() for image in session.snapshot(training=False).x} <= training
    session.sampler.restart("noise", 400)
    assert session.sampler.chains.x.mean() == pytest.approx(8.0, abs=5 * 4.9 / 160)
    session.sampler.restart("base", 400)
    corner = session.sampler.chains.x[:, 0, 0]
    assert (corner == 0).float().mean() > 0.8


def test_seeded_chains_repeat_themselves(new_session: NewSession) -> None:
    session = new_session()
    images = []
    for seed in (3, 3, 4):
        session.sampler.set_kernel("discrete-langevin")
        session.sampler.seed(seed)
        session.sampler.restart("base")
        next(session.sample())
        images.append(session.snapshot(training=False).x)
    assert np.array_equal(images[0], images[1])
    assert not np.array_equal(images[0], images[2])


def test_a_target_needs_a_classifier() -> None:
    session = Session(Configuration(chains=4, observables=2, channels=(2, 2)), "cpu", sampler_chains=2)
    with pytest.raises(ValueError, match="needs a trained classifier"):
        session.steer(Composition.towards(1))


def test_restarts_follow_the_composition_s_weights() -> None:
    levels = Levels((1,), 3)
    target = Target(ProductBase.uniform(levels), Hamiltonian([WeightedTerm(1.0, Bowl())]))
    chains = Chains(torch.zeros(2, 1), target, KERNELS["random-walk"](), torch.Generator().manual_seed(3))
    x = torch.tensor([[0.0], [1.0], [2.0]])
    # Samples of exp(−x), of which the second counts twice.
    weighted_samples = WeightedSamples(
        x, x.flatten(), torch.tensor([0.0, 2.0, 1.0]).clamp(max=1).mul(np.log(2))
    )
    counts = np.zeros(3)
    n = 2000
    sampler = Sampler(chains, Samples(weighted_samples), Composer(levels, 0))  # type: ignore[arg-type]
    for _ in range(n):
        sampler.restart_one(1)
        counts[int(chains.x[1, 0])] += 1
    weights = np.array([1.0, 2.0, 2.0]) * np.exp([0.0, 1.0 - 0.5, 2.0 - 2.0])
    share = weights / weights.sum()
    error = np.sqrt(share * (1 - share) / n)
    assert (np.abs(counts / n - share) < 4 * error).all()
    assert float(chains.x[0, 0]) == 0.0


class Samples(NamedTuple):
    """Of a model, as far as a restart of one chain asks for them."""

    weighted_samples: WeightedSamples
