"""`landscape report`: a page that holds a run's figures, pictures and provenance, and needs nothing else."""

import base64
import io
import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from landscape_app.cli.errors import WrongUsageError
from landscape_app.cli.report import report
from landscape_app.data.assets import SHIPPED_MODEL, asset_path
from landscape_app.experiments.figure import Points
from landscape_app.experiments.run_page import SHOWN, _clouds, _dataset, page_of
from landscape_app.problems.model import build_space
from landscape_app.runs import read_run
from landscape_app.session.checkpoint import open_session
from landscape_app.session.description import final_figures
from landscape_app.session.sample_file import mosaic

Landscape = Callable[..., Any]


class Page(HTMLParser):
    """Rows of the tables, pictures, titles of plots, and addresses, of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[tuple[str, str]] = []
        self.pictures: list[np.ndarray] = []
        self.texts: list[str] = []
        self.addresses: list[str] = []
        self._open: list[str] = []
        self._name = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._open.append(tag)
        for name, value in attributes:
            if name in ("src", "href", "xlink:href"):
                self.addresses.append(str(value)[:12])
                if tag == "img":
                    data = base64.b64decode(str(value).partition("base64,")[2])
                    self.pictures.append(np.asarray(Image.open(io.BytesIO(data))))

    def handle_data(self, data: str) -> None:
        if self._open[-1:] == ["th"]:
            self._name = data
        elif self._open[-1:] == ["td"]:
            self.rows.append((self._name, data))
        self.texts.append(data.strip())


def test_the_page_has_the_figures_that_info_tells_and_the_images_of_the_run(
    landscape: Landscape, tmp_path: Path
) -> None:
    named = tmp_path / "a <run> & more.h5"
    shutil.copy(asset_path(SHIPPED_MODEL), named)
    done = landscape("report", named.name)
    assert (done.code, done.out) == (0, "a <run> & more.html\n")
    text = named.with_suffix(".html").read_text(encoding="utf-8")
    page, state = Page(text), read_run(named)
    assert set(final_figures(state)) <= set(page.rows)
    assert {"Entropy of the model", "Cross-entropy −⟨log P⟩", "χ²", "nats an image"} <= set(page.texts)
    session = open_session(named, "cpu", sampler_chains=2)
    training = session.dataset.training_items[:SHOWN].astype(np.float32)
    np.testing.assert_array_equal(page.pictures[1], mosaic(training, build_space(session.dataset)))
    assert "<run>" not in text
    # Nothing is fetched: pictures are in the page, and links lead to its own parts.
    assert all(address.startswith(("data:image/", "#")) for address in page.addresses)
    assert not re.search(r"url\((?!#)|@import|<script", text)


def test_points_have_their_samples_beside_the_data(landscape: Landscape, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    days, heights = random.integers(18_000, 19_000, 60), random.normal(170, 10, 60)
    lines = [f"{np.datetime64(int(d), 'D')},{h:.3f}" for d, h in zip(days, heights, strict=True)]
    (tmp_path / "pairs.csv").write_text("\n".join(["day,height", *lines]))
    assert landscape("import", "pairs.csv", "-o", "data.h5", "--columns", "day,height").code == 0
    small = ("--epochs", "1", "--chains", "16", "--device", "cpu")
    assert landscape("train", "data.h5", *small, "-o", "run.h5").code == 0
    state = read_run(tmp_path / "run.h5")
    page = Page(page_of(state, "run.h5"))
    assert {"Samples of the model, and data", "Acceptance rate of the chains"} <= set(page.texts)
    assert not page.pictures
    (panel,) = _clouds(state, _dataset(state))
    data, samples = panel.marks
    assert isinstance(data, Points)
    assert isinstance(samples, Points)
    assert (panel.x_label, panel.y_label) == ("day (days since 1970)", "height")
    np.testing.assert_allclose(np.abs(days - data.x[:, None]).min(1), 0, atol=0.01)
    np.testing.assert_allclose(np.abs(heights - data.y[:, None]).min(1), 0, atol=0.01)
    # Of the width of the data, or more.
    assert np.std(samples.x) > 100


@pytest.mark.parametrize("name", ["data.h5", "absent.h5", "text.h5"])
def test_what_is_no_run_has_one_message(name: str, landscape: Landscape, tmp_path: Path) -> None:
    np.savetxt(tmp_path / "mine.csv", np.eye(5), delimiter=",")
    assert landscape("import", "mine.csv", "-o", "data.h5").code == 0
    (tmp_path / "text.h5").write_text("no run")
    with pytest.raises(WrongUsageError, match=name):
        report(tmp_path / name)
    done = landscape("report", name)
    assert done.code == 2
    assert name in done.err
    assert not list(tmp_path.glob("*.html"))
