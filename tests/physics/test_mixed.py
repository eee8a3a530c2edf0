"""Numbers beside categories: base measure, sums over quadratures, kernels and conditional laws, against oracles."""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import torch
from torch import Tensor

from landscape_app.physics.base_measure import (
    CLAMPED_LOG_PROBABILITY,
    CorrelatedGaussianBase,
    GaussianBase,
    ProductBase,
    UniformBase,
    centre_and_spread,
)
from landscape_app.physics.chains import Chains
from landscape_app.physics.exact import ExactModel, exact_figures
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.kernels import HMC, KERNELS, MALA, kernels_for
from landscape_app.physics.kernels.mixed import MixedLangevin
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.mixture import MixedRows, stacked_mixture
from landscape_app.physics.mixture_base import Components, MixtureBase
from landscape_app.physics.space import Box, Levels, Line, Mixed
from tests.physics.exact import LEAST_P_VALUE, pooled_chi_squared
from tests.physics.ripples import generator, target_of

SPACE = Mixed((0, 3, 0, 2))
WEIGHTS = torch.tensor([0.7, 0.3])
FACTORS = torch.tensor([[[2.0, 0.0], [1.2, 0.5]], [[0.6, 0.0], [-0.3, 0.8]]])
MEANS = torch.tensor([[1.0, -2.0], [-0.6, 0.3]])
TABLES = torch.tensor([[[0.2, 0.5, 0.3], [0.6, 0.4, 0.0]], [[0.5, 0.1, 0.4], [0.1, 0.9, 0.0]]])
BASE = MixtureBase(
    SPACE, Components(WEIGHTS.log(), MEANS, FACTORS, TABLES.log().clamp_min(CLAMPED_LOG_PROBABILITY))
)
COVARIANCES = (FACTORS @ FACTORS.mT).double().numpy()


def energy(x: Tensor) -> Tensor:
    """Ripples that depend on the categories, and couplings of all four columns."""
    a, c, b, d = x.unbind(1)
    return (
        (1.5 * a).cos() * (1 + 0.5 * c) + 0.4 * (2 * d - 1) * b + 0.7 * (c - 1) * (d - 0.5) + 0.1 * a * b * d
    )


TARGET = target_of(BASE, energy)
GIVEN = {
    "nothing": ([], []),
    "a number": ([0], [0.5]),
    "a category": ([1], [2.0]),
    "one of each": ([2, 3], [-1.0, 1.0]),
    "all categories": ([1, 3], [0.0, 1.0]),
    "all numbers": ([0, 2], [0.5, -1.5]),
}


def clamped(given: str) -> Target:
    """What is to be sampled given some columns."""
    if given == "nothing":
        return TARGET
    columns, values = GIVEN[given]
    mask, row = torch.zeros(4, dtype=torch.bool), torch.zeros(4)
    mask[columns], row[columns] = True, torch.tensor(values)
    return TARGET._replace(base_measure=BASE.clamped(mask, row))


class Grid(NamedTuple):
    """The law of rows given some columns, on a fine grid of the numbers for every combination of categories."""

    target: Target
    x: Tensor
    p: np.ndarray
    expected: np.ndarray

    def draw(self, n: int, seed: int) -> Tensor:
        return self.x[np.random.default_rng(seed).choice(len(self.p), size=n, p=self.p)]

    def p_value(self, x: Tensor) -> float:
        statistic, freedom = pooled_chi_squared(np.bincount(cells(x), minlength=216), self.expected)
        return float(scipy.stats.chi2.sf(statistic, freedom))


EDGES = 0.06 * np.array([[-20, -7, 13, 30, 50], [-50, -37, -30, -17, 3]]) + 0.03
"""Of cells along both numbers, half-way between nodes of the grid."""


def cells(x: Tensor) -> np.ndarray:
    """Which of 6 × 6 cells of the numbers and which categories, shape (n,)."""
    a, b = (
        np.searchsorted(edges, column)
        for edges, column in zip(EDGES, x[:, [0, 2]].double().numpy().T, strict=True)
    )
    return np.ravel_multi_index((a, b, x[:, 1].int().numpy(), x[:, 3].int().numpy()), (6, 6, 3, 2))


