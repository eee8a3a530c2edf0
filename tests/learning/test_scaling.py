"""Scaling by the running root mean square, against its definition as a weighted mean, and in a rotated basis."""

import pytest
import torch

from landscape_app.learning.scaling import RootMeanSquareScaling, RotatedScaling


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


def kernels(count: int, seed: int = 0) -> torch.Tensor:
    """Gradients of a convolution of 3 × 2 channels whose outputs, inputs and pixels vary together."""
    generator = torch.Generator().manual_seed(seed)
    mixings = [torch.randn((n, n), generator=generator) for n in (3, 2, 4)]
    noise = torch.randn((count, 3, 2, 4), generator=generator)
    return torch.einsum("noip,oa,ib,pc->nabc", noise, *mixings).view(count, 3, 2, 2, 2)


def test_rotated_steps_are_white() -> None:
    """Outputs, inputs and pixels that vary together do so no more; scaled by entries they still do."""
    rotated, by_entry = RotatedScaling(), RootMeanSquareScaling()
    seen = kernels(1200)
    white, grey = (
        torch.stack([scaling.scale(g).flatten() for g in seen])[600:] for scaling in (rotated, by_entry)
    )
    left, before = (float((steps.T @ steps / len(steps) - torch.eye(24)).norm()) for steps in (white, grey))
    # The bases are those of about 100 gradients, so that something is left.
    assert left < before / 2


def test_a_rotated_state_goes_on_to_the_same_bits_and_begins_anew_from_another_scaling() -> None:
    first, second, other = RotatedScaling(), RotatedScaling(), RootMeanSquareScaling()
    for gradient in kernels(14):
        first.scale(gradient)
        other.scale(gradient)
    second.load_state_dict(first.state_dict(), gradient)
    for gradient in kernels(14, seed=1):
        assert torch.equal(first.scale(gradient), second.scale(gradient))
    second.load_state_dict(other.state_dict(), gradient)
    assert torch.equal(second.scale(gradient), RotatedScaling().scale(gradient))
    with pytest.raises(ValueError, match="covariance1 has shape"):
        second.load_state_dict(first.state_dict() | {"covariance1": torch.eye(3)}, gradient)


def test_a_gradient_of_zero_is_left() -> None:
    scaling = RotatedScaling()
    for _ in range(3):
        assert not scaling.scale(torch.zeros(3, 2, 2, 2)).any()
