"""Paths are compared with known saddles, and with the lowest pass of a small space, flooded state by state."""

import numpy as np
import pytest
import scipy.interpolate
import torch
from torch import Tensor

from landscape_app.physics.base_measure import GaussianBase, ProductBase
from landscape_app.physics.disconnectivity import LowestRoutes
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.paths import (
    BandPaths,
    ElasticBands,
    polyline,
    profile,
    straight_paths,
    tightened,
    tops,
    walk_on_levels,
)
from landscape_app.physics.relaxation import RelaxedTarget, SmoothDescent, monotone_slopes
from landscape_app.physics.space import Levels, Line, Spins
from tests.physics.exact import coupled_target, random_base
from tests.physics.surfaces import (
    MUELLER_BROWN_ENERGIES,
    MUELLER_BROWN_MINIMA,
    MUELLER_BROWN_SADDLES,
    AnalyticSurface,
    bent_double_well,
    mueller_brown,
)

SETTLED = {"spring": 0.3, "tolerance": 0.1, "steps": 800}


def relaxed(surface: object, x: Tensor, steps: float = 2_000, **options: float) -> BandPaths:
    bands = ElasticBands(surface, x, **options)  # type: ignore[arg-type]
    for paths in bands.run(int(steps)):
        last = paths
    return last


def level_edges(space: Levels) -> np.ndarray:
    """All pairs of states that differ by one level at one site, rows of `Levels.enumerate`."""
    levels = space.index(space.enumerate().flatten(1)).numpy()
    strides = space.levels ** np.arange(space.sites)[::-1]
    pairs = []
    for site, stride in enumerate(strides):
        low = np.flatnonzero(levels[:, site] < space.levels - 1)
        pairs.append(np.stack([low, low + stride], 1))
    return np.concatenate(pairs)


def wells(target: Target) -> tuple[Tensor, np.ndarray, np.ndarray, int, int]:
    """States, edges between them, energies, and the lowest states left and right of the middle."""
    states = target.base_measure.space.enumerate()
    energy = target.surprisal(states).numpy()
    left, right = (
        int(np.flatnonzero(side)[energy[side].argmin()]) for side in (states[:, 0] < 8, states[:, 0] > 8)
    )
    return states, level_edges(target.base_measure.space), energy, left, right


class TwoValleys:
    """Two wells on a lattice of levels, with a curved valley between them."""

    def energy(self, x: Tensor) -> Tensor:
        u, v = (x.flatten(1) / 8 - 1).unbind(1)
        return 6 * (u**2 - 0.5) ** 2 / 0.25 + 8 * (v - u**2) ** 2 + 0.8 * u


def two_valleys(seed: int | None = None) -> Target:
    space = Levels((2,), 17)
    base = ProductBase.uniform(space) if seed is None else random_base(space, seed)
    return Target(base, Hamiltonian([WeightedTerm(1.0, TwoValleys())]))


def test_bands_find_the_saddles_of_mueller_and_brown() -> None:
    surface = AnalyticSurface(mueller_brown)
    minima = MUELLER_BROWN_MINIMA
    starts, ends = minima[[0, 1, 0]], minima[[1, 2, 2]]
    paths = relaxed(surface, straight_paths(starts, ends, 15), spring=100.0, tolerance=0.05)
    assert paths.converged.all()
    expected = [MUELLER_BROWN_SADDLES[0], MUELLER_BROWN_SADDLES[1], MUELLER_BROWN_SADDLES[0]]
    np.testing.assert_allclose(paths.energy.amax(1), expected, atol=6e-4)
    np.testing.assert_allclose(tops(surface, paths.x), expected, atol=1e-2)
    np.testing.assert_allclose(surface.energy(minima), MUELLER_BROWN_ENERGIES, atol=6e-4)


def test_a_smooth_descent_ends_in_the_minima_of_mueller_and_brown() -> None:
    surface = AnalyticSurface(mueller_brown)
    starts = MUELLER_BROWN_MINIMA + 0.12 * torch.tensor([[1.0, 1.0], [-1.0, 0.5], [0.5, -1.0]])
    descent = SmoothDescent(surface, starts, tolerance=1e-3)
    for _ in descent.run(300):
        pass
    assert descent.arrived.all()
    torch.testing.assert_close(descent.x, MUELLER_BROWN_MINIMA, atol=1e-5, rtol=0)
    torch.testing.assert_close(
        surface.energy(descent.x),
        torch.tensor(MUELLER_BROWN_ENERGIES, dtype=torch.float64),
        atol=1e-3,
        rtol=0,
    )


class BeyondTheEdge:
    """A bowl about (20, 3.5), the first coordinate of which no level reaches."""

    def energy(self, x: Tensor) -> Tensor:
        return (x.flatten(1) - x.new_tensor([20.0, 3.5])).square().sum(1)