@lru_cache
def grid(given: str, beta: float = 1.0) -> Grid:
    along = [
        torch.arange(-200, 217) * 0.06,
        torch.arange(3.0),
        torch.arange(-150, 110) * 0.06,
        torch.arange(2.0),
    ]
    for column, value in zip(*GIVEN[given], strict=True):
        along[column] = torch.tensor([value])
    x = torch.cartesian_prod(*along)
    log_p = log_q(x) - beta * energy(x).double().numpy()
    p = np.exp(log_p - log_p.max())
    p /= p.sum()
    return Grid(clamped(given), x, p, np.bincount(cells(x), weights=p, minlength=216))


def log_q(x: Tensor) -> np.ndarray:
    """log q by scipy and by looking categories up, shape (n,)."""
    parts = []
    for weight, mean, covariance, table in zip(WEIGHTS, MEANS, COVARIANCES, TABLES.numpy(), strict=True):
        numbers = scipy.stats.multivariate_normal(mean.numpy(), covariance).pdf(x[:, [0, 2]].numpy())
        parts.append(float(weight) * numbers * table[0, x[:, 1].int()] * table[1, x[:, 3].int()])
    return np.log(np.sum(parts, axis=0))


def test_a_mixed_space_knows_its_columns_and_what_lies_outside() -> None:
    assert (SPACE.shape, SPACE.sites, SPACE.number_columns, SPACE.category_columns) == (
        (4,),
        4,
        (0, 2),
        (1, 3),
    )
    assert (SPACE.states, SPACE.is_discrete) == (math.inf, False)
    rows = [
        [-1e3, 2, 0.5, 1],
        [0, 3, 0, 0],
        [0, 0.5, 0, 0],
        [math.nan, 0, 0, 0],
        [0, 0, 0, -1],
        [0, math.nan, 0, 0],
    ]
    assert SPACE.contains(torch.tensor(rows)).tolist() == [True, False, False, False, False, False]
    assert SPACE.unit(torch.tensor([[5.0, 2.0, 7.0, 1.0]])).tolist() == [[5, 1, 7, 1]]
    assert list(SPACE.summaries(torch.tensor(rows[:1]))) == ["mean number", "mean category"]
    assert list(Mixed((0, 2)).summaries(torch.zeros(1, 2))) == ["x1", "x2"]


@pytest.mark.parametrize("values", [(0, 0), (2, 3), (0, 1)])
def test_a_space_of_numbers_or_of_categories_alone_is_not_mixed(values: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"at least one column of each|at least 2 values"):
        Mixed(values)


def test_the_base_is_a_mixture_of_gaussians_beside_tables() -> None:
    x = BASE.sample(40_000, generator(1))
    assert bool(SPACE.contains(x).all())
    near = x[log_q(x) > -20]
    np.testing.assert_allclose(BASE.log_prob(near).numpy(), log_q(near), atol=1e-4)
    found, entropy = -BASE.log_prob(x).double(), BASE.entropy()
    assert entropy.value == pytest.approx(
        float(found.mean()), abs=4 * math.hypot(entropy.error, float(found.std()) / 200)
    )
    weights, means = WEIGHTS.double().numpy(), MEANS.double().numpy()
    off = means - weights @ means
    covariance = np.einsum("k,kij->ij", weights, COVARIANCES) + np.einsum("k,ki,kj->ij", weights, off, off)
    np.testing.assert_allclose(np.cov(x[:, [0, 2]].T.numpy()), covariance, atol=0.12)
    np.testing.assert_allclose(BASE.deviation[[0, 2]], np.sqrt(covariance.diagonal()), rtol=1e-5)
    np.testing.assert_allclose(BASE.mean[[0, 2]], weights @ means, rtol=1e-5)
    # The categories' shares, also those that depend on one another through the component.
    pairs = np.einsum("k,ki,kj->ij", weights, TABLES[:, 0].double(), TABLES[:, 1].double())
    counted = np.bincount(3 * x[:, 1].int().numpy() + x[:, 3].int().numpy(), minlength=9).reshape(3, 3) / len(
        x
    )
    np.testing.assert_allclose(counted, pairs, atol=4 * 0.5 / 200)
    leaf = x[:100].clone().requires_grad_()
    BASE.log_prob(leaf).sum().backward()
    slope = BASE.log_prob_gradient(x[:100])
    torch.testing.assert_close(slope[:, [0, 2]], leaf.grad[:, [0, 2]])  # type: ignore[index]
    assert not bool(slope[:, [1, 3]].any())
    noise = BASE.noise(40_000, generator(2))
    assert bool(SPACE.contains(noise).all())
    for column, count in ((1, 3), (3, 2)):
        shares = torch.bincount(noise[:, column].long()) / len(noise)
        np.testing.assert_allclose(shares, 1 / count, atol=0.012)


