"""The record that the window shows, made by hand: no engine, no window."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from landscape_app.gui.messages import Message
from landscape_app.gui.state import LEAST_MORE, LONGEST_NAME, EngineState, Facts, Origin, shown_name
from landscape_app.physics.space import Levels
from landscape_app.problems.problem import Configuration
from landscape_app.session.plan import DataSize


def facts(**changes: Any) -> Facts:
    made = Facts(
        number=3,
        configuration=Configuration(seed=7),
        origin=Origin.FILE,
        path=Path("run.h5"),
        device="cpu",
        title="Digits",
        formula="E(x)",
        space=Levels((8, 8), 17),
        training_items=np.zeros((2, 8, 8), np.uint8),
        data_size=DataSize(2, 0, 0, 128, 0, carried=True),
        class_names=("zero", "one"),
        column_names=(),
        kernels=("single-site",),
        neighbours=None,  # type: ignore[arg-type]
    )
    return replace(made, **changes)


def test_training_goes_on_with_a_run_of_the_user_alone() -> None:
    assert EngineState(facts=facts(), epoch=5).can_train
    assert EngineState(facts=facts(), epoch=0).can_train
    assert not EngineState(facts=facts(origin=Origin.SHIPPED), epoch=5).can_train
    assert not EngineState(epoch=5).can_train
    rule = facts(configuration=Configuration(problem="letters", model="pairs", fit="hebb", planned_epochs=1))
    assert EngineState(facts=rule, epoch=0).can_train
    assert not EngineState(facts=rule, epoch=1).can_train


def test_a_training_that_has_ended_is_made_half_as_long_again() -> None:
    assert EngineState(facts=facts(), epoch=5, progress=0.9).more_epochs == 0
    for planned, more in ((800, 400), (100, LEAST_MORE)):
        ended = facts(configuration=Configuration(planned_epochs=planned))
        assert EngineState(facts=ended, epoch=planned, progress=1.0).more_epochs == more


def test_a_state_is_of_the_session_that_was_meant() -> None:
    state = EngineState(facts=facts())
    assert state.is_of(3)
    assert state.is_of(None)
    assert not state.is_of(2)
    assert not EngineState().is_of(0)


def test_a_class_without_a_name_is_called_by_its_number() -> None:
    assert facts().classes == 2
    assert [facts().class_name(c) for c in (1, 2)] == ["one", "2"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [(" a\x00b\n", "ab"), ("\u202e", "?"), ("", "?"), ("x" * 200, "x" * LONGEST_NAME), ("été", "été")],
)
def test_names_from_a_strangers_file_are_shown_without_what_cannot_be_printed(name: str, shown: str) -> None:
    assert shown_name(name) == shown


def test_only_a_new_failure_counts_as_one() -> None:
    before = EngineState()
    told = EngineState(message=Message("error", "lost"), message_number=1)
    assert told.has_failed_since(before)
    assert not told.has_failed_since(told)
    assert not EngineState(message=Message("done", "saved"), message_number=2).has_failed_since(told)


def test_provenance_says_how_the_chains_on_view_are_moved() -> None:
    provenance = EngineState(facts=facts()).provenance(None, 12)
    assert provenance.sources == ()
    assert provenance.sampling == {"run_seed": 7, "steps": 12}
