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

from landscape_app.physics.estimate import Estimate, share_in_words
from landscape_app.session import sample_file
from landscape_app.session import sampling as drawing
from landscape_app.session.chains_file import read_chains
from landscape_app.session.checkpoint import open_session
from landscape_app.session.composition_file import read_composition
from landscape_app.session.provenance import model_fingerprint
from landscape_app.session.provenance_in_files import read_provenance
from landscape_app.session.sampler import START_PLACES

Landscape = Callable[..., Any]


@pytest.fixture(autouse=True)
def in_the_folder_of_a_run(run_file: Path) -> None:
    """Every test has run.h5 before it."""


def arrays(path: Path) -> tuple[np.ndarray, np.ndarray]:
    with np.load(path, allow_pickle=False) as file:
        assert sorted(file) == ["effective_samples", "energy", "provenance", "x"]
        return file["x"], file["energy"]


def test_npz_holds_levels_and_energies(landscape: Landscape, tmp_path: Path) -> None:
    done = landscape("sample", "run.h5", "-n", "12", "--steps", "3", "--device", "cpu", "-o", "out.npz")
    assert done.code == 0
    assert done.out == "Wrote 12 samples of H(x) = Σᵢ λᵢ fᵢ(x) to out.npz, worth about 12 independent ones\n"
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


def test_samples_of_an_earlier_epoch_are_of_the_model_as_it_was(landscape: Landscape, tmp_path: Path) -> None:
    done = landscape("sample", "run.h5", "-n", "6", "--steps", "2", "--epoch", "1", "-o", "out.npz")
    assert done.code == 0
    x, energy = arrays(tmp_path / "out.npz")
    past = open_session(tmp_path / "run.h5", "cpu").at_epoch(1)
    expected = past.model_energy(torch.as_tensor(x).float())
    np.testing.assert_allclose(energy, expected.numpy(), rtol=1e-4, atol=1e-4)
    source = read_provenance(tmp_path / "out.npz")["sources"][0]
    assert (source["epoch"], source["model_sha256"]) == (1, model_fingerprint(past.model))
    refused = landscape("sample", "run.h5", "--epoch", "900", "-o", "out.npz")
    assert refused.code == 2
    assert "no snapshot of epoch 900; the nearest" in " ".join(refused.err.split())
    assert "snapshots" in landscape("info", "run.h5").out
    no_run = landscape("sample", "--energy", "x**2", "--epoch", "1", "-o", "out.npz")
    assert no_run.code == 2


def test_shares_on_target_come_with_errors_in_words_and_as_json(landscape: Landscape) -> None:
    drawing = ("sample", "run.h5", "-n", "40", "--steps", "2", "--target", "3", "-o", "out.npz")
    said = next(line for line in landscape(*drawing).out.splitlines() if line.startswith("On target"))
    found = json.loads(landscape(*drawing, "--json").out)
    assert set(found) >= {"samples", "effective_samples", "ancestors", "on_target", "on_target_error"}
    assert found["class_shares"]["3"] == {"share": found["on_target"], "error": found["on_target_error"]}
    assert sum(row["share"] for row in found["class_shares"].values()) == pytest.approx(1)
    # As independent samples have at least, with two more of each kind.
    p, error = found["on_target"], found["on_target_error"]
    assert error >= np.sqrt((40 * p + 2) * (40 - 40 * p + 2) / 44**3) - 1e-9
    share = share_in_words(Estimate(p, error))
    assert said == f"On target by the classifier: {share} of the samples"
    plain = json.loads(landscape("sample", "run.h5", "-n", "4", "-o", "out.npz", "--json").out)
    assert plain["on_target"] is plain["class_shares"] is None


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
        provenance = json.loads(file.attrs["provenance"])
        worth = file.attrs["effective_samples"]
    assert provenance["sampling"]["effective_samples"] == pytest.approx(worth, abs=0.05)
    assert 1 <= worth <= 5
    assert provenance["generated"] is True
    (source,) = provenance["sources"]
    assert source["formula"] == "H(x) = Σᵢ λᵢ fᵢ(x) − 3 · log p(7 | x)"
    composition = read_composition(json.dumps(source["composition"])).composition
    assert (composition.target, composition.acting[0].strength) == (7, 3.0)
    session = open_session(tmp_path / "run.h5", "cpu")
    assert source["model_sha256"] == model_fingerprint(session.model)
    assert source["data_sha256"] == session.dataset.fingerprint
    assert provenance["sampling"]["seed"] == 4
    with np.load(tmp_path / "out.npz", allow_pickle=False) as arrays_too:
        assert json.loads(str(arrays_too["provenance"]))["sources"] == [source]


def test_png_is_a_mosaic_that_carries_its_provenance(landscape: Landscape, tmp_path: Path) -> None:
    common = ("sample", "run.h5", "-n", "5", "--steps", "2")
    assert landscape(*common, "-o", "out.png").code == 0
    assert landscape(*common, "-o", "out.npz").code == 0
    x, _ = arrays(tmp_path / "out.npz")
    with Image.open(tmp_path / "out.png") as picture:
        provenance = json.loads(picture.text["Provenance"])  # type: ignore[attr-defined]
        pixels = np.asarray(picture)
    assert provenance["sources"][0]["epoch"] == 3
    assert provenance["sampling"]["samples"] == 5
    assert pixels.shape == ((2 * 9 + 1) * 16, (3 * 9 + 1) * 16)
    ink = pixels[8::16, 8::16].astype(int)
    for index, image in enumerate(x):
        row, column = divmod(index, 3)
        shown = ink[1 + 9 * row : 9 + 9 * row, 1 + 9 * column : 9 + 9 * column]
        np.testing.assert_array_equal(shown, 255 - np.rint(image.astype(float) * 255 / 16).astype(int))