def test_it_is_normalised_and_knows_a_category_given_all_other_columns() -> None:
    law = grid("nothing", 0.0)
    volume = 0.06**2
    assert float(BASE.log_prob(law.x).double().exp().sum()) * volume == pytest.approx(1, abs=2e-4)
    x = BASE.sample(200, generator(3))
    for column, count in ((1, 3), (3, 2)):
        rows = x.repeat(count, 1, 1)
        rows[:, :, column] = torch.arange(float(count)).unsqueeze(1)
        expected = torch.tensor(np.exp(log_q(rows.flatten(0, 1)))).view(count, -1)
        found = BASE.category_probabilities(x, column)[:, :count].T.double()
        torch.testing.assert_close(found, expected / expected.sum(0), rtol=1e-4, atol=1e-6)


def test_given_some_columns_it_is_their_conditional_law() -> None:
    x = BASE.sample(200, generator(4))
    for given, (columns, values) in GIVEN.items():
        rows, law = x.clone(), clamped(given).base_measure
        rows[:, columns] = torch.tensor(values)
        # log q(x) − log q(x|given) is the same number for all x: that of what is given.
        evidence = log_q(rows) - law.log_prob(rows).double().numpy()
        np.testing.assert_allclose(evidence, evidence.mean(), atol=2e-4)
        drawn = law.sample(20_000, generator(5))
        assert bool((drawn[:, columns] == torch.tensor(values)).all())
        fine = grid(given, 0.0)
        assert fine.p_value(drawn) > LEAST_P_VALUE
    value = torch.tensor([0.1, 0.0, 0.0, 0.0])
    fixed = BASE.clamped(torch.tensor([True, False, False, False]), value).with_fixed_sites(x)
    assert bool((fixed[:, 0] == value[0]).all())
    # One after the other is the same as both at once.
    first = BASE.clamped(torch.tensor([False, False, True, False]), torch.tensor([0.0, 0.0, -1.0, 0.0]))
    both = first.clamped(torch.tensor([False, False, False, True]), torch.tensor([0.0, 0.0, 0.0, 1.0]))
    torch.testing.assert_close(both.log_prob(x), clamped("one of each").base_measure.log_prob(x))


def test_the_base_comes_back_from_its_tables_to_the_last_bit() -> None:
    other = MixtureBase.from_samples(SPACE, BASE.sample(50, generator(3)))
    assert all(table.is_contiguous() for table in other.state_dict().values())
    tables = BASE.state_dict()
    other.load_state_dict(tables)
    x = BASE.sample(20, generator(4))
    assert torch.equal(other.log_prob(x), BASE.log_prob(x))
    assert torch.equal(other.to("cpu").log_prob_gradient(x), BASE.log_prob_gradient(x))
    with pytest.raises(ValueError, match="factor has shape"):
        other.load_state_dict(tables | {"factor": torch.eye(3)})
    with pytest.raises(ValueError, match="lower triangular"):
        other.load_state_dict(tables | {"factor": FACTORS.mT})
    with pytest.raises(ValueError, match="not normalised"):
        other.load_state_dict(tables | {"log_weights": torch.zeros(2)})
    # Files from before there were several components have those of one.
    one = {name: table[0] for name, table in tables.items() if name != "log_weights"}
    other.load_state_dict(one)
    assert len(other.components.log_weights) == 1


def test_one_component_of_samples_has_their_covariance_and_shares() -> None:
    x = BASE.sample(50_000, generator(5))
    base = MixtureBase.from_samples(SPACE, x, widening=2.0, pseudo_count=0.5)
    factor, table = base.components.factor[0].double().numpy(), base.components.log_probabilities[0]
    np.testing.assert_allclose(factor @ factor.T, 4 * np.cov(x[:, [0, 2]].T.double().numpy()), rtol=0.03)
    for place, column in enumerate((1, 3)):
        shares = torch.bincount(x[:, column].long(), minlength=3) / len(x)
        np.testing.assert_allclose(table[place].exp(), shares, atol=1e-4)
    # No value that a column does not have, and some of each that it has.
    assert float(table[1, 2]) < CLAMPED_LOG_PROBABILITY / 2
    alone = MixtureBase.from_samples(
        SPACE, torch.zeros(4, 4) + torch.arange(4.0).unsqueeze(1) * torch.tensor([1, 0, 2, 0])
    )
    assert float(alone.components.log_probabilities[0, 0, 2].exp()) == pytest.approx(0.5 / 5.5)
    assert torch.isfinite(alone.log_prob(torch.zeros(1, 4))).all()


