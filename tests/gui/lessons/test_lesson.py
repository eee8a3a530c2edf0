"""Lessons as text: what ships is whole, what a teacher writes is read, and what is wrong is told with its line."""

import re
from pathlib import Path

import pytest

from landscape_app.gui.lessons.lesson import (
    DEEDS,
    KEYS,
    SHIPPED,
    TOUR,
    Asked,
    Choice,
    Compared,
    Done,
    LessonError,
    Step,
    number_in,
    open_lesson,
    read_lesson,
    rich,
    shipped_lesson,
)
from tests.architecture import PACKAGE

WHOLE = """# A lesson

What it is about.

Missing: Open the digits.

## First

Press **7**
on the keyboard.

Another paragraph.

Point: target-7, mosaic
Do: pressed target-7 and on target >= 90%
Right: Well
  done.
Wrong: Not yet.

## Second

Read it.

Read: acceptance rate ± 5%
Missing: Wait.

## Third

- [ ] No
  It is not.
- [x] Yes
"""


def test_a_lesson_is_read_with_all_that_a_step_can_have() -> None:
    lesson = read_lesson(WHOLE)
    assert (lesson.title, lesson.about) == ("A lesson", "What it is about.")
    first, second, third = lesson.steps
    assert first == Step(
        "First",
        "Press **7** on the keyboard.\n\nAnother paragraph.",
        ("target-7", "mosaic"),
        (Done("pressed", "target-7"), Compared("on target", "≥", 0.9, False)),
        right="Well done.",
        wrong="Not yet.",
        missing="Open the digits.",
        line=7,
    )
    assert first.controls == ("target-7", "mosaic", "target-7")
    assert second.read == Asked("acceptance rate", 0.05)
    assert second.missing == "Wait."
    assert third.choices == (Choice("No", False, "It is not."), Choice("Yes", True, ""))
    assert all(step.asks for step in lesson.steps)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("# A lesson", "A lesson", "line 1: a lesson begins with its title"),
        ("## First", "# First", "line 7: a lesson has one title"),
        ("Missing: Open", "Point: Open", "line 5: above the first step"),
        ("Point: target-7", "Pint: target-7", "line 14: “Pint:” is no key; did you mean “Point:”"),
        ("target-7, mosaic", "target 7", "line 14: “target 7” is no name of a control"),
        ("pressed target-7 and", "prest target-7 and", "line 15: “prest target-7” is no condition"),
        ("on target >=", "on targt >=", "line 15: there is no quantity “on targt”; did you mean “on target”"),
        (">= 90%", ">= many", "line 15: “many” is no number"),
        ("Wrong:", "Right:", "line 18: “Right:” stands twice"),
        ("± 5%", "± much", "line 24: “much” is no tolerance"),
        ("- [x] Yes", "- [ ] Yes", "line 29: one choice is right"),
        ("- [x] Yes", "- [x] Yes\nDo: trained ≥ 1", "line 27: a step has one of"),
        ("- [x] Yes", "- [x] Yes\n\nRight: So.", "line 33: “Right:” belongs to"),
        ("Wrong: Not", "First: Not", "line 18: “First:” belongs to a “Begin:”"),
        ("Wrong: Not yet.", "Begin: pressed mosaic", "line 18: “pressed mosaic” is nothing to begin from"),
        ("Wrong: Not yet.", "Begin: trained = 1", "line 18: “trained = 1” is nothing to begin from"),
        ("Read it.\n", "", "line 20: the step “Second” has no text"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(before: str, after: str, message: str) -> None:
    assert before in WHOLE
    with pytest.raises(LessonError) as told:
        read_lesson(WHOLE.replace(before, after, 1))
    assert str(told.value).startswith(message)


def test_a_file_that_is_no_lesson_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.md"
    path.write_text("# Empty\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"^mine\.md, line 1: a lesson needs at least one step"):
        open_lesson(path)
    path.write_bytes(b"# \xff\xfe")
    with pytest.raises(ValueError, match="is no text in UTF-8"):
        open_lesson(path)
    path.write_bytes(b"#" * 300_000)
    with pytest.raises(ValueError, match="too long for a lesson"):
        open_lesson(path)
    path.write_bytes(b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode())
    assert open_lesson(path) == read_lesson(WHOLE)


def test_conditions_have_stages_and_a_step_begins_from_a_state() -> None:
    text = (
        "# A\n\n## B\n\nC.\n\nBegin: value of t = 1 and training = 0 by pause\nFirst: D.\n"
        "Do: pressed a then pressed b and trained ≥ 1 then pressed a\n"
    )
    (step,) = read_lesson(text).steps
    assert step.stages == ((0,), (1, 2), (3,))
    assert [beginning.button for beginning in step.begin] == ["", "pause"]
    assert step.begin[0].holds(1.04)
    assert not step.begin[0].holds(1.06)
    assert step.controls == ("a", "b", "a", "t", "pause")
    assert step.first == "D."


def test_only_bold_italic_and_code_are_more_than_their_signs() -> None:
    assert rich("**7** and *x* or `y`") == "<b>7</b> and <i>x</i> or <code>y</code>"
    assert rich("a * b < c\n\n<img src='file:///x'>") == (
        "a * b &lt; c<br><br>&lt;img src=&#x27;file:///x&#x27;&gt;"
    )


@pytest.mark.parametrize(
    ("text", "number"),
    [("2.27", 2.27), (" 2,27 ", 2.27), ("1,000", 1000.0), ("−0.5", -0.5), ("90%", 0.9), (".5", 0.5)],
)
def test_numbers_are_read_as_people_write_them(text: str, number: float) -> None:
    assert number_in(text) == pytest.approx(number)
    assert number_in(text + " apples") is None


def test_an_answer_may_differ_by_the_tolerance_or_by_two_standard_errors() -> None:
    asked = Asked("entropy", 0.5)
    assert asked.accepts(10.5, 10.0, 0.1)
    assert not asked.accepts(10.6, 10.0, 0.1)
    assert asked.accepts(10.6, 10.0, 0.3)


@pytest.mark.parametrize("name", [TOUR, *SHIPPED])
def test_each_lesson_that_ships_is_whole(name: str) -> None:
    lesson = shipped_lesson(name)
    assert lesson.about
    assert len(lesson.steps) == 10 if name == TOUR else 6 <= len(lesson.steps) <= 10
    questions = [step for step in lesson.steps if step.asks]
    assert len(questions) >= (0 if name == TOUR else 3)
    for step in lesson.steps:
        # Read in ten seconds.
        assert len(step.text) < 230, step.title
        if step.points:
            assert step.missing, step.title
        if step.choices:
            assert all(choice.because for choice in step.choices), step.title
            assert sum(choice.is_right for choice in step.choices) == 1
        elif step.asks:
            assert step.right, step.title
            assert step.wrong or step.do, step.title
        assert all(done.deed in DEEDS for done in step.do if isinstance(done, Done))


def test_the_example_of_the_documentation_is_a_lesson() -> None:
    page = (PACKAGE.parent / "docs" / "how-to" / "lessons.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```\n(.+?)^```$", page, re.MULTILINE | re.DOTALL)
    assert [bool(step.do or step.read or step.choices) for step in read_lesson(example).steps] == [True] * 3
    assert all(f"`{key}: " in page for key in KEYS)


def test_lessons_are_read_without_qt() -> None:
    for name in ("lesson", "quantities"):
        text = (PACKAGE / "gui" / "lessons" / f"{name}.py").read_text(encoding="utf-8")
        assert not re.search(r"^(from|import) (PySide6|pyqtgraph)", text, re.MULTILINE)


def test_a_step_is_read_where_it_says_and_where_its_quantities_are_shown() -> None:
    lesson = read_lesson("# A\n\n## B\n\nC.\n\nSee: one, two\nRead: lattice energy or magnetisation\n")
    (step,) = lesson.steps
    assert step.sees == ("one", "two")
    assert step.readings == ("one", "two", "measured-energy", "measured-magnetisation")
    assert set(step.sees) <= set(step.controls)
