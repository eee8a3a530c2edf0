"""Results on disk: the pictures by another reader, the numbers as they were, and strangers' files."""

from pathlib import Path
from xml.etree import ElementTree

import h5py
import numpy as np
import pytest
from PIL import Image

from landscape_app.data.assets import asset_path
from landscape_app.experiments.catalogue import EXPERIMENTS
from landscape_app.experiments.experiment import Finding
from landscape_app.experiments.figure import (
    Bars,
    Curve,
    Figure,
    Heatmap,
    Images,
    Marker,
    Panel,
    Points,
    Role,
    mosaic_of,
)
from landscape_app.experiments.result import Result, open_result, save_result
from landscape_app.runs.atomic import RunFileError

X = np.linspace(0.1, 3, 20)


def everything() -> Figure:
    """A figure with every mark there is."""
    rng = np.random.default_rng(0)
    lines = Panel(
        "Lines & <points>",
        (
            Curve(X, np.sin(X), "curve", Role.MODEL, low=np.sin(X) - 0.1, high=np.sin(X) + 0.1),
            Curve(X, np.full(20, np.nan), "nothing", Role.RIVAL, dashed=True, faint=True),
            Points(X, X**2, "points", Role.DATA, error=X / 10),
            Bars(np.arange(4.0), np.array([1.0, 2.0, 0.5]), "bars", Role.OTHER),
            Marker(1.5, "here"),
            Marker(0.5, "there", upright=False),
        ),
        "x in nats",
        "y",
        x_log=True,
        x_range=(0.1, 3.0),
    )
    values = rng.normal(size=(8, 20))
    values[0, 0] = np.nan
    plane = Panel(
        "Plane", (Heatmap(X, np.arange(8.0), values, "S in nats", (0.0, 1.0)),), "θ", "λ", square=True
    )
    images = Images(rng.integers(0, 17, (5, 8, 8)).astype(np.uint8), 3, 16.0, ("a", "b"), ("1", "2", "3"))
    return Figure(((lines, plane), (Panel("Images", (images,)),)))


def result(figure: Figure | None = None) -> Result:
    findings = (Finding("2", "angle", "30°", "29.9°", True), Finding("1b", "path", "falls", "rises", False))
    return Result("textbook", {"seed": 3.0, "scale": 0.5}, figure or everything(), findings, 12.5, True)


def test_a_result_is_written_as_pictures_and_numbers(tmp_path: Path) -> None:
    png, svg, numbers = save_result(result(), "A title", tmp_path / "new")
    assert {png.name, svg.name, numbers.name} == {"textbook.png", "textbook.svg", "textbook.h5"}
    with Image.open(png) as picture:
        assert min(picture.size) > 600
        assert len(np.unique(np.asarray(picture.convert("L")))) > 50
    assert ElementTree.parse(svg).getroot().tag.endswith("svg")
    with h5py.File(numbers) as file:
        np.testing.assert_array_equal(file["figure/0-0/0/y"][:], np.sin(X))


def test_a_result_is_read_as_it_was(tmp_path: Path) -> None:
    before = result()
    save_result(before, "A title", tmp_path)
    after = open_result(tmp_path / "textbook.h5")
    assert (after.experiment, after.values, after.findings) == (
        before.experiment,
        before.values,
        before.findings,
    )
    assert (after.seconds, after.is_complete, after.has_passed) == (12.5, True, False)
    for now, then in zip(after.figure.panels, before.figure.panels, strict=True):
        assert (now.title, now.x_label, now.x_log, now.x_range, now.square) == (
            then.title,
            then.x_label,
            then.x_log,
            then.x_range,
            then.square,
        )
        for a, b in zip(now.marks, then.marks, strict=True):
            assert type(a) is type(b)
            for name, value in vars(b).items():
                if isinstance(value, np.ndarray):
                    np.testing.assert_array_equal(getattr(a, name), value)
                else:
                    assert getattr(a, name) == value, name


def test_an_empty_figure_can_be_saved(tmp_path: Path) -> None:
    save_result(result(Figure()), "Stopped at once", tmp_path)
    assert open_result(tmp_path / "textbook.h5").figure.rows == ()


def test_a_model_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(RunFileError, match="holds a model, not the result of an experiment"):
        open_result(asset_path("digits-model.h5"))
    with pytest.raises(RunFileError, match="there is no file"):
        open_result(tmp_path / "missing.h5")


def test_a_folder_that_cannot_be_made_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(RunFileError, match="cannot write into"):
        save_result(result(), "A title", tmp_path / "taken")


def test_images_lie_side_by_side_with_a_pixel_between() -> None:
    images = np.arange(1, 6).reshape(5, 1, 1) * np.ones((5, 2, 2))
    mosaic = mosaic_of(Images(images, 3, 5.0))
    assert mosaic.shape == (5, 8)
    assert mosaic[0, 3] == 2
    assert mosaic[4, 4] == 5
    assert (mosaic[2] == 0).all()
    assert (mosaic[:, 2] == 0).all()


def test_every_experiment_says_what_it_is() -> None:
    for name, experiment in EXPERIMENTS.items():
        assert experiment.name == name
        assert experiment.title
        assert experiment.paper
        assert 150 < len(experiment.summary) < 900, name
        assert 0 < experiment.minutes[0] <= 4
        assert experiment.minutes[0] <= experiment.minutes[1]
        assert "seed" in [parameter.name for parameter in experiment.parameters]
        experiment.complete({})
        experiment.complete({}, full=True)
