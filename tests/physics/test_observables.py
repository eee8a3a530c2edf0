"""Observables: the fast paths against torch's own layers."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from landscape_app.physics.observables import ConvObservables, PerceptronObservables, mean_over_2x2
from landscape_app.physics.space import Box, Levels, Line, Space, Spins

SPACE = Levels((8, 8), 17)


def observables(space: Levels = SPACE) -> ConvObservables:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return ConvObservables(space, count=5, channels=(3, 4)).double()


def images(n: int, space: Levels = SPACE) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(space.levels, (n, *space.shape), generator=generator).double()


def test_weighted_sum_is_the_observables_times_the_multipliers() -> None:
    f, lam = observables(), torch.randn(5, generator=torch.Generator().manual_seed(2)).double()
    x = images(30)
    torch.testing.assert_close(f.weighted_sum(x, lam), f(x) @ lam)


@pytest.mark.parametrize("shape", [(8, 8), (4, 6), (2, 2)])
def test_observables_are_the_network_their_formula_names(shape: tuple[int, int]) -> None:
    space = Levels(shape, 17)
    f, x = observables(space), images(7, space)
    h = F.avg_pool2d(F.silu(f.conv1(x.unsqueeze(1) / 16)), 2)
    h = F.silu(f.conv2(h)).flatten(1)
    assert f(x).shape == (7, 5)
    torch.testing.assert_close(f(x), h @ f.readout.weight.T)
    assert f.readout.bias is None


def test_mean_over_2x2_is_average_pooling_with_its_gradient() -> None:
    h = torch.randn(2, 3, 6, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    ours, theirs = h.clone().requires_grad_(), h.clone().requires_grad_()
    a, b = mean_over_2x2(ours), F.avg_pool2d(theirs, 2)
    torch.testing.assert_close(a, b)
    a.sin().sum().backward()
    b.sin().sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad)


@pytest.mark.parametrize("shape", [(8,), (7, 8), (8, 7), (2, 2, 2)])
def test_images_of_odd_sides_or_other_dimensions_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="even sides"):
        ConvObservables(Levels(shape, 17))


@pytest.mark.parametrize("space", [Line((1,)), Box((2,), -1, 3), Spins((4, 4)), Levels((2, 3), 5)], ids=repr)
def test_perceptrons_are_the_network_their_formula_names(space: Space) -> None:
    torch.manual_seed(4)
    f = PerceptronObservables(space, count=3, hidden=(6, 5), scale=2.0).double()
    x = torch.rand(9, *space.shape, dtype=torch.float64)
    network = torch.nn.Sequential(f.layers[0], torch.nn.Tanh(), f.layers[1], torch.nn.Tanh(), f.readout)
    expected = network(space.unit(x).flatten(1) / 2)
    torch.testing.assert_close(f(x), expected)
    lam = torch.randn(3, dtype=torch.float64)
    torch.testing.assert_close(f.weighted_sum(x, lam), expected @ lam)


def test_a_perceptron_sees_points_from_their_centre_in_units_of_their_scale() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(7)
        plain = PerceptronObservables(Line((2,)), 3, (5,))
    centre, scale = torch.tensor([1.0, -40.0]), torch.tensor([0.5, 20.0])
    shifted = PerceptronObservables(Line((2,)), 3, (5,), scale, centre)
    for a, b in zip(shifted.parameters(), plain.parameters(), strict=True):
        a.data.copy_(b.data)
    x = torch.randn(9, 2)
    torch.testing.assert_close(shifted(centre + scale * x), plain(x))
    assert not any(name in dict(shifted.named_parameters()) for name in ("scale", "centre"))
