"""Convolutional observables compiled for the host: the network that they name, to single precision."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import Tensor

from landscape_app.models import compiled_network
from landscape_app.models.compiled_network import MOST_DENSE, _hide, _read_out
from landscape_app.models.observables import ConvObservables
from landscape_app.physics.kernels import compiled
from landscape_app.physics.space import Levels

ROUNDING = 2.0**-24
"""Relative error of a number in single precision."""

SUMMED = 64
"""Roundings that sums over some hundred terms of either sign add up to, at most, relative to the largest result."""


def network(
    space: Levels, channels: tuple[int, int] = (3, 4), stride: int = 1, full: bool = False
) -> ConvObservables:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        f = ConvObservables(space, 5, channels, stride, full)
        for parameter in f.parameters():
            parameter.data += 0.1 * torch.randn_like(parameter)
    return f


def images(space: Levels, n: int = 9) -> Tensor:
    return torch.randint(space.levels, (n, *space.shape), generator=torch.Generator().manual_seed(1)).float()


def error(found: Tensor, exact: Tensor) -> float:
    """The largest."""
    return float((found.double() - exact.detach()).abs().max())


@pytest.mark.parametrize(
    ("shape", "channels", "levels"),
    [
        ((8, 8), (16, 32), 17),
        ((4, 8), (1, 1), 2),
        ((12, 16), (3, 12), 17),
        ((4, 4, 3), (17, 5), 256),
        ((8, 12, 3), (3, 4), 17),
    ],
)
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("full", [False, True])
def test_energies_and_all_derivatives_are_those_of_automatic_differentiation_in_double_precision(
    shape: tuple[int, ...], channels: tuple[int, int], levels: int, stride: int, full: bool
) -> None:
    space, lam = Levels(shape, levels), torch.randn(5, generator=torch.Generator().manual_seed(2))
    f, x = network(space, channels, stride, full), images(space)
    coefficients = torch.randn(9, generator=torch.Generator().manual_seed(3))
    for _ in range(2):
        found, gradient = f.weighted_sum_and_gradient(x, lam)
        exact = ConvObservables(space, 5, channels, stride, full).double()
        exact.load_state_dict(f.state_dict())
        leaf = x.double().requires_grad_()
        values = exact(leaf)
        energy = values @ lam.double()
        (expected,) = torch.autograd.grad(energy.sum(), leaf, retain_graph=True)
        (energy @ coefficients.double()).backward()
        terms = (exact.features(x.double()) * (lam.double() @ exact.readout.weight)).detach()
        assert gradient.shape == x.shape
        assert error(found, energy) < SUMMED * ROUNDING * float(terms.abs().sum(1).max())
        assert error(gradient, expected) < SUMMED * ROUNDING * float(expected.abs().max())
        # Where θ learns, on one image after the other and on the rest at once.
        f.zero_grad()
        for n in range(2):
            part = slice(1) if n else slice(1, None)
            observed = f.differentiate(x[part], lam, coefficients[part])
            assert observed is not None
            assert error(observed, values[part]) < SUMMED * ROUNDING * float(values.detach().abs().max())
        for parameter, other in zip(f.parameters(), exact.parameters(), strict=True):
            assert parameter.grad is not None
            assert other.grad is not None
            assert error(parameter.grad, other.grad) < SUMMED * ROUNDING * float(other.grad.abs().max())
        # What is kept of the weights is made anew where these have changed.
        with torch.no_grad():
            for parameter in f.parameters():
                parameter.mul_(1.2)
    assert (x[0].numel() <= MOST_DENSE) == (shape in {(8, 8), (4, 8), (4, 4, 3)})


def test_silu_and_its_derivative_are_right_to_a_few_last_digits() -> None:
    s = np.concatenate([np.linspace(-100, 100, 4001), np.linspace(-2, 2, 1001)]).astype(np.float32)
    exact = s.astype(np.float64)
    sigmoid = 1 / (1 + np.exp(-exact))
    value, slope = exact * sigmoid, sigmoid * (1 + exact * (1 - sigmoid))
    bias = np.linspace(-1, 1, len(s), dtype=np.float32)
    z, h = (s - bias)[np.newaxis], np.empty((1, len(s)), np.float32)
    s = z[0] + bias
    # An exponent is rounded to 24 bits before the power is taken. Below 10⁻³⁵ all numbers are alike.
    tolerance = (4 + 2 * np.abs(s)) * ROUNDING
    _hide(z, h, bias, len(s))
    moved = np.abs(s - exact)
    assert (np.abs(h[0] - value) <= tolerance * np.abs(value) + moved * 1.1 + 1e-35).all()
    assert (np.abs(z[0] - slope) <= tolerance * sigmoid * (1 + np.abs(exact)) + moved + 1e-35).all()


def test_numbers_that_are_none_stay_none() -> None:
    z = np.array([[1.0, np.nan, 2.0], [1.0, 0.0, np.inf], [0.0, 0.0, 0.0]], np.float32)
    energy, bias = np.empty(3, np.float32), np.zeros(3, np.float32)
    _read_out(z, energy, bias, np.ones(3, np.float32))
    assert np.isnan(energy[0])
    assert energy[1] == np.inf
    assert energy[2] == 0
    assert np.isnan(z[0, 1])
    assert (z[2] == 0.5).all()


@pytest.mark.parametrize("shape", [(8, 8), (12, 12)])
def test_no_images_have_no_energies(shape: tuple[int, int]) -> None:
    f, x, lam = network(Levels(shape, 17)), torch.empty(0, *shape), torch.ones(5)
    energy, gradient = f.weighted_sum_and_gradient(x, lam)
    assert energy.shape == (0,)
    assert gradient.shape == x.shape


@pytest.mark.parametrize("full", [False, True])
def test_images_shared_among_threads_have_the_same_energies_and_derivatives(
    full: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled_network, "LEAST_PIXELS", 64)
    space, generator = Levels((8, 8), 17), torch.Generator().manual_seed(4)
    f, x, lam = network(space, full=full), images(space, 37), torch.randn(5, generator=generator)
    coefficients = torch.randn(37, generator=generator) / 37
    found = []
    for threads in (1, 3):
        monkeypatch.setattr(compiled, "available_threads", lambda n=threads: n)
        f.zero_grad()
        constraints = f.differentiate(x, lam, coefficients)
        gradients = [p.grad.clone() for p in f.parameters()]
        found.append((*f.weighted_sum_and_gradient(x, lam), constraints, *gradients))
    # A sum of 37 images in three parts: rounding alone.
    for one, three in zip(*found, strict=True):
        torch.testing.assert_close(three, one, atol=1e-5 * float(one.abs().max()), rtol=0)


def test_threads_that_share_a_network_do_not_disturb_each_other() -> None:
    space, lam = Levels((8, 8), 17), torch.ones(5)
    f = network(space, full=True)
    parts = [images(space, 40)[start : start + 10] for start in range(0, 40, 10)] * 8
    alone = [f.weighted_sum_and_gradient(x, lam) for x in parts]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda x: f.weighted_sum_and_gradient(x, lam), parts))
    for found, expected in zip(together, alone, strict=True):
        torch.testing.assert_close(found, expected, atol=0, rtol=0)
