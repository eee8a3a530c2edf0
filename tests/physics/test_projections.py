"""Squared projections on directions that stay orthonormal."""

import math

import numpy as np
import pytest
import torch

from landscape_app.physics.projections import OrthonormalFrame, RotatedAxes, SquaredProjections
from landscape_app.physics.space import Line


def frame(sites: int, count: int, seed: int = 0) -> OrthonormalFrame:
    return OrthonormalFrame(Line((sites,)), count, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    "observables", [RotatedAxes(Line((2,)), 0.7), frame(5, 5), frame(9, 3)], ids=["plane", "basis", "frame"]
)
def test_directions_stay_orthonormal_under_gradient_steps(observables: SquaredProjections) -> None:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(50, observables.space.sites, generator=generator)
    optimiser = torch.optim.SGD(observables.parameters(), lr=0.3)
    before = observables.directions().detach()
    for _ in range(20):
        optimiser.zero_grad()
        observables(x).mean(0)[0].backward()
        optimiser.step()
        v = observables.directions().detach()
        torch.testing.assert_close(v.T @ v, torch.eye(v.shape[1]), atol=1e-5, rtol=0)
    assert not torch.allclose(v, before, atol=1e-2)


def test_observables_are_the_squared_projections() -> None:
    observables = frame(6, 2)
    x = torch.randn(7, 6, generator=torch.Generator().manual_seed(2))
    v = observables.directions().detach().numpy()
    by_hand = np.array([[float(v[:, i] @ row) ** 2 for i in range(2)] for row in x.numpy()])
    np.testing.assert_allclose(observables(x).detach().numpy(), by_hand, rtol=1e-4, atol=1e-6)
    multipliers = torch.tensor([0.3, -0.2])
    np.testing.assert_allclose(
        observables.weighted_sum(x, multipliers).detach().numpy(),
        by_hand @ multipliers.numpy(),
        rtol=1e-4,
        atol=1e-6,
    )


def test_images_are_projected_as_their_pixels_in_a_row() -> None:
    flat = frame(6, 2)
    images = OrthonormalFrame(Line((2, 3)), 2, torch.Generator().manual_seed(0))
    x = torch.randn(4, 2, 3, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(images(x), flat(x.flatten(1)))


def test_axes_of_a_plane_turn_by_the_angle() -> None:
    v = RotatedAxes(Line((2,)), math.radians(30)).directions().detach().numpy()
    np.testing.assert_allclose(v, [[math.sqrt(3) / 2, -0.5], [0.5, math.sqrt(3) / 2]], atol=1e-6)


def test_impossible_directions_are_refused() -> None:
    with pytest.raises(ValueError, match="two dimensions"):
        RotatedAxes(Line((3,)))
    with pytest.raises(ValueError, match="1 to 4"):
        frame(4, 5)
