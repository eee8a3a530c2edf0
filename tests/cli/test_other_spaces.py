"""Every command on data that are no images: points on the line, in the plane and of one's own, and spins."""

from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from PIL import Image

from landscape_app.cli import main
from landscape_app.problems import PROBLEMS
from landscape_app.session.checkpoint import open_session
from tests.cli.conftest import Run

SMALL = ("--epochs", "20", "--chains", "64", "--device", "cpu")
SHAPES = {"two-gaussians": (1,), "rings": (2,), "ising": (4, 4), "points": (3,)}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a short run of every such problem."""
    folder = tmp_path_factory.mktemp("runs")
    points = np.random.default_rng(0).normal([1.0, 50.0, -3.0], [1.0, 10.0, 0.2], (60, 3))
    np.savetxt(folder / "mine.csv", points, delimiter=",", header="a,b,c")
    for problem in SHAPES:
        own = ("--points", str(folder / "mine.csv")) if problem == "points" else ()
        arguments = ("train", problem, *own, *SMALL, "-o", str(folder / f"{problem}.h5"))
        assert main(arguments) == 0
    return folder


@pytest.mark.parametrize("problem", SHAPES)
def test_samples_are_written_as_they_are(landscape: Run, runs: Path, tmp_path: Path, problem: str) -> None:
    run = str(runs / f"{problem}.h5")
    for ending in ("npz", "h5"):
        done = landscape("sample", run, "-n", "7", "--steps", "3", "--device", "cpu", "-o", f"out.{ending}")
        assert done.code == 0, done.err
    with np.load(tmp_path / "out.npz") as file, h5py.File(tmp_path / "out.h5") as other:
        x, energy = file["x"], file["energy"]
        np.testing.assert_array_equal(other["x"][:], x)
        assert ("spins" if problem == "ising" else "coordinates") in other["x"].attrs["meaning"]
    assert x.shape == (7, *SHAPES[problem])
    assert x.dtype == (np.int8 if problem == "ising" else np.float32)
    session = open_session(runs / f"{problem}.h5", "cpu")

    expected = session.model_energy(torch.as_tensor(x).float())
    np.testing.assert_allclose(energy, expected.numpy(), rtol=1e-4, atol=1e-4)


def test_a_picture_is_drawn_of_lattices_and_refused_of_points(
    landscape: Run, runs: Path, tmp_path: Path
) -> None:
    common = ("-n", "4", "--steps", "1", "--device", "cpu", "-o", "out.png")
    done = landscape("sample", str(runs / "two-gaussians.h5"), *common)
    assert done.code == 2
    assert "mosaic of images, and these samples live on the line; write .npz or .h5 instead" in done.err
    assert not (tmp_path / "out.png").exists()
    assert landscape("sample", str(runs / "ising.h5"), *common).code == 0
    with Image.open(tmp_path / "out.png") as picture:
        assert set(np.unique(np.asarray(picture))) <= {0, 225, 255}


def test_a_target_is_refused_where_there_are_no_classes(landscape: Run, runs: Path) -> None:
    done = landscape("sample", str(runs / "rings.h5"), "--target", "1", "-o", "out.npz")
    assert done.code == 2
    assert "these data have no classes to steer to" in done.err


@pytest.mark.parametrize(
    ("problem", "shown"),
    [
        ("two-gaussians", ("of two-gaussians", "1 coordinate", "nats a point", "entropy, exact")),
        ("ising", ("4 × 4 spins", "bits a spin", "nats a lattice", "log Z, exact")),
        ("points", ("of mine", "3 coordinates", "nats a point")),
    ],
)
def test_info_says_what_a_run_is_of(landscape: Run, runs: Path, problem: str, shown: tuple[str, ...]) -> None:
    done = landscape("info", str(runs / f"{problem}.h5"))
    assert done.code == 0
    for text in shown:
        assert text in done.out
    assert "classifier" not in done.out
    assert ("exact" in done.out) == (problem != "points")


def test_diagnose_says_what_is_exact(landscape: Run, runs: Path) -> None:
    done = landscape("diagnose", str(runs / "ising.h5"), "--chains", "2", "--steps", "100")
    # Two chains from each start hardly know whether they have mixed.
    assert done.code in (0, 3, 4)
    for text in ("by enumeration", "uniform spins have 11.1", "bits a spin", "magnetisation"):
        assert text in done.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("points",), "say where they lie: --points FILE"),
        (("ising", "--points", "mine.csv"), "not with ising"),
        (("points", "--points", "none.csv"), "none.csv cannot be read"),
        (("points", "--points", "mine.docx"), "mine.docx cannot be read"),
        (("points", "--points", "words.csv"), "words has a header, and no rows below it"),
        (("points", "--points", "few.csv"), "three at least are needed"),
        (("unheard-of",), f"choose from {', '.join(PROBLEMS)}"),
    ],
)
def test_wrong_data_are_refused_in_one_line(
    landscape: Run, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    (tmp_path / "words.csv").write_text("one,two\n")
    (tmp_path / "few.csv").write_text("1,2\n3,4\n")
    done = landscape("train", *arguments, "-o", "out.h5")
    assert done.code == 2
    assert message in done.err
    assert done.err.count("\n") == 1
