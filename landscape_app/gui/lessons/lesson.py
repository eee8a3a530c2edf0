"""Lessons as text: a title, and steps that point at controls, wait for things done and ask questions.

A lesson is a text file in Markdown with a few keys (docs/how-to/lessons.md). It is data: nothing in it is run.
"""

from __future__ import annotations

import difflib
import html
import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from landscape_app.data import translated_asset
from landscape_app.gui.lessons.quantities import QUANTITIES, SHOWN_BY
from landscape_app.language import tr

TOUR = "tour"
SHIPPED = ("sampling", "steering", "training", "equilibrium", "landscapes", "ising", "hopfield", "rbm")
"""Names of the lessons that ship, in their order; the tour is one that stands apart."""

ENDING = ".md"
MOST_BYTES = 200_000

KEYS = ("Point", "See", "Begin", "First", "Do", "Read", "Right", "Wrong", "Missing")
"""Keys of a step; only `Missing` can also stand above the first step, for all that have none."""

DEEDS = ("pressed", "changed", "shown")
"""Things done with a control, as a condition has them."""

SIGNS = {"≥": "≥", ">=": "≥", "≤": "≤", "<=": "≤", ">": ">", "<": "<", "=": "="}
COMPARED = re.compile(r"(?P<name>.+?)\s*(?P<sign>>=|<=|≥|≤|>|<|=)\s*(?P<number>.+)")
NUMBER = re.compile(r"(?P<digits>[−+-]?(?:\d+\.?\d*|\.\d+)(?:e[−+-]?\d+)?)\s*(?P<share>%?)", re.IGNORECASE)
NAME = re.compile(r"[A-Za-z_][\w-]*")
CHOICE = re.compile(r"- \[(?P<mark>[ xX])\] +(?P<text>.+)")
KEY = re.compile(r"(?P<key>[A-Z][a-z]+):(?: +(?P<value>.*))?")


