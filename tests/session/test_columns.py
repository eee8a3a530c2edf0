"""Columns of data and chains side by side, compared with closed forms and with other draws of the same law."""

import math

import numpy as np
import pytest

from landscape_app.data.columns import ColumnMeaning
from landscape_app.physics.estimate import Estimate
from landscape_app.physics.fields.columns import FixedColumns
from landscape_app.physics.space import Mixed
from landscape_app.session.columns import (
    LEAST_NEAR,
    NEAR,
    ColumnComparison,
    difference,
    fixed_values,
    rows_near,
)

SEX = ColumnMeaning("sex", ("f", "m"))
TOWN = ColumnMeaning("town", ("A", "B", "C"))
AGE = ColumnMeaning("age")
FARE = ColumnMeaning("fare", offset=3.0, scale=0.5, type="logarithm")
COLUMNS = (SEX, AGE, FARE, TOWN)


def table(n: int, seed: int) -> np.ndarray:
    """Rows of one law, in the units of a file."""
    rng = np.random.default_rng(seed)
    sex = rng.integers(2, size=n)
    age = 40 + 5 * sex + 8 * rng.standard_normal(n)
    fare = np.exp(3 + 0.02 * (age - 40) + 0.4 * rng.standard_exponential(n))
    return np.stack([sex, age, fare, rng.integers(3, size=n)], 1).astype(float)


def test_errors_of_figures_are_those_of_many_draws() -> None:
    pairs = [ColumnComparison.of(COLUMNS, table(200, 2 * k), table(300, 2 * k + 1), 300) for k in range(150)]
    assert [(f.column, f.what, f.value) for f in pairs[0].figures] == [
        *[(0, "share", 0), (0, "share", 1)],
        *[(i, what, 0) for i in (1, 2) for what in ("mean", "deviation", "skewness")],
        *[(3, "share", 0), (3, "share", 1), (3, "share", 2)],
    ]
    errors = np.array([[figure.errors for figure in found.figures] for found in pairs])
    correlations = np.array([found.differences[np.tril_indices(len(found.names), -1)] for found in pairs])
    # Standardised differences of equal laws have deviation 1, to 4 / √(2 · 150); of skewness the asymptotic errors of
    # a few hundred rows are too small by up to a quarter.
    spread = errors.std(0)
    is_skewness = np.array([figure.what == "skewness" for figure in pairs[0].figures])
    np.testing.assert_allclose(spread[~is_skewness], 1, atol=0.24)
    assert (spread[is_skewness] < 1.5).all()
    np.testing.assert_allclose(correlations.std(0), 1, atol=0.28)


def test_correlations_are_pearsons_of_logarithms_and_words() -> None:
    rows = table(400, 0)
    found = ColumnComparison.of(COLUMNS, rows, rows, 400)
    assert found.names == ("sex = m", "age", "fare (log scale)", "town = A", "town = B", "town = C")
    assert found.columns == (0, 1, 2, 3, 3, 3)
    x = np.stack([rows[:, 0], rows[:, 1], np.log(rows[:, 2]), *(rows[:, 3] == k for k in range(3))], 1)
    np.testing.assert_allclose(found.data, np.corrcoef(x.T), atol=1e-12)
    assert abs(found.differences[1, 2]) < 1e-12
    # Of a Gaussian pair the error is (1 − r²)/√n.
    pair = np.random.default_rng(1).multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 100_000)
    of_pair = ColumnComparison.of((AGE, AGE), pair, pair, 100_000)
    assert of_pair.data_errors[0, 1] == pytest.approx(0.64 / math.sqrt(100_000), rel=0.02)


def test_the_columns_that_are_furthest_off_come_first() -> None:
    rows, chains = table(400, 0), table(400, 1)
    chains[:, 2] *= 3
    chains[:, 1] += 4
    found = ColumnComparison.of(COLUMNS, rows, chains, 400)
    assert found.furthest[:2] == (2, 1)
    free = ColumnComparison.of(COLUMNS, rows, chains, 400, (0, 1)).figures
    assert free[0].column == 2


def test_what_does_not_vary_has_no_errors() -> None:
    rows = table(40, 0)
    still = np.repeat(rows[:1], 40, axis=0)
    found = ColumnComparison.of(COLUMNS, rows, still, 40)
    assert math.isnan(next(figure for figure in found.figures if figure.column == 1).errors)
    assert np.isnan(found.differences[1, 2])
    assert math.isnan(difference(Estimate(1.0, math.nan), Estimate(1.0, 0.1)))
    few = ColumnComparison.of(COLUMNS, rows[:2], rows, 40)
    assert np.isnan(few.data).all()


def test_rows_near_a_condition_have_its_words_and_nearly_its_numbers() -> None:
    rows = table(2_000, 3)
    assert rows_near(COLUMNS, rows, {}).rows.all()
    near = rows_near(COLUMNS, rows, {0: 1.0, 2: math.exp(3.2)})
    places = np.log(rows[:, 2])
    expected = (rows[:, 0] == 1) & (np.abs(places - 3.2) <= NEAR * places.std())
    np.testing.assert_array_equal(near.rows, expected)
    low, high = rows[expected, 2].min(), rows[expected, 2].max()
    assert near.words == f"{expected.sum()} of 2,000 training rows near sex = m, fare {low:.6g} to {high:.6g}"
    # Far out the nearest are taken; of a word that no row has, none.
    assert rows_near(COLUMNS, rows, {1: 500.0}).rows.sum() == LEAST_NEAR
    only = rows_near(COLUMNS, rows[rows[:, 3] != 2], {3: 2.0})
    assert (only.rows.sum(), only.words.split()[0]) == (0, "0")
    assert rows_near(COLUMNS, rows, {3: 2.0}).words.endswith("training rows with town = C")


def test_fixed_values_are_in_the_unit_of_the_file() -> None:
    space = Mixed((2, 0, 0, 3))
    found = fixed_values([FixedColumns(((0, 1.0), (2, 0.4), (9, 1.0)))], COLUMNS, space)
    assert found == {0: 1.0, 2: pytest.approx(math.exp(3.2))}
