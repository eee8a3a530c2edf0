"""Errors that end a command, and the checks of its paths."""

from pathlib import Path

import pytest

from landscape_app.cli.errors import (
    CommandError,
    WrongUsageError,
    check_another,
    check_hdf5,
    checking_input,
    working,
)
from landscape_app.physics.fields import FieldError


def test_an_input_that_is_refused_is_wrong_usage_and_a_failure_at_work_is_not() -> None:
    with pytest.raises(WrongUsageError, match="no such class"), checking_input():
        raise ValueError("no such class")
    with pytest.raises(CommandError, match="the disk is full") as failed, working():
        raise ValueError("the disk is full")
    # The user's own field could not be tried everywhere before.
    with pytest.raises(WrongUsageError) as wrong, working():
        raise FieldError("mine", "it gave no numbers")
    assert (failed.value.exit_code, wrong.value.exit_code) == (1, 2)


def test_other_errors_are_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), checking_input(), working():
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("name", "fits"), [("a.h5", True), ("a.HDF5", True), ("a.png", False), ("h5", False)]
)
def test_what_is_saved_as_hdf5_is_named_so(name: str, fits: bool) -> None:
    if fits:
        check_hdf5(Path(name), "a run is")
        return
    with pytest.raises(WrongUsageError, match=f"a run is saved as HDF5; .* not {name}"):
        check_hdf5(Path(name), "a run is")


def test_no_output_replaces_what_is_read_however_it_is_spelled(tmp_path: Path) -> None:
    run = tmp_path / "run.h5"
    run.touch()
    (tmp_path / "link.h5").hardlink_to(run)
    for output in (run, tmp_path / "." / "run.h5", tmp_path / "link.h5"):
        with pytest.raises(WrongUsageError, match="is the run itself"):
            check_another(output, run, "the run")
    check_another(tmp_path / "other.h5", run, "the run")
