"""Observables of pairs: what their Hamiltonian is of spins and categories, and colours under convolutions."""

import pytest
import torch
from torch.nn import functional as F

from landscape_app.physics.base import ProductBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.in_parts import AT_ONCE, in_parts
from landscape_app.physics.kernels import make_kernel
from landscape_app.physics.observables import ConvObservables, PerceptronObservables
from landscape_app.physics.pair_observables import PairObservables, one_hot
from landscape_app.physics.space import Levels, Line, Spins
from tests.models.uniform import uniform_model


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
    assert torch.equal(in_parts(evaluate, x), x.sum(1))
    assert sizes == [AT_ONCE, AT_ONCE // 2]
