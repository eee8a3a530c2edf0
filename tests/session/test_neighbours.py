"""The training images nearest to an image, against scikit-learn."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from landscape_app.session.neighbours import Neighbours


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