class LessonError(ValueError):
    """A text that is no lesson: the line, what is wrong there, and what was expected."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(tr("line {line}: {text}", line=line, text=text))


class Done(NamedTuple):
    """Something done with a control.

    Attributes:
        deed: of `DEEDS`.
        control: name of the control.
    """

    deed: str
    control: str


class Compared(NamedTuple):
    """A comparison of a number with a limit.

    Attributes:
        name: of a quantity; of a control where `is_control`.
        sign: ≥, ≤, >, < or =.
        limit: the other side.
        is_control: whether the number is that of a control: 1 and 0 of one that can be on and off.
    """

    name: str
    sign: str
    limit: float
    is_control: bool

    def holds(self, value: float) -> bool:
        """True of a value that is on the side of the limit that is wanted."""
        match self.sign:
            case "≥":
                return value >= self.limit
            case "≤":
                return value <= self.limit
            case ">":
                return value > self.limit
            case "<":
                return value < self.limit
        return math.isclose(value, self.limit, rel_tol=1e-6, abs_tol=1e-9)


Condition = Done | Compared

NEARLY = 0.05
"""Share by which a number may differ from the one that a step begins with."""


class Beginning(NamedTuple):
    """A state that a step begins from, and the way to it.

    Attributes:
        condition: on a number of a control, or on a quantity.
        button: name of the button that brings it about; empty where the number of the control itself is set.
    """

    condition: Compared
    button: str = ""

    def holds(self, value: float) -> bool:
        """True of a value that is as wanted, or nearly the number that is wanted."""
        condition = self.condition
        if condition.sign == "=":
            return abs(value - condition.limit) <= NEARLY * abs(condition.limit) + 1e-9
        return condition.holds(value)


class Asked(NamedTuple):
    """A quantity that is to be read off.

    Attributes:
        quantity: its name.
        tolerance: by which an answer may differ, beside two standard errors of what is measured.
        others: quantities whose value is as right an answer, such as the exact one.
    """

    quantity: str
    tolerance: float
    others: tuple[str, ...] = ()

    def accepts(self, answer: float, value: float, error: float) -> bool:
        """True of an answer that is near enough to a value with its standard error."""
        known = 0.0 if math.isnan(error) else error
        return abs(answer - value) <= max(self.tolerance, 2 * known) + 1e-9


class Choice(NamedTuple):
    """An answer to choose.

    Attributes:
        text: of the answer.
        is_right: whether it is the right one.
        because: why it is right or wrong.
    """

    text: str
    is_right: bool
    because: str


@dataclass(frozen=True)
class Step:
    """A step of a lesson; it waits for at most one of `do`, `read` and `choices`.

    Attributes:
        title: in a few words.
        text: paragraphs, in which * and ** set words apart.
        points: names of controls, of which the first that is to be seen is pointed at; empty for none.
        sees: names of what else is to stay in sight, such as a table to be read.
        do: conditions, all of which are to hold.
        later: indices of those among them that begin a stage, which is looked at once those before are done.
        begin: states that the step begins from; empty where any will do.
        first: how to get there, told while one of them does not hold.
        read: a quantity that is asked for.
        choices: answers to choose from.
        right: told after a right answer, or once `do` holds; then the step waits for Next.
        wrong: told after a wrong answer.
        missing: what to do where nothing that it points at is to be seen, or what it asks for is not known.
        line: of its title in the file.
    """

    title: str
    text: str
    points: tuple[str, ...] = ()
    do: tuple[Condition, ...] = ()
    read: Asked | None = None
    choices: tuple[Choice, ...] = ()
    right: str = ""
    wrong: str = ""
    missing: str = ""
    line: int = 0
    later: tuple[int, ...] = ()
    begin: tuple[Beginning, ...] = ()
    first: str = ""
    sees: tuple[str, ...] = ()

    @property
    def readings(self) -> tuple[str, ...]:
        """Names of what is to be read in it: what it says, and what shows the quantities that it is about."""
        asked = () if self.read is None else (self.read.quantity, *self.read.others)
        waited = (part.name for part in self.do if isinstance(part, Compared) and not part.is_control)
        return (*self.sees, *(place for name in (*asked, *waited) for place in SHOWN_BY.get(name, ())))

    @property
    def stages(self) -> tuple[tuple[int, ...], ...]:
        """Indices of the conditions that are to hold together, in the order in which that is to be so."""
        ends = (0, *self.later, len(self.do))
        return tuple(tuple(range(start, end)) for start, end in itertools.pairwise(ends) if start < end)

    @property
    def asks(self) -> bool:
        """True if it is a question, which is told to be right or wrong."""
        return bool(self.choices or self.read or self.right)

    @property
    def controls(self) -> tuple[str, ...]:
        """Names of the controls in it."""
        done = (
            part.control if isinstance(part, Done) else part.name for part in self.do if _has_control(part)
        )
        begun = (
            name
            for part in self.begin
            for name in (part.button, part.condition.name * part.condition.is_control)
        )
        return (*self.points, *self.sees, *done, *filter(None, begun))


@dataclass(frozen=True)
class Lesson:
    """A lesson.

    Attributes:
        title: of the lesson.
        about: what is learned in it, one paragraph.
        steps: in their order, at least one.
        name: by which its progress is remembered, in every language; empty of one that does not ship.
    """

    title: str
    about: str
    steps: tuple[Step, ...]
    name: str = ""


def shipped_lesson(name: str) -> Lesson:
    """A lesson that ships: the tour, or one of `SHIPPED`."""
    text = translated_asset(f"lessons/{name}{ENDING}").read_text(encoding="utf-8")
    return replace(read_lesson(text), name=name)


def open_lesson(path: Path) -> Lesson:
    """The lesson in a file.

    Raises:
        ValueError: it is none; names the file, and the line where there is one.
        OSError: it cannot be read.
    """
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(
            tr(
                "{name} has more than {size} kB, which is too long for a lesson",
                name=path.name,
                size=MOST_BYTES // 1000,
            )
        )
    try:
        return read_lesson(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(tr("{name} is no text in UTF-8: save it as such", name=path.name)) from error
    except LessonError as error:
        raise ValueError(f"{path.name}, {error}") from error


def read_lesson(text: str) -> Lesson:
    """The lesson in a text.

    Raises:
        LessonError: it is none; names the line.
    """
    title, about = "", _Part("", 1)
    steps: list[_Part] = []
    for number, line in enumerate(text.splitlines(), 1):
        part = steps[-1] if steps else about
        if line.startswith("## "):
            if not title:
                raise LessonError(number, tr("a lesson begins with its title, such as “# Sampling”"))
            steps.append(_Part(line[3:].strip(), number))
        elif line.startswith("# "):
            if title:
                raise LessonError(number, tr("a lesson has one title; a step begins with “## ”"))
            title = line[2:].strip()
        elif line.strip():
            if not title:
                raise LessonError(number, tr("a lesson begins with its title, such as “# Sampling”"))
            part.add(line, number)
        else:
            part.end_paragraph()
    if not steps:
        raise LessonError(1, tr("a lesson needs at least one step, which begins with “## ” and its title"))
    wrong = [key for key in about.values if key != "Missing"]
    if wrong or about.choices:
        line_number = about.lines[wrong[0]] if wrong else about.choices[0].line
        raise LessonError(line_number, tr("above the first step there can be text and “Missing:” only"))
    missing = about.values.get("Missing", "")
    return Lesson(title, about.text, tuple(part.step(missing) for part in steps))


def rich(text: str) -> str:
    """A text as HTML: its paragraphs, **bold**, *italic* and `code`; all other signs are themselves."""
    escaped = html.escape(text)
    for sign, tag in ((r"\*\*", "b"), (r"\*", "i"), ("`", "code")):
        escaped = re.sub(rf"{sign}(?=\S)(.+?)(?<=\S){sign}", rf"<{tag}>\1</{tag}>", escaped)
    return escaped.replace("\n\n", "<br><br>")


def number_in(text: str) -> float | None:
    """The number that a text is, such as "2.27", "1,000", "−0.5" or "90%"; None where it is none."""
    plain = text.strip()
    thousands = re.fullmatch(r"[−+-]?\d{1,3}(,\d{3})+(\.\d*)?", plain)
    found = NUMBER.fullmatch(plain.replace(",", "" if thousands else "."))
    if found is None:
        return None
    value = float(found["digits"].replace("−", "-"))
    return value / 100 if found["share"] else value


def _has_control(condition: Condition) -> bool:
    return isinstance(condition, Done) or condition.is_control


class _Line(NamedTuple):
    """A choice as it is written.

    Attributes:
        mark: x where it is right.
        text: of it.
        because: lines below it.
        line: number.
    """

    mark: str
    text: str
    because: list[str]
    line: int


class _Part:
    """Lines of a step, or of what stands above the first.

    Args:
        title: of the step.
        line: number of its first line.
    """

    def __init__(self, title: str, line: int) -> None:
        self.title, self.line = title, line
        self.paragraphs: list[list[str]] = [[]]
        self.values: dict[str, str] = {}
        self.lines: dict[str, int] = {}
        self.choices: list[_Line] = []
        self._open = ""

    @property
    def text(self) -> str:
        """Its paragraphs."""
        return "\n\n".join(" ".join(lines) for lines in self.paragraphs if lines)

    def end_paragraph(self) -> None:
        """Ends a paragraph, or the lines that go on with a key."""
        self._open = ""
        self.paragraphs.append([])

    def add(self, line: str, number: int) -> None:
        """Takes a line that is not empty."""
        choice, key = CHOICE.fullmatch(line.rstrip()), KEY.fullmatch(line.rstrip())
        if line.startswith("  ") and self._open:
            if self._open == "choice":
                self.choices[-1].because.append(line.strip())
            else:
                self.values[self._open] = f"{self.values[self._open]} {line.strip()}".strip()
        elif choice:
            self._open = "choice"
            self.choices.append(_Line(choice["mark"].strip(), choice["text"], [], number))
        elif key and key["key"] in KEYS:
            if key["key"] in self.values:
                raise LessonError(number, tr("“{key}:” stands twice in this step", key=key["key"]))
            self._open = key["key"]
            self.values[self._open], self.lines[self._open] = key["value"] or "", number
        elif key and (near := difflib.get_close_matches(key["key"], KEYS, 1, 0.7)):
            raise LessonError(
                number, tr("“{key}:” is no key; did you mean “{near}:”?", key=key["key"], near=near[0])
            )
        else:
            self._open = ""
            self.paragraphs[-1].append(line.strip())

    def step(self, missing: str) -> Step:
        """The step that it is.

        Args:
            missing: what to do where it does not say so itself.
        """
        waits = [key for key in ("Do", "Read") if key in self.values]
        if len(waits) + bool(self.choices) > 1:
            raise LessonError(
                self.line, tr("a step has one of “Do:”, “Read:” and choices “- [ ]”, not several")
            )
        if not self.text and not self.choices:
            raise LessonError(self.line, tr("the step “{title}” has no text", title=self.title))
        for key in ("Right", "Wrong"):
            if key in self.values and not waits:
                advice = tr("; put it below each choice") if self.choices else ""
                raise LessonError(
                    self.lines[key],
                    tr("“{key}:” belongs to a “Do:” or “Read:”{advice}", key=key, advice=advice),
                )
        if self.choices and sum(bool(choice.mark) for choice in self.choices) != 1:
            raise LessonError(
                self.choices[0].line, tr("one choice is right, and begins with “- [x] ”; the others “- [ ] ”")
            )
        if "First" in self.values and "Begin" not in self.values:
            raise LessonError(self.lines["First"], tr("“{key}:” belongs to a “Begin:”", key="First"))
        stages = self._stages()
        return Step(
            self.title,
            self.text,
            self._controls("Point"),
            tuple(self._condition(part) for stage in stages for part in stage),
            self._asked(),
            tuple(Choice(c.text, bool(c.mark), " ".join(c.because)) for c in self.choices),
            self.values.get("Right", ""),
            self.values.get("Wrong", ""),
            self.values.get("Missing", missing),
            self.line,
            tuple(itertools.accumulate(map(len, stages)))[:-1],
            tuple(self._beginning(part) for part in self._listed("Begin", " and ")),
            self.values.get("First", ""),
            self._controls("See"),
        )

    def _stages(self) -> list[list[str]]:
        """Conditions of `Do:`, those that are to hold together side by side."""
        return [self._split(stage, " and ", "Do") for stage in self._listed("Do", " then ")]

    def _beginning(self, text: str) -> Beginning:
        wanted, _, button = text.partition(" by ")
        condition = self._condition(wanted.strip(), "Begin")
        if isinstance(condition, Done) or not (condition.is_control or button):
            raise LessonError(
                self.lines["Begin"],
                tr(
                    "“{text}” is nothing to begin from: such are “value of NAME = 1” and “QUANTITY = 0 by NAME”, "
                    "a button",
                    text=text,
                ),
            )
        return Beginning(condition, self._control(button.strip(), "Begin") if button else "")

    def _listed(self, key: str, sign: str) -> Sequence[str]:
        if key not in self.values:
            return ()
        return self._split(self.values[key], sign, key)

    def _split(self, text: str, sign: str, key: str) -> list[str]:
        parts = [part.strip() for part in text.split(sign)]
        if not all(parts):
            raise LessonError(self.lines[key], tr("“{key}:” says nothing", key=key))
        return parts

    def _controls(self, key: str) -> tuple[str, ...]:
        return tuple(self._control(name, key) for name in self._listed(key, ","))

    def _control(self, name: str, key: str) -> str:
        if not NAME.fullmatch(name):
            raise LessonError(
                self.lines[key], tr("“{name}” is no name of a control, such as “target-7”", name=name)
            )
        return name

    def _condition(self, text: str, key: str = "Do") -> Condition:
        line = self.lines[key]
        verb, _, rest = text.partition(" ")
        if verb in DEEDS:
            return Done(verb, self._control(rest.strip(), key))
        compared = COMPARED.fullmatch(text)
        if compared is None:
            raise LessonError(
                line,
                tr(
                    "“{text}” is no condition: such are “pressed NAME”, “changed NAME”, “shown NAME”, "
                    "“value of NAME ≥ 2” and “QUANTITY ≥ 2”",
                    text=text,
                ),
            )
        limit = number_in(compared["number"])
        if limit is None:
            raise LessonError(line, tr("“{text}” is no number, such as 2.27 or 90%", text=compared["number"]))
        sign, name = SIGNS[compared["sign"]], compared["name"]
        if name.startswith("value of "):
            return Compared(self._control(name.removeprefix("value of ").strip(), key), sign, limit, True)
        return Compared(self._quantity(name, line), sign, limit, False)

    def _asked(self) -> Asked | None:
        if "Read" not in self.values:
            return None
        line = self.lines["Read"]
        name, sign, tolerance = self.values["Read"].partition("±")
        number = number_in(tolerance) if sign else 0.0
        if number is None or number < 0:
            raise LessonError(
                line, tr("“{text}” is no tolerance, such as 0.05 or 5%", text=tolerance.strip())
            )
        first, *others = (self._quantity(part.strip(), line) for part in name.split(" or "))
        return Asked(first, number, tuple(others))

    def _quantity(self, name: str, line: int) -> str:
        if name in QUANTITIES:
            return name
        near = difflib.get_close_matches(name, QUANTITIES, 1)
        advice = (
            tr("did you mean “{near}”?", near=near[0])
            if near
            else tr("the documentation lists them under “Write a lesson”")
        )
        raise LessonError(line, tr("there is no quantity “{name}”; {advice}", name=name, advice=advice))
