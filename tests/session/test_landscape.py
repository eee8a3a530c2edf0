"""Landscapes on a grid: against quadrature over the whole space, closed forms and scipy."""

import math

import numpy as np
import pytest
import scipy.stats
import torch
from torch import Tensor

from landscape_app.physics.base_measure import GaussianBase, ProductBase
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.space import Levels, Line
from landscape_app.physics.surfaces import SURFACES, DoubleWell, Ring, TwoGaussians
from landscape_app.session.landscape.plane import Survey, bounds_for, check_drawable, survey


class Tilted:
    """An energy that is neither even nor bounded by the base's deviations."""

    def energy(self, x: Tensor) -> Tensor:
        """2 cos 2x₀ + Σ x/2."""
        flat = x.flatten(1)
        return 2 * (2 * flat[:, 0]).cos() + 0.5 * flat.sum(1)


def tilted(coordinates: int) -> Target:
    base = GaussianBase(
        Line((coordinates,)), torch.full((coordinates,), 0.5), torch.full((coordinates,), 1.2)
    )
    return Target(base, Hamiltonian([WeightedTerm(1.0, Tilted())], temperature=1.5))


@pytest.mark.parametrize("name", SURFACES)
def test_a_landscape_agrees_with_quadrature_over_the_box(name: str) -> None:
    target = SURFACES[name]().target(1.5)
    landscape = survey(target, bounds_for(target))
    exact = ExactModel(target).at()
    entropy = landscape.mean(-landscape.log_density)
    assert landscape.inside == pytest.approx(1.0, abs=1e-9)
    assert entropy == pytest.approx(exact.entropy, abs=5e-3)
    assert landscape.mean(landscape.energy) == pytest.approx(exact.energy, abs=5e-3)
    assert landscape.even_base


@pytest.mark.parametrize("coordinates", [1, 2])
def test_on_the_line_what_lies_beyond_the_bounds_counts(coordinates: int) -> None:
    target = tilted(coordinates)
    exact = ExactModel(target)
    bounds = ((-1.0, 1.5),) * coordinates
    landscape = survey(target, bounds)
    # Ten deviations of the base to either side, with a node at each wall.
    axis = torch.linspace(-11.0, 13.0, 1_201)
    x = torch.cartesian_prod(*[axis] * coordinates).view(-1, coordinates)
    p = (-target.surprisal(x).double()).softmax(0)
    within = ((x >= -1.0) & (x <= 1.5)).all(dim=1)
    assert not landscape.even_base
    assert landscape.inside == pytest.approx(float(p[within].sum()), abs=0.02)
    middle = tuple(len(axis) // 2 for axis in landscape.axes)
    x = torch.tensor([[axis[i] for axis, i in zip(landscape.axes, middle, strict=True)]], dtype=torch.float32)
    log_density = -float(target.surprisal(x)) - exact.at().log_partition
    assert float(landscape.log_density[middle]) == pytest.approx(log_density, abs=0.01)


def test_rows_are_y_and_columns_are_x() -> None:
    landscape = survey(TwoGaussians().target(), ((-6.0, 6.0), (-5.0, 5.0)))
    place = torch.tensor([[landscape.axes[0][40], landscape.axes[1][7]]], dtype=torch.float32)
    assert landscape.energy[7, 40] == pytest.approx(float(TwoGaussians().energy(place)), abs=1e-4)
    assert landscape.coordinate(0)[7, 40] == landscape.axes[0][40]
    assert landscape.bounds == ((-6.0, 6.0), (-5.0, 5.0))


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_the_region_that_encloses_a_share_is_the_gaussian_ellipse(share: float) -> None:
    target = Target(GaussianBase.standard(Line((2,))), Hamiltonian([]))
    landscape = survey(target, ((-6.0, 6.0), (-6.0, 6.0)))
    expected = scipy.stats.multivariate_normal([0, 0]).logpdf([0, 0]) + math.log(1 - share)
    assert landscape.enclosing(share) == pytest.approx(expected, abs=0.03)


def test_points_drawn_from_a_landscape_follow_it() -> None:
    landscape = survey(Ring().target(), ((-6.0, 6.0), (-6.0, 6.0)))
    points = landscape.draw(20_000, np.random.default_rng(0))
    radius, angle = np.hypot(*points.T), np.arctan2(points[:, 1], points[:, 0])
    # Density of the radius: r exp(−(r − R)²/2s²).
    grid = np.linspace(0, 6, 2001)
    density = grid * np.exp(-0.5 * ((grid - Ring().radius) / Ring().width) ** 2)
    cumulative = np.cumsum(density) / density.sum()
    assert scipy.stats.kstest(radius, lambda r: np.interp(r, grid, cumulative)).pvalue > 1e-3
    assert scipy.stats.kstest(angle, scipy.stats.uniform(-np.pi, 2 * np.pi).cdf).pvalue > 1e-3


def test_the_landscape_is_surveyed_anew_only_where_it_has_changed() -> None:
    target = DoubleWell().target()
    known = Survey(bounds_for(target))
    first = known.landscape(target)
    assert known.landscape(target._replace(beta=torch.ones(1))) is first
    assert known.landscape(target, version=1) is not first
    warm = DoubleWell().target(2.0)
    second = known.landscape(warm, version=1)
    assert second.energy == pytest.approx(first.energy / 2, rel=1e-5)
    assert second.bounds == first.bounds


def test_bounds_hold_the_data_or_the_base_measure() -> None:
    target = tilted(2)
    data = np.array([[0.0, -1.0], [2.0, 3.0]])
    assert np.array(bounds_for(target, data)) == pytest.approx(np.array([[-0.3, 2.3], [-1.6, 3.6]]))
    assert np.array(bounds_for(target)) == pytest.approx(np.array([[-1.9, 2.9], [-1.9, 2.9]]), abs=1e-6)
    flat = bounds_for(target, np.zeros((3, 2)))
    assert all(low < high for low, high in flat)


@pytest.mark.parametrize("space", [Line((3,)), Levels((2,), 4)])
def test_spaces_without_a_landscape_are_refused(space: Line | Levels) -> None:
    with pytest.raises(ValueError, match="one or two continuous coordinates"):
        check_drawable(space)
    if isinstance(space, Levels):
        with pytest.raises(ValueError, match="levels"):
            bounds_for(Target(ProductBase.uniform(space), Hamiltonian([])))


class Undefined:
    """An energy that is finite nowhere."""

    def energy(self, x: Tensor) -> Tensor:
        """NaN."""
        return torch.full((len(x),), torch.nan)


def test_an_energy_that_is_finite_nowhere_is_refused() -> None:
    target = Target(DoubleWell().target().base_measure, Hamiltonian([WeightedTerm(1.0, Undefined())]))
    with pytest.raises(ValueError, match="finite nowhere"):
        survey(target, bounds_for(target))
