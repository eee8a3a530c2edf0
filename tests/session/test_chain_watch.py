"""What is seen of chains over time: how long each has stood still, and the past of one of them."""

from itertools import islice

import numpy as np
import pytest
import torch

from landscape_app.physics.fields.classes import ClassCondition
from landscape_app.physics.fields.field import FieldResources
from landscape_app.physics.fields.pixels import FixedPixels
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.session import chain_watch as module
from landscape_app.session.chain_watch import SamplerWatch, TrainingWatch, split_energy
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.session import Session
from tests.models.uniform import uniform_model
from tests.session.conftest import NewSession


class Bowl:
    """½ |x|²."""

    def energy(self, x: torch.Tensor) -> torch.Tensor:
        return 0.5 * x.flatten(1).square().sum(1)


def watched_steps(session: Session, watch: SamplerWatch, n: int) -> list[np.ndarray]:
    """The chains after each of n steps, shape (chains, 8, 8)."""
    states = []
    for _ in islice(session.sample(), n):
        watch.observe()
        states.append(session.sampler.chains.x.numpy().copy())
    return states


def test_ages_count_the_steps_since_each_chain_moved(new_session: NewSession) -> None:
    session = new_session()
    session.sampler.set_kernel("random-walk")
    watch = SamplerWatch(session.sampler)
    assert watch.ages.tolist() == [0] * 24
    before = session.sampler.chains.x.numpy().copy()
    expected = np.zeros(24, int)
    for _ in range(25):
        (after,) = watched_steps(session, watch, 1)
        moved = (after != before).any((1, 2))
        expected = np.where(moved, 0, expected + 1)
        # A proposal may by chance be where the chain is: it counts as a move that the image does not show.
        assert (watch.ages <= expected).all()
        assert (watch.ages[moved] == 0).all()
        expected, before = watch.ages, after
    assert watch.ages.max() > 0


