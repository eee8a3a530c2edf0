"""What a person does with a run: noted, kept small, kept in the file, and written as Python."""

import ast
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landscape_app.data.dataset import Dataset
from landscape_app.physics import fields
from landscape_app.physics.fields.classes import NONE_OF, ClassCondition
from landscape_app.physics.fields.custom import CustomField
from landscape_app.physics.fields.pixels import (
    FixedPixels,
    InkAmount,
    SimilarityTo,
    SmoothPixels,
    SymmetryAbout,
)
from landscape_app.session.api import new_session as begin
from landscape_app.session.api import note_beginning, note_opening, train
from landscape_app.session.autosave import Autosave
from landscape_app.session.checkpoint import open_session, save_session
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.journal import (
    MOST_ENTRIES,
    Action,
    Began,
    BestKept,
    Branched,
    ClassesTaken,
    ClassesTrained,
    DiscriminatorTrained,
    Finished,
    Journal,
    KernelChosen,
    KernelTuned,
    Opened,
    Planned,
    Reopened,
    Restarted,
    Saved,
    StartsTested,
    Steered,
)
from landscape_app.session.script import Call, Name, script_of, source_of, trained_epochs
from landscape_app.session.session import Session

SMALL: dict[str, Any] = {
    "chains": 16,
    "observables": 3,
    "channels": (4, 4),
    "device": "cpu",
    "sampler_chains": 8,
}
SEVEN = Composition.towards(7)
DRAWN = Composition((Layer(FixedPixels(((0, 0, 3), (1, 2, 16)), exact=False), 2.0, name='a "b" \\ c\n'),))
EVERY: tuple[Action, ...] = (
    Began("cpu", 2, 40, "digits", False, {"seed": 3, "channels": [4, 8], "schedule": {"moves": 2}}),
    ClassesTrained(4),
    ClassesTaken("/a/b.h5", False),
    Steered(SEVEN),
    Steered(DRAWN),
    Restarted("base", 12),
    KernelChosen("random-walk"),
    KernelTuned(False, (("step_size", 2.5),)),
    KernelTuned(True),
    Planned(90),
    Finished(),
    BestKept(),
    StartsTested(250),
    DiscriminatorTrained(3),
    Saved("C:\\a\\c.h5"),
    Reopened("cpu", 2, 100, "C:\\a\\c.h5"),
    Branched(12, {"seed": 4}),
)


def journal_of(*actions: Action) -> Journal:
    journal = Journal()
    for epoch, action in enumerate(actions):
        journal.add(action, epoch)
    return journal


def last(*actions: Action) -> list[Action]:
    """What is left of actions that follow each other without an epoch in between."""
    journal = Journal()
    for action in actions:
        journal.add(action, 5)
    return [action for _, action in journal.entries]


def at(strength: float) -> Steered:
    return Steered(Composition.towards(7, strength))


def test_a_slider_that_is_moved_is_one_entry_and_another_one_a_second() -> None:
    hot = [Steered(Composition.towards(7, 6.0, temperature)) for temperature in (1.1, 1.2, 1.3)]
    assert last(Opened(), at(4.0), at(4.5), at(5.0), at(6.0), *hot) == [Opened(), at(4.0), at(6.0), hot[-1]]


def test_what_is_chosen_stays_however_quickly_another_choice_follows() -> None:
    three, eight = (Steered(Composition.towards(c)) for c in (3, 8))
    off = Steered(Composition.towards(8, hamiltonian=False))
    assert last(Opened(), at(4.0), three, eight, off) == [Opened(), at(4.0), three, eight, off]


def test_strokes_of_one_drawing_are_one_entry() -> None:
    strokes = [
        Steered(Composition((Layer(FixedPixels(tuple((0, i, 9) for i in range(n))), 1.0),)))
        for n in range(1, 5)
    ]
    assert last(Opened(), *strokes) == [Opened(), strokes[0], strokes[-1]]


def test_an_epoch_in_between_keeps_both() -> None:
    assert [action for _, action in journal_of(Opened(), at(4.0), at(4.5), at(5.0)).entries] == [
        Opened(),
        at(4.0),
        at(4.5),
        at(5.0),
    ]


def test_the_kernel_as_it_was_left_is_what_counts() -> None:
    first, second = (KernelTuned(False, (("step_size", size),)) for size in (1.0, 2.0))
    chosen = KernelChosen("random-walk"), KernelChosen("single-site")
    assert last(Opened(), *chosen, first, second, KernelTuned(True)) == [
        Opened(),
        chosen[1],
        second,
        KernelTuned(True),
    ]


def test_a_long_journal_forgets_compositions_and_no_plan() -> None:
    journal = Journal()
    journal.add(Opened(), 0)
    journal.add(Planned(10**6), 0)
    for epoch in range(MOST_ENTRIES + 50):
        journal.add(Steered(Composition.towards(epoch % 10)), epoch)
    actions = [action for _, action in journal.entries]
    assert len(actions) == MOST_ENTRIES
    assert actions[:2] == [Opened(), Planned(10**6)]


