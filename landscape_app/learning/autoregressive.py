"""Autoregressive densities of images of levels by maximum likelihood, stopped by held-out images."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Generator

import torch
from torch import Tensor, nn

from landscape_app.learning.adam import Adam
from landscape_app.models.autoregressive import nats

PASSES = 5
"""Over the training images, between two looks at the held-out ones."""

BATCH, DECAY = 50, 0.01
"""Images a step of the optimiser, and decay of its weights."""

PATIENCE = 30
"""Looks without a better one after which it stops."""


def likelihood_passes(
    network: nn.Module,
    training: Tensor,
    held_out: Tensor,
    seconds: float,
    rate: float = 2e-3,
    seed: int = 0,
) -> Generator[float, None, float]:
    """Maximum likelihood by AdamW; keeps the parameters that give held-out images most probability.

    Yields the share of the time that is gone, after every look at the held-out images.

    Args:
        network: a density; trained in place.
        training: images to learn, shape (n, height, width).
        held_out: images to stop by, shape (m, height, width), looked at every `PASSES` passes.
        seconds: of training at most, looks not counted.
        rate: learning rate.
        seed: of the order of images, and of dropout.

    Returns:
        Seconds of training until it was at its best.
    """
    optimiser = Adam(network.parameters(), rate, DECAY)
    spent, best, since, looks = 0.0, math.inf, 0, 0
    kept, found = copy.deepcopy(network.state_dict()), 0.0
    while spent < seconds and since < PATIENCE:
        start = time.perf_counter()
        network.train()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed + looks)
            for _ in range(PASSES):
                for chosen in torch.randperm(len(training)).split(BATCH):
                    optimiser.zero_grad()
                    (-network.log_prob(training[chosen]).mean()).backward()  # type: ignore[operator]
                    optimiser.step()
        spent += time.perf_counter() - start
        value = float(nats(network.eval(), held_out).mean())  # type: ignore[arg-type]
        looks, since = looks + 1, since + 1
        if value < best:
            best, since, found = value, 0, spent
            kept = copy.deepcopy(network.state_dict())
        yield min(1.0, spent / seconds)
    network.load_state_dict(kept)
    network.eval().requires_grad_(False)
    return found
