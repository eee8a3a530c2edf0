"""Spaces of levels and their product base measures, against enumeration."""

import itertools
import math

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.space import Box, Levels, Line, Spins, require_images
from tests.physics.exact import LEAST_P_VALUE, all_states, base_log_prob, p_value, random_base

SPACE = Levels((2, 2), 3)


@given(shape=st.lists(st.integers(1, 3), min_size=1, max_size=3), levels=st.integers(2, 4))
@settings(max_examples=30)
def test_enumeration_lists_every_configuration_once(shape: list[int], levels: int) -> None:
    space = Levels(tuple(shape), levels)
    if space.levels**space.sites > 5000:
        return
    states = space.enumerate()
    expected = list(itertools.product(range(levels), repeat=space.sites))
    assert states.shape == (len(expected), *shape)
    assert [tuple(map(int, row)) for row in states.flatten(1)] == expected


def test_enumeration_refuses_more_states_than_fit_in_memory() -> None:
    with pytest.raises(ValueError, match="too many to enumerate"):
        Levels((8, 8), 17).enumerate()


def test_unit_maps_the_levels_onto_zero_to_one() -> None:
    x = torch.arange(17.0).reshape(1, 17)
    torch.testing.assert_close(Levels((17,), 17).unit(x), torch.linspace(0, 1, 17).reshape(1, 17))


