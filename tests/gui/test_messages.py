"""The words for failures and for how a training has ended."""

import math
from dataclasses import replace

import pytest
import torch

from landscape_app.gui.messages import Message, describe_outcome, failure_message
from landscape_app.learning.trainer import DivergenceError
from landscape_app.physics.matching import Match
from landscape_app.session.fresh_chains import FreshRecord
from landscape_app.session.measurement import Measurement
from landscape_app.session.memory import EXPORTING
from landscape_app.session.records import Outcome

FOUND = Measurement(
    epoch=1_118,
    log_partition=1.0,
    log_partition_error=0.09,
    log_partition_low=-math.inf,
    log_partition_high=math.inf,
    entropy=4.0,
    entropy_error=0.1,
    entropy_low=-math.inf,
    entropy_high=math.inf,
    training_nats=3.9,
    validation_nats=4.2,
    validation_scatter=0.12,
    test_nats=3.977,
    test_scatter=0.12,
    share=0.05,
)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("out of range"), "out of range"),
        (DivergenceError("infinite energies"), "Training stopped: infinite energies"),
        (FileNotFoundError(2, "No such file or directory", "a.h5"), "a.h5: No such file or directory"),
        (KeyError("lost"), "Something went wrong: “lost” is missing"),
        (RuntimeError(), "Something went wrong: no reason is given"),
        (
            TypeError("unsupported operand type(s) for +: 'NoneType' and 'int'"),
            "Something went wrong: a value is of another kind than it should be",
        ),
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
    assert failure_message(KeyError("lost"), prefix).text == f"{prefix}“lost” is missing"
    full = failure_message(torch.cuda.OutOfMemoryError("CUDA out of memory."), prefix, EXPORTING)
    assert full.text.startswith(f"{prefix}There is not enough memory on the GPU")
    assert full.detail == ""


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (FOUND, "Test 3.98 ± 0.15 nats"),
        (replace(FOUND, log_partition_error=0.5), "Test 4.0 ± 0.5 nats"),
        (replace(FOUND, log_partition_error=math.inf, log_partition_low=1.0), "Test at least 3.7 nats"),
        (replace(FOUND, log_partition_low=0.5, log_partition_high=1.5), "Test 3.2 to 4.7 nats"),
        (replace(FOUND, test_nats=math.nan, test_scatter=math.nan), "Validation 4.20 ± 0.15 nats"),
        (replace(FOUND, log_partition_error=0.0), "Test 3.98 ± 0.12 nats"),
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
        "Training stopped early, as the validation set got worse: 2,000 epochs in 12 s; kept epoch"
    )
    assert "kept epoch 1,118, the best" in early
    told = Outcome(found, 600, False, FreshRecord(Match("not known", "", (), ()), 30, 300, 4, 0.0, 0.0))
    assert describe_outcome(told, 600, 12.3).endswith(
        "nats. Only 4 replicas of 30 ladders have gone to the base measure and back: fresh chains may have missed "
        "modes"
    )
    assert "kept the base measure alone" in describe_outcome(Outcome(found, 0, False), 600, 12.3)
