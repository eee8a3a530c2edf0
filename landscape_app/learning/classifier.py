"""A small convolutional classifier that holds off the data: its log-probabilities are the class field V_c."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from landscape_app.learning.adam import Adam
from landscape_app.models.observables import as_planes, colour_planes, mean_over_2x2
from landscape_app.physics.batched import batched
from landscape_app.physics.host import number
from landscape_app.physics.space import Levels

NOISE, REPLACED = 0.5, 0.3
"""Corruption of images for networks that are to hold off the data."""

BATCH, RATE = 64, 2e-3
"""Images a step, and the peak learning rate, annealed to zero along a cosine."""

SMOOTHING = 0.05
"""Of labels."""

SHOWN = 2**25
"""Numbers in all images that a classifier is shown in its training: of large data sets it makes fewer passes."""

LEAST_PASSES = 3

FINE_SIDE = 32
"""Pixels along the longer side up to which images are seen without a stride."""


class ImageClassifier(nn.Module):
    """Two convolutions and two linear layers, from an image in levels to class logits.

    Args:
        space: images of even sides, grey or of three colours.
        classes: number of classes.
        channels: of the two convolutions. More tell classes apart hardly better, and cost every step of a steered
            chain: 32 and 32 twice as much, for a quarter of a per cent of the digits.
    """

    def __init__(self, space: Levels, classes: int = 10, channels: tuple[int, int] = (16, 32)) -> None:
        super().__init__()
        self.space = space
        self.classes = classes
        height, width = space.shape[:2]
        coarse = max(height, width) > FINE_SIDE and height % 4 == 0 and width % 4 == 0
        stride = 2 if coarse else 1
        self.conv1 = nn.Conv2d(colour_planes(space), channels[0], stride + 2, stride=stride, padding=1)
        self.conv2 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.hidden = nn.Linear(channels[1] * (height // (2 * stride)) * (width // (2 * stride)), 64)
        self.readout = nn.Linear(64, classes)

    @classmethod
    def of_state(cls, space: Levels, classes: int, state: Mapping[str, Tensor]) -> ImageClassifier:
        """A trained network from its `state_dict`, which says how many channels it has.

        Raises:
            KeyError, RuntimeError or TypeError: the state is none of such a network.
        """
        with torch.random.fork_rng(devices=[]):
            network = cls(space, classes, (len(state["conv1.bias"]), len(state["conv2.bias"])))
        network.load_state_dict(state)
        return network.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        """Logits, shape (batch, classes), of x in levels, shape (batch, *space.shape)."""
        h = F.silu(self.conv1(as_planes(self.space, x)))
        h = F.silu(self.conv2(mean_over_2x2(h)))
        return self.readout(F.silu(self.hidden(h.flatten(1))))


def corrupt(
    x: Tensor, space: Levels, generator: torch.Generator, noise: float = NOISE, replaced: float = REPLACED
) -> Tensor:
    """Images with Gaussian noise and replaced pixels, each image by its own random amount, same shape.

    Args:
        x: images in levels, shape (batch, *shape).
        space: where they live.
        generator: random state.
        noise: largest standard deviation, as a share of the range of levels.
        replaced: largest share of pixels set to a random level.
    """
    per_image = (len(x), *([1] * len(space.shape)))
    top = space.levels - 1

    def uniform(shape: tuple[int, ...]) -> Tensor:
        return torch.rand(shape, generator=generator, device=x.device)

    sigma = noise * top * uniform(per_image)
    noisy = x + sigma * torch.randn(x.shape, generator=generator, device=x.device)
    swap = uniform(tuple(x.shape)) < replaced * uniform(per_image)
    return torch.where(swap, uniform(tuple(x.shape)) * top, noisy).clamp(0, top)


def classifier_passes(
    network: nn.Module,
    space: Levels,
    images: Tensor,
    labels: Tensor,
    generator: torch.Generator,
    epochs: int = 40,
    smoothing: float = SMOOTHING,
    noise: float = NOISE,
    replaced: float = REPLACED,
) -> Iterator[float]:
    """Fits a classifier's cross-entropy on corrupted real images, in place, a step of the optimiser at each `next()`.

    Yields the share of the steps that is done. After the last the network is frozen.

    Args:
        network: x in levels to logits.
        space: where the images live.
        images: in levels, shape (n, *shape).
        labels: int64, shape (n,).
        generator: random state.
        epochs: passes over the images.
        smoothing: label smoothing.
        noise: of corrupted images (`corrupt`); none at 0.
        replaced: share of their pixels that is replaced; none at 0.
    """
    optimiser = Adam(network.parameters(), RATE, decay=1e-3)
    steps = epochs * -(-len(images) // BATCH)
    network.train()
    done = 0
    for _ in range(epochs):
        order = torch.randperm(len(images), generator=generator, device=images.device)
        for chosen in order.split(BATCH):
            logits = network(corrupt(images[chosen], space, generator, noise, replaced))
            loss = F.cross_entropy(logits, labels[chosen], label_smoothing=smoothing)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            done += 1
            optimiser.anneal(done, steps)
            yield done / steps
    network.eval()
    network.requires_grad_(False)


def train_classifier(
    network: nn.Module,
    space: Levels,
    images: Tensor,
    labels: Tensor,
    generator: torch.Generator,
    epochs: int = 40,
) -> None:
    """All of `classifier_passes` at once, with the same arguments."""
    for _ in classifier_passes(network, space, images, labels, generator, epochs):
        pass


class LabelledImages(NamedTuple):
    """Images in levels, shape (n, *shape), and their classes, int64, shape (n,)."""

    images: Tensor
    labels: Tensor


def real_image_training(
    space: Levels,
    classes: int,
    training: LabelledImages,
    held_out: LabelledImages,
    seed: int,
    epochs: int,
) -> Generator[float, None, tuple[ImageClassifier, float]]:
    """Trains a classifier on real images only; yields the share that is done.

    It learns from the training images and three quarters of the held-out ones, and is tested on the rest; of many
    images it makes fewer passes than `epochs`, as they show as much in each (`SHOWN`).

    Returns:
        The network, and its accuracy on the images it never saw.
    """
    images, device = held_out.images, held_out.images.device
    known, labels = training.labels.to(device), held_out.labels.to(device)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0)).to(device)
    seen, unseen = order[: 3 * len(order) // 4], order[3 * len(order) // 4 :]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = ImageClassifier(space, classes).to(device)
    learned = torch.cat([training.images, images[seen]])
    yield from classifier_passes(
        network,
        space,
        learned,
        torch.cat([known, labels[seen]]),
        torch.Generator(device).manual_seed(seed),
        min(epochs, max(LEAST_PASSES, SHOWN // learned.numel())),
    )
    return network, accuracy(network, images[unseen], labels[unseen])


def accuracy(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Share of images whose most probable class is their label."""
    with torch.no_grad():
        chosen = batched(lambda x: network(x).argmax(dim=1), images)
        return number((chosen == labels).float().mean())


def learn_for(steps: Iterator[float], seconds: float) -> float | None:
    """Goes on with a network's training for about so many seconds; the share that is done, None at its end."""
    due = time.perf_counter() + seconds
    share = next(steps, None)
    while share is not None and time.perf_counter() < due:
        share = next(steps, None)
    return share