def test_a_journal_goes_through_its_text_unchanged() -> None:
    journal = journal_of(*EVERY)
    assert Journal.from_json(journal.to_json()).entries == journal.entries


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: d | {"version": 2},
        lambda d: d | {"entries": 3},
        lambda d: d | {"entries": [3]},
        lambda d: d | {"entries": d["entries"][1:]},
        lambda d: d | {"entries": d["entries"][:1] * (3 * MOST_ENTRIES)},
        lambda d: d | {"entries": [*d["entries"], {"epoch": 1, "do": "Import", "what": "os"}]},
        lambda d: d | {"entries": [*d["entries"], {"epoch": -1, "do": "Finished"}]},
        lambda d: d | {"entries": [*d["entries"], {"epoch": 1, "do": "Planned", "epochs": "x = 1"}]},
        lambda d: d | {"entries": [*d["entries"], {"epoch": 1, "do": "Planned", "epochs": True}]},
        lambda d: d | {"entries": [*d["entries"], {"epoch": 1, "do": "Steered", "composition": {}}]},
        lambda d: d | {"entries": [{**d["entries"][0], "settings": {"name); import os #": 1}}]},
    ],
)
def test_a_text_that_is_no_journal_is_refused(damage: Any) -> None:
    with pytest.raises(ValueError, match=r"journal|composition"):
        Journal.from_json(json.dumps(damage(json.loads(journal_of(*EVERY).to_json()))))


def test_a_script_of_every_action_is_python_and_calls_what_it_should() -> None:
    tree = ast.parse(script_of(journal_of(*EVERY).entries, 20))
    called = [
        ast.unparse(node.value.func if isinstance(node.value, ast.Call) else node.value)
        for node in tree.body
        if isinstance(node, ast.Expr | ast.Assign)
    ]
    assert called[2:] == [
        "new_session",
        *("train", "session.train_classifier"),
        *("train", "session.adopt_classifier"),
        *("train", "session.steer") * 2,
        *("train", "session.sampler.restart"),
        *("train", "session.sampler.set_kernel"),
        *("train", "session.sampler.tune_kernel") * 2,
        *("train", "session.plan_epochs"),
        "train",
        *("train", "session.finish", "session.steer"),
        *("train", "diagnose"),
        *("train", "session.sample", "train_discriminator"),
        *("train", "save"),
        *("train", "save", "open_session"),
        *("train", "branch"),
        *("train", "print", "save"),
    ]
    assert trained_epochs(journal_of(*EVERY).entries, 20) == 16 + 20 - 12


@given(text=st.text(max_size=40))
@settings(max_examples=60)
def test_text_of_a_file_stays_a_value_in_a_script(text: str) -> None:
    entries = journal_of(
        Opened("cpu", 1, 100, text),
        Steered(Composition((Layer(CustomField(text, text), 1.0, name=text),))),
        Saved(f"/x/{text}"),
    ).entries
    tree = ast.parse(script_of(entries, 3, text))
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    assert {type(node) for node in statements} <= {ast.Expr, ast.Assign, ast.Import, ast.ImportFrom}
    imported = [node for node in statements if isinstance(node, ast.Import | ast.ImportFrom)]
    assert len(imported) == 3
    assert text in [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]


@pytest.mark.parametrize(
    "value",
    [
        DRAWN,
        Composition(
            (
                Layer(ClassCondition((1, 2), NONE_OF, (0.25, 0.75)), 3.0, enabled=False),
                Layer(InkAmount(0.2), -80.0),
                Layer(SimilarityTo(tuple((i,) * 8 for i in range(8)), "chain 3"), 1.0),
                Layer(SymmetryAbout("half-turn"), 2.0),
                Layer(SmoothPixels(), 1.0),
            ),
            temperature=0.5,
            model_temperature=2.0,
            hamiltonian=False,
        ),
        {"a": [1, 2.5, None], "b": ((), (1,), (1, 2)), "c": math.inf, "d": 'it\'s "so"\n'},
        tuple(tuple(range(i)) for i in range(30)),
    ],
)
def test_source_means_the_value(value: object) -> None:
    source = source_of(value)
    assert all(len(line) <= 110 for line in source.splitlines())
    names = {"Composition": Composition, "Layer": Layer, "fields": fields}
    assert eval(source, names) == value


def test_what_cannot_be_written_is_refused() -> None:
    with pytest.raises(TypeError, match="object cannot be written"):
        source_of(Call("f", (Name("x"), object())))


def test_data_of_ones_own_come_from_the_run_s_file() -> None:
    session = begin(
        Dataset.of_points([[float(i), float(i % 3)] for i in range(9)]), device="cpu", sampler_chains=3
    )
    note_beginning(session)
    entries = session.journal.entries
    assert 'new_session(load_data("mine.h5"), device="cpu", sampler_chains=3)' in script_of(
        entries, 0, "mine.h5"
    )
    assert "Save the run under this name" in script_of(entries, 0)


