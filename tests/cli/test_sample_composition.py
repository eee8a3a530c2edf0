"""`landscape sample --composition`: what it samples, what it leaves out, whom it trusts, and what it refuses."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from landscape_app.physics.fields.custom import CustomField
from landscape_app.physics.fields.pixels import FixedPixels, InkAmount
from landscape_app.session.checkpoint import open_session
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.composition_file import write_composition
from landscape_app.session.custom_field import read_source

Landscape = Callable[..., Any]
SAMPLE = ("sample", "run.h5", "--device", "cpu")
FEW = ("-n", "4", "--steps", "2", "-o", "out.npz")
ROW, COLUMN = 2, 3
ONE_PIXEL = f"def energy(x):\n    return x[:, {ROW}, {COLUMN}] / 4\n"


@pytest.fixture(autouse=True)
def in_the_folder_of_a_run(run_file: Path) -> None:
    """Every test has run.h5 before it."""


@pytest.fixture
def own(tmp_path: Path) -> CustomField:
    """A field of one pixel."""
    path = tmp_path / "one_pixel.py"
    path.write_text(ONE_PIXEL)
    return CustomField("one_pixel.py", read_source(path).digest)


def write(folder: Path, composition: Composition, **entries: object) -> str:
    """Writes a composition file, with more entries than it should have; returns its name."""
    plain = json.loads(write_composition(composition)) | entries
    (folder / "mine.json").write_text(json.dumps(plain))
    return "mine.json"


def test_samples_follow_the_composition(landscape: Landscape, tmp_path: Path, own: CustomField) -> None:
    strength, temperature, n = 2.0, 2.0, 1_000
    composed = Composition((Layer(own, strength),), temperature, hamiltonian=False)
    file = write(tmp_path, composed)
    arguments = ("--trust", "-n", str(n), "--steps", "30", "--from", "base", "--no-ladder", "-o", "out.npz")
    done = landscape(*SAMPLE, "--composition", file, *arguments)
    assert done.code == 0, done.err
    assert f"of {composed.formula} to out.npz" in done.out
    with np.load(tmp_path / "out.npz") as arrays:
        x, energy = arrays["x"].astype(float), arrays["energy"]
    np.testing.assert_allclose(energy, strength / temperature * x[:, ROW, COLUMN] / 4, rtol=1e-5, atol=1e-5)
    exact = distribution_of_the_pixel(tmp_path / "run.h5", strength / temperature / 4)
    mean = exact @ np.arange(17)
    error = np.sqrt(exact @ (np.arange(17) - mean) ** 2 / n)
    assert abs(x[:, ROW, COLUMN].mean() - mean) < 4 * error
    unsteered = distribution_of_the_pixel(tmp_path / "run.h5", 0.0)
    assert unsteered @ np.arange(17) > mean + 20 * error


def distribution_of_the_pixel(run: Path, slope: float) -> np.ndarray:
    """Exact where H = slope · level alone: q is a product over pixels, so others have no part in it; shape (17,)."""
    x = torch.zeros(17, 8, 8)
    x[:, ROW, COLUMN] = torch.arange(17.0)
    log_weights = (
        open_session(run, "cpu").model.base_measure.log_prob(x).double() - slope * torch.arange(17.0).double()
    )
    return log_weights.softmax(0).numpy()


def test_held_pixels_stay_and_the_others_move(landscape: Landscape, tmp_path: Path) -> None:
    file = write(tmp_path, Composition((Layer(FixedPixels(((0, 0, 16), (7, 7, 5)))),)))
    done = landscape(*SAMPLE, "--composition", file, "-n", "20", "--steps", "10", "-o", "out.npz")
    assert done.code == 0, done.err
    with np.load(tmp_path / "out.npz") as arrays:
        x = arrays["x"]
    assert set(x[:, 0, 0]) == {16}
    assert set(x[:, 7, 7]) == {5}
    assert len(np.unique(x, axis=0)) == 20


def test_what_is_not_known_is_named_and_left_out(landscape: Landscape, tmp_path: Path) -> None:
    layers = [
        {"kind": "magic", "name": "spell", "strength": 1.0},
        {"kind": "ink", "share": 0.2, "strength": 3.0, "glow": True},
    ]
    file = write(tmp_path, Composition(), version=99, colour="red", layers=layers)
    done = landscape(*SAMPLE, "--composition", file, *FEW)
    assert done.code == 0
    for said in ("version 99", "'colour'", "layer 1 “spell” was left out: unknown kind", '"magic"', "'glow'"):
        assert said in done.err
    assert Composition((Layer(InkAmount(0.2), 3.0),)).formula in done.out


def test_user_defined_fields_run_only_where_they_are_trusted(
    landscape: Landscape, tmp_path: Path, own: CustomField
) -> None:
    file = write(tmp_path, Composition((Layer(own, 1.0),)))
    done = landscape(*SAMPLE, "--composition", file, *FEW)
    assert done.code == 2
    assert "one_pixel.py; read it, and add --trust if you trust it" in done.err
    assert not (tmp_path / "out.npz").exists()
    assert landscape(*SAMPLE, "--composition", file, "--trust", *FEW).code == 0
    (tmp_path / "one_pixel.py").write_text(ONE_PIXEL.replace("/ 4", "/ 2"))
    done = landscape(*SAMPLE, "--composition", file, "--trust", *FEW)
    assert done.code == 2
    assert "one_pixel.py has changed since the composition was saved" in done.err
    (tmp_path / "one_pixel.py").unlink()
    done = landscape(*SAMPLE, "--composition", file, "--trust", *FEW)
    assert done.code == 2
    assert "the field “one_pixel” cannot be read: No such file or directory" in done.err


def test_a_user_defined_field_that_is_switched_off_does_not_run(landscape: Landscape, tmp_path: Path) -> None:
    absent = Layer(CustomField("absent.py", "0" * 64), 1.0, enabled=False)
    file = write(tmp_path, Composition((absent,)))
    for trust in ((), ("--trust",)):
        assert landscape(*SAMPLE, "--composition", file, *trust, *FEW).code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--composition", "mine.json", "--target", "7"), "leave out --target"),
        (("--composition", "mine.json", "--strength", "3"), "leave out --strength"),
        (
            ("--composition", "mine.json", "--temperature", "2", "--no-hamiltonian"),
            "mine.json says all of H(x) already; leave out --temperature, --no-hamiltonian",
        ),
        (("--trust",), "--trust is about the user-defined fields of a composition; add --composition"),
        (("--composition", "absent.json"), "cannot read the composition absent.json: No such file"),
        (("--composition", "run.h5"), "run.h5 is no composition, which is a small JSON file"),
        (("--composition", "broken.json"), "broken.json: this is no composition file"),
        (("--composition", "other.json"), 'it should be a JSON object with "format"'),
    ],
)
def test_what_cannot_be_is_refused(
    landscape: Landscape, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    write(tmp_path, Composition((Layer(InkAmount(0.2), 3.0),)))
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "other.json").write_text('{"a": 1}')
    done = landscape(*SAMPLE, *arguments, *FEW)
    assert done.code == 2
    assert done.out == ""
    assert done.err.count("\n") == 1
    assert message in done.err
    assert not (tmp_path / "out.npz").exists()
