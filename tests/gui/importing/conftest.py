"""Files of a person's own, quick to learn from."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from landscape_app.gui.importing import dialog, source
from landscape_app.gui.main_window import MainWindow
from landscape_app.problems.proposal import Proposal, proposal_for


@pytest.fixture(autouse=True)
def quick_training(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Few chains and a small network, a dialog that does not wait for more keys, and a place for autosaved runs."""

    def small(dataset: object) -> Proposal:
        return proposal_for(dataset).chosen(chains=16, channels=(4, 4), hidden=(8,))  # type: ignore[arg-type]

    monkeypatch.setattr(source, "proposal_for", small)
    monkeypatch.setattr(dialog, "REST_MILLISECONDS", 1)
    monkeypatch.setattr(
        "landscape_app.runs.autosave.platformdirs.user_data_path", lambda *a, **k: tmp_path / "data"
    )


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Sixty grey images of 12 × 12 pixels in two classes, bars that lie and bars that stand; one is broken.

    A text and a hidden file lie beside them.
    """
    rng = np.random.default_rng(0)
    for i in range(60):
        image = np.full((12, 12), 20, np.uint8)
        where = int(rng.integers(2, 9))
        lies = i % 2 == 0
        image[(slice(where, where + 2), slice(None)) if lies else (slice(None), slice(where, where + 2))] = (
            220
        )
        place = tmp_path / "bars" / ("lying" if lies else "standing")
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(place / f"{i:02}.png")
    (tmp_path / "bars" / "lying" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    for name in ("notes.txt", ".DS_Store"):
        (tmp_path / "bars" / name).touch()
    return tmp_path / "bars"


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    """Two clouds of points with a column of words and one of two numbers; a row lacks a number."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(120, 2)) + np.where(np.arange(120) < 60, -3, 3)[:, None]
    lines = [f"{a:.3f},{b:.3f},{'left' if a < 0 else 'right'},{int(b > 0)}" for a, b in x]
    path = tmp_path / "survey.csv"
    path.write_text("\n".join(["length,width,side,above", *lines, "1.0,,left,0"]) + "\n")
    return path


@pytest.fixture
def window(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    """The window that tests share; what a test has trained may go."""
    monkeypatch.setattr(window, "may_discard", lambda: True)
    return window
