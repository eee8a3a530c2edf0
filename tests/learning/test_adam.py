"""Adam against torch's own."""

from itertools import pairwise

import pytest
import torch

from landscape_app.learning.adam import Adam

STEPS = 40


@pytest.mark.parametrize("decay", [0.0, 1e-2])
def test_steps_are_those_of_torch_to_the_last_bit(decay: float) -> None:
    mine, theirs = (torch.nn.Sequential(torch.nn.Linear(5, 7), torch.nn.Linear(7, 3)) for _ in range(2))
    theirs.load_state_dict(mine.state_dict())
    optimiser = Adam(mine.parameters(), 3e-2, decay)
    reference = torch.optim.AdamW(theirs.parameters(), lr=3e-2, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(reference, STEPS)
    rng = torch.Generator().manual_seed(1)
    for step in range(STEPS):
        x = torch.randn((11, 5), generator=rng)
        for network, steps in ((mine, optimiser), (theirs, reference)):
            steps.zero_grad()
            # A layer that takes no part has no gradient, and stays.
            (network if step % 3 else network[0])(x).square().mean().backward()
            steps.step()
        optimiser.anneal(step + 1, STEPS)
        schedule.step()
        assert optimiser.rate == reference.param_groups[0]["lr"]
        for a, b in zip(mine.parameters(), theirs.parameters(), strict=True):
            assert torch.equal(a, b)


def test_the_rate_falls_to_zero() -> None:
    optimiser = Adam([torch.zeros(1)], 0.5)
    rates = [0.5]
    for step in range(1, STEPS + 1):
        optimiser.anneal(step, STEPS)
        rates.append(optimiser.rate)
    assert all(later < earlier for earlier, later in pairwise(rates))
    assert rates[STEPS // 2] == pytest.approx(0.25)
    assert rates[-1] == pytest.approx(0, abs=1e-15)
