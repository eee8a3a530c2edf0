"""A run as a script, from the command line: run once more, it comes to the same model."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from landscape_app.cli.errors import CommandError
from landscape_app.cli.script import script
from landscape_app.problems.problem import Configuration
from landscape_app.runs.run_file import read_run
from landscape_app.session.checkpoint import save_session
from landscape_app.session.session import Session

Landscape = Callable[..., Any]
LINE = ("train", "two-gaussians", "--chains", "64", "--device", "cpu", "--seed", "3")


def test_a_run_that_was_trained_and_resumed_comes_out_the_same(
    landscape: Landscape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = torch.get_num_threads()
    assert landscape(*LINE, "--epochs", "12", "-o", "run.h5").code == 0
    assert landscape("train", "--resume", "run.h5", "--epochs", "20").code == 0
    assert landscape("script", "run.h5", "-o", "again.py").out == "Wrote again.py\n"
    text = (tmp_path / "again.py").read_text(encoding="utf-8")
    assert landscape("script", "run.h5").out == text
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    found: dict[str, Any] = {}
    exec(text, found)
    torch.set_num_threads(threads)
    save_session(found["session"], "again.h5")
    first, second = read_run(tmp_path / "run.h5"), read_run(elsewhere / "again.h5")
    for name in first.arrays:
        is_model = name.startswith(("model/", "trainer/average/", "measurements/", "trainer/live/"))
        if is_model and not name.endswith("share"):
            np.testing.assert_array_equal(first.arrays[name], second.arrays[name], err_msg=name)
    np.testing.assert_array_equal(first.metrics["chi_squared"], second.metrics["chi_squared"])


def test_a_run_that_says_nothing_of_how_it_was_made_is_told(tmp_path: Path) -> None:
    save_session(Session(Configuration(chains=4), "cpu", sampler_chains=2), tmp_path / "old.h5")
    with pytest.raises(CommandError, match="does not say what was done with it"):
        script(tmp_path / "old.h5")