def test_a_smooth_descent_ends_at_the_edge_where_the_range_stops_it() -> None:
    target = Target(ProductBase.uniform(Levels((2,), 17)), Hamiltonian([WeightedTerm(1.0, BeyondTheEdge())]))
    descent = SmoothDescent(RelaxedTarget(target), torch.tensor([[4.0, 9.0]]))
    for _ in descent.run(100):
        pass
    assert descent.arrived.all()
    torch.testing.assert_close(descent.x, torch.tensor([[16.0, 3.5]]), atol=0.05, rtol=0)


def test_a_band_follows_a_curved_valley_over_a_saddle_in_closed_form() -> None:
    surface = AnalyticSurface(bent_double_well)
    ends = torch.tensor([[-1.0, 1.0], [1.0, 1.0]], dtype=torch.float64)
    paths = relaxed(surface, straight_paths(ends[:1], ends[1:], 21), spring=5.0, tolerance=1e-3)
    assert paths.converged.all()
    u, v = paths.x[0].unbind(1)
    highest = int(paths.energy[0].argmax())
    np.testing.assert_allclose(paths.x[0, highest], [0, 0], atol=1e-3)
    assert float(paths.energy[0, highest]) == pytest.approx(1.0, abs=1e-5)
    # Where the valley is not parallel to the way down, the path leaves v = u² by what the slope demands.
    assert float((v - u**2).abs().max()) < 0.1
    spacing = paths.x[0].diff(dim=0).norm(dim=1)
    for half in (spacing[:highest], spacing[highest:]):
        assert float(half.max() / half.min()) < 1.2
    barrier = profile(surface, paths.x[0]).barrier
    assert barrier.forward == pytest.approx(1.0, abs=0.01)
    assert barrier.backward == pytest.approx(1.0, abs=0.01)
    assert barrier.along == pytest.approx(0.5, abs=0.03)


def test_a_path_that_has_not_settled_says_so() -> None:
    surface = AnalyticSurface(mueller_brown)
    x = straight_paths(MUELLER_BROWN_MINIMA[:1], MUELLER_BROWN_MINIMA[2:], 15)
    assert not relaxed(surface, x, steps=3, spring=100.0, tolerance=0.05).converged.any()


def test_bands_that_have_converged_stay_while_others_go_on() -> None:
    surface = AnalyticSurface(mueller_brown)
    minima = MUELLER_BROWN_MINIMA
    x = straight_paths(minima[[1, 0]], minima[[2, 2]], 15)
    bands = ElasticBands(surface, x, spring=100.0, tolerance=0.05)
    for paths in bands.run(2_000):
        if paths.converged[0] and not paths.converged[1]:
            first = paths.x[0].clone()
            break
    for _ in bands.run(2_000):
        pass
    assert bands.paths.converged.all()
    torch.testing.assert_close(bands.paths.x[0], first)


@pytest.mark.parametrize("seed", [None, 1])
def test_relaxed_energy_is_that_of_the_levels_and_its_gradient_that_of_differences(seed: int | None) -> None:
    target = two_valleys(seed)
    surface = RelaxedTarget(target)
    states = target.base_measure.space.enumerate()
    np.testing.assert_allclose(surface.energy(states.flatten(1)), target.surprisal(states), atol=1e-4)
    x = 16 * torch.rand(200, 2, generator=torch.Generator().manual_seed(0))
    energy, gradient = surface.energy_and_gradient(x)
    np.testing.assert_allclose(energy, surface.energy(x), atol=1e-4)
    step = 1e-2
    for site in range(2):
        shift = torch.zeros(2)
        shift[site] = step
        inside = ((x - shift >= 0) & (x + shift <= 16)).all(1)
        slope = (surface.energy(x + shift) - surface.energy(x - shift)) / (2 * step)
        np.testing.assert_allclose(slope[inside], gradient[inside, site], atol=0.15)


def test_log_q_between_levels_is_the_monotone_cubic_of_scipy() -> None:
    rng = np.random.default_rng(3)
    for nodes in (2, 3, 17):
        values = rng.normal(size=(6, nodes)).round(1)
        values[0] = np.sort(values[0])
        spline = scipy.interpolate.PchipInterpolator(np.arange(nodes), values, axis=1)
        slopes = monotone_slopes(torch.as_tensor(values))
        np.testing.assert_allclose(slopes, spline(np.arange(nodes), nu=1), atol=1e-12)
    space = Levels((3,), 9)
    base = random_base(space, 4)
    surface = RelaxedTarget(Target(base, Hamiltonian([])))
    x = 8 * torch.rand(50, 3, generator=torch.Generator().manual_seed(1))
    table = base.log_probabilities.double().numpy()
    spline = scipy.interpolate.PchipInterpolator(np.arange(9), table, axis=1)
    expected = -sum(spline(x[:, i].numpy())[i] for i in range(3))
    np.testing.assert_allclose(surface.energy(x), expected, atol=1e-4)


