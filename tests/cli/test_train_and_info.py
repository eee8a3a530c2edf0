"""Training without a window: what is saved, how Ctrl-C and divergence end it; and what info says of it."""

import errno
import json
import re
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from landscape_app.cli.progress import progress, waiting
from landscape_app.learning import FITS
from landscape_app.learning.minmaxent import MinMaxEnt
from landscape_app.learning.trainer import DivergenceError
from landscape_app.models import MODELS, PairModel
from landscape_app.problems.problem import TRAINING_SHARE
from landscape_app.runs import checkpoint
from landscape_app.runs.run_file import RunState, read_run, write_run
from landscape_app.session.session import Session
from landscape_app.session.vocabulary import FIT_TITLES, MODEL_TITLES, titles_of
from tests.cli.conftest import launch

Landscape = Callable[..., Any]
SMALL = ("--chains", "8", "--replicas", "4", "--device", "cpu", "-o", "out.h5")


@pytest.fixture
def quick_classifier(monkeypatch: pytest.MonkeyPatch) -> None:
    """A classifier that has seen the images once, where its quality does not matter."""
    training = Session.classifier_training
    monkeypatch.setattr(Session, "classifier_training", lambda self: training(self, epochs=1))


def test_training_saves_a_run_and_says_how_far_it_came(trained: tuple[Path, Any]) -> None:
    path, done = trained
    assert done.code == 0
    assert "Classifier: 9" in done.err
    for name in (
        "epochs",
        "test cross-entropy",
        "validation cross-entropy",
        "‖∂S/∂θ‖",
        "χ²",
        "acceptance",
        "classifier",
        "weighted samples",
    ):
        assert name in done.out
    state = read_run(path)
    assert state.configuration["chains"] == 16
    assert state.provenance["seed"] == 0
    assert len(state.metrics["epoch"]) == 3
    assert len(state.arrays["samples/x"]) == 16 * 16
    assert [entry.name for entry in path.parent.iterdir()] == ["run.h5"]


def test_folds_print_the_nats_of_every_model_and_their_mean(landscape: Landscape, tmp_path: Path) -> None:
    folds = ("train", "two-gaussians", "--folds", "3", "--epochs", "2", "--chains", "16", "--device", "cpu")
    done = landscape(*folds)
    assert done.code == 0
    assert done.out.startswith("Test cross-entropy\n  fold 1, ")
    found = json.loads(landscape(*folds, "--json").out)
    assert [row["items"] for row in found["folds"]] == [667, 667, 666]
    mean = f"{found['test_nats']:.2f} ± {found['test_nats_error']:.2f} nats a point"
    assert re.search(rf"mean of 3 models +{re.escape(mean)}", done.out)
    assert not list(tmp_path.glob("*.h5"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--folds", "1"), "items make 2 to"),
        (("--folds", "3", "-o", "out.h5"), "leave out -o"),
        (("--json", "-o", "out.h5"), "--json goes with --folds"),
    ],
)
def test_folds_that_cannot_be_are_refused(
    landscape: Landscape, options: tuple[str, ...], message: str
) -> None:
    done = landscape("train", "two-gaussians", *options)
    assert done.code == 2
    assert message in done.err


def test_titles_are_those_of_the_models_and_ways_of_fitting() -> None:
    assert {name: (kind.title, kind.default_fit) for name, kind in MODELS.items()} == MODEL_TITLES
    assert {name: kind.title for name, kind in FITS.items()} == FIT_TITLES


def test_a_model_beside_those_of_the_table_has_the_titles_of_its_class(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Other(PairModel):
        title = "Spins in threes"
        default_fit = "exact"

    monkeypatch.setitem(MODELS, "triples", Other)
    assert titles_of({"model": "triples"}) == ("Spins in threes", "Exact likelihood")
    assert titles_of({"model": "triples", "fit": "likelihood"}) == ("Spins in threes", "Maximum likelihood")
    for unknown in ({"model": "of a newer version", "fit": "exact"}, {"fit": "of a newer version"}):
        with pytest.raises(LookupError):
            titles_of(unknown)


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (
            ("ising", "--model", "pairs", "--fit", "pseudo-likelihood"),
            ("Coupled spins, by Pseudo-likelihood, of ising", "272"),
        ),
        (("letters",), ("Coupled spins, by Projection rule, of letters", "4,160")),
        (
            ("ising", "--model", "rbm", "--units", "3"),
            ("Restricted Boltzmann machine, by Persistent chains, of", "67"),
        ),
    ],
)
def test_other_models_are_trained_sampled_and_described(
    landscape: Landscape, tmp_path: Path, arguments: tuple[str, ...], shown: tuple[str, ...]
) -> None:
    quick = () if "letters" in arguments else ("--epochs", "3")
    done = landscape("train", *arguments, *quick, "--chains", "8", "--replicas", "1", "-o", "run.h5")
    assert done.code == 0, done.err
    described = landscape("info", "run.h5")
    assert described.code == 0, described.err
    assert all(words in described.out for words in shown)
    drawn = landscape("sample", "run.h5", "-n", "4", "--steps", "5", "--temperature", "0.5", "-o", "x.npz")
    assert drawn.code == 0, drawn.err
    assert "Σᵢ λᵢ" not in drawn.out


