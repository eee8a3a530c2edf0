"""`landscape watch`: the figures that it shows of a run, with their units."""

import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from landscape_app.cli.watch import COLUMNS, FIGURES
from landscape_app.learning.minmaxent import MinMaxEntRecord
from tests.cli.conftest import interrupted

Landscape = Callable[..., Any]


def test_its_figures_are_measured_by_training() -> None:
    assert set(FIGURES) <= {field.name for field in fields(MinMaxEntRecord)}


def test_watching_gives_units_and_tells_data_from_a_run(landscape: Landscape, tmp_path: Path) -> None:
    interrupted(tmp_path / "run.h5", 4, 9)
    shown = landscape("watch", "run.h5").out
    assert re.search(r"time \d+ s · validation .* nats · .* · speed [\d.]+ epochs/s", shown)
    assert all(name in shown and unit in shown for name, unit in COLUMNS)
    np.savetxt(tmp_path / "mine.csv", np.eye(5), delimiter=",")
    assert landscape("import", "mine.csv", "-o", "data.h5").code == 0
    done = landscape("watch", "data.h5")
    assert (done.code, done.out) == (0, "data.h5 holds no epochs, and nobody trains it now.\n")
