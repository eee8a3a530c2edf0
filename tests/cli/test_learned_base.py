"""`landscape train --base`: a base measure that is learned first, in words and figures."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from landscape_app.learning import learned_base
from landscape_app.session.dataset_io import save_data
from tests.session.test_average import small_images

Landscape = Callable[..., Any]


def test_its_figures_stand_beside_those_of_the_model(
    landscape: Landscape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learned_base, "STEPS", 3)
    data, run = tmp_path / "small.h5", "run.h5"
    save_data(small_images(0), data)
    small = ("--channels", "3,4", "--observables", "2", "--chains", "64", "--epochs", "8", "--device", "cpu")
    done = landscape("train", str(data), "--base", "autoregressive", *small, "-o", run)
    assert done.code == 0, done.err
    assert "The learned base measure alone: " in done.err
    assert "validation, base measure alone" in done.out
    told = landscape("info", run).out
    assert "autoregressive" in told
    assert "it ended the learning of the base" in " ".join(told.split())
    figures = json.loads(landscape("info", run, "--json").out)
    assert figures["base_validation_nats"] >= figures["validation_nats"] - 1e-6
    wrong = landscape("train", "rings", "--base", "autoregressive", "-o", "other.h5")
    assert wrong.code == 2
    assert "leave out replicas" in wrong.err