@pytest.mark.parametrize("ending", ["npz", "h5", "png", "gif"])
def test_the_same_seed_and_date_write_the_same_bytes(
    landscape: Landscape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        landscape("sample", "run.h5", "-n", "4", "--steps", "2", "--seed", seed, "-o", f"{name}.{ending}")
    a, b, c = ((tmp_path / f"{name}.{ending}").read_bytes() for name in "abc")
    assert a == b
    assert a != c


@pytest.mark.parametrize("how", ["--ladder", "--no-ladder"])
def test_a_gif_shows_the_chains_from_start_to_end(landscape: Landscape, tmp_path: Path, how: str) -> None:
    common = ("sample", "run.h5", "-n", "3", "--steps", "5", how, "--from", "noise")
    assert landscape(*common, "-o", "out.gif").code == 0
    assert landscape(*common, "-o", "out.png").code == 0
    with Image.open(tmp_path / "out.gif") as moving:
        assert moving.n_frames == 6  # type: ignore[attr-defined]
        document = json.loads(moving.info["comment"])
        moving.seek(5)
        last = np.asarray(moving.convert("L"))
    with Image.open(tmp_path / "out.png") as still:
        np.testing.assert_array_equal(last, np.asarray(still))
        assert document["sources"] == json.loads(still.text["Provenance"])["sources"]  # type: ignore[attr-defined]
    many = landscape("sample", "run.h5", "-n", "683", "-o", "out.gif")
    assert many.code == 2
    assert "at most 682; up to 2,048 with --no-ladder" in many.err


def test_a_folder_takes_a_picture_of_each(landscape: Landscape, tmp_path: Path) -> None:
    (tmp_path / "sevens").mkdir()
    assert landscape("sample", "run.h5", "-n", "12", "--steps", "2", "-o", "sevens").code == 0
    assert landscape("sample", "run.h5", "-n", "12", "--steps", "2", "-o", "out.npz").code == 0
    x, _ = arrays(tmp_path / "out.npz")
    paths = sorted((tmp_path / "sevens").iterdir())
    assert [path.name for path in paths] == [f"chain-{number:02d}.png" for number in range(1, 13)]
    for number, path in enumerate(paths):
        with Image.open(path) as picture:
            pixels = np.asarray(picture)
            document = json.loads(picture.text["Provenance"])  # type: ignore[attr-defined]
        assert pixels.shape == (128, 128)
        np.testing.assert_array_equal(pixels[8::16, 8::16], 255 - np.rint(x[number] * (255 / 16)))
        assert document["sampling"]["chain"] == number + 1


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
    for name, value in (("BATCH", 4), ("LEAST_LADDERS", 4), ("AT_ONCE", 0)):
        monkeypatch.setattr(drawing, name, value)
    arguments = ("-n", "10", "--steps", "1", "--from", "base", how, "-o", "out.npz")
    assert landscape("sample", "run.h5", *arguments).code == 0
    x, energy = arrays(tmp_path / "out.npz")
    assert len(x) == len(energy) == 10
    assert len(np.unique(x, axis=0)) == 10


def test_a_write_that_fails_leaves_the_older_file(
    landscape: Landscape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out.npz").write_bytes(b"older")

    def full(path: Path, samples: sample_file.SampleFile) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(sample_file._WRITERS, ".npz", full)
    done = landscape("sample", "run.h5", "-n", "2", "--steps", "1", "-o", "out.npz")
    assert done.code == 1
    assert done.err.splitlines()[-1] == "landscape: cannot write out.npz: the disk is full"
    assert (tmp_path / "out.npz").read_bytes() == b"older"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.npz", "run.h5"]


def test_every_draw_of_the_chains_is_written_and_judged(landscape: Landscape, tmp_path: Path) -> None:
    arguments = ("sample", "run.h5", "-n", "3", "--steps", "40", "--no-ladder", "--device", "cpu")
    done = landscape(*arguments, "-o", "draws.nc")
    assert done.code == 0
    assert done.out.endswith(
        "the draws of 3 chains in 20 steps to draws.nc; landscape diagnose judges them\n"
    )
    draws = read_chains(tmp_path / "draws.nc")
    assert (draws.chains, draws.draws) == (3, 20)
    assert list(draws.quantities)[:3] == ["energy", "ink", "x[0,0]"]
    assert landscape(*arguments, "-o", "draws.zarr").code == 0
    # The last draws are the samples that the same seed gives, their mean pixel and energy with them.
    landscape(*arguments, "-o", "samples.npz")
    samples = np.load(tmp_path / "samples.npz")
    last = {name: values[:, -1] for name, values in draws.quantities.items()}
    np.testing.assert_array_equal(last["energy"], samples["energy"])
    np.testing.assert_array_equal(last["x[3,5]"], samples["x"][:, 3, 5])
    np.testing.assert_allclose(last["ink"], samples["x"].mean((1, 2)), rtol=1e-6)
    found = json.loads(landscape("diagnose", "draws.nc", "--json").out)
    assert (found["chains"], found["draws"]) == (3, 20)
    assert read_provenance(tmp_path / "draws.nc") is not None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--steps", "1", "-o", "d.nc"), "second half of --steps"),
        (("--steps", "10", "-n", "90000", "-o", "d.nc"), "chains side by side, at most"),
        (("--steps", "10", "-o", "there.zarr"), "already"),
    ],
)
def test_draws_that_cannot_be_written_are_refused_before_they_are_drawn(
    landscape: Landscape, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    (tmp_path / "there.zarr").mkdir()
    done = landscape("sample", "run.h5", *arguments, "--device", "cpu")
    assert done.code == 2
    assert words in done.err
    assert not (tmp_path / "d.nc").exists()