def test_the_mixture_that_is_chosen_is_that_of_its_rows() -> None:
    x = BASE.sample(300, generator(6))
    chosen = MixtureBase.chosen(SPACE, x)
    rows = MixedRows(x[:, [0, 2]].double(), x[:, [1, 3]].long(), (3, 2), torch.ones(len(x)).double())
    np.testing.assert_allclose(chosen.log_prob(x), stacked_mixture(rows).log_likelihood(rows), atol=1e-3)
    wide = MixtureBase.chosen(SPACE, x, components=1, widening=2.0)
    assert len(wide.components.log_weights) == 1
    np.testing.assert_allclose(wide.deviation[[0, 2]], 2 * x[:, [0, 2]].std(0, correction=0), rtol=0.02)
    flat = MixtureBase.chosen(Line((1, 2)), x[:, [0, 2]].unsqueeze(1), components=3)
    assert len(flat.components.log_weights) == 3
    assert flat.sample(5, generator(7)).shape == flat.noise(5, generator(7)).shape == (5, 1, 2)
    # Integrated over the plane it is one.
    assert ExactModel(target_of(flat, lambda x: 0 * x.flatten(1).sum(1))).at().log_partition == pytest.approx(
        0, abs=1e-3
    )


def test_outliers_neither_decide_correlations_nor_leave_the_base() -> None:
    rng = np.random.default_rng(1)
    x = rng.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], size=4_000)
    x[:4] = [[300, -300], [-300, 300], [250, -250], [280, -200]]
    rows = torch.tensor(x, dtype=torch.float32)
    base = CorrelatedGaussianBase.from_samples(Line((2,)), rows)
    covariance = (base.factor @ base.factor.T).double()
    assert float(covariance[0, 1] / covariance.diagonal().prod().sqrt()) == pytest.approx(0.8, abs=0.04)
    np.testing.assert_allclose(base.deviation.numpy(), 2 * x.std(0), rtol=1e-4)
    centre, spread = centre_and_spread(rows.double())
    np.testing.assert_allclose(spread.numpy(), 1, atol=0.06)
    np.testing.assert_allclose(centre.numpy(), 0, atol=0.06)
    mean, deviation = centre_and_spread(rows[4:].double())
    np.testing.assert_allclose(mean.numpy(), rows[4:].double().numpy().mean(0))
    np.testing.assert_allclose(deviation.numpy(), rows[4:].double().numpy().std(0))


def test_copies_of_a_column_leave_the_base_a_density() -> None:
    column = torch.randn(500, 1, generator=generator(6))
    base = CorrelatedGaussianBase.from_samples(Line((3,)), torch.cat([column, column, -2 * column], 1))
    assert math.isfinite(base.entropy().value)
    assert bool(torch.isfinite(base.log_prob(base.sample(100, generator(7)))).all())