def test_only_what_differs_from_the_usual_is_written() -> None:
    session = begin("digits", seed=5, schedule={"moves": 2}, **SMALL)
    note_beginning(session)
    (began,) = (action for _, action in session.journal.entries if isinstance(action, Began))
    assert set(began.settings) == {"seed", "chains", "observables", "channels", "schedule"}
    assert began.settings["schedule"] == {"moves": 2}
    again = begin("digits", device="cpu", sampler_chains=1, **began.settings)
    assert again.configuration == session.configuration


def test_a_training_that_was_stopped_early_is_measured_there() -> None:
    stopped = journal_of(Opened(), Finished(planned=False)).entries
    assert "train(session, 1)" in (script := script_of(stopped, 1))
    assert script.index("train(session, 1)") < script.index("session.finish()")


@pytest.mark.parametrize("folder", ["/home/me/", "C:\\Users\\me\\"])
def test_a_script_names_files_without_the_folders_of_the_machine_they_were_on(folder: str) -> None:
    script = script_of(journal_of(Opened("cpu", 1), Saved(f"{folder}b.h5")).entries, 1)
    assert '\nsave(session, "b.h5")\n' in script


def test_a_script_ends_with_its_figures_and_a_file_of_its_own() -> None:
    script = script_of(journal_of(Began(), Finished()).entries, 1, None, 300.0)
    assert "# It trains for 1 epoch: about 5 minutes" in script
    assert "train(session, report=print_progress)" in script
    assert "import print_progress\n" in script
    assert "session.kept.verdict" in script
    assert script.endswith('\nsave(session, "digits-run.h5")\n')
    opened = script_of(journal_of(Opened("cpu", 1, 100, "/a/b.h5")).entries, 20)
    assert "train(session, 20, report=print_progress)" in opened
    assert 'print(f"trained to epoch {session.trainer.epoch}")\nsave(session, "b-run.h5")\n' in opened
    assert "save(" not in script_of(journal_of(Began()).entries, 0)
    kept = script_of(journal_of(Began(), Saved("/a/c.h5")).entries, 1)
    assert kept.count("save(") == 1


def test_another_number_of_threads_is_set_where_the_run_was_opened_with_it() -> None:
    script = script_of(journal_of(Opened("cpu", 1), Reopened("cpu", 2, 1, "/a/b.h5")).entries, 1)
    assert script.index("set_num_threads(1)") < script.index("set_num_threads(2)")
    assert "processor" in script_of(journal_of(Opened("cpu"), Reopened("cuda")).entries, 1)


def test_where_the_clock_sets_the_rates_the_script_says_so() -> None:
    opened = Opened("cpu", 1, 100, "a.h5", False, True)
    clocked = script_of(journal_of(opened, Planned(900)).entries, 9)
    assert "by the clock" in clocked
    assert "to the last bit" not in clocked
    planned = Journal()
    planned.add(opened, 0)
    planned.add(Planned(900), 0)
    assert "to the last bit" in script_of(planned.entries, 9)


def test_a_run_file_keeps_its_journal_and_a_script_goes_on_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    session = begin("digits", **SMALL)
    note_beginning(session)
    train(session, 3)
    save_session(session, "run.h5")
    opened = open_session("run.h5", "cpu", sampler_chains=8)
    note_opening(opened, Path("run.h5"), shipped=False)
    train(opened, 2)
    found: dict[str, Any] = {}
    exec(script_of(opened.journal.entries, opened.trainer.epoch), found)
    again = found["session"]
    assert isinstance(again, Session)
    assert again.trainer.epoch == opened.trainer.epoch == 5
    assert (again.model.multipliers == opened.model.multipliers).all()


def test_an_autosave_keeps_the_journal_as_it_grows(tmp_path: Path) -> None:
    session = begin("digits", **SMALL)
    note_beginning(session)
    autosave = Autosave(session, tmp_path / "run.h5")
    session.journal.add(Planned(40), 0)
    autosave.save_now()
    autosave.close()
    assert open_session(tmp_path / "run.h5", "cpu").journal.entries == session.journal.entries


def test_an_empty_journal_has_no_script() -> None:
    with pytest.raises(ValueError, match="no run"):
        script_of((), 0)


def test_a_script_names_the_classes_that_it_asks_for() -> None:
    entries = journal_of(Opened("cpu", 1), Steered(Composition.towards(2))).entries
    assert "session.steer(Composition.towards(2))  # bars / crosses" in script_of(
        entries, 1, class_names=("a", "b", "bars /\ncrosses")
    )
    assert "towards(2))\n" in script_of(entries, 1, class_names=("0", "1", "2"))
    several = Composition((Layer(ClassCondition((0, 1)), 1.0), Layer(InkAmount(), 1.0)))
    script = script_of(journal_of(Opened("cpu", 1), Steered(several)).entries, 1, class_names=("a", "b"))
    ast.parse(script)
    assert "# a, b" in script
