"""The words for failures and for how a training has ended."""

from dataclasses import replace

import pytest
import torch

from landscape_app.gui.messages import Message, describe_outcome, failure_message
from landscape_app.learning.trainer import DivergenceError
from landscape_app.session.entropy_estimator import Measurement
from landscape_app.session.memory import EXPORTING
from landscape_app.session.records import Outcome

FOUND = Measurement(118, 1.0, 0.1, 4.0, 0.1, 3.977, 0.15, 4.1, 1, 0.05)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("out of range"), "out of range"),
        (DivergenceError("infinite energies"), "Training stopped: infinite energies"),
        (FileNotFoundError(2, "No such file or directory", "a.h5"), "a.h5: No such file or directory"),
        (KeyError("lost"), "Something went wrong: KeyError 'lost'"),
        (RuntimeError(), "Something went wrong: RuntimeError"),
        (SystemExit("gone"), "Something went wrong: gone"),
    ],
)
def test_only_what_nobody_has_foreseen_carries_its_traceback(
    error: BaseException, text: str, capsys: pytest.CaptureFixture
) -> None:
    message = failure_message(error)
    assert (message.kind, message.text) == ("error", text)
    foreseen = not text.startswith("Something went wrong")
    assert (message.detail == "") == foreseen
    assert message.detail.strip() == capsys.readouterr().err.strip()


def test_what_was_not_done_comes_first(capsys: pytest.CaptureFixture) -> None:
    prefix = "The samples are not exported: "
    assert failure_message(ValueError("too few"), prefix) == Message("error", f"{prefix}too few")
    assert failure_message(KeyError("lost"), prefix).text == f"{prefix}KeyError 'lost'"
    full = failure_message(torch.cuda.OutOfMemoryError("CUDA out of memory."), prefix, EXPORTING)
    assert full.text.startswith(f"{prefix}There is not enough memory on the GPU")
    assert full.detail == ""


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (FOUND, "Held-out 3.98 ± 0.15 nats"),
        (replace(FOUND, cross_entropy_error=0.5), "Held-out 4.0 ± 0.5 nats"),
        (replace(FOUND, failed=1), "Held-out at least 3.98 nats: its estimate has failed"),
        (
            replace(FOUND, cross_entropy_error=0.0, log_partition_error=0.0, entropy_error=0.0),
            "Held-out 3.98 nats, exactly",
        ),
    ],
)
def test_the_end_of_a_training_names_what_is_kept_and_how_well_it_is_known(
    found: Measurement, words: str
) -> None:
    assert describe_outcome(Outcome(found, 600, False), 600, 12.3) == (
        f"Training finished: 600 epochs in 12 s. {words}"
    )
    early = describe_outcome(Outcome(found, 1_118, True), 2_000, 12.3)
    assert early.startswith(
        "Training stopped early, as held-out data got worse: 2,000 epochs in 12 s; kept epoch"
    )
    assert "kept epoch 1,118, the best" in early
