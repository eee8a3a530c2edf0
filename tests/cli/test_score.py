"""`landscape score`: the scores of a file, its summary, and what is refused."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from landscape_app.cli.score import SHOWN
from landscape_app.session.checkpoint import open_session
from tests.cli.conftest import Run, interrupted


@pytest.fixture
def digits(run_file: Path, tmp_path: Path) -> Path:
    """Twenty training images of the run, and as many of noise."""
    session = open_session(run_file, "cpu")
    noise = np.random.default_rng(0).integers(0, 17, (20, 8, 8))
    np.savez(tmp_path / "digits.npz", x=np.concatenate([session.dataset.training_items[:20], noise]))
    return tmp_path / "digits.npz"


def test_noise_is_out_of_distribution_and_training_images_are_their_own_neighbours(
    landscape: Run, digits: Path, tmp_path: Path
) -> None:
    done = landscape("score", "run.h5", digits.name, "-o", "scores.csv", "--device", "cpu")
    assert (done.code, done.err) == (0, "Scoring …\n")
    with (tmp_path / "scores.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 40
    assert [row["nearest_training_item"] for row in rows[:20]] == [str(i + 1) for i in range(20)]
    assert {row["distance"] for row in rows[:20]} == {"0"}
    assert {row["out_of_distribution"] for row in rows[20:]} == {"yes"}
    assert done.out.count("nearest: training item") == SHOWN
    told = " ".join(done.out.split())
    for words in (
        "40 scores to scores.csv",
        "by chance 0.4 ±",
        "p = (1 + number of",
        "all items share it",
        "It does not say that an item is wrong",
        "the grey of a pixel scaled to 0…1",
    ):
        assert words in told
    as_json = json.loads(landscape("score", "run.h5", digits.name, "--json", "--device", "cpu").out)
    assert as_json["items"] == 40
    assert as_json["out_of_distribution"] == sum(row["out_of_distribution"] == "yes" for row in rows)
    for one, row in zip(as_json["scores"], rows, strict=True):
        for name in ("nats", "nats_low"):
            assert (
                one[name] is None if not row[name] else one[name] == pytest.approx(float(row[name]), rel=1e-6)
            )
    session = open_session(tmp_path / "run.h5", "cpu")
    assert session.kept is not None
    assert as_json["log_partition"] == (None if session.kept.log_z.is_bracket else session.kept.log_partition)


def test_samples_that_landscape_has_exported_are_scored_alike_from_every_file(
    landscape: Run, run_file: Path
) -> None:
    found = []
    for name in ("some.npz", "some.png"):
        assert landscape("sample", "run.h5", "-n", "3", "--steps", "0", "--no-ladder", "-o", name).code == 0
        told = json.loads(landscape("score", "run.h5", name, "--json", "--device", "cpu").out)
        found.append([(one["nats"], one["nats_low"], one["distance"]) for one in told["scores"]])
    assert found[0] == found[1]
    assert len(found[0]) == 3


def test_log_z_of_a_run_that_was_not_measured_yet_is_measured(landscape: Run, tmp_path: Path) -> None:
    interrupted(tmp_path / "run.h5", 2, 10)
    (tmp_path / "points.csv").write_text("x\n0\n1\nlong\n50\n", encoding="utf-8")
    done = landscape("score", "run.h5", "points.csv", "--json", "--device", "cpu")
    assert done.code == 0
    assert "points.csv: left out 1: line 4 (column 'x': 'long' is no finite number)" in done.err
    told = json.loads(done.out)
    assert [one["item"] for one in told["scores"]] == ["line 2", "line 3", "line 5"]
    assert told["scores"][2]["out_of_distribution"]
    session = open_session(tmp_path / "run.h5", "cpu")
    assert session.kept is None
    assert told["log_partition"] == pytest.approx(session.estimator.measure_now().log_partition, abs=1e-6)
    assert told["unit"].startswith("nats, per unit of each column")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("run.h5", "small.npz"),
            "of 6 × 6 pixels); the model has learned images of 8 × 8 pixels, 17 levels",
        ),
        (("run.h5", "missing.csv"), "there is no file or folder missing.csv"),
        (
            ("run.h5", "rows.csv"),
            "rows.csv holds no images but 3 rows of 2 columns; expected images of 8 × 8 pixels",
        ),
        (("run.h5", "small.npz", "-o", "out.txt"), "give a name that ends in .csv, not out.txt"),
        (("run.h5", "rows.csv", "-o", "rows.csv"), "rows.csv is the file that is scored itself"),
        (("run.h5", "small.npz", "--false-alarms", "0"), "--false-alarms must lie between 0 and 1"),
        (("missing.h5", "small.npz"), "missing.h5"),
    ],
)
def test_what_cannot_be_scored_is_refused_in_one_line(
    landscape: Run, run_file: Path, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    np.savez(tmp_path / "small.npz", x=np.random.default_rng(0).integers(0, 17, (5, 6, 6)))
    (tmp_path / "rows.csv").write_text("a,b\n1.5,2\n2.5,4\n3.5,1\n", encoding="utf-8")
    done = landscape("score", *arguments, "--device", "cpu")
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert len(done.err.splitlines()) == 1