@pytest.mark.parametrize(
    ("shape", "levels", "message"),
    [((), 3, "at least one site"), ((2, 0), 3, "at least one site"), ((2,), 1, "at least 2")],
)
def test_spaces_without_a_choice_are_refused(shape: tuple[int, ...], levels: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Levels(shape, levels)


@given(seed=st.integers(0, 2**16), offset=st.floats(-50, 50))
@settings(max_examples=30)
def test_base_is_normalised_whatever_table_it_is_given(seed: int, offset: float) -> None:
    table = torch.randn(4, 3, generator=torch.Generator().manual_seed(seed)) * 3 + offset
    base = ProductBase(SPACE, table)
    total = base.log_prob(SPACE.enumerate()).double().exp().sum()
    # Each of four logs is rounded to single precision, at magnitudes of up to some tens.
    assert float(total) == pytest.approx(1, abs=4 * 32 * 2**-23)


def test_log_prob_looks_every_site_up_in_its_own_row() -> None:
    base = random_base(SPACE, seed=3)
    ours = base.log_prob(SPACE.enumerate()).double().numpy()
    np.testing.assert_allclose(ours, base_log_prob(base, all_states(SPACE)), atol=1e-5)


def test_samples_follow_the_base() -> None:
    base = random_base(SPACE, seed=4)
    x = base.sample(20_000, torch.Generator().manual_seed(5))
    assert x.shape == (20_000, 2, 2)
    assert x.dtype == torch.float32
    assert p_value(x, np.exp(base_log_prob(base, all_states(SPACE))), SPACE) > LEAST_P_VALUE


def test_entropy_is_that_of_the_enumerated_distribution() -> None:
    base = random_base(SPACE, seed=6)
    p = np.exp(base_log_prob(base, all_states(SPACE)))
    assert base.entropy().value == pytest.approx(scipy.stats.entropy(p), abs=1e-5)


def test_uniform_base_has_the_entropy_of_counting() -> None:
    assert ProductBase.uniform(SPACE).entropy().value == pytest.approx(4 * math.log(3), abs=1e-5)


def test_marginals_are_the_smoothed_histograms_of_the_data() -> None:
    x = torch.tensor([[[0.0, 1], [2, 2]], [[0, 2], [2, 1]], [[1, 2], [2, 0]]])
    base = ProductBase.from_marginals(SPACE, x, pseudo_count=0.5)
    histograms = np.array([[2, 1, 0], [0, 1, 2], [0, 0, 3], [1, 1, 1]])
    np.testing.assert_allclose(base.log_probabilities.exp().numpy(), (histograms + 0.5) / 4.5, rtol=1e-5)


def test_smoothed_marginals_spread_between_the_extremes_only() -> None:
    space = Levels((1,), 7)
    x = torch.tensor([0.0] * 5 + [1.0] * 3 + [4.0] * 8 + [6.0] * 2).unsqueeze(1)
    base = ProductBase.from_marginals(space, x, pseudo_count=0.1, smoothing=1.5)
    v = np.arange(1, 6)

    def spread(level: int) -> np.ndarray:
        return scipy.stats.norm.pdf(v, level, 1.5) / scipy.stats.norm.pdf(v, level, 1.5).sum()

    counts = np.concatenate([[5], 3 * spread(1) + 8 * spread(4), [2]])
    np.testing.assert_allclose(base.log_probabilities[0].exp().numpy(), (counts + 0.1) / 18.7, rtol=1e-5)
    spins = ProductBase.from_marginals(Spins((1,)), torch.tensor([[1.0], [1.0], [-1.0]]), smoothing=2.0)
    assert spins.log_probabilities.exp()[0].tolist() == pytest.approx([1.5 / 4, 2.5 / 4])


def test_base_on_a_device_is_the_same_measure() -> None:
    base = random_base(SPACE, seed=7)
    torch.testing.assert_close(base.to("cpu").log_probabilities, base.log_probabilities)


def test_base_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected \(sites, levels\) = \(4, 3\)"):
        ProductBase(SPACE, torch.zeros(3, 4))


@pytest.mark.parametrize("value", [-math.inf, math.inf, math.nan])
def test_base_with_an_impossible_level_is_refused(value: float) -> None:
    table = torch.zeros(4, 3)
    table[1, 2] = value
    with pytest.raises(ValueError, match="pseudo-count"):
        ProductBase(SPACE, table)


@pytest.mark.parametrize("pseudo_count", [0.0, -1.0, math.nan])
def test_marginals_without_a_pseudo_count_are_refused(pseudo_count: float) -> None:
    with pytest.raises(ValueError, match="pseudo-count"):
        ProductBase.from_marginals(SPACE, torch.zeros(5, 2, 2), pseudo_count)


GREY, COLOUR, TABLE = Levels((4, 6), 17), Levels((4, 6, 3), 256), Levels((5,), 3)
SPINS, BOX, LINE = Spins((2, 3)), Box((3,), -1.0, 3.0), Line((4,))


def test_a_space_says_what_its_configurations_are() -> None:
    assert [s.is_image for s in (GREY, COLOUR, TABLE, SPINS, BOX, LINE)] == [True, True, *[False] * 4]
    assert not Levels((3, 4), 17).is_image
    assert Levels((3, 4), 17).is_picture
    assert [s.is_picture for s in (GREY, COLOUR, TABLE, SPINS, BOX, LINE)] == [
        True,
        True,
        False,
        True,
        False,
        False,
    ]
    assert [s for s in (GREY, COLOUR, TABLE, SPINS, BOX, LINE) if s.is_coloured] == [COLOUR]
    assert [s for s in (GREY, COLOUR, TABLE, SPINS, BOX, LINE) if s.is_categorical] == [TABLE]
    assert GREY.meaning == "integer grey levels, 0 (empty) to 16"
    assert COLOUR.meaning == "levels of red, green and blue, 0 to 255"
    assert TABLE.meaning == "categories, 0 to 2"
    assert require_images(GREY, grey=True) is GREY
    for space, grey in ((COLOUR, True), (TABLE, False), (SPINS, False), (LINE, False)):
        with pytest.raises(ValueError, match="images of even sides are needed"):
            require_images(space, grey=grey)


def test_states_are_counted_and_those_of_a_continuum_are_infinite() -> None:
    assert TABLE.states == 3**5 == len(TABLE.enumerate())
    assert SPINS.states == 2**6
    assert BOX.states == LINE.states == math.inf
    assert [s.is_discrete for s in (TABLE, SPINS, BOX, LINE)] == [True, True, False, False]


def test_a_distance_of_one_is_the_whole_range_of_a_discrete_site() -> None:
    for space in (GREY, TABLE, SPINS):
        low, high = space.values()[[0, -1]].tolist()
        assert space.distance_unit == high - low
    assert BOX.distance_unit == LINE.distance_unit == 1.0


def test_only_a_box_has_walls() -> None:
    assert BOX.bounds == (-1.0, 3.0)
    assert [s.bounds for s in (GREY, SPINS, LINE)] == [None] * 3


def test_chains_are_diagnosed_by_means_or_by_single_coordinates() -> None:
    x = torch.arange(8.0).reshape(2, 4)
    for space, name in ((Levels((4,), 9), "ink"), (Spins((4,)), "magnetisation"), (LINE, "mean coordinate")):
        (found,) = space.summaries(x).items()
        assert found[0] == name
        assert found[1].tolist() == [1.5, 5.5]
    few = BOX.summaries(torch.tensor([[1.0, 2.0, 3.0]]))
    assert {name: values.tolist() for name, values in few.items()} == {"x1": [1.0], "x2": [2.0], "x3": [3.0]}


def test_configurations_of_discrete_sites_are_images_of_levels() -> None:
    spins = np.array([[[-1.0, 1.0, 1.0], [1.0, -1.0, -1.0]]])
    np.testing.assert_array_equal(SPINS.as_images(spins), [[[0, 1, 1], [1, 0, 0]]])
    assert TABLE.as_images(np.zeros((7, 5))).shape == (7, 1, 5)
    assert COLOUR.as_images(np.zeros((2, 4, 6, 3))).shape == (2, 4, 6, 3)
    with pytest.raises(ValueError, match="the line are no levels"):
        LINE.as_images(np.zeros((1, 4)))
