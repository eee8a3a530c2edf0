"""The classifier: what it learns from the digits, and what its corruptions do."""

from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn

from landscape_app.data.digits import load_digits
from landscape_app.learning.classifier import ImageClassifier, accuracy, corrupt, train_classifier
from landscape_app.physics.space import Levels

SPACE = Levels((8, 8), 17)


class Digits(NamedTuple):
    training: Tensor
    training_labels: Tensor
    held_out: Tensor
    held_out_labels: Tensor


@pytest.fixture(scope="module")
def digits() -> Digits:
    data = load_digits()
    return Digits(
        torch.as_tensor(data.training_items).float(),
        torch.as_tensor(data.training_labels),
        torch.as_tensor(data.held_out_items).float(),
        torch.as_tensor(data.held_out_labels),
    )


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def new_network(channels: tuple[int, int] = (16, 32)) -> ImageClassifier:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return ImageClassifier(SPACE, channels=channels)


@pytest.fixture(scope="module")
def trained(digits: Digits) -> ImageClassifier:
    network = new_network()
    train_classifier(network, SPACE, digits.training, digits.training_labels, generator(2), epochs=100)
    return network


def test_classifier_learns_the_digits_from_200_images(trained: ImageClassifier, digits: Digits) -> None:
    # Measured on 1,597 images: the standard error of a share of 0.9 is 0.0075.
    assert accuracy(trained, digits.held_out, digits.held_out_labels) > 0.9


def test_classifier_holds_off_the_data(trained: ImageClassifier, digits: Digits) -> None:
    """Noise of a quarter of the range, on which one who saw clean images only would mostly guess."""
    noisy = digits.held_out + 4 * torch.randn(digits.held_out.shape, generator=generator(3))
    assert accuracy(trained, noisy.clamp(0, 16), digits.held_out_labels) > 0.75


def test_trained_classifier_is_frozen(trained: ImageClassifier) -> None:
    assert not trained.training
    assert not any(p.requires_grad for p in trained.parameters())


def test_same_seed_trains_the_same_classifier(digits: Digits) -> None:
    networks = []
    for seed in (4, 4, 5):
        network = new_network(channels=(4, 4))
        train_classifier(network, SPACE, digits.training, digits.training_labels, generator(seed), epochs=2)
        networks.append(torch.cat([p.flatten() for p in network.parameters()]))
    assert torch.equal(networks[0], networks[1])
    assert not torch.equal(networks[0], networks[2])


def test_accuracy_is_the_share_of_right_answers() -> None:
    logits = torch.tensor([[0.0, 1, 2], [3, 1, 2], [0, 5, 2], [1, 0, 0]])
    assert accuracy(nn.Identity(), logits, torch.tensor([2, 0, 0, 1])) == 0.5


@pytest.mark.parametrize(("noise", "replaced"), [(0.5, 0.3), (5.0, 0.0), (0.0, 1.0), (5.0, 1.0)])
def test_corrupted_images_stay_within_the_levels(noise: float, replaced: float, digits: Digits) -> None:
    x = corrupt(digits.training, SPACE, generator(6), noise, replaced)
    assert x.shape == digits.training.shape
    assert x.min() >= 0
    assert x.max() <= 16


def test_no_corruption_changes_nothing(digits: Digits) -> None:
    x = corrupt(digits.training, SPACE, generator(7), noise=0.0, replaced=0.0)
    assert torch.equal(x, digits.training)


def test_corruption_leaves_its_input_alone(digits: Digits) -> None:
    before = digits.training.clone()
    corrupt(digits.training, SPACE, generator(8))
    assert torch.equal(digits.training, before)


def test_each_image_is_corrupted_by_its_own_amount() -> None:
    """The share of replaced pixels is uniform from 0 to its largest value over images, not the same for all."""
    n, space = 4000, Levels((16, 16), 17)
    grey = torch.full((n, 16, 16), 8.0)
    shares = (corrupt(grey, space, generator(9), noise=0.0, replaced=0.6) != 8).flatten(1).double().mean(1)
    # Uniform on [0, 0.6]: mean 0.3, standard deviation 0.6/√12; a binomial of 256 pixels adds E[s(1−s)]/256.
    spread = (0.36 / 12 + (0.3 - 0.12) / 256) ** 0.5
    assert float(shares.mean()) == pytest.approx(0.3, abs=4 * spread / n**0.5)
    # A uniform's kurtosis of 1.8 gives its standard deviation a relative standard error of √(0.8/4n).
    assert float(shares.std()) == pytest.approx(spread, rel=4 * (0.8 / (4 * n)) ** 0.5)
