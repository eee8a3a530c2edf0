"""Evidence on images: its numbers against counts of our own, its error rates where the answer is known."""

import numpy as np
import pytest
import torch

from landscape_app.physics.space import Levels
from landscape_app.problems.problem import Configuration
from landscape_app.session import verification
from landscape_app.session.pictures import ReadPicture
from landscape_app.session.session import Session
from landscape_app.session.verification import (
    ErrorShare,
    Evidence,
    ImageEvidence,
    describe_evidence,
    describe_provenance,
    gather_evidence,
    split_evidence,
)


def examined(session: Session, images: np.ndarray) -> tuple[Evidence, list[float]]:
    """The evidence, and the shares that were told on the way."""
    shares = []
    steps = gather_evidence(session.sampler, session.held_out_items, images)
    while True:
        try:
            shares.append(next(steps))
        except StopIteration as end:
            return end.value, shares


@pytest.fixture(scope="module")
def found() -> tuple[Session, np.ndarray, Evidence, list[float]]:
    """What an untrained model, whose samples are independent pixels, has to say of digits and of its own samples."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("STEPS", 4), ("PASSES", 8)):
            patch.setattr(verification, name, value)
        session = Session(Configuration(chains=8, observables=4, channels=(4, 8)), "cpu", sampler_chains=3)
        generated = session.model.base_measure.sample(20, torch.Generator().manual_seed(99))
        real = session.held_out_items[:20]
        parts = [generated, real, session.training_items[4:5]]
        images = torch.cat(parts).numpy().astype(np.uint8)
        return session, images, *examined(session, images)


def test_energies_are_placed_among_samples_and_held_out_images(
    found: tuple[Session, np.ndarray, Evidence, list[float]],
) -> None:
    session, images, evidence, shares = found

    def surprisal(x: torch.Tensor) -> np.ndarray:
        return (session.model_energy(x) - session.model.base_measure.log_prob(x)).detach().numpy()

    held_out, training = surprisal(session.held_out_items), surprisal(session.training_items)
    for image, one in zip(images, evidence.images, strict=True):
        energy = surprisal(torch.as_tensor(image[None]).float())[0]
        assert one.energy == pytest.approx(energy - training.mean(), abs=1e-3)
        assert one.below_held_out == pytest.approx(np.mean(held_out < energy), abs=2 / len(held_out))
    # The untrained model is the base measure: independent samples of it have ranks that are uniform.
    ranks = [one.below_samples for one in evidence.images[:20]]
    assert np.mean(ranks) == pytest.approx(0.5, abs=4 * np.sqrt(1 / 12 / 20))
    assert (evidence.samples, evidence.held_out) == (verification.SAMPLES, len(held_out))
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)


def test_independent_pixels_are_told_from_digits_as_often_as_the_rates_say(
    found: tuple[Session, np.ndarray, Evidence, list[float]],
) -> None:
    evidence = found[2]
    assert evidence.false_positives is not None
    assert evidence.false_negatives is not None
    assert evidence.false_positives.count == evidence.held_out
    assert evidence.false_negatives.count == verification.SAMPLES
    rates = (evidence.false_positives, evidence.false_negatives)
    wrong_share, error = np.mean([r.value for r in rates]), np.hypot(*(r.error for r in rates)) / 2
    # Far better than a coin.
    assert wrong_share < 0.5 - 6 * error
    # Of twenty of each at most so many are wrong, but for once in ten thousand.
    called = [one.called_generated for one in evidence.images[:40]]
    for share, wrong in (
        (evidence.false_negatives, called[:20].count(False)),
        (evidence.false_positives, called[20:].count(True)),
    ):
        p = min(share.value + 3 * share.error, 0.5)
        assert wrong <= 20 * p + 4 * np.sqrt(20 * p * (1 - p))


def test_images_of_the_data_are_known_and_not_judged_by_what_has_learned_them(
    found: tuple[Session, np.ndarray, Evidence, list[float]],
) -> None:
    images = found[2].images
    assert [one.held_out_duplicate for one in images[20:40]] == list(range(1, 21))
    assert all(one.held_out_duplicate is None and one.training_duplicate is None for one in images[:20])
    assert (images[40].training_duplicate, images[40].log_odds) == (5, None)


def test_images_of_odd_sides_are_placed_without_a_discriminator() -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("SAMPLES", 8), ("STEPS", 2), ("FOLDS", 10_000)):
            patch.setattr(verification, name, value)
        session = Session(Configuration(chains=8, observables=4, channels=(4, 8)), "cpu", sampler_chains=3)
        evidence, _ = examined(session, np.zeros((1, 8, 8), np.uint8))
    assert evidence.false_positives is None
    picture = ReadPicture(np.zeros((1, 8, 8), np.uint8), 1, True)
    assert "none can be trained" in dict(describe_evidence(evidence, picture))["discriminator"]


def evidence_of(*log_odds: float | None) -> Evidence:
    images = tuple(ImageEvidence(1.5, 0.25, 0.75, None, None, odds) for odds in log_odds)
    return Evidence(images, 100, 200, ErrorShare(0.1, 200), ErrorShare(0.3, 100))


def test_words_name_evidence_evidence_and_give_its_rates() -> None:
    picture = ReadPicture(np.zeros((1, 8, 8), np.uint8), 4, False)
    told = " ".join(text for _, text in describe_evidence(evidence_of(-0.7), picture))
    for words in (
        "an image of 8 × 8 pixels, enlarged 4 times; its greys had to be rounded",
        "with 100 fresh samples and 200 held-out images",
        "+1.50 nats",
        "higher than 25% of the model's fresh samples",
        "higher than 75% of the held-out images",
        "calls it generated (log-odds of being real −0.70 nats)",
        "10.0% ± 2.1% of held-out images are called generated",
        "30.0% ± 4.6% of fresh samples are called real",
        "right in 80% of cases",
        "evidence, not proof",
    ):
        assert words in told
    many = ReadPicture(np.zeros((3, 8, 8), np.uint8), 1, True)
    told = " ".join(text for _, text in describe_evidence(evidence_of(-0.7, 0.2, -1.0), many))
    assert "a mosaic of 3 images" in told
    assert "calls 2 of 3 generated" in told
    one, two = split_evidence(evidence_of(0.1, 0.2, 0.3), [1, 2])
    assert [[image.log_odds for image in part.images] for part in (one, two)] == [[0.1], [0.2, 0.3]]


def test_what_a_hostile_document_says_moves_no_cursor_and_stays_short() -> None:
    document = {
        "generated": "yes",
        "program": "\x1b[2Jevil" + "x" * 10_000,
        "date": ["list"],
        "sources": [{"formula": "a\nb\rc\u202ed", "epoch": True, "problem": {}}, 5, *[{}] * 1000],
        "sampling": {"\x1b[1m": "\x07", **{str(i): i for i in range(1000)}},
    }
    rows = describe_provenance(document, "f" * 64, "run.h5")
    told = "".join(name + text for name, text in rows)
    assert told.isprintable()
    assert len(told) < 3_000
    assert rows[0] == ("says", "not that it is generated")
    assert describe_provenance({"sources": 3, "sampling": 4})[0][0] == "says"


def test_the_space_of_the_picture_is_that_of_the_model() -> None:
    assert isinstance(Session(Configuration(chains=8), "cpu", sampler_chains=1).space, Levels)
