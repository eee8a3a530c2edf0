"""Trajectories of the leapfrog against its own laws."""

import math

import numpy as np
import pytest
import scipy.stats
import torch
from torch import Tensor

from landscape_app.physics.kernels import HMC, State
from landscape_app.physics.kernels.hmc import LEAST_STEPS
from landscape_app.physics.kernels.mala import leapfrog, reflected
from landscape_app.physics.space import Box
from tests.physics.exact import LEAST_P_VALUE
from tests.physics.ripples import TARGETS, generator, quadrature


def test_points_beyond_the_walls_are_folded_back_with_their_momentum() -> None:
    box = Box((1,), -1.0, 3.0)
    cases = [
        (0.5, 0.5, 1),
        (-1.0, -1.0, 1),
        (-1.5, -0.5, -1),
        (3.25, 2.75, -1),
        (8.0, 0.0, 1),
        (-6.0, 2.0, 1),
        (12.5, 1.5, -1),
    ]
    beyond, inside, sign = (torch.tensor(column).unsqueeze(1) for column in zip(*cases, strict=True))
    x, momentum = reflected(beyond.clone(), torch.full_like(beyond, 2.0), box)
    torch.testing.assert_close(x, inside)
    torch.testing.assert_close(momentum, 2.0 * sign)


def phase_points(where: str, n: int) -> tuple[State, Tensor]:
    """Positions of a target, with their gradients, and momenta, in double precision."""
    target = TARGETS[where]
    x = quadrature(where).draw(n, seed=15).double()
    momentum = torch.randn(x.shape, generator=generator(16), dtype=torch.float64)
    return State(x, *target.hamiltonian.energy_and_gradient(x)), momentum


def double(value: float) -> Tensor:
    return torch.tensor(value, dtype=torch.float64)


@pytest.mark.parametrize("where", sorted(TARGETS))
def test_a_trajectory_turned_round_leads_back(where: str) -> None:
    target = TARGETS[where]
    start, momentum = phase_points(where, 200)
    reach = torch.linspace(0.05, 0.4, 200, dtype=torch.float64).view(-1, *[1] * (start.x.dim() - 1))
    end, last = leapfrog(start, momentum, reach, 9, target)
    back, first = leapfrog(end, -last, reach, 9, target)
    torch.testing.assert_close(back.x, start.x, rtol=0, atol=1e-8)
    torch.testing.assert_close(first, -momentum, rtol=0, atol=1e-8)
    assert float((end.x - start.x).abs().mean()) > 0.3


@pytest.mark.parametrize("where", sorted(TARGETS))
def test_a_trajectory_keeps_the_volume_of_phase_space(where: str) -> None:
    target = TARGETS[where]
    start, momentum = phase_points(where, 40)
    sites, h = start.x[0].numel(), 1e-6

    def moved(shift: Tensor) -> Tensor:
        x = start.x + shift[:sites].view(start.x.shape[1:])
        p = momentum + shift[sites:].view(start.x.shape[1:])
        end, last = leapfrog(State(x, *target.hamiltonian.energy_and_gradient(x)), p, double(0.3), 5, target)
        return torch.cat([end.x.flatten(1), last.flatten(1)], dim=1)

    unit = h * torch.eye(2 * sites, dtype=torch.float64)
    jacobian = torch.stack([(moved(row) - moved(-row)) / (2 * h) for row in unit], dim=2)
    volumes = torch.linalg.det(jacobian)
    torch.testing.assert_close(volumes, torch.ones_like(volumes), rtol=0, atol=1e-5)


@pytest.mark.parametrize("where", ["line-1d", "line-2d"])
def test_the_energy_s_error_is_of_second_order_in_the_step(where: str) -> None:
    target = TARGETS[where]
    start, momentum = phase_points(where, 500)

    def total(state: State, p: Tensor) -> Tensor:
        return state.energy - target.base_measure.log_prob(state.x) + 0.5 * (p**2).flatten(1).sum(1)

    errors = []
    for steps in (20, 40, 80):
        end, last = leapfrog(start, momentum, double(1 / steps), steps, target)
        errors.append(float((total(end, last) - total(start, momentum)).abs().mean()))
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.1)
    assert errors[1] / errors[2] == pytest.approx(4, rel=0.1)


def test_trajectories_have_every_length_up_to_the_longest_alike() -> None:
    kernel, target = HMC(0.1, length=0.6), TARGETS["line-1d"]
    state, g = kernel.init(torch.zeros(4, 1), target), generator(18)
    lengths = [kernel.step(state, target, g)[1].evaluations for _ in range(600)]
    assert scipy.stats.chisquare(np.bincount(lengths)[1:]).pvalue > LEAST_P_VALUE
    assert set(lengths) == {1, 2, 3, 4, 5, 6}


@pytest.mark.parametrize("length", [0.0, -1.0, math.nan])
def test_lengths_that_are_not_positive_are_refused(length: float) -> None:
    with pytest.raises(ValueError, match="trajectory length must be positive"):
        HMC(0.1, length=length)


def test_there_is_always_a_shorter_trajectory_to_compare_with() -> None:
    assert HMC(1.0, length=0.1).most_steps == LEAST_STEPS