@pytest.mark.parametrize(
    "base", [GaussianBase(Line((4,)), torch.arange(4.0), torch.tensor([1.0, 2, 3, 4])), None]
)
def test_a_gaussian_given_some_coordinates_is_the_conditional_gaussian(base: GaussianBase | None) -> None:
    if base is None:
        a = torch.randn(4, 4, generator=generator(8)).double()
        base = CorrelatedGaussianBase(
            Line((4,)), torch.arange(4.0), torch.linalg.cholesky(a @ a.T + torch.eye(4)).float()
        )
        covariance = (base.factor @ base.factor.T).double().numpy()
    else:
        covariance = np.diag(base.deviation.double().numpy() ** 2)
    mask, values = torch.tensor([False, True, False, True]), torch.tensor([0.0, 2.5, 0.0, -1.0])
    given = base.clamped(mask, values)
    free, fixed, mean = [0, 2], [1, 3], np.arange(4.0)
    across = covariance[np.ix_(free, fixed)] @ np.linalg.inv(covariance[np.ix_(fixed, fixed)])
    expected = mean[free] + across @ (values.double().numpy()[fixed] - mean[fixed])
    left = covariance[np.ix_(free, free)] - across @ covariance[np.ix_(fixed, free)]
    oracle = scipy.stats.multivariate_normal(expected, left)
    x = given.sample(20_000, generator(9))
    assert bool((x[:, fixed] == values[fixed]).all())
    np.testing.assert_allclose(given.log_prob(x).numpy(), oracle.logpdf(x[:, free].numpy()), atol=1e-4)
    assert given.entropy().value == pytest.approx(float(oracle.entropy()), abs=1e-5)
    np.testing.assert_allclose(x[:, free].mean(0), expected, atol=4 * math.sqrt(left.max() / 20_000))
    assert given.fixed_sites.tolist() == mask.tolist()
    assert bool((given.noise(50, generator(10))[:, fixed] == values[fixed]).all())
    # One after the other is the same as both at once.
    first = base.clamped(torch.tensor([False, True, False, False]), values)
    again = first.clamped(torch.tensor([False, False, False, True]), values)
    np.testing.assert_allclose(again.log_prob(x).numpy(), given.log_prob(x).numpy(), atol=1e-4)
    with pytest.raises(ValueError, match="expected \\(4,\\)"):
        base.clamped(mask[:2], values[:2])
    with pytest.raises(ValueError, match="the line"):
        base.clamped(mask, values * math.nan)
    with pytest.raises(ValueError, match="nothing can be fixed on a box"):
        UniformBase(Box((1,), 0.0, 1.0)).clamped(torch.ones(1, dtype=torch.bool), torch.zeros(1))


def test_sums_over_categories_of_quadratures_agree_with_scipy() -> None:
    space = Mixed((3, 0))
    table = torch.tensor([[0.2, 0.5, 0.3]])
    base = MixtureBase.product(
        space,
        CorrelatedGaussianBase(Line((1,)), torch.tensor([0.5]), torch.tensor([[2.0]])),
        ProductBase(Levels((1,), 3), table.log()),
    )

    def h(c: float, a: float) -> float:
        return (1 + c) * math.cos(2 * a) + 0.3 * c * a

    def weight(a: float, c: int, power: int) -> float:
        q = float(table[0, c]) * float(scipy.stats.norm.pdf(a, 0.5, 2.0))
        return q * math.exp(-h(c, a)) * h(c, a) ** power

    z, first = (
        sum(scipy.integrate.quad(weight, -25, 25, (c, k), limit=500)[0] for c in range(3)) for k in (0, 1)
    )
    target = target_of(base, lambda x: (1 + x[:, 0]) * (2 * x[:, 1]).cos() + 0.3 * x[:, 0] * x[:, 1])
    model = ExactModel(target)
    assert model.is_exact
    assert model.at().log_partition == pytest.approx(math.log(z), abs=1e-4)
    assert model.at().energy == pytest.approx(first / z, abs=1e-4)
    of_two = sum(scipy.integrate.quad(weight, -25, 25, (2, 0), limit=500)[0] for _ in range(1)) / z
    assert float(model.mean(lambda x: (x[:, 0] == 2).float())) == pytest.approx(of_two, abs=1e-4)
    x = base.sample(50, generator(11))
    figures = exact_figures(target, x[:25], x[25:])
    assert figures is not None
    assert figures.cross_entropy == pytest.approx(
        float(target.surprisal(x[:25]).mean()) + math.log(z), abs=1e-4
    )


@pytest.mark.parametrize("given", sorted(GIVEN))
def test_sums_given_some_columns_are_those_of_a_fine_grid(given: str) -> None:
    model, fine = ExactModel(clamped(given)), grid(given)
    assert model.is_exact
    found = model.mean(lambda x: torch.cat([x, x[:, :1] * x[:, 1:]], 1))
    x = fine.x.double().numpy()
    np.testing.assert_allclose(found, fine.p @ np.concatenate([x, x[:, :1] * x[:, 1:]], 1), atol=2e-4)


