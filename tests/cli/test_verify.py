"""`landscape verify`: what files say of themselves, evidence where they say nothing, and its exit codes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from landscape_app.session import verification
from landscape_app.session.api import new_session, train
from landscape_app.session.checkpoint import open_session, save_session
from landscape_app.session.provenance import model_fingerprint

Landscape = Callable[..., Any]


@pytest.fixture(autouse=True)
def a_run_and_its_samples(run_file: Path, landscape: Landscape, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test has run.h5 before it, and evidence is gathered for moments only."""
    for name, value in (("SAMPLES", 48), ("STEPS", 2), ("PASSES", 1), ("FOLDS", 2)):
        monkeypatch.setattr(verification, name, value)


def sample(landscape: Landscape, *outputs: str) -> None:
    for output in outputs:
        assert (
            landscape("sample", "run.h5", "-n", "2", "--steps", "1", "--target", "7", "-o", output).code == 0
        )


@pytest.mark.parametrize("ending", ["png", "gif", "npz", "h5"])
def test_a_sample_names_its_model_and_composition(landscape: Landscape, tmp_path: Path, ending: str) -> None:
    sample(landscape, f"out.{ending}")
    done = landscape("verify", f"out.{ending}", "--model", "run.h5", "--device", "cpu")
    assert (done.code, done.err) == (0, "")
    fingerprint = model_fingerprint(open_session(tmp_path / "run.h5", "cpu").model)
    for words in (
        "generated",
        f"of digits, 3 epochs, fingerprint {fingerprint[:16]}…",
        "which is that of run.h5",
        "H(x) = Σᵢ λᵢ fᵢ(x) − 4 · log p(7 | x)",
        "not proof",
    ):
        assert words in done.out
    assert "ladder yes, seed 0" in " ".join(done.out.split())
    assert "log-odds" not in done.out


def test_the_fingerprint_is_the_model_s_and_not_the_file_s(landscape: Landscape, tmp_path: Path) -> None:
    sample(landscape, "out.png")
    session = open_session(tmp_path / "run.h5", "cpu")
    for name in ("same.h5", "other.h5"):
        save_session(session, tmp_path / name)
        session.model.multipliers[0] += 1e-3
    assert "which is that of same.h5" in landscape("verify", "out.png", "--model", "same.h5").out
    done = landscape("verify", "out.png", "--model", "other.h5", "--device", "cpu")
    assert done.code == 0
    assert "which is not that of other.h5" in done.out


def test_a_stripped_image_is_met_with_evidence_and_its_error_rates(
    landscape: Landscape, tmp_path: Path
) -> None:
    sample(landscape, "out.png")
    with Image.open(tmp_path / "out.png") as picture:
        picture.save(tmp_path / "stripped.png")
        scale = picture.width // 19
        one = picture.crop((scale, scale, 9 * scale, 9 * scale))
        one.save(tmp_path / "one.png")
    done = landscape("verify", "stripped.png", "one.png", "--model", "run.h5", "--device", "cpu")
    assert done.code == 0
    stripped, single = done.out.split("\none.png\n")
    assert "a mosaic of 2 images of 8 × 8 pixels, enlarged 16 times" in stripped
    assert "an image of 8 × 8 pixels, enlarged 16 times; every grey is a level" in single
    for part in (stripped, single):
        for words in (
            "nothing: it carries no provenance, or that was stripped",
            "with 48 fresh samples and 1,597 held-out images",
            "of held-out images are called generated",
            "of fresh samples are called real",
            "this is evidence, not proof",
        ):
            assert words in part
    without = landscape("verify", "one.png")
    assert without.code == 0
    assert "none without a model; add --model RUN.h5" in without.out


def test_bad_images_end_with_2_and_the_good_ones_are_told(landscape: Landscape, tmp_path: Path) -> None:
    sample(landscape, "out.png")
    Image.new("L", (9, 9)).save(tmp_path / "odd.png")
    (tmp_path / "noise.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    done = landscape("verify", "noise.png", "out.png", "odd.png", "missing.png", "--model", "run.h5")
    assert done.code == 2
    assert "H(x) = Σᵢ λᵢ fᵢ(x) − 4 · log p(7 | x)" in done.out
    assert "odd.png" not in done.out
    lines = done.err.splitlines()
    assert [line.split()[0] for line in lines] == ["landscape:"] * 3
    assert "noise.png cannot be read" in lines[0]
    assert "odd.png is 9 × 9 pixels, which does not fit: the model's images are 8 × 8" in lines[1]
    assert "there is no file missing.png" in lines[2]
    assert landscape("verify", "out.png", "--model", "missing.h5").code == 2


def test_what_is_no_image_is_named_in_words(landscape: Landscape, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("1,2\n")
    (tmp_path / "folder").mkdir()
    done = landscape("verify", "table.csv", "folder", "run.h5")
    assert done.code == 2
    table, folder, run = done.err.splitlines()
    assert table.endswith("it is no PNG, GIF, JPEG or BMP image, and no .npz or .h5 of samples")
    assert "folder is a folder; give the images in it" in folder
    assert "run.h5 cannot be read: it is no PNG" in run
    assert "BytesIO" not in done.err


def test_a_model_of_points_says_that_it_knows_no_images(landscape: Landscape, tmp_path: Path) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "some.png")
    session = new_session("rings", device="cpu", sampler_chains=2, chains=4, replicas=2)
    train(session, 1)
    save_session(session, tmp_path / "rings.h5")
    done = landscape("verify", "some.png", "--model", "rings.h5", "--device", "cpu")
    assert done.code == 2
    assert "some.png says nothing of itself, and rings.h5 is no model of images" in done.err
