"""Titles and notes: each stays with its run, wherever its file goes, and with no other."""

from dataclasses import replace
from pathlib import Path

import pytest

from landscape_app.runs.atomic import RunFileError
from landscape_app.runs.catalogue import RunSummary
from landscape_app.runs.notes import Notes, notes_path, read_notes, write_note


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder of the application of the test's own."""
    monkeypatch.setattr("landscape_app.runs.autosave.platformdirs.user_data_path", lambda *a, **k: tmp_path)


def run(path: str, name: str = "", parent: str = "") -> RunSummary:
    """A run by its file, its own name and that of the run that it goes on from."""
    made = {key: value for key, value in (("run", name), ("parent_run", parent)) if value}
    return RunSummary(Path(path), {}, made, 1, 1.0, {}, True, None, (8, 8), False, 1, 0.0)


def told(notes: Notes, one: RunSummary) -> tuple[str, str]:
    found = notes.of(one)
    return found.title, found.note


def test_a_title_stays_with_its_run_where_the_file_is_moved_or_trained_on() -> None:
    first = run("runs/a.h5", "one")
    write_note(first, "  The  best\nof all ", "kept\nfor later\n")
    notes = read_notes()
    assert told(notes, first) == ("The best of all", "kept\nfor later")
    assert told(notes, run("older/a.h5", "one"))[0] == "The best of all"
    # Saved to the same file after it went on.
    assert told(notes, run("runs/a.h5", "three", parent="two"))[0] == "The best of all"
    # Another run in its place, and one that went on elsewhere.
    assert told(notes, run("runs/a.h5", "other")) == ("", "")
    assert told(notes, run("runs/b.h5", "two", parent="one")) == ("", "")


def test_an_empty_title_and_note_are_taken_away_and_others_stay() -> None:
    for number in range(3):
        write_note(run(f"{number}.h5", str(number)), f"title {number}", "")
    notes = write_note(run("1.h5", "1"), "", "")
    assert [note.title for note in notes.known] == ["title 0", "title 2"]
    assert read_notes().known == notes.known
    nameless = run("old.h5")
    assert told(write_note(nameless, "by its path", ""), nameless)[0] == "by its path"


@pytest.mark.parametrize("text", ["{", "[1]", '[{"run": 1, "path": "a"}]'])
def test_a_damaged_file_is_told_and_not_overwritten(text: str) -> None:
    assert read_notes().known == ()
    notes_path().write_text(text)
    with pytest.raises(RunFileError, match="it is damaged; mend the file, or move it away"):
        write_note(replace(run("a.h5", "one")), "title", "")
    assert notes_path().read_text() == text
