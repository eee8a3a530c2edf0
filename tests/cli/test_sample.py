"""Samples in a file: their form, their energies, their provenance, and that a seed repeats them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from PIL import Image

from landscape_app.cli import sample_file
from landscape_app.session import START_PLACES, open_session
from landscape_app.session import sampling as drawing

Landscape = Callable[..., Any]


@pytest.fixture(autouse=True)
def in_the_folder_of_a_run(run_file: Path) -> None:
    """Every test has run.h5 before it."""


def arrays(path: Path) -> tuple[np.ndarray, np.ndarray]:
    with np.load(path, allow_pickle=False) as file:
        assert sorted(file) == ["energy", "x"]
        return file["x"], file["energy"]


def test_npz_holds_levels_and_energies(landscape: Landscape, tmp_path: Path) -> None:
    done = landscape("sample", "run.h5", "-n", "12", "--steps", "3", "--device", "cpu", "-o", "out.npz")
    assert done.code == 0
    assert done.out == "Wrote 12 samples of H(x) = Σᵢ λᵢ fᵢ(x) to out.npz\n"
    x, energy = arrays(tmp_path / "out.npz")
    assert x.shape == (12, 8, 8)
    assert x.dtype == np.uint8
    assert x.max() <= 16
    session = open_session(tmp_path / "run.h5", "cpu")
    expected = session.model_energy(torch.as_tensor(x).float())
    np.testing.assert_allclose(energy, expected.numpy(), rtol=1e-4, atol=1e-4)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.npz", "run.h5"]


def test_energies_are_those_of_the_steered_hamiltonian(landscape: Landscape, tmp_path: Path) -> None:
    steering = ("--target", "3", "--strength", "4", "--temperature", "2", "--no-hamiltonian")
    assert landscape("sample", "run.h5", "-n", "6", "--steps", "2", *steering, "-o", "out.npz").code == 0
    x, energy = arrays(tmp_path / "out.npz")
    classifier = open_session(tmp_path / "run.h5", "cpu").classifier
    assert classifier is not None
    surprise = -classifier(torch.as_tensor(x).float()).log_softmax(-1)[:, 3]
    np.testing.assert_allclose(energy, 2 * surprise.numpy(), rtol=1e-4, atol=1e-5)


def test_hdf5_holds_the_same_arrays_and_says_how_they_came_to_be(
    landscape: Landscape, tmp_path: Path
) -> None:
    common = (
        "sample",
        "run.h5",
        "-n",
        "5",
        "--steps",
        "2",
        "--target",
        "7",
        "--strength",
        "3",
        "--seed",
        "4",
    )
    assert landscape(*common, "-o", "out.h5").code == 0
    assert landscape(*common, "-o", "out.npz").code == 0
    x, energy = arrays(tmp_path / "out.npz")
    with h5py.File(tmp_path / "out.h5") as file:
        np.testing.assert_array_equal(file["x"][:], x)
        np.testing.assert_array_equal(file["energy"][:], energy)
        attributes = dict(file.attrs)
    assert attributes["source"] == "run.h5"
    assert attributes["composition"] == "H(x) = Σᵢ λᵢ fᵢ(x) − 3 log p(7 | x)"
    assert (attributes["target"], attributes["strength"], attributes["seed"]) == (7, 3.0, 4)


def test_png_is_a_mosaic_that_carries_its_provenance(landscape: Landscape, tmp_path: Path) -> None:
    common = ("sample", "run.h5", "-n", "5", "--steps", "2")
    assert landscape(*common, "-o", "out.png").code == 0
    assert landscape(*common, "-o", "out.npz").code == 0
    x, _ = arrays(tmp_path / "out.npz")
    with Image.open(tmp_path / "out.png") as picture:
        provenance = json.loads(picture.text["Provenance"])  # type: ignore[attr-defined]
        pixels = np.asarray(picture)
    assert provenance["source"] == "run.h5"
    assert provenance["samples"] == 5
    assert pixels.shape == ((2 * 9 + 1) * 16, (3 * 9 + 1) * 16)
    ink = pixels[8::16, 8::16].astype(int)
    for index, image in enumerate(x):
        row, column = divmod(index, 3)
        shown = ink[1 + 9 * row : 9 + 9 * row, 1 + 9 * column : 9 + 9 * column]
        np.testing.assert_array_equal(shown, 255 - np.rint(image.astype(float) * 255 / 16).astype(int))


@pytest.mark.parametrize("ending", ["npz", "h5", "png"])
def test_the_same_seed_writes_the_same_bytes(landscape: Landscape, tmp_path: Path, ending: str) -> None:
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        landscape("sample", "run.h5", "-n", "4", "--steps", "2", "--seed", seed, "-o", f"{name}.{ending}")
    a, b, c = ((tmp_path / f"{name}.{ending}").read_bytes() for name in "abc")
    assert a == b
    assert a != c


@pytest.mark.parametrize("place", START_PLACES)
def test_chains_start_where_they_are_told(landscape: Landscape, tmp_path: Path, place: str) -> None:
    done = landscape("sample", "run.h5", "-n", "9", "--steps", "0", "--from", place, "-o", "out.npz")
    assert done.code == 0
    x, _ = arrays(tmp_path / "out.npz")
    assert x.shape == (9, 8, 8)
    if place == "data":
        training = {
            image.tobytes() for image in open_session(tmp_path / "run.h5", "cpu").dataset.training_items
        }
        assert {image.tobytes() for image in x} <= training


@pytest.mark.parametrize("kernel", ["discrete-langevin", "random-walk", "single-site"])
def test_every_kernel_can_move_them(landscape: Landscape, tmp_path: Path, kernel: str) -> None:
    arguments = ("-n", "3", "--steps", "2", "--kernel", kernel, "-o", "out.npz")
    assert landscape("sample", "run.h5", *arguments).code == 0


@pytest.mark.parametrize("how", ["--ladder", "--no-ladder"])
def test_more_samples_than_move_together_come_one_after_the_other(
    landscape: Landscape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    for name in ("BATCH", "LADDERS"):
        monkeypatch.setattr(drawing, name, 4)
    arguments = ("-n", "10", "--steps", "1", "--from", "base", how, "-o", "out.npz")
    assert landscape("sample", "run.h5", *arguments).code == 0
    x, energy = arrays(tmp_path / "out.npz")
    assert len(x) == len(energy) == 10
    assert len(np.unique(x, axis=0)) == 10


def test_a_write_that_fails_leaves_the_older_file(
    landscape: Landscape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out.npz").write_bytes(b"older")

    def full(path: Path, samples: sample_file.Samples) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(sample_file._WRITERS, ".npz", full)
    done = landscape("sample", "run.h5", "-n", "2", "--steps", "1", "-o", "out.npz")
    assert done.code == 1
    assert done.err.splitlines()[-1] == "landscape: cannot write out.npz: No space left on device"
    assert (tmp_path / "out.npz").read_bytes() == b"older"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.npz", "run.h5"]
