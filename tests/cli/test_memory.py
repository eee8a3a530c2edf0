"""Commands that need more memory than there is say in one line what to make smaller, and lose nothing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from landscape_app.experiments.textbook import Textbook
from landscape_app.learning.minmaxent import MinMaxEnt
from landscape_app.physics.ladder import Ladder
from landscape_app.problems import PROBLEMS
from landscape_app.runs.run_file import read_run
from landscape_app.session.checkpoint import save_session
from landscape_app.session.sampler import Sampler
from landscape_app.session.session import Session
from tests.cli.conftest import Done

Landscape = Callable[..., Done]


def full(*_: Any, **__: Any) -> Any:
    raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has 1.79 GiB")


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of one epoch with few chains; new ones have as few."""
    line = PROBLEMS["two-gaussians"]
    defaults = replace(line.defaults, chains=16, observables=4, hidden=(8,))
    monkeypatch.setitem(PROBLEMS, "two-gaussians", replace(line, defaults=defaults))
    monkeypatch.setattr("landscape_app.session.api.seconds_per_epoch", lambda *_: 1.0)
    session = Session(defaults, "cpu", sampler_chains=4)
    next(session.train())
    save_session(session, tmp_path / "small.h5")
    return tmp_path / "small.h5"


def test_a_training_is_saved_as_it_was_before_the_epoch(
    landscape: Landscape, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_epoch = MinMaxEnt.run_epoch
    monkeypatch.setattr(MinMaxEnt, "run_epoch", lambda self: full() if self.epoch == 3 else run_epoch(self))
    done = landscape("train", "two-gaussians", "--epochs", "9", "--device", "cpu", "-o", "out.h5")
    assert done.code == 1
    assert done.err.splitlines()[-1] == (
        "landscape: There is not enough memory on the GPU for training; 2 GiB more were asked for. Training with "
        "fewer chains or replicas, a smaller batch, or a network of fewer channels needs less, and so does "
        "computing on the CPU. It is saved in out.h5."
    )
    assert len(read_run(small.with_name("out.h5")).metrics["epoch"]) == 3


@pytest.mark.parametrize(
    ("command", "place", "words"),
    [
        (("train", "two-gaussians", "-o", "out.h5"), (Session, "__init__"), "GPU for this"),
        (("sample", "small.h5", "-o", "out.npz"), (Ladder, "advance"), "for drawing these samples"),
        (("sample", "small.h5", "-o", "out.npz"), (Sampler, "restart"), "for opening this run"),
        (("diagnose", "small.h5"), (Ladder, "advance"), "for the convergence test"),
        (("experiment", "textbook"), (Textbook, "run"), "for this experiment"),
        (
            ("import", "table.csv", "-o", "out.h5"),
            ("landscape_app.data.importing.open_source",),
            "for these data",
        ),
        (("info", "small.h5"), ("landscape_app.cli.info.print_sections",), "GPU for this"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) and isinstance(value[0], str) else "",
)
def test_every_command_ends_in_one_line(
    command: tuple[str, ...],
    place: tuple[Any, ...],
    words: str,
    landscape: Landscape,
    small: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small.with_name("table.csv").write_text("a,b\n1,2\n3,4\n5,6\n")
    monkeypatch.setattr(*place, full)
    done = landscape(*command)
    assert done.code == 1
    last = done.err.splitlines()[-1]
    assert last.startswith("landscape: There is not enough memory on the GPU for ")
    assert words in last
    assert "; 2 GiB more were asked for. " in last
    assert "Traceback" not in done.err
    assert not [path for path in small.parent.iterdir() if path.stem == "out"]
