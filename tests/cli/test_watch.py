"""`landscape watch`: the figures that it shows of a run, with their units."""

import re
import threading
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from landscape_app.cli.command import app
from landscape_app.cli.stream import stream
from landscape_app.cli.watch import FIGURES
from landscape_app.learning import FITS
from landscape_app.learning.learned_base import LearnedBaseMinMaxEnt
from landscape_app.problems import PROBLEMS
from landscape_app.runs import Order, read_run
from landscape_app.runs.orders import give_order
from landscape_app.session.autosave import Autosave
from landscape_app.session.session import Session
from landscape_app.session.vocabulary import WATCHED
from tests.cli.conftest import interrupted
from tests.stand_in_ssh import PYTHON, not_on_windows, stand_in_ssh

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


def test_the_reader_on_another_machine_is_for_ssh_to_call() -> None:
    (command,) = (command for command in app.registered_commands if command.callback is stream)
    assert command.hidden


@not_on_windows
def test_a_run_on_another_machine_is_shown_as_one_of_this(
    landscape: Landscape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", stand_in_ssh(tmp_path))
    interrupted(tmp_path / "my run.h5", 4, 9)
    here = landscape("watch", "my run.h5")
    there = landscape("watch", f"ssh://host{tmp_path}/my%20run.h5", "--command", PYTHON)
    assert there.code == here.code == 0
    assert "Connecting to host …" in there.err
    assert there.out.splitlines()[0] == here.out.splitlines()[0]
    assert "it stands at 4 epochs. Go on with: " in there.out
    # The command is remembered.
    missing = landscape("watch", f"ssh://host{tmp_path}/none.h5")
    assert missing.code == 2
    assert f"landscape: on host: there is no file {tmp_path}/none.h5" in missing.err


@not_on_windows
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ssh://nowhere/run.h5",), "cannot reach nowhere: ssh: Could not resolve hostname"),
        (("ssh://host/run.h5", "--command", "none"), "there is no command 'none' on host"),
        (("ssh://-x/run.h5",), "begins with -"),
        (("run.h5", "--command", "landscape"), "--command goes with a run on another machine"),
        (("run.h5", "--stop", "--epochs", "3"), "give --stop or --epochs, not both"),
        (("run.h5", "--epochs", "0"), "--epochs must be a whole number of at least 1, got 0"),
        (("run.h5", "--epochs", "1000001"), "--epochs must be at most 1,000,000, got 1,000,001"),
        (("none.h5",), "there is no file none.h5"),
    ],
)
def test_what_cannot_be_watched_is_told_in_a_line(
    landscape: Landscape,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.setenv("PATH", stand_in_ssh(tmp_path))
    done = landscape("watch", *arguments)
    assert done.code == 2
    told = [line for line in done.err.splitlines() if not line.startswith("Connecting")]
    assert len(told) == 1
    assert message in told[0]


def test_a_training_does_what_is_asked_of_it_beside_its_file(
    landscape: Landscape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("landscape_app.runs.orders.LOOK_SECONDS", 0.0)
    after_epoch, asked = Autosave.after_epoch, {1: Order(epochs=9), 2: Order(epochs=6), 4: Order(stop=True)}

    def ask(self: Autosave, is_due: bool | None = None) -> None:
        after_epoch(self, is_due)
        order = asked.get(self._session.trainer.epoch)
        if order is not None:
            give_order(self.path, order)

    monkeypatch.setattr(Autosave, "after_epoch", ask)
    line = ("train", "two-gaussians", "--chains", "64", "--device", "cpu", "--epochs", "2")
    done = landscape(*line, "-o", "run.h5")
    assert done.code == 0
    assert "9 epochs in all are planned now" in done.err
    assert "Stopped in epoch 5" in done.err
    run = read_run(Path("run.h5"))
    assert (run.metrics["epoch"][-1], run.configuration["planned_epochs"]) == (5, 6)
    refused = landscape("watch", "run.h5", "--stop")
    assert refused.code == 2
    assert "nobody trains run.h5 now" in refused.err


def test_an_order_is_left_for_the_training_that_is_watched(landscape: Landscape, tmp_path: Path) -> None:
    session = Session(replace(PROBLEMS["two-gaussians"].defaults, chains=64), "cpu")
    autosave = Autosave(session, tmp_path / "run.h5")
    assert autosave.wait()
    order: list[Order | None] = []

    def train() -> None:
        while not order:
            found = autosave.take_order()
            order.extend([] if found is None else [found])
        autosave.finish(passing=True)
        autosave.close()

    training = threading.Thread(target=train)
    training.start()
    done = landscape("watch", "run.h5", "--epochs", "12")
    training.join()
    assert done.code == 0
    assert order == [Order(epochs=12)]
