"""Guide through a lesson: shows its steps one by one, sees what the user does, and checks answers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QEvent, QMetaObject, QObject, QPoint, QRect, QSettings, QSize, QTimer
from PySide6.QtWidgets import QDockWidget, QWidget
from shiboken6 import isValid

from landscape_app.gui.lessons import controls
from landscape_app.gui.lessons.callout import (
    MARGIN,
    Callout,
    Outline,
    Verdict,
    callout_corner,
    callout_place,
    covered,
)
from landscape_app.gui.lessons.lesson import (
    Asked,
    Beginning,
    Compared,
    Condition,
    Done,
    Lesson,
    Step,
    number_in,
)
from landscape_app.gui.lessons.quantities import NAMES, QUANTITIES, Scene
from landscape_app.language import tr
from landscape_app.physics.estimate import Estimate

LOOK_MILLISECONDS = 150
"""Between two looks at where the control is, and at what has been done."""

PRAISE_MILLISECONDS = 900
"""For which a step that is done stays before the next."""

RIGHT, WRONG, DONE = tr("✓ Right"), tr("✗ Not so"), tr("✓ Done")
REMEMBERED_LOOKS = 80
"""Looks, some twelve seconds, whose readings are right answers: one is read off before it is typed."""

TELLING = 2
"""Wrong numbers after which the right one is told."""


SETTLING = 3
"""Looks for which a deed is left to work, before a number that comes after it is looked at."""


class Deeds:
    """Conditions of a step in their stages, and which of them have come true.

    Args:
        window: the main window.
        step: whose conditions they are.
        scene: what is on view.
    """

    def __init__(self, window: QWidget, step: Step, scene: Callable[[], Scene]) -> None:
        self._window, self._scene = window, scene
        self._conditions, self._stages = step.do, step.stages
        self._stage, self._settling = 0, 0
        self._done: set[int] = set()
        self._watched: dict[tuple[int, str], tuple[controls.Control, QMetaObject.Connection]] = {}

    @property
    def stages(self) -> tuple[int, int]:
        """Stages that are done, and how many there are."""
        return self._stage, len(self._stages)

    def look(self) -> bool:
        """True if all stages are done, in their order; what was pressed or changed once stays done."""
        while self._stage < len(self._stages):
            if self._settling and not self._is_deed(self._stage):
                self._settling -= 1
                return False
            # Each is looked at, as the control of one may come while another does not hold yet.
            holding = [self._holds(index, self._conditions[index]) for index in self._stages[self._stage]]
            if not all(holding):
                return False
            self._settling = SETTLING if self._is_deed(self._stage) else 0
            self._stage += 1
        return True

    @property
    def note(self) -> str:
        """Numbers that are waited for, as they are now; empty where there is none."""
        parts = []
        stage = self._stages[self._stage] if self._stage < len(self._stages) else ()
        waited: dict[str, list[Compared]] = {}
        for condition in (self._conditions[index] for index in stage):
            if isinstance(condition, Compared) and not condition.is_control:
                waited.setdefault(condition.name, []).append(condition)
        for key, conditions in waited.items():
            quantity = QUANTITIES[key]
            if quantity.kind != "flag":
                value = quantity.value(self._scene())
                name, limit = NAMES[key], _limits(conditions)
                parts.append(
                    tr("{name}: not known yet, wanted {limit}", name=name, limit=limit)
                    if value is None
                    else tr(
                        "{name}: now {value}, wanted {limit}",
                        name=name,
                        value=quantity.shown(value.value),
                        limit=limit,
                    )
                )
        if len(self._stages) > 1:
            parts.append(tr("done: {done} of {count}", done=self._stage, count=len(self._stages)))
        return "; ".join(parts)

    def end(self) -> None:
        """Watches nothing any longer."""
        for _, connection in self._watched.values():
            controls.disconnect(connection)
        self._watched.clear()

    def _is_deed(self, stage: int) -> bool:
        """True of a stage of things pressed or changed alone."""
        found = [self._conditions[index] for index in self._stages[stage]]
        return all(isinstance(condition, Done) and condition.deed != "shown" for condition in found)

    def _do(self, index: int) -> None:
        """Something was pressed or changed: what comes after is watched at once, as it may be soon."""
        if self._stage < len(self._stages) and index in self._stages[self._stage]:
            self._done.add(index)
            if self._is_deed(self._stage):
                self.look()

    def _holds(self, index: int, condition: Condition) -> bool:
        if isinstance(condition, Compared) and not condition.is_control:
            value = QUANTITIES[condition.name].value(self._scene())
            return value is not None and condition.holds(value.value)
        if isinstance(condition, Done) and condition.deed != "shown":
            # The entry of a menu that does the same bears the same name.
            for name in (condition.control, f"action-{condition.control}"):
                self._watch(index, condition.deed, name)
            return index in self._done
        name = condition.name if isinstance(condition, Compared) else condition.control
        control = controls.find(self._window, name)
        if isinstance(condition, Done):
            return control is not None and controls.is_seen(control)
        number = None if control is None else controls.number_of(control)
        return number is not None and condition.holds(number)

    def _watch(self, index: int, deed: str, name: str) -> None:
        """Connects to a control, which may come and go."""
        watched = self._watched.get((index, name))
        if watched is not None and isValid(watched[0]) and controls.is_seen(watched[0]):
            return
        control = controls.find(self._window, name)
        if control is None or (watched is not None and watched[0] is control):
            return
        connection = controls.connect(control, deed, lambda *_: self._do(index))
        if connection is not None:
            self._watched[index, name] = control, connection


class Guide(QObject):
    """Leads through one lesson at a time, which the user can leave, and take up again where it was left.

    Args:
        window: the main window, which every control is in or opens.
        scene: what is on view.
        settings: where steps are remembered.

    Attributes:
        lesson: on show; None while there is none.
        callout: of the step.
        outline: around its control.
    """

    def __init__(self, window: QWidget, scene: Callable[[], Scene], settings: QSettings) -> None:
        super().__init__(window)
        self.lesson: Lesson | None = None
        self._window, self._scene, self._settings = window, scene, settings
        self._number = 0
        self._deeds: Deeds | None = None
        self._done, self._tries = False, 0
        self._begun = False
        self._placed: tuple[int, QWidget] | None = None
        self._width: int | None = None
        self._readings: deque[Estimate] = deque(maxlen=REMEMBERED_LOOKS)
        self._host = window
        self.callout, self.outline = Callout(window), Outline(window)
        self.callout.back.connect(lambda: self._go(self._number - 1))
        self.callout.forward.connect(lambda: self._go(self._number + 1))
        self.callout.ended.connect(self.end)
        self.callout.answered.connect(self._answer)
        self.callout.chosen.connect(self._choose)
        self.callout.wanted.connect(self._bring_up)
        self.callout.mended.connect(self.put_right)
        self._timer = QTimer(self, interval=LOOK_MILLISECONDS)
        self._timer.timeout.connect(self.look)
        self._praise = QTimer(self, interval=PRAISE_MILLISECONDS, singleShot=True)
        self._praise.timeout.connect(lambda: self._go(self._number + 1))
        window.installEventFilter(self)

    @property
    def step(self) -> Step | None:
        """Step on show; None while there is no lesson."""
        return None if self.lesson is None else self.lesson.steps[self._number]

    def is_finished(self, lesson: Lesson) -> bool:
        """True if a lesson was followed to its end."""
        return bool(self._settings.value(_key(lesson, "finished"), False, bool))

    def reached(self, lesson: Lesson) -> int:
        """Index of the step at which a lesson goes on."""
        number = int(str(self._settings.value(_key(lesson, "step"), 0)))
        return number if 0 <= number < len(lesson.steps) else 0

    def begin(self, lesson: Lesson) -> None:
        """Begins a lesson, or goes on with it where it was left."""
        self.end()
        self.lesson = lesson
        self._timer.start()
        self._go(self.reached(lesson))
        self.callout.take_keys()

    def end(self) -> None:
        """Ends the lesson; what was reached is remembered."""
        self._timer.stop()
        self._leave_step()
        had_keys = self.callout.has_keys
        self.lesson = None
        self.callout.hide()
        self.outline.hide()
        self._move_into(self._window)
        if had_keys:
            self._window.setFocus()

    def look(self) -> None:
        """Follows the control, and sees whether what the step waits for has been done."""
        step = self.step
        if step is None:
            return
        self._remember_reading(step)
        self._begun = self._begun or self._lacks(step) is None
        if self._begun and self._deeds is not None and not self._done and self._deeds.look():
            self._finish(step)
        control = self._control(step)
        self._show_state(step, control)
        self._follow(control)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follows a window that changes its size; leaves a window that goes."""
        if self.lesson is not None:
            if event.type() == QEvent.Type.Resize and watched is self._host and self.step is not None:
                self._follow(self._control(self.step))
            elif event.type() in (QEvent.Type.Hide, QEvent.Type.Close) and watched is not self._window:
                self._move_into(self._window)
        return False

    def _go(self, number: int) -> None:
        """Shows a step; beyond the last, the lesson has been followed to its end."""
        lesson = self.lesson
        if lesson is None or number < 0:
            return
        if number >= len(lesson.steps):
            self._settings.setValue(_key(lesson, "finished"), True)
            self._settings.setValue(_key(lesson, "step"), 0)
            self.end()
            return
        self._leave_step()
        self._placed, self._width, self.callout.dragged = None, None, False
        self._number = number
        self._settings.setValue(_key(lesson, "step"), number)
        step = lesson.steps[number]
        had_keys = self.callout.has_keys
        self.callout.show_step(step, number, len(lesson.steps), lesson.title)
        if step.do:
            self._deeds = Deeds(self._window, step, self._scene)
            self._begun = self._lacks(step) is None
            # What holds already is no deed: the user reads, and presses Next.
            if self._begun and self._deeds.look():
                self._done = True
                self.callout.show_verdict(Verdict("good", tr("✓ Already so"), step.right))
        self._bring_up()
        control = self._control(step)
        self._show_state(step, control)
        self._follow(control)
        self.callout.show()
        self.callout.raise_()
        if had_keys:
            self.callout.take_keys()

    def _leave_step(self) -> None:
        self._praise.stop()
        if self._deeds is not None:
            self._deeds.end()
        self._deeds, self._done, self._tries, self._begun = None, False, 0, False
        self._readings.clear()

    def _remember_reading(self, step: Step) -> None:
        """Notes what the quantity that is asked for is now."""
        if step.read is not None:
            found = QUANTITIES[step.read.quantity].value(self._scene())
            if found is not None and (not self._readings or self._readings[-1] != found):
                self._readings.append(found)

    def _is_right(self, asked: Asked, answer: float) -> bool:
        """True of what was on view in the last seconds, and of a quantity that is as good."""
        scene = self._scene()
        others = [found for name in asked.others if (found := QUANTITIES[name].value(scene)) is not None]
        return any(asked.accepts(answer, found.value, found.error) for found in (*self._readings, *others))

    def _lacks(self, step: Step) -> Beginning | None:
        """The first state that the step begins from and that is not there; of what the step itself moves, until then.

        A control that is not there has nothing to be put right.
        """
        moved = {part.control if isinstance(part, Done) else part.name for part in step.do}
        for beginning in step.begin:
            name = beginning.condition.name
            if self._begun and name in moved:
                continue
            if beginning.condition.is_control:
                control = controls.find(self._window, name)
                number = None if control is None else controls.number_of(control)
            else:
                known = QUANTITIES[name].value(self._scene())
                number = None if known is None else known.value
            if number is not None and not beginning.holds(number):
                return beginning
        return None

    def put_right(self) -> None:
        """Brings about the states that the step begins from, with the controls that a user has for it."""
        step = self.step
        if step is None:
            return
        for beginning in step.begin:
            name = beginning.condition.name
            control = controls.find(self._window, beginning.button or name)
            if control is None:
                continue
            if not beginning.button:
                number = controls.number_of(control)
                if number is not None and not beginning.holds(number):
                    controls.set_number(control, beginning.condition.limit)
            else:
                known = QUANTITIES[name].value(self._scene())
                if known is not None and not beginning.holds(known.value):
                    controls.press(control)
        self.look()

    def _finish(self, step: Step) -> None:
        """The step is done: it goes on by itself, or tells why it is right."""
        self._done = True
        if step.asks:
            was_pressed = any(isinstance(part, Done) for part in step.do)
            self.callout.show_verdict(Verdict("good", DONE if was_pressed else RIGHT, step.right))
        else:
            self.callout.show_verdict(Verdict("good", DONE))
            self._praise.start()

    def _answer(self, text: str) -> None:
        step = self.step
        if step is None:
            return
        if step.read is None:
            if not self._done:
                self.callout.show_verdict(Verdict("bad", tr("✗ Not yet"), step.wrong))
            self.look()
            return
        quantity = QUANTITIES[step.read.quantity]
        known, answer = quantity.value(self._scene()), number_in(text)
        if answer is None:
            said = tr("“{text}” is no number: type one, such as 0.5 or 90%.", text=text)
            self.callout.show_verdict(Verdict("bad", tr("A number is wanted"), said))
        elif known is None:
            nothing = tr("Nothing on view tells the {name} now.", name=NAMES[step.read.quantity])
            said = f"{nothing} {step.missing}".strip()
            self.callout.show_verdict(Verdict("bad", tr("Not known now"), said))
        else:
            if quantity.kind == "share" and answer > 1 and "%" not in text:
                answer /= 100
            self._remember_reading(step)
            if self._is_right(step.read, answer):
                self._done = True
                self.callout.show_verdict(Verdict("good", RIGHT, step.right))
            else:
                self._tries += 1
                far = (
                    tr("{value} is too high.", value=quantity.shown(answer))
                    if answer > known.value
                    else tr("{value} is too low.", value=quantity.shown(answer))
                )
                told = (
                    tr(" It is {value}.", value=quantity.shown(known.value)) if self._tries >= TELLING else ""
                )
                self.callout.show_verdict(Verdict("bad", WRONG, f"{far}{told} {step.wrong}".strip()))
        self.look()

    def _choose(self, index: int) -> None:
        step = self.step
        if step is None:
            return
        choice = step.choices[index]
        self._done = self._done or choice.is_right
        head = RIGHT if choice.is_right else WRONG
        self.callout.show_verdict(Verdict("good" if choice.is_right else "bad", head, choice.because))
        self.look()

    def _control(self, step: Step) -> controls.Control | None:
        return controls.first_seen(self._window, step.points)

    def _bring_up(self) -> None:
        step = self.step
        control = None if step is None else self._control(step)
        if control is not None and not controls.is_seen(control):
            controls.bring_up(control)

    def _show_state(self, step: Step, control: controls.Control | None) -> None:
        """Says how far a condition is, and what to do where the control is not to be seen."""
        assert self.lesson is not None
        waits = bool(step.do or step.read or step.choices) and not self._done
        self.callout.show_next(self._number == len(self.lesson.steps) - 1, waits)
        lacks = None if self._done else self._lacks(step)
        self.callout.show_mending(lacks is not None)
        if lacks is not None:
            first = step.first or tr("This step begins from another state.")
            self.callout.show_note(first)
        elif step.points and (control is None or not controls.is_seen(control)):
            inside = "" if control is None else controls.place_of(control)
            where = (
                tr("It is in the panel “{inside}”, which is not in front.", inside=inside)
                if inside
                else tr("It is not there now.")
            )
            self.callout.show_note(f"{where} {step.missing}".strip(), hidden=control is not None)
        else:
            self.callout.show_note("" if self._deeds is None or self._done else self._deeds.note)

    def _follow(self, control: controls.Control | None) -> None:
        """Puts outline and callout to where the control is now, in whichever window."""
        found = None if control is None else controls.area(control)
        window = self._window if found is None else found[0]
        # A panel that floats is too small for both.
        self._move_into(self._window if isinstance(window, QDockWidget) else window)
        self.callout.fit(self._width)
        everything = self._host.rect()
        if found is None:
            self.outline.hide()
            if self._placed != (self._number, self._host) and not self.callout.dragged:
                size, readings = self.callout.size(), self._readings_in_sight()
                corner = QPoint((everything.width() - size.width()) // 2, everything.height() // 5)
                here = QRect(corner, size)
                if any(covered(here, QRect(), readings)):
                    middle = QRect(here.center(), QSize())
                    corner = callout_corner(middle, size, everything, readings=readings)
                self.callout.move(corner)
            self.callout.keep_inside()
            # Panels that have moved since may lie over it.
            self.callout.raise_()
            return
        place = found[1].adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN).intersected(window.rect())
        if self.outline.parentWidget() is not window:
            self.outline.setParent(window)
        self.outline.setGeometry(place)
        self.outline.show()
        self.outline.raise_()
        place.moveTopLeft(self._host.mapFromGlobal(window.mapToGlobal(place.topLeft())))
        self._place_callout(place)
        self.callout.raise_()

    def _place_callout(self, place: QRect) -> None:
        """Puts the callout beside the control, where it covers nothing that is to be read.

        Within a step it stays, unless it comes to cover one of them and need not.
        """
        callout, everything, step = self.callout, self._host.rect(), self.step
        readings, hidden = self._readings_in_sight(), None
        if self._placed == (self._number, self._host):
            callout.keep_inside()
            hidden = covered(callout.geometry(), place, readings)
            if callout.dragged or not any(hidden):
                return
        else:
            callout.dragged = False
        names = () if step is None else (*step.controls, *step.points)
        spoken = "" if step is None else step.text
        others = controls.places_in(self._host, names, spoken, callout, self.outline)
        best = callout_place(place, callout.sizes, everything, others, readings)
        if hidden is None or covered(best, place, readings) < hidden:
            self._width = best.width()
            callout.fit(self._width)
            callout.move(best.topLeft())
        self._placed = (self._number, self._host)

    def _readings_in_sight(self) -> list[QRect]:
        """Places of what the step asks its reader to read."""
        step = self.step
        return [] if step is None else controls.seen_in(self._host, step.readings, self.callout, self.outline)

    def _move_into(self, window: QWidget) -> None:
        """Has callout and outline in another window."""
        if self._host is window:
            return
        if self._host is not self._window:
            self._host.removeEventFilter(self)
        self._host = window
        for part in (self.outline, self.callout):
            part.setParent(window)
        self.callout.setVisible(self.lesson is not None)
        if window is not self._window:
            window.installEventFilter(self)


def _limits(conditions: list[Compared]) -> str:
    """Limits of one quantity, such as "≥ 100" or "2 to 3"."""
    quantity = QUANTITIES[conditions[0].name]
    if [condition.sign for condition in conditions] == ["≥", "≤"]:
        low, high = (quantity.shown(condition.limit) for condition in conditions)
        return tr("{low} to {high}", low=low, high=high)
    return ", ".join(f"{condition.sign} {quantity.shown(condition.limit)}" for condition in conditions)


def _key(lesson: Lesson, what: str) -> str:
    """Name of a setting of a lesson."""
    return f"lessons/{lesson.name or lesson.title.replace('/', ' ')}/{what}"
