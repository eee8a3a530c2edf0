"""`landscape watch`: the figures that it shows of a run, with their units."""

import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from landscape_app.cli.watch import FIGURES
from landscape_app.learning import FITS
from landscape_app.learning.learned_base import LearnedBaseMinMaxEnt
from landscape_app.session.vocabulary import WATCHED
from tests.cli.conftest import interrupted

Landscape = Callable[..., Any]


def test_its_figures_are_measured_by_training() -> None:
    kinds = *FITS.values(), LearnedBaseMinMaxEnt
    measured = [{field.name for field in fields(kind.record)} for kind in kinds]
    assert all(set(FIGURES) <= names for names in measured)
    assert {metric for metric, _, _ in WATCHED} <= set().union(*measured)


def test_watching_gives_units_and_tells_data_from_a_run(landscape: Landscape, tmp_path: Path) -> None:
    interrupted(tmp_path / "run.h5", 4, 9)
    shown = landscape("watch", "run.h5").out
    assert re.search(r"time \d+ s · validation .* nats · .* · speed [\d.]+ epochs/s", shown)
    columns = ("validation", "‖∂S/∂θ‖", "nats per unit of θ", "χ²", "acceptance", "epochs/s")
    assert all(name in shown for name in columns)
    assert "objective" not in shown
    np.savetxt(tmp_path / "mine.csv", np.eye(5), delimiter=",")
    assert landscape("import", "mine.csv", "-o", "data.h5").code == 0
    done = landscape("watch", "data.h5")
    assert (done.code, done.out) == (0, "data.h5 holds no epochs, and nobody trains it now.\n")
