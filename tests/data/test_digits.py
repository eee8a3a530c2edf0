"""The digits file against scikit-learn's copy, and the promises of its split."""

import runpy
from pathlib import Path

import h5py
import numpy as np
import pytest
import sklearn.datasets

from landscape_app.data.assets import asset_path
from landscape_app.data.dataset import Dataset
from landscape_app.data.digits import load_digits

ASSETS = Path(__file__).resolve().parents[2] / "assets"


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_digits()


def test_images_and_labels_are_those_of_scikit_learn(digits: Dataset) -> None:
    reference = sklearn.datasets.load_digits()
    np.testing.assert_array_equal(digits.items, reference.images)
    np.testing.assert_array_equal(digits.labels, reference.target)


def test_images_are_integer_levels_and_labels_fit_torch(digits: Dataset) -> None:
    assert digits.items.dtype == np.uint8
    assert digits.labels.dtype == np.int64
    assert digits.items.min() == 0
    assert digits.items.max() == digits.levels - 1 == 16


def test_split_is_disjoint_and_complete(digits: Dataset) -> None:
    both = np.concatenate([digits.training, digits.held_out])
    np.testing.assert_array_equal(np.sort(both), np.arange(1797))
    assert len(digits.training) == 200


def test_split_has_twenty_training_images_of_each_class(digits: Dataset) -> None:
    np.testing.assert_array_equal(np.bincount(digits.training_labels), np.full(10, 20))


def test_parts_take_images_and_labels_at_the_same_indices(digits: Dataset) -> None:
    for indices, images, labels in (
        (digits.training, digits.training_items, digits.training_labels),
        (digits.held_out, digits.held_out_items, digits.held_out_labels),
    ):
        assert images.shape == (len(indices), 8, 8)
        np.testing.assert_array_equal(images[-1], digits.items[indices[-1]])
        assert labels[-1] == digits.labels[indices[-1]]


def test_no_training_image_is_also_held_out(digits: Dataset) -> None:
    training = {image.tobytes() for image in digits.training_items}
    assert not any(image.tobytes() in training for image in digits.held_out_items)


@pytest.mark.parametrize("n", [2, 25, 200, 800, 1796])
def test_a_new_split_is_complete_and_as_even_as_can_be(digits: Dataset, n: int) -> None:
    split = digits.with_training(n)
    assert len(split.training) == n
    both = np.concatenate([split.training, split.held_out])
    np.testing.assert_array_equal(np.sort(both), np.arange(1797))
    for part in (split.training, split.held_out):
        assert (np.diff(part) > 0).all()
    if n <= 800:
        assert np.ptp(np.bincount(split.training_labels, minlength=10)) <= 1


def test_smaller_training_sets_are_parts_of_larger_ones(digits: Dataset) -> None:
    sets = [set(digits.with_training(n).training.tolist()) for n in (25, 50, 200, 800)]
    assert sets[0] < sets[1] < sets[2] < sets[3]
    np.testing.assert_array_equal(digits.with_training(200).training, digits.training)


@pytest.mark.parametrize("n", [-1, 1, 1797])
def test_splits_without_training_or_held_out_images_are_refused(digits: Dataset, n: int) -> None:
    with pytest.raises(ValueError, match=f"2 to 1796 items can be for training, got {n}"):
        digits.with_training(n)


def test_file_names_its_source_licence_and_citation() -> None:
    with h5py.File(asset_path("digits.h5"), "r") as file:
        assert file.attrs["licence"] == "CC BY 4.0"
        assert "10.24432/C50P49" in file.attrs["citation"]
        assert {"title", "source", "levels"} <= set(file.attrs)


def test_script_rebuilds_the_shipped_file(tmp_path: Path) -> None:
    build = runpy.run_path(str(ASSETS / "build_digits.py"))["build"]
    again = tmp_path / "digits.h5"
    build(again)
    with h5py.File(again, "r") as rebuilt, h5py.File(asset_path("digits.h5"), "r") as shipped:
        assert dict(rebuilt.attrs) == dict(shipped.attrs)
        assert set(rebuilt) == set(shipped)
        for name in shipped:
            assert rebuilt[name].dtype == shipped[name].dtype
            np.testing.assert_array_equal(rebuilt[name][:], shipped[name][:])


def test_a_file_that_did_not_ship_is_named_in_the_error() -> None:
    with pytest.raises(FileNotFoundError, match=r"'absent\.h5' is not in .*assets"):
        asset_path("absent.h5")