def test_what_does_not_go_together_is_one_message(landscape: Landscape) -> None:
    for arguments, words in (
        (("rings", "--model", "pairs"), "is of spins, and the data are coordinates"),
        (("ising", "--model", "rbm", "--fit", "hebb"), "choose the model pairs"),
        (("ising", "--units", "4"), "--units goes with --model pairs or rbm"),
        (("ising", "--model", "potts", "--units", "4"), "“Coupled categories” has no hidden units"),
        (("ising", "--model", "clock"), "no model is called 'clock'; choose from observables"),
    ):
        done = landscape("train", *arguments, "-o", "run.h5")
        assert done.code == 2
        assert words in " ".join(done.err.split())


def test_info_shows_what_a_run_is_how_it_was_made_and_its_figures(
    landscape: Landscape, run_file: Path
) -> None:
    done = landscape("info", run_file.name)
    assert done.code == 0
    for shown in (
        "Learned observables, by Min-MaxEnt, of digits",
        "8 × 8 pixels",
        "seed",
        "chains",
        "kernel",
        "discrete-langevin",
        "validation − training energy",
        "classifier",
        "256, of equal weight; copies among them are not counted",
    ):
        assert shown in done.out


def test_info_shows_no_control_characters_of_a_strangers_file(landscape: Landscape, run_file: Path) -> None:
    state = read_run(run_file)
    provenance = {**state.provenance, "program": "\x1b]0;owned\x07 [bold]me[/bold]"}
    write_run(run_file, RunState(state.configuration, provenance, state.metrics, state.arrays))
    done = landscape("info", run_file.name)
    assert done.code == 0
    assert "\x1b" not in done.out
    assert "[bold]me[/bold]" in done.out


def test_info_of_a_run_that_lacks_its_arrays_is_wrong_usage(landscape: Landscape, tmp_path: Path) -> None:
    write_run(tmp_path / "empty.h5", RunState({}, {}, {}, {}))
    done = landscape("info", "empty.h5")
    assert done.code == 2
    assert done.err.startswith("landscape: empty.h5 is not a whole run file")


def test_training_by_the_clock_stops_after_its_seconds(landscape: Landscape, tmp_path: Path) -> None:
    done = landscape("train", "two-gaussians", "--seconds", "0.2", *SMALL)
    assert done.code == 0
    state = read_run(tmp_path / "out.h5")
    # The first epoch that ends after them is the last, with what is measured at its end.
    assert (state.metrics["seconds"][:-1] < 0.2 * TRAINING_SHARE).all()
    assert state.arrays["trainer/seconds"] >= 0.2 * TRAINING_SHARE


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT is sent to one process")
def test_ctrl_c_stops_between_epochs_and_saves(tmp_path: Path) -> None:
    with launch("train", "two-gaussians", "--seconds", "600", *SMALL, cwd=tmp_path) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("Training …"):
                break
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    assert "Stopped in epoch" in err
    assert "Traceback" not in err
    assert "Saved out.h5" in out
    assert len(read_run(tmp_path / "out.h5").metrics["epoch"]) >= 1
    assert [path.name for path in tmp_path.iterdir()] == ["out.h5"]


def test_ctrl_c_before_the_first_epoch_writes_nothing(
    landscape: Landscape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "landscape_app.problems.load_problem", lambda name: signal.raise_signal(signal.SIGINT)
    )
    done = landscape("train", "digits", "--epochs", "1", *SMALL)
    assert done.code == 1
    assert done.err.endswith("landscape: stopped; nothing was written\n")
    assert not list(tmp_path.iterdir())


