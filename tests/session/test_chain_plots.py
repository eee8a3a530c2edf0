"""Numbers of the plots of chains: which chains are drawn, and contours that hold the mass they say."""

import math

import numpy as np
import pytest

from landscape_app.data.columns import ColumnMeaning
from landscape_app.physics.chain_statistics import ChainDraws
from landscape_app.session.chain_plots import MOST_CURVES, MOST_POINTS, ChainPlots, Contours, Corner
from tests.physics.autoregression import autoregressive


def test_the_trace_holds_the_draws_and_the_burn_in_is_not_judged() -> None:
    draws = autoregressive(0.5, 4, 200, 0)
    draws[:, :100] += 50
    plots = ChainPlots.of(ChainDraws("test", {"x": draws}, {"x": "nats"}, spacing=3, burn_in=100), "x")
    assert plots.axis == "x (nats)"
    assert plots.steps.tolist() == [3 * (k + 1) for k in range(200)]
    np.testing.assert_array_equal(plots.trace, draws)
    assert plots.judged_from == 300
    assert plots.ranks is not None
    assert plots.ranks.counts.sum() == 400
    assert plots.correlation is not None
    assert plots.correlation.lags[1] == 3


def test_of_many_chains_those_off_are_drawn_and_of_many_draws_some() -> None:
    draws = autoregressive(0.5, 40, 3_000, 0)
    draws[29] += 2
    plots = ChainPlots.of(ChainDraws("test", {"x": draws}), "x")
    assert len(plots.chains) == MOST_CURVES
    assert 29 in plots.chains
    assert plots.trace.shape == (MOST_CURVES, MOST_POINTS)
    assert (plots.steps[0], plots.steps[-1]) == (1, 3_000)


@pytest.mark.parametrize(
    ("draws", "words"),
    [
        (np.full((4, 50), 2.0), "the same in every draw"),
        (np.full((4, 50), math.nan), "NaN or infinite"),
        (np.arange(40.0).reshape(4, 10), "too few"),
    ],
)
def test_what_cannot_be_ranked_is_said(draws: np.ndarray, words: str) -> None:
    plots = ChainPlots.of(ChainDraws("test", {"x": draws}), "x")
    assert words in plots.obstacle
    assert plots.ranks is None
    assert plots.correlation is None


def test_one_chain_has_no_ranks() -> None:
    plots = ChainPlots.of(ChainDraws("test", {"x": autoregressive(0.5, 1, 100, 0)}), "x")
    assert plots.ranks is None
    assert plots.correlation is not None


def area(contours: tuple[np.ndarray, ...]) -> float:
    """Area within closed curves (Gauss)."""
    return sum(
        abs(float(np.sum(curve[:-1, 0] * curve[1:, 1] - curve[1:, 0] * curve[:-1, 1]))) / 2
        for curve in contours
    )


def test_contours_of_a_gaussian_are_ellipses_of_their_mass() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 4, 50_000))
    y = 0.6 * x + 0.8 * y
    corner = Corner.of(ChainDraws("test", {"x": x, "y": y}))
    assert corner is not None
    unit = float(np.prod(corner.high - corner.low))
    # Within r² = −2 log(1 − p) lies the probability p; the ellipse has the area π r² √(1 − ρ²). Smoothing by one
    # bin of width w widens both axes' variances by w².
    widths = (corner.high - corner.low) / 32
    wide = math.sqrt(np.linalg.det(np.array([[1, 0.6], [0.6, 1]]) + np.diag(widths**2)))
    contours = corner.pairs[0, 1]
    for curves, mass in ((contours.outer, 0.9), (contours.inner, 0.5)):
        assert unit * area(curves) == pytest.approx(math.pi * -2 * math.log(1 - mass) * wide, rel=0.05)
    assert np.stack(corner.densities).sum(1) * widths == pytest.approx(1, abs=0.01)


def test_coordinates_are_shown_beside_data_and_quantities_else() -> None:
    rng = np.random.default_rng(0)
    quantities = {name: rng.normal(size=(4, 100)) for name in ("energy", "a", "b")}
    draws = ChainDraws("test", quantities, coordinates=("a", "b"))
    corner = Corner.of(draws, rng.normal(size=(50, 2)))
    assert corner is not None
    assert corner.names == ("a", "b")
    assert corner.data_densities is not None
    assert isinstance(corner.data_pairs[0, 1], Contours)
    others = Corner.of(ChainDraws("test", quantities), None)
    assert others is not None
    assert others.names == ("energy", "a", "b")
    assert others.data_pairs == {}
    assert Corner.of(ChainDraws("test", {"energy": quantities["energy"]})) is None
    assert Corner.of(ChainDraws("test", {"a": quantities["a"], "b": np.zeros((4, 100))})) is None


def test_a_corner_of_a_table_has_bars_dots_and_marks() -> None:
    rng = np.random.default_rng(0)
    columns = (
        ColumnMeaning("town", ("A", "B", "C")),
        ColumnMeaning("fare", type="logarithm"),
        ColumnMeaning("rooms", type="whole number"),
        ColumnMeaning("age"),
    )
    rows = np.stack(
        [
            rng.integers(3, size=400),
            rng.lognormal(3, 1, 400),
            rng.integers(1, 6, 400),
            rng.normal(40, 9, 400),
        ],
        1,
    ).astype(float)
    near, chains = rows[rows[:, 0] == 1], rows[:90].copy()
    chains[:, 0] = 1
    corner = Corner.of_rows(columns, rows, near, chains, {0: 1.0})
    assert corner.names == ("town", "fare (log scale)", "rooms", "age")
    assert (corner.low[0], corner.high[0], corner.low[2], corner.high[2]) == (-0.5, 2.5, 0.5, 5.5)
    # Bins of whole numbers are centred on them; of what is fixed only the data have bars.
    assert [len(values) for values in corner.densities] == [0, 18, 5, 18]
    assert corner.data_densities is not None
    np.testing.assert_allclose(corner.data_densities[0], [0, 1, 0])
    widths = (corner.high - corner.low) / [3, 18, 5, 18]
    for density, width in zip(corner.densities[1:], widths[1:], strict=True):
        assert density.sum() * width == pytest.approx(1, abs=0.05)
    # A dot for each chain, and contours of as many rows as there are; categories are always dots.
    assert corner.pairs == {}
    assert set(corner.data_pairs) == {(1, 2), (1, 3), (2, 3)}
    assert corner.dots.shape == (90, 4)
    places = corner.dots[:, 1] * (corner.high[1] - corner.low[1]) + corner.low[1]
    np.testing.assert_allclose(places, np.log(chains[:, 1]))
    assert np.abs(corner.dots[:, 0] * 3 - 1.5).max() <= 0.3
    assert corner.fixed == {0: pytest.approx(0.5)}