def test_too_many_numbers_or_categories_are_not_summed_over() -> None:
    assert BASE.is_summable
    rows = torch.randn(30, 3, generator=generator(12))
    three = MixtureBase.from_samples(
        Mixed((0, 0, 0, 2)), torch.cat([rows, torch.arange(30.0).view(-1, 1) % 2], 1)
    )
    assert not three.is_summable
    assert three.clamped(torch.tensor([True, False, False, False]), torch.zeros(4)).is_summable
    many = MixtureBase.from_samples(Mixed((0, 64, 2)), torch.zeros(5, 3) + torch.arange(5.0).view(-1, 1) % 2)
    assert not many.is_summable
    with pytest.raises(ValueError, match="ladder"):
        ExactModel(target_of(three, lambda x: x.sum(1)))


def test_two_kernels_move_numbers_and_categories() -> None:
    assert kernels_for(TARGET) == ["mixed", "single-site"]


@pytest.mark.parametrize("given", sorted(GIVEN))
@pytest.mark.parametrize(("name", "step"), [("mixed", 0.7), ("single-site", 1.0)])
def test_kernels_leave_the_exact_and_the_conditional_distribution_invariant(
    name: str, step: float, given: str
) -> None:
    model = grid(given)
    start = model.draw(5_000, seed=1)
    chains = Chains(start, model.target, KERNELS[name](step), generator(2), adapt=False)
    chains.run(24)
    assert bool(SPACE.contains(chains.x).all())
    columns, values = GIVEN[given]
    assert bool((chains.x[:, columns] == torch.tensor(values)).all())
    free = [column for column in range(4) if column not in columns]
    assert bool(((chains.x != start).float().mean(0)[free] > 0.15).all())
    assert model.p_value(chains.x) > LEAST_P_VALUE


