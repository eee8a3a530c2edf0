"""`landscape observables`: its table, its JSON and its picture, and what is refused."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from landscape_app.cli.observables import COLUMNS, NAMED
from landscape_app.session.api import observables
from landscape_app.session.checkpoint import open_session
from tests.cli.conftest import Run, interrupted


def test_the_figures_are_those_of_a_script(landscape: Run, run_file: Path) -> None:
    record = observables(open_session(run_file, "cpu"))
    told = json.loads(landscape("observables", "run.h5", "--json", "--device", "cpu").out)
    assert (told["epoch"], told["training_items"], told["chains"]) == (3, 200, 16)
    assert len(told["observables"]) == len(record)
    for name, values in (
        ("multiplier", record.multipliers),
        ("weight_nats", record.weights),
        ("residual", record.residuals),
        ("chains_mean_error", record.errors),
    ):
        np.testing.assert_allclose([one[name] for one in told["observables"]], values, rtol=1e-6)
    most = told["observables"][2]["most_data"]
    assert [one["number"] - 1 for one in most] == record.responses[2].most_data.places.tolist()
    done = landscape("observables", "run.h5", "--device", "cpu")
    assert done.code == 0
    assert "epoch 3: 200 training items, 16 chains that train" in done.out
    named = ", ".join(str(one["number"]) for one in most[:NAMED])
    assert re.search(rf"f3 .*{named}", done.out)


def test_what_images_respond_to_is_drawn(landscape: Run, run_file: Path, tmp_path: Path) -> None:
    done = landscape("observables", "run.h5", "-o", "seen.png", "--device", "cpu")
    assert (done.code, done.out.splitlines()[-1]) == (0, "Drew what each responds to in seen.png")
    with Image.open(tmp_path / "seen.png") as picture:
        assert picture.width > 300 * COLUMNS


def test_observables_of_points_are_drawn_over_their_axis(landscape: Run, tmp_path: Path) -> None:
    interrupted(tmp_path / "points.h5", 2, 10)
    assert landscape("observables", "points.h5", "-o", "seen.svg", "--device", "cpu").code == 0
    assert "What the observables respond to" in (tmp_path / "seen.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("missing.h5",), "missing.h5"),
        (("run.h5", "-o", "seen.jpg"), "a name that ends so, not seen.jpg"),
        (("run.h5", "-o", "nowhere/seen.png"), "nowhere"),
    ],
)
def test_wrong_usage_is_one_line(
    landscape: Run, run_file: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = landscape("observables", *arguments)
    assert done.code == 2
    assert words in done.err
    assert done.err.count("\n") == 1
