"""`landscape average`: its file, and wrong usage."""

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from landscape_app.cli.average import average
from landscape_app.cli.command import app
from landscape_app.session.checkpoint import save_session
from landscape_app.session.session import Session
from tests.session.test_average import PLAN, small_images

Landscape = Callable[..., Any]


def test_it_is_a_command() -> None:
    assert average in [command.callback for command in app.registered_commands]


def test_runs_become_one_file(landscape: Landscape, tmp_path: Path) -> None:
    data = small_images(0)
    names = []
    for seed in (1, 2):
        session = Session(replace(PLAN, seed=seed), "cpu", 4, data)
        for _ in islice(session.train(), 3):
            pass
        names.append(str(tmp_path / f"{seed}.h5"))
        save_session(session, names[-1])
    both = str(tmp_path / "both.h5")
    done = landscape("average", *names, "-o", both, "--device", "cpu")
    assert done.code == 0, done.err
    assert "Saved" in done.out
    assert landscape("info", both).code == 0
    assert landscape("average", *names, "-o", names[0]).code == 2
    done = landscape("average", names[0], "-o", both)
    assert done.code == 2
    assert "two runs at least" in done.err
