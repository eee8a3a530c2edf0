"""Compositions from files on the command line: what fits the run is sampled, what does not is named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from landscape_app.physics.fields.classes import ClassCondition
from landscape_app.physics.fields.custom import CustomField
from landscape_app.physics.fields.discriminator import DiscriminatorRound
from landscape_app.physics.fields.pixels import FixedPixels, InkAmount, SimilarityTo
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.composition_file import write_composition
from landscape_app.session.custom_field import read_source

Landscape = Callable[..., Any]


@pytest.fixture(autouse=True)
def in_the_folder_of_a_run(run_file: Path) -> None:
    """Every test has run.h5 before it."""


@pytest.fixture
def sample(landscape: Landscape, tmp_path: Path) -> Callable[..., Any]:
    """Samples a composition into out.npz."""

    def call(composition: Composition, *arguments: str) -> Any:
        (tmp_path / "mine.json").write_text(write_composition(composition))
        common = ("sample", "run.h5", "-n", "6", "--steps", "2", "--no-ladder", "-o", "out.npz")
        return landscape(*common, "--composition", "mine.json", *arguments)

    return call


def test_layers_that_do_not_fit_the_run_are_named_and_the_others_sampled(
    sample: Callable[..., Any], tmp_path: Path
) -> None:
    layers = (
        Layer(SimilarityTo(((1, 2), (3, 4))), 1.0, name="other size"),
        Layer(ClassCondition((12,)), 2.0),
        Layer(DiscriminatorRound(1), 1.0),
        Layer(FixedPixels(((0, 0, 11),))),
        Layer(InkAmount(0.2), 20.0),
    )
    done = sample(Composition(layers))
    assert done.code == 0
    assert "H(x) = Σᵢ λᵢ fᵢ(x) + 20 · N (ū − 0.2)², 1 pixel fixed" in done.out
    assert "mine.json: layer 1 “other size” was left out: its image is 2 × 2" in done.err
    assert "mine.json: layer 2 was left out: there is no class 12" in done.err
    assert "mine.json: “real, round 1” was left out: the run has no such discriminator" in done.err
    with np.load(tmp_path / "out.npz") as file:
        assert (file["x"][:, 0, 0] == 11).all()


@pytest.mark.parametrize(
    ("given", "said"),
    [("e[:1]", "gave shape (1,), expected ("), ("e / 0 * 0", "gave an energy that is not finite")],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_a_user_defined_field_that_fails_is_named_as_wrong_usage_and_nothing_is_written(
    sample: Callable[..., Any], tmp_path: Path, given: str, said: str, at_once: bool
) -> None:
    path = tmp_path / "tilt.py"
    path.write_text(
        "calls = []\ndef energy(x):\n    calls.append(1)\n    e = x.mean((1, 2))\n"
        f"    return {given} if len(calls) > {0 if at_once else 60} else e\n"
    )
    field = CustomField(str(path), read_source(path).digest)
    done = sample(Composition((Layer(field, 1.0),)), "--trust", "--steps", "100")
    assert done.code == 2
    assert done.err.splitlines()[-1].startswith(f"landscape: the field “tilt” {said}")
    assert done.err.count("tilt") == 1
    assert not (tmp_path / "out.npz").exists()