@pytest.mark.parametrize("given", ["nothing", "one of each"])
@pytest.mark.parametrize(("name", "steps"), [("mixed", 300), ("single-site", 600)])
def test_kernels_tune_themselves_and_reach_the_distribution_from_afar(
    name: str, steps: int, given: str
) -> None:
    model = grid(given)
    start = model.target.base_measure.with_fixed_sites(torch.tensor([[8.0, 0.0, -9.0, 1.0]]).repeat(1_000, 1))
    chains = Chains(start, model.target, KERNELS[name](0.1), generator(3))
    chains.run(steps)
    chains.adapt = False
    chains.run(steps // 2)
    assert model.p_value(chains.x) > LEAST_P_VALUE


def test_replicas_keep_their_temperatures_and_what_is_fixed() -> None:
    ladder = Ladder(1_500, clamped("one of each"), MixedLangevin(), generator(4), betas=[0.0, 0.4, 1.0])
    ladder.run(80)
    ladder.adapt = False
    ladder.run(80)
    for beta, x in zip((0.0, 0.4, 1.0), ladder.state.x.split(1_500), strict=True):
        assert bool((x[:, [2, 3]] == torch.tensor([-1.0, 1.0])).all())
        assert grid("one of each", beta).p_value(x) > LEAST_P_VALUE


def test_a_column_of_categories_is_moved_after_the_other_and_goes_on_where_it_was() -> None:
    x = BASE.sample(2_000, generator(5))
    chains = Chains(x, TARGET, MixedLangevin(0.01), generator(6), adapt=False)
    chains.run(1)
    assert bool((chains.x[:, 3] == x[:, 3]).all())
    assert bool((chains.x[:, 1] != x[:, 1]).any())
    kernel = MixedLangevin(0.01)
    kernel.take_tuning(chains.kernel.tuning())
    before = chains.x
    chains = Chains(before, TARGET, kernel, generator(7), adapt=False)
    assert chains.run(1).evaluations == 2
    assert bool((chains.x[:, 1] == before[:, 1]).all())
    assert bool((chains.x[:, 3] != before[:, 3]).any())
    assert kernel.steps_of_sweep(SPACE) == 2
    # After the last column it is the whole row's turn.
    before = chains.x
    chains.run(1)
    moved = chains.x != before
    assert bool((moved.all(1) | moved[:, [0, 2]].all(1)).float().mean() > 0.3)


def test_chains_cross_between_modes_that_no_small_step_connects() -> None:
    """Two components 40 deviations apart, of weights that H changes: all chains begin in one."""
    table = torch.tensor([[[0.9, 0.1]], [[0.2, 0.8]]]).log()
    parts = (torch.tensor([0.8, 0.2]).log(), torch.tensor([[-20.0], [20.0]]), torch.ones(2, 1, 1), table)
    base = MixtureBase(Mixed((0, 2)), Components(*parts))
    target = target_of(base, lambda x: 0 * x[:, 0] - (x[:, 0] > 0).float())
    chains = Chains(torch.tensor([[-20.0, 0.0]]).repeat(2_000, 1), target, MixedLangevin(), generator(8))
    chains.run(60)
    share = 0.2 * math.e / (0.8 + 0.2 * math.e)
    far = chains.x[:, 0] > 0
    assert float(far.float().mean()) == pytest.approx(share, abs=4 * math.sqrt(share / 2_000))
    there = share * 2_000
    assert float(chains.x[far, 1].mean()) == pytest.approx(0.8, abs=4 * math.sqrt(0.16 / there))


@pytest.mark.parametrize("name", ["mala", "hmc", "single-site", "random-walk"])
@pytest.mark.parametrize("fixed", [False, True])
def test_kernels_on_the_line_sample_over_a_correlated_base_and_given_coordinates(
    name: str, fixed: bool
) -> None:
    """A quadratic energy: the law is a Gaussian of known mean and covariance."""
    a = torch.tensor([[1.0, 0.0, 0.0], [1.9, 0.3, 0.0], [-0.5, 0.2, 2.0]])
    base = CorrelatedGaussianBase(Line((3,)), torch.tensor([1.0, 0.0, -1.0]), a)
    b = torch.tensor([[0.5, 0.2, 0.0], [0.2, 0.8, 0.1], [0.0, 0.1, 0.3]])
    target = target_of(base, lambda x: 0.5 * ((x @ b) * x).sum(1))
    precision = np.linalg.inv((a @ a.T).double().numpy()) + b.double().numpy()
    mean = np.linalg.solve(precision, np.linalg.solve((a @ a.T).double().numpy(), base.mean.double().numpy()))
    covariance, free = np.linalg.inv(precision), [0, 1, 2]
    if fixed:
        target = target._replace(
            base_measure=base.clamped(torch.tensor([True, False, False]), torch.full((3,), 2.0))
        )
        free = [1, 2]
        mean = mean[1:] + covariance[1:, 0] / covariance[0, 0] * (2.0 - mean[0])
        covariance = np.linalg.inv(precision[1:, 1:])
    n = 6_000
    start = np.full((n, 3), 2.0)
    start[:, free] = np.random.default_rng(1).multivariate_normal(mean, covariance, size=n)
    step = {"mala": 0.5, "hmc": 0.5, "single-site": 0.4, "random-walk": 0.3}[name]
    kernel = HMC(step, length=2.0) if name == "hmc" else KERNELS[name](step)
    chains = Chains(torch.tensor(start).float(), target, kernel, generator(8), adapt=False)
    assert chains.run(30).acceptance_rate > 0.1
    x = chains.x.double().numpy()
    assert (x[:, [i for i in range(3) if i not in free]] == 2).all()
    whitened = np.linalg.solve(np.linalg.cholesky(covariance), (x[:, free] - mean).T)
    for column in whitened:
        assert scipy.stats.kstest(column, "norm").pvalue > LEAST_P_VALUE
    for i in range(1, len(free)):
        assert abs((whitened[0] * whitened[i]).mean()) < 4.5 / math.sqrt(n)


def test_steps_are_as_long_as_the_widest_direction_of_a_correlated_base_allows() -> None:
    """Eight coordinates that differ by a tenth of their deviation: correlation of the first from step to step."""
    n = 8
    factor = torch.ones(n, n).tril() * 0.1
    factor[:, 0] = 1.0
    base = CorrelatedGaussianBase(Line((n,)), torch.zeros(n), factor)
    start = torch.zeros(128, n)
    found = []
    for q in (base, GaussianBase(Line((n,)), base.mean, base.deviation)):
        # The same law over both: what q lacks is in H.
        target = target_of(q, lambda x, q=q: q.log_prob(x) - base.log_prob(x))
        chains = Chains(start, target, MALA(), generator(9))
        chains.run(100)
        chains.adapt = False
        path = []
        for _ in range(50):
            chains.run(1)
            path.append(chains.x[:, 0])
        moves = torch.stack(path)
        found.append(float((moves[1:] * moves[:-1]).mean() / moves.square().mean()))
    assert found[0] < 0.7
    assert found[1] > 0.9