def test_the_past_of_a_chain_is_what_it_went_through(
    new_session: NewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MEMORY", 20)
    session = new_session()
    # So that energies are some nats, and proposals not all accepted.
    session.model.multipliers.copy_(torch.tensor([300.0, -200.0, 400.0, -300.0]))
    session.sampler.restart("noise")
    session.sampler.set_kernel("random-walk")
    watch = SamplerWatch(session.sampler)
    watch.follow(7)
    first = session.sampler.chains.x[7].numpy().copy()
    states, seen = [first], []
    for _ in range(63):
        (after,) = watched_steps(session, watch, 1)
        states.append(after[7])
        assert session.sampler.chains.move is not None
        seen.append(float(session.sampler.chains.move.info.probability[7]))
        if len(states) % 9 == 0:
            watch.history()
    history = watch.history()
    assert history is not None
    assert (history.chain, history.first, len(history)) == (7, 44, 20)
    np.testing.assert_array_equal(history.x, np.stack(states[-20:]))
    np.testing.assert_array_equal(history.steps, np.arange(44, 64))
    np.testing.assert_array_equal(history.acceptance, seen[-20:])
    assert len(set(seen[-20:])) > 2
    assert history.acceptance_rate == pytest.approx(np.mean(seen[-20:]))
    energies = session.model_energy(torch.tensor(history.x).float()) - session.energy_origin
    np.testing.assert_allclose(history.energies[:, history.terms.index("E")], energies, rtol=1e-4, atol=1e-4)


def test_shares_add_up_to_the_surprisal_and_pull_by_their_slopes(new_session: NewSession) -> None:
    session = new_session()
    assert session.classifier is not None
    field = ClassCondition((4,)).term(FieldResources(session.space, session.classes, session.classifier))
    model = uniform_model(
        session.model.observables, torch.randn(4, generator=torch.Generator().manual_seed(2))
    )
    terms = [WeightedTerm(1.0, model), WeightedTerm(2.5, field), WeightedTerm(0.3, Bowl())]
    hamiltonian = Hamiltonian(terms, temperature=2.0)
    x = session.training_items[:12]
    target = Target(session.model.base_measure, hamiltonian)
    shares = split_energy(x, target, ["V[4]"])
    assert list(shares) == ["−log q", "E", "V[4]", "Bowl"]
    total = sum(share.energy for share in shares.values())
    np.testing.assert_allclose(total, target.surprisal(x), rtol=1e-4)
    np.testing.assert_allclose(shares["V[4]"].energy, 1.25 * field.energy(x).detach(), rtol=1e-5)
    # The slope of 0.15 · ½ |x|² is 0.15 x.
    np.testing.assert_allclose(shares["Bowl"].pull, 0.15 * x.flatten(1).norm(dim=1), rtol=1e-5)
    moved = split_energy(x, target, ["V[4]"], base_origin=3.0, model_origin=5.0)
    np.testing.assert_allclose(shares["−log q"].energy - moved["−log q"].energy, 3.0, atol=1e-3)
    np.testing.assert_allclose(shares["E"].energy - moved["E"].energy, 2.5, atol=1e-3)


def test_a_field_enters_the_past_where_it_was_switched_on(new_session: NewSession) -> None:
    session = new_session()
    watch = SamplerWatch(session.sampler)
    watch.follow(0)
    watched_steps(session, watch, 4)
    before = session.sampler.chains.x.clone()
    session.steer(Composition.towards(3))
    watch.observe()
    moved = (session.sampler.chains.x != before).flatten(1).any(1).numpy()
    assert (watch.ages[moved] == 0).all()
    watched_steps(session, watch, 3)
    history = watch.history()
    assert history is not None
    assert history.steps.tolist() == [0, 1, 2, 3, 4, 0, 1, 2, 3]
    assert np.isnan(history.acceptance).tolist() == [True] + [False] * 4 + [True] + [False] * 3
    field = history.energies[:, history.terms.index("V[3]")]
    assert (field[:5] == 0).all()
    assert np.isnan(history.pulls[:5, history.terms.index("V[3]")]).all()
    assert (field[5:] > 0).all()


def test_another_kernel_moves_no_chain_and_another_number_forgets_those_that_are_gone(
    new_session: NewSession,
) -> None:
    session = new_session()
    watch = SamplerWatch(session.sampler)
    watch.follow(20)
    watched_steps(session, watch, 5)
    ages = watch.ages
    session.sampler.set_kernel("single-site")
    watch.observe()
    np.testing.assert_array_equal(watch.ages, ages)
    session.sampler.restart("noise", 30)
    watch.observe()
    assert watch.ages.tolist() == [0] * 30
    assert watch.followed == 20
    session.sampler.restart("noise", 16)
    watch.observe()
    assert watch.followed is None
    assert watch.history() is None
    with pytest.raises(ValueError, match="there is no chain 17; there are 16"):
        watch.follow(16)


def test_the_chains_that_train_are_watched_with_and_without_a_ladder(new_session: NewSession) -> None:
    for replicas in (1, 4):
        session = new_session(replicas=replicas)
        watch = TrainingWatch(session.samples)
        watch.follow(2)
        images, still = [], []

        def look(session: Session = session, watch: TrainingWatch = watch, images: list = images) -> None:
            images.append(session.trainer.ensemble.chains_at_one.x[2].numpy().copy())
            watch.observe()

        session.trainer.ensemble.on_step = look
        for _ in islice(session.train(), 2):
            still.append(watch.ages)
        history = watch.history()
        assert history is not None
        np.testing.assert_array_equal(history.x[1:], np.stack(images))
        assert history.acceptance[1:].tolist() == [
            float((after != before).any()) for before, after in zip(history.x, images, strict=False)
        ]
        assert still[-1].shape == (32,)


def test_one_chain_restarts_and_the_others_stay(new_session: NewSession) -> None:
    session = new_session()
    watch = SamplerWatch(session.sampler)
    watched_steps(session, watch, 10)
    before, ages = session.sampler.chains.x.clone(), watch.ages
    session.sampler.restart_one(5)
    watch.observe()
    changed = (session.sampler.chains.x != before).flatten(1).any(1)
    assert changed.nonzero().flatten().tolist() == [5]
    assert watch.ages.tolist() == [0 if i == 5 else age for i, age in enumerate(ages)]
    assert bool((session.samples.weighted_samples.x == session.sampler.chains.x[5]).flatten(1).all(1).any())
    energy = session.sampler.chains.target.hamiltonian.energy(session.sampler.chains.x)
    torch.testing.assert_close(session.sampler.chains.energy, energy, rtol=1e-4, atol=1e-4)
    with pytest.raises(ValueError, match="there is no chain 25; there are 24"):
        session.sampler.restart_one(24)


def test_held_pixels_count_for_nothing_and_stay_held_in_a_restart(new_session: NewSession) -> None:
    session = new_session()
    mask, image = np.zeros((8, 8), bool), session.dataset.held_out_items[3]
    mask[:4] = True
    pins = FixedPixels.of(image.tolist(), mask.tolist())
    watch = SamplerWatch(session.sampler)
    watch.follow(1)
    session.steer(Composition((Layer(pins),)))
    watch.observe()
    watched_steps(session, watch, 2)
    session.sampler.restart_one(1)
    watch.observe()
    history = watch.history()
    assert history is not None
    np.testing.assert_array_equal(history.x[-1][:4], image[:4])
    # By hand: −log q over the free half alone, from its mean over the training images.
    table = session.model.base_measure.log_probabilities.view(8, 8, 17).numpy()[4:]
    training = session.dataset.training_items[:, 4:]

    def surprisal(lower: np.ndarray) -> float:
        return -np.take_along_axis(table, lower[..., None].astype(int), 2).sum()

    origin = np.mean([surprisal(lower) for lower in training])
    expected = [surprisal(state[4:]) - origin for state in history.x[1:]]
    np.testing.assert_allclose(history.energies[1:, 0], expected, atol=1e-2)
