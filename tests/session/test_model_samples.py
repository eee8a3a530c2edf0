"""Weighted samples of a model: they follow it from epoch to epoch, and so does the origin of its energies."""

from itertools import islice

import pytest
import torch

from landscape_app.session.model_samples import SNAPSHOT_INTERVAL, SNAPSHOTS, ModelSamples
from tests.session.conftest import NewSession


def test_what_was_collected_stands_until_the_model_changes(new_session: NewSession) -> None:
    session = new_session()
    assert list(session.collect_samples(64, spacing=1))[-1] == 64
    samples, collected = session.samples, session.samples.weighted_samples
    assert samples.at_hand is collected
    assert len(collected) == 64
    next(session.train())
    assert samples.at_hand is not collected
    # It is still a snapshot of which the next weighted samples are made, with the latest of training.
    merged = samples.weighted_samples
    assert len(merged) == 64 + len(samples.latest)
    torch.testing.assert_close(merged.energy, session.model_energy(merged.x))
    assert torch.equal(merged.x[:64].sort(0).values, collected.x.sort(0).values)


def test_weights_of_earlier_samples_correct_for_the_change_of_the_model(new_session: NewSession) -> None:
    session = new_session(chains=512)
    before = session.samples.weighted_samples
    session.model.multipliers.copy_(torch.tensor([3.0, -2.0, 4.0, -3.0]))
    session.samples.outdate()
    merged = session.samples.weighted_samples
    weights = merged.log_weights.softmax(0)
    exact = (before.energy - session.model_energy(before.x)).softmax(0)
    energy = session.model_energy(before.x)
    assert float((weights * merged.energy).sum()) == pytest.approx(float((exact * energy).sum()), rel=1e-3)


def test_energies_are_counted_from_the_training_items_of_the_last_epoch(new_session: NewSession) -> None:
    session = new_session()
    assert session.energy_origin == pytest.approx(0.0, abs=1e-6)
    for _ in islice(session.train(), 3):
        # What the epoch has measured anyway.
        assert session.energy_origin == session.history["energy_training"][-1]
    session.rest()
    expected = float(session.model_energy(session.training_items).mean())
    assert session.energy_origin == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_classes_of_weighted_samples_are_asked_for_once(new_session: NewSession) -> None:
    session = new_session()
    classifier, samples = session.classifier, session.samples
    assert classifier is not None
    found = samples.log_probabilities(samples.weighted_samples, classifier)
    assert samples.log_probabilities(samples.weighted_samples, classifier) is found
    torch.testing.assert_close(found, classifier(samples.weighted_samples.x).log_softmax(-1))
    session.samples.outdate()
    assert samples.log_probabilities(samples.weighted_samples, classifier) is not found


def test_the_latest_few_snapshots_of_training_are_kept(new_session: NewSession) -> None:
    trainer = new_session().trainer
    samples = ModelSamples(trainer)
    for epoch in range(1, (SNAPSHOTS + 2) * SNAPSHOT_INTERVAL):
        samples.after_epoch(epoch, energy_origin=float(epoch))
        assert samples.energy_origin == epoch
        if epoch == SNAPSHOT_INTERVAL - 1:
            assert len(samples.weighted_samples) == len(samples.latest)
    # Those of the latest epoch beside the snapshots.
    assert len(samples.weighted_samples) == (SNAPSHOTS + 1) * len(samples.latest)


def test_samples_of_a_model_whose_modes_had_other_weights_are_forgotten(new_session: NewSession) -> None:
    session = new_session()
    assert list(session.collect_samples(64, spacing=1))[-1] == 64
    next(session.train())
    session.samples.after_epoch(1, 0.0, forget=True)
    merged, latest = session.samples.weighted_samples, session.samples.latest
    assert torch.equal(merged.x, latest.x)
