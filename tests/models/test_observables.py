"""Observables: what they are invariant under, what they can express, and the distributions that they make."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from landscape_app.models.observables import (
    ConvObservables,
    OrthonormalFrame,
    PairObservables,
    PerceptronObservables,
    RotatedAxes,
    SquaredProjections,
    mean_over_2x2,
    one_hot,
)
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.batched import AT_ONCE, batched
from landscape_app.physics.chains import Chains
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import make_kernel
from landscape_app.physics.space import Box, Levels, Line, Mixed, Space, Spins
from tests.models.uniform import uniform_model

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


@pytest.mark.parametrize("shape", [(8, 8), (4, 8), (12, 12), (4, 4, 3)])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("full_resolution", [False, True])
def test_the_gradient_by_hand_is_that_of_automatic_differentiation(
    shape: tuple[int, ...], stride: int, full_resolution: bool
) -> None:
    space, lam = Levels(shape, 17), torch.randn(5, generator=torch.Generator().manual_seed(2)).double()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        f = ConvObservables(space, 5, (3, 4), stride, full_resolution).double()
        for parameter in f.parameters():
            parameter.data += 0.1 * torch.randn_like(parameter)
    for _ in range(2):
        x = images(9, space).requires_grad_()
        energy = f.weighted_sum(x, lam)
        (expected,) = torch.autograd.grad(energy.sum(), x)
        found, gradient = f.weighted_sum_and_gradient(x.detach(), lam)
        torch.testing.assert_close(found, energy.detach())
        torch.testing.assert_close(gradient, expected)
        # What is kept of the weights is made anew where these have changed.
        with torch.no_grad():
            f.conv1.weight.mul_(1.5)
            f.conv2.weight.mul_(0.5)


def test_many_images_are_differentiated_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    f, lam, x = observables().float(), torch.ones(5), images(20).float()
    whole = f.weighted_sum_and_gradient(x, lam)
    monkeypatch.setattr("landscape_app.models.observables.IN_CACHE", 7 * f.readout.in_features)
    for part, expected in zip(f.weighted_sum_and_gradient(x, lam), whole, strict=True):
        torch.testing.assert_close(part, expected)


def test_full_resolution_has_no_mean_and_a_bias_for_every_position() -> None:
    space = Levels((4, 6), 17)
    torch.manual_seed(0)
    f, x = ConvObservables(space, 5, (3, 4), full_resolution=True), images(7, space).float()
    for bias in (f.bias1, f.bias2):
        assert bias.shape[1:] == space.shape
        torch.nn.init.normal_(bias)
    h = F.silu(F.conv2d(x.unsqueeze(1) / 16, f.conv1.weight, padding=1) + f.bias1)
    h = F.silu(F.conv2d(h, f.conv2.weight, padding=1) + f.bias2)
    torch.testing.assert_close(f(x), h.flatten(1) @ f.readout.weight.T)
    assert {name for name, _ in f.named_parameters()} == {
        "conv1.weight", "conv2.weight", "bias1", "bias2", "readout.weight"
    }  # fmt: skip


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


def test_the_energy_of_pairs_of_spins_has_the_couplings_and_fields_that_it_says() -> None:
    torch.manual_seed(0)
    space = Spins((5,))
    f, lam = PairObservables(space, 3), torch.randn(3)
    w, b = f.projection.weight.detach(), f.projection.bias.detach()
    coupling = -2 * torch.einsum("k,ki,kj->ij", lam, w, w)
    field = -2 * torch.einsum("k,k,ki->i", lam, b, w)
    states = space.enumerate()
    pairs = torch.triu(coupling, 1)
    expected = -torch.einsum("ni,ij,nj->n", states, pairs, states) - states @ field
    energy = f.weighted_sum(states, lam).detach()
    torch.testing.assert_close(energy - energy.mean(), expected - expected.mean(), atol=1e-5, rtol=1e-5)


def test_levels_are_one_hot_and_carry_no_gradient() -> None:
    space = Levels((3,), 4)
    x = torch.tensor([[0.0, 3.0, 1.0]], requires_grad=True)
    encoded = one_hot(space, x)
    expected = F.one_hot(x.detach().long(), 4)[..., 1:].flatten(1).float()
    assert torch.equal(encoded.detach(), expected)
    encoded.sum().backward()
    assert torch.equal(x.grad, torch.zeros(1, 3))


@pytest.mark.parametrize("kernel", ["single-site", "discrete-langevin"])
def test_kernels_leave_a_distribution_over_categories_as_it_is(kernel: str) -> None:
    torch.manual_seed(1)
    space = Levels((3,), 3)
    f = PerceptronObservables(space, 2, (6,), by_category=True).requires_grad_(False)
    target = Target(
        ProductBase(space, torch.randn(3, 3)),
        Hamiltonian([WeightedTerm(4.0, uniform_model(f, torch.ones(2)))]),
    )
    states = space.enumerate()
    probability = (-target.surprisal(states).double()).softmax(0)
    generator = torch.Generator().manual_seed(0)
    start = states[torch.multinomial(probability, 20_000, replacement=True, generator=generator)]
    chains = Chains(start, target, make_kernel(kernel, target), generator)
    chains.run(20)
    number = (chains.x @ torch.tensor([9.0, 3.0, 1.0])).long()
    count = torch.bincount(number, minlength=27).double()
    chi_squared = float(((count - 20_000 * probability) ** 2 / (20_000 * probability)).sum())
    assert chi_squared < 26 + 5 * (2 * 26) ** 0.5


def test_pairs_of_points_are_refused() -> None:
    with pytest.raises(ValueError, match="spins or categories"):
        PairObservables(Line((2,)), 2)


def test_colours_are_the_channels_of_the_first_convolution() -> None:
    torch.manual_seed(0)
    space = Levels((8, 8, 3), 5)
    f = ConvObservables(space, 4, (6, 7), stride=2)
    x = torch.randint(0, 5, (3, 8, 8, 3)).float()
    h = F.conv2d(x.permute(0, 3, 1, 2) / 4, f.conv1.weight, f.conv1.bias, stride=2, padding=1)
    assert f.conv1.weight.shape[1:] == (3, 4, 4)
    h = F.silu(F.conv2d(F.avg_pool2d(F.silu(h), 2), f.conv2.weight, f.conv2.bias, padding=1))
    torch.testing.assert_close(f(x), h.flatten(1) @ f.readout.weight.T)


def test_every_pixel_is_seen_whatever_the_stride() -> None:
    torch.manual_seed(0)
    for stride in (1, 2, 4):
        f = ConvObservables(Levels((16, 16), 5), 3, (4, 4), stride=stride)
        x = torch.full((1, 16, 16), 2.0, requires_grad=True)
        f(x).sum().backward()
        assert (x.grad != 0).all()
    with pytest.raises(ValueError, match="multiples of 8"):
        ConvObservables(Levels((12, 16), 5), stride=4)


def test_discrete_langevin_leaves_a_distribution_over_coloured_images_as_it_is() -> None:
    torch.manual_seed(2)
    space = Levels((2, 2, 3), 2)
    f = ConvObservables(space, 2, (3, 3)).requires_grad_(False)
    term = WeightedTerm(20.0, uniform_model(f, torch.ones(2)))
    target = Target(ProductBase(space, torch.randn(12, 2)), Hamiltonian([term]))
    exact = ExactModel(target).at()
    states = space.enumerate()
    probability = (-target.surprisal(states).double() - exact.log_partition).exp()
    generator = torch.Generator().manual_seed(0)
    start = states[torch.multinomial(probability, 10_000, replacement=True, generator=generator)]
    chains = Chains(start, target, make_kernel("discrete-langevin", target), generator)
    chains.run(20)
    energies = target.hamiltonian.energy(states).double()
    mean = float(probability @ energies)
    error = float((probability @ (energies - mean) ** 2).sqrt()) / 100
    assert abs(float(chains.energy.mean()) - mean) < 4 * error
    expected = (probability @ states.flatten(1).double()).float()
    assert float((chains.x.flatten(1).mean(0) - expected).abs().max()) < 4 * 0.5 / 100


def test_many_configurations_are_evaluated_in_parts() -> None:
    sizes: list[int] = []

    def evaluate(x: torch.Tensor) -> torch.Tensor:
        sizes.append(x.numel())
        return x.sum(1)

    x = torch.ones(3, AT_ONCE // 2)
    assert torch.equal(batched(evaluate, x), x.sum(1))
    assert sizes == [AT_ONCE, AT_ONCE // 2]


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


def test_mixed_rows_are_scaled_numbers_beside_one_hot_categories() -> None:
    space = Mixed((0, 3, 0, 2))
    torch.manual_seed(3)
    scale, centre = torch.tensor([2.0, 4.0]), torch.tensor([1.0, -1.0])
    f = PerceptronObservables(space, 3, (5,), scale, centre)
    x = torch.tensor([[5.0, 2.0, -9.0, 0.0], [1.0, 1.0, 3.0, 1.0]], requires_grad=True)
    inputs = torch.tensor([[2.0, -2.0, 0, 1, 0], [0.0, 1.0, 1, 0, 1]])
    torch.testing.assert_close(f(x), f.readout(torch.tanh(f.layers[0](inputs))))
    f(x).sum().backward()
    assert x.grad is not None
    assert not bool(x.grad[:, [1, 3]].any())
    assert bool((x.grad[:, [0, 2]] != 0).all())
    with pytest.raises(ValueError, match="not of numbers and categories"):
        PairObservables(space, 2)


@pytest.mark.parametrize("space", [Line((3,)), Box((3,), -1.0, 4.0), Levels((3, 2), 9), Spins((3,))], ids=str)
def test_the_perceptron_s_gradient_by_hand_is_that_of_automatic_differentiation(space: Space) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        scale, centre = torch.rand(space.sites) + 0.5, torch.randn(space.sites)
        f = PerceptronObservables(space, count=3, hidden=(5, 4), scale=scale, centre=centre).double()
        x = torch.randn(6, *space.shape, dtype=torch.float64, requires_grad=True)
        multipliers = torch.randn(3, dtype=torch.float64)
    expected = f.weighted_sum(x, multipliers)
    (slope,) = torch.autograd.grad(expected.sum(), x)
    found = f.weighted_sum_and_gradient(x, multipliers)
    assert found is not None
    torch.testing.assert_close(found, (expected.detach(), slope))