def test_spins_are_relaxed_between_their_two_values() -> None:
    space = Spins((2,))
    base = random_base(space, 2)
    surface = RelaxedTarget(Target(base, Hamiltonian([])))
    states = space.enumerate()
    np.testing.assert_allclose(surface.energy(states), -base.log_prob(states), atol=1e-5)
    assert surface.range == (-1.0, 1.0)
    assert surface.confine(torch.tensor([[-3.0, 2.0]])).tolist() == [[-1.0, 1.0]]
    with pytest.raises(ValueError, match="table of levels"):
        RelaxedTarget(Target(GaussianBase.standard(Line((2,))), Hamiltonian([])))


def test_barrier_between_two_wells_agrees_with_flooding_the_space() -> None:
    target = two_valleys()
    surface = RelaxedTarget(target)
    states, edges, energy, left, right = wells(target)
    exact = LowestRoutes(len(states), edges, energy[edges].max(1)).between(left, right)
    assert exact is not None
    band = relaxed(surface, straight_paths(states[[left]], states[[right]], 25), **SETTLED)
    # Between two levels the valley's floor is missed by half a level, and its curvature is 2 nats a level² at most.
    assert walk_on_levels(target, band.x[0]).top == pytest.approx(exact.top, abs=2 * 0.5**2 / 2)
    # The oracle of the continuous pass: flooding the relaxed energy on a grid four times as fine.
    fine = Levels((2,), 65)
    points = fine.enumerate() / 4
    heights = surface.energy(points).numpy()
    fine_edges = level_edges(fine)
    ends = [int((points - state).abs().sum(1).argmin()) for state in states[[left, right]]]
    continuous = LowestRoutes(len(points), fine_edges, heights[fine_edges].max(1)).between(*ends)
    assert continuous is not None
    assert profile(surface, band.x[0]).barrier.top == pytest.approx(
        continuous.top, abs=2 * 0.125**2 / 2 + 0.01
    )


@pytest.mark.parametrize("seed", range(5))
def test_no_path_on_a_rugged_energy_claims_less_than_the_lowest_pass(seed: int) -> None:
    target = two_valleys(seed)
    states, edges, energy, left, right = wells(target)
    exact = LowestRoutes(len(states), edges, energy[edges].max(1)).between(left, right)
    assert exact is not None
    x = straight_paths(states[[left]], states[[right]], 25)
    band = relaxed(RelaxedTarget(target), x, **SETTLED)
    assert walk_on_levels(target, band.x[0]).top >= exact.top - 1e-4


def test_a_walk_changes_one_site_by_one_level_from_end_to_end() -> None:
    space = Levels((2, 2), 7)
    target, _ = coupled_target(space, 3)
    x = space.from_index(torch.tensor([[0, 6, 3, 1], [6, 0, 2, 5]]))
    walk = walk_on_levels(target, straight_paths(x[:1], x[1:], 6)[0])
    steps = walk.x.flatten(1).diff(dim=0).abs()
    assert (steps.sum(1) == 1).all()
    np.testing.assert_array_equal(walk.x[0].flatten(), x[0])
    np.testing.assert_array_equal(walk.x[-1].flatten(), x[1])
    np.testing.assert_allclose(walk.energy, target.surprisal(walk.x))
    assert walk.top == float(walk.energy.max())


def test_a_polyline_is_divided_into_equal_lengths() -> None:
    points = torch.tensor([[0.0, 0.0], [3.0, 0.0], [3.0, 1.0]])
    np.testing.assert_allclose(polyline(points, 5), [[0, 0], [1, 0], [2, 0], [3, 0], [3, 1]], atol=1e-6)
    assert polyline(points[[0, 0]], 4).tolist() == [[0.0, 0.0]] * 4


def test_a_band_without_an_image_between_its_ends_is_refused() -> None:
    with pytest.raises(ValueError, match="between them"):
        ElasticBands(AnalyticSurface(bent_double_well), torch.zeros(1, 2, 2))


def test_a_tightened_path_leaves_out_detours_and_rises_no_higher() -> None:
    surface = AnalyticSurface(bent_double_well)
    around = torch.tensor([[-1, 1], [-0.5, 0.3], [0, 0], [0.5, 0.2], [0.1, 0.1], [0.7, 0.5], [1, 1]]).double()
    looked = profile(surface, around, 60)
    found = tightened(surface, around, 40)
    after = profile(surface, found, 60)
    assert float(after.along[-1]) < 0.8 * float(looked.along[-1])
    assert after.barrier.top <= looked.barrier.top + 1e-9
    np.testing.assert_allclose(found[[0, -1]], around[[0, -1]])
    # With every detour needed, none is left out: the straight line between the wells is too high.
    u = torch.linspace(-1, 1, 21).double()
    valley = torch.stack([u, u**2], 1)
    assert tops(surface, tightened(surface, valley, 40)[None])[0] < 1.1
    assert tops(surface, valley[[0, -1]][None], 60)[0] > 4