def test_giving_up_in_the_middle_of_an_epoch_leaves_a_run_to_be_resumed(
    landscape: Landscape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: MinMaxEnt) -> None:
        for _ in range(3):
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(MinMaxEnt, "run_epoch", interrupted)
    done = landscape("train", "two-gaussians", "--epochs", "1", *SMALL)
    assert done.code == 1
    assert done.err.endswith("landscape: stopped; go on with: landscape train --resume out.h5\n")
    assert int(read_run(tmp_path / "out.h5").arrays["trainer/epoch"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out.h5"]


def test_ctrl_c_while_saving_does_not_harm_the_file(
    landscape: Landscape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = checkpoint.run_image

    def interrupted(state: RunState, compress: bool) -> memoryview:
        if state.writer is None:
            for _ in range(4):
                signal.raise_signal(signal.SIGINT)
        return image(state, compress)

    monkeypatch.setattr(checkpoint, "run_image", interrupted)
    handler = signal.getsignal(signal.SIGINT)
    done = landscape("train", "two-gaussians", "--epochs", "1", *SMALL)
    assert done.code == 0
    assert len(read_run(tmp_path / "out.h5").metrics["epoch"]) == 1
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_second_ctrl_c_skips_what_comes_after_training(
    landscape: Landscape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_epoch, training = MinMaxEnt.run_epoch, Session.classifier_training

    def interrupted(self: MinMaxEnt) -> Any:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        return run_epoch(self)

    # It learns while the model trains, and is not to be done before the one epoch is over.
    monkeypatch.setattr(Session, "classifier_training", lambda self: training(self, epochs=10**6))
    monkeypatch.setattr(MinMaxEnt, "run_epoch", interrupted)
    assert landscape("train", "digits", "--epochs", "50", *SMALL).code == 0
    state = read_run(tmp_path / "out.h5")
    assert len(state.metrics["epoch"]) == 1
    assert len(state.arrays["samples/x"]) == 8 * 4
    assert "classifier/accuracy" not in state.arrays


def test_ctrl_c_twice_while_the_model_is_measured_saves_what_training_made(
    landscape: Landscape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = Session.finish

    def interrupted(self: Session, best: bool) -> Any:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        return finish(self, best)

    monkeypatch.setattr(Session, "finish", interrupted)
    done = landscape("train", "two-gaussians", "--epochs", "2", *SMALL)
    assert done.code == 0
    assert "Stopped before the model was measured.\n" in done.err
    assert len(read_run(tmp_path / "out.h5").metrics["epoch"]) == 2
    resumed = landscape("train", "--resume", "out.h5", "--epochs", "3")
    assert resumed.code == 0, resumed.err


def test_a_training_says_how_long_it_takes_and_what_comes_after_it(landscape: Landscape) -> None:
    done = landscape("train", "two-gaussians", "--epochs", "8", *SMALL)
    assert done.code == 0
    said = re.search(
        "An epoch here: .+; 8 of them .+; then some .+ to measure the model and collect samples\n", done.err
    )
    assert said, done.err
    assert done.err.index(said[0]) < done.err.index("Measuring the entropy …") < done.err.index("Collecting")


@pytest.mark.usefixtures("quick_classifier")
def test_divergence_saves_the_last_good_state_and_fails(
    landscape: Landscape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_epoch = MinMaxEnt.run_epoch

    def diverge(self: MinMaxEnt) -> Any:
        if self.epoch == 2:
            raise DivergenceError("the energies became infinite; try a smaller rate.")
        return run_epoch(self)

    monkeypatch.setattr(MinMaxEnt, "run_epoch", diverge)
    done = landscape("train", "digits", "--epochs", "5", *SMALL)
    assert done.code == 1
    assert done.err.splitlines()[-1] == (
        "landscape: the energies became infinite; try a smaller rate. It is saved in out.h5."
    )
    assert len(read_run(tmp_path / "out.h5").metrics["epoch"]) == 2


def test_a_disk_that_fills_up_fails_in_one_line(
    landscape: Landscape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, written = Path.write_bytes, []

    def full(self: Path, data: bytes) -> int:
        if self.parent == tmp_path and not written:
            written.append(self)
            return write(self, data)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    done = landscape("train", "two-gaussians", "--epochs", "1", *SMALL)
    assert done.code == 1
    assert done.err.splitlines()[-1].startswith("landscape: cannot write ")
    assert done.err.splitlines()[-1].endswith(": the disk is full; its last checkpoint is in out.h5")
    assert int(read_run(tmp_path / "out.h5").arrays["trainer/epoch"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out.h5"]


def test_a_wait_that_takes_long_says_what_it_is_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("landscape_app.cli.progress.SAID_AFTER", 0.0)
    with waiting("Opening run.h5"):
        waits = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
        for thread in waits:
            thread.join()
    assert capsys.readouterr().err == "Opening run.h5 …\n"
    monkeypatch.setattr("landscape_app.cli.progress.SAID_AFTER", 1e6)
    with waiting("Opening run.h5"):
        pass
    assert capsys.readouterr().err == ""


def test_progress_is_a_bar_on_a_terminal_and_lines_elsewhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Console(force_terminal=True, width=100, stderr=True)
    with progress(terminal, "Training", 10) as report:
        report(5, "epoch 5 · χ² 0.1")
    shown = capsys.readouterr().err
    assert "━" in shown
    assert "50%" in shown
    assert "epoch 5 · χ² 0.1" in shown

    monkeypatch.setattr("landscape_app.cli.progress.LINE_INTERVAL", 0.0)
    with progress(Console(force_terminal=False, stderr=True), "Training", 10) as report:
        later = time.monotonic() + 30
        monkeypatch.setattr("time.monotonic", lambda: later)
        report(5, "epoch 5")
    assert capsys.readouterr().err == "Training …\nTraining: 50% · about 30 s left · epoch 5\n"
