"""Thumbnails: what is drawn are samples of the run, read without its data."""

import numpy as np
import pytest

from landscape_app.data.assets import SHIPPED_MODEL, asset_path
from landscape_app.runs import read_run
from landscape_app.runs.catalogue import read_summary
from landscape_app.session.run_thumbnail import BINS, SIDE, drawn_samples, picture_of, read_thumbnail


def arrays_of(kind: str, x: np.ndarray, **others: np.ndarray) -> dict[str, np.ndarray]:
    """Arrays of a run with these samples, all of one weight."""
    weights = np.zeros(len(x), np.float32)
    return {"samples/x": x, "samples/log_weights": weights, f"data/{kind}": x[:0], **others}


def test_images_are_a_mosaic_of_samples_in_the_file() -> None:
    path = asset_path(SHIPPED_MODEL)
    samples = read_run(path).arrays["samples/x"]
    found = read_thumbnail(read_summary(path))
    height, width = samples.shape[1:]
    assert found.shape == (SIDE * (height + 1) - 1, SIDE * (width + 1) - 1)
    tiles = [
        found[i * (height + 1) :, j * (width + 1) :][:height, :width]
        for i in range(SIDE)
        for j in range(SIDE)
    ]
    for tile in tiles:
        assert (np.abs(samples - 16 * tile).reshape(len(samples), -1).max(1) < 1e-4).any()


def test_every_kind_of_items_has_a_picture() -> None:
    random = np.random.default_rng(0)
    spins = random.choice(np.array([-1, 1], np.int8), (40, 6))
    found = picture_of(arrays_of("spins", spins))
    assert found.shape == (BINS, 6 * (BINS // 6))
    assert set(np.unique(found)) == {0.0, 1.0}
    lattice = picture_of(arrays_of("spins", spins.reshape(40, 2, 3)))
    assert lattice.shape == (SIDE * 3 - 1, SIDE * 4 - 1)
    colours = random.integers(0, 4, (9, 4, 4, 3)).astype(np.uint8)
    assert picture_of(arrays_of("levels", colours, **{"data/level_count": np.array(4)})).shape == (14, 14, 3)
    mixed = picture_of(arrays_of("mixed", random.normal(size=(40, 5)).astype(np.float32)))
    assert mixed.shape == (BINS, 5 * (BINS // 5))
    np.testing.assert_allclose(mixed.min(0), 0)
    np.testing.assert_allclose(mixed.max(0), 1)


def test_points_are_dark_where_they_are_dense_the_second_coordinate_upwards() -> None:
    random = np.random.default_rng(0)
    x = random.normal((2.0, -1.0), 0.01, (4000, 2)).astype(np.float32)
    x[:400] = random.uniform((-4, -4), (4, 4), (400, 2))
    cloud = picture_of(arrays_of("points", x))
    row, column = np.unravel_index(cloud.argmax(), cloud.shape)
    assert (row / BINS, column / BINS) == pytest.approx((1 - 3 / 8, 6 / 8), abs=0.08)
    bars = picture_of(arrays_of("points", x[:, :1]))
    assert bars.shape == (BINS, BINS)
    assert bars[-1].sum() >= 1
    # Bars stand on the lower edge.
    assert (np.diff(bars, axis=0) >= 0).all()


def test_samples_are_drawn_by_their_weights() -> None:
    arrays = {"samples/x": np.arange(4), "samples/log_weights": np.log([1e-9, 1.0, 1e-9, 3.0])}
    drawn = np.concatenate([drawn_samples(arrays, 4) for _ in range(3)])
    assert set(drawn) <= {1, 3}
