"""The training items nearest to a configuration, against scikit-learn and distances one by one."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from landscape_app.data import ColumnMeaning
from landscape_app.data.dataset import Dataset, Kind, stratified_split
from landscape_app.physics.space import Mixed
from landscape_app.session.neighbours import IN_TABLES, Neighbours


def test_neighbours_and_distances_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    training = rng.integers(0, 17, (90, 8, 8)).astype(np.uint8)
    held_out = rng.integers(0, 17, (150, 8, 8)).astype(np.uint8)
    neighbours = Neighbours(training, held_out, 16)
    oracle = NearestNeighbors(n_neighbors=4).fit(training.reshape(90, -1) / 16)
    distances, indices = oracle.kneighbors(held_out.reshape(150, -1) / 16)
    for image, expected_distances, expected in zip(held_out[:20], distances, indices, strict=False):
        found = neighbours.nearest(image, 4)
        np.testing.assert_allclose(found.distances, expected_distances, rtol=1e-5)
        assert found.indices.tolist() == expected.tolist()
    np.testing.assert_allclose(neighbours.held_out, np.sort(distances[:, 0]), rtol=1e-5)
    middle = float(np.median(distances[:, 0]))
    assert neighbours.share_closer(middle) == pytest.approx((distances[:, 0] < middle).mean())
    assert neighbours.nearest(training[17]).distances[0] == 0.0
    assert neighbours.share_closer(0.0) == 0.0


def test_without_held_out_images_nothing_is_said_about_them() -> None:
    images = np.zeros((3, 8, 8), np.uint8)
    assert np.isnan(Neighbours(images, images[:0], 16).share_closer(1.0))


def test_rows_are_as_far_apart_as_their_deviations_and_other_words_say() -> None:
    rng = np.random.default_rng(0)
    items = np.stack(
        [1e4 + 50 * rng.standard_normal(80), rng.integers(3, size=80), rng.standard_normal(80)], 1
    )
    columns = (ColumnMeaning("a"), ColumnMeaning("b", ("u", "v", "w")), ColumnMeaning("c"))
    data = Dataset(
        "rows", Kind.MIXED, items.astype(np.float32), *stratified_split(80, None, 0.2), columns=columns
    )
    neighbours = Neighbours.of(data, Mixed((0, 3, 0)))
    training = data.training_items.astype(float)
    deviations = training.std(0)
    x = data.held_out_items.astype(float)
    squares = ((x[:, None] - training) / deviations) ** 2
    squares[:, :, 1] = x[:, None, 1] != training[:, 1]
    distances = np.sqrt(squares.sum(2))
    found = neighbours.nearest_of(data.held_out_items)
    np.testing.assert_array_equal(found.indices, distances.argmin(1))
    np.testing.assert_allclose(found.distances, distances.min(1), rtol=1e-3)
    assert neighbours.nearest(data.training_items[5]).distances[0] == pytest.approx(0, abs=1e-3)
    assert neighbours.meaning == IN_TABLES
