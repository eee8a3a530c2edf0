"""Scaling by the running root mean square, against its definition as a weighted mean."""

import pytest
import torch

from landscape_app.learning.scaling import RootMeanSquareScaling


def gradients(count: int, seed: int = 0) -> torch.Tensor:
    return torch.randn((count, 5), generator=torch.Generator().manual_seed(seed)) * torch.logspace(-3, 3, 5)


def test_it_divides_by_the_root_of_the_weighted_mean_of_squares() -> None:
    decay, seen = 0.9, gradients(20)
    scaling = RootMeanSquareScaling(decay)
    for step, gradient in enumerate(seen):
        weights = decay ** torch.arange(step, -1, -1.0)
        mean = (weights[:, None] * seen[: step + 1] ** 2).sum(0) / weights.sum()
        torch.testing.assert_close(scaling.scale(gradient), gradient / mean.sqrt(), rtol=1e-4, atol=1e-6)


def test_together_all_entries_have_one_scale() -> None:
    decay, seen = 0.9, gradients(20)
    scaling = RootMeanSquareScaling(decay, together=True)
    for step, gradient in enumerate(seen):
        weights = decay ** torch.arange(step, -1, -1.0)
        mean = (weights @ seen[: step + 1].square().mean(1)) / weights.sum()
        torch.testing.assert_close(scaling.scale(gradient), gradient / mean.sqrt(), rtol=1e-4, atol=1e-6)


def test_its_state_goes_on_to_the_same_bits() -> None:
    first, second = RootMeanSquareScaling(), RootMeanSquareScaling()
    assert set(first.state_dict()) == {"steps"}
    for gradient in gradients(4):
        first.scale(gradient)
    second.load_state_dict(first.state_dict(), torch.zeros(5))
    for gradient in gradients(4, seed=1):
        assert torch.equal(first.scale(gradient), second.scale(gradient))


def test_a_state_of_another_shape_is_refused() -> None:
    scaling = RootMeanSquareScaling()
    scaling.scale(torch.ones(5))
    with pytest.raises(ValueError, match="mean_square has shape"):
        RootMeanSquareScaling().load_state_dict(scaling.state_dict(), torch.zeros(4))
