"""`landscape diagnose` as a person runs it."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run


def test_the_verdict_and_the_entropy_are_printed(landscape: Run, run_file: Path) -> None:
    done = landscape("diagnose", str(run_file), "--chains", "4", "--steps", "100", "--device", "cpu")
    assert done.code == 0
    assert done.out.startswith("Convergence: ")
    for line in ("round trips", "log Z", "entropy S", "held-out cross-entropy", "bits a pixel"):
        assert line in done.out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--steps", "3"), "--steps must be a whole number from 100"),
        (("--chains", "1"), "--chains must be a whole number from 2"),
        (("--seed", "-1"), "the seed must be"),
        (("--kernel", "slow"), "no kernel is called 'slow'"),
        (("--kernel", "hmc"), "not on levels"),
    ],
)
def test_wrong_options_are_refused_in_one_line(
    landscape: Run, run_file: Path, options: tuple[str, ...], message: str
) -> None:
    done = landscape("diagnose", str(run_file), *options)
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert message in done.err


def test_a_missing_run_is_named(landscape: Run) -> None:
    done = landscape("diagnose", "nothing.h5")
    assert done.code == 2
    assert "there is no file nothing.h5" in done.err
