"""Files of a person's own, quick to learn from, and the way in which they are dropped."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

from landscape_app.gui.importing import dialog, material
from landscape_app.problems import Proposal, proposal_for

Drag = Callable[[QWidget, Path], None]


@pytest.fixture(autouse=True)
def quick_training(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Few chains and a small network, a dialog that does not wait for more keys, and a place for recorded runs."""

    def small(dataset: object) -> Proposal:
        return proposal_for(dataset).chosen(chains=16, channels=(4, 4), hidden=(8,))  # type: ignore[arg-type]

    monkeypatch.setattr(material, "proposal_for", small)
    monkeypatch.setattr(dialog, "REST_MILLISECONDS", 1)
    monkeypatch.setattr(
        "landscape_app.runs.recorded.platformdirs.user_data_path", lambda *a, **k: tmp_path / "data"
    )


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Sixty grey images of 12 × 12 pixels in two classes, bars that lie and bars that stand; one is broken."""
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
    return tmp_path / "bars"


def enter(window: QWidget, *paths: Path) -> QMimeData:
    """Drags files over the middle of a window."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    place = QPoint(window.width() // 2, window.height() // 2)
    event = QDragEnterEvent(
        place, Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(window, event)
    assert event.isAccepted()
    return data


def drop(window: QWidget, *paths: Path) -> None:
    """Drags files over the middle of a window and lets go."""
    data = enter(window, *paths)
    place = QPointF(window.width() / 2, window.height() / 2)
    event = QDropEvent(
        place, Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(window, event)
