"""Menu of the lessons: those that ship, and those in files of teachers."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from landscape_app.gui.lessons.guide import Guide
from landscape_app.gui.lessons.lesson import ENDING, SHIPPED, Lesson, open_lesson, shipped_lesson
from landscape_app.gui.messages import Message
from landscape_app.gui.widgets.file_dialogs import ask_to_open
from landscape_app.gui.widgets.tips import wrapped
from landscape_app.language import tr

FILES = tr("Lessons (*{ending});;All files (*)", ending=ENDING)


class LessonsMenu(QMenu):
    """Lessons to begin, or to go on with; those that were finished are marked.

    Args:
        guide: leads through them.
        parent: the window.

    Signals:
        told: a `Message` about a file that is no lesson.
    """

    told = Signal(object)

    def __init__(self, guide: Guide, parent: QWidget) -> None:
        super().__init__(tr("Lessons"), parent)
        self.setObjectName("lessons")
        self.setToolTipsVisible(True)
        self.menuAction().setToolTip(
            tr("Lessons with questions that the window checks, each of some minutes")
        )
        self._guide, self._window = guide, parent
        self._entries: list[tuple[QAction, Lesson]] = []
        for name in SHIPPED:
            lesson = shipped_lesson(name)
            action = self.addAction(lesson.title)
            self._entries.append((action, lesson))
            action.setObjectName(f"action-lesson-{name}")
            action.setToolTip(wrapped(lesson.about))
            action.triggered.connect(lambda _=False, lesson=lesson: self._guide.begin(lesson))
        self.addSeparator()
        opening = self.addAction(tr("Open…"))
        opening.setObjectName("action-lesson-open")
        opening.setToolTip(
            wrapped(tr("Begin a lesson in a text file, such as a teacher's; nothing in it is run"))
        )
        opening.triggered.connect(lambda _=False: self.ask_for_file())
        self.aboutToShow.connect(self._mark)

    def ask_for_file(self) -> None:
        """Asks for the file of a lesson, and begins it."""
        name = ask_to_open(self._window, tr("Open a lesson"), "", FILES)
        if name:
            self.open(Path(name))

    def open(self, path: Path) -> None:
        """Begins the lesson in a file, or tells why it is none."""
        try:
            lesson = open_lesson(path)
        except (OSError, ValueError) as error:
            text = str(error)
            self.told.emit(Message("error", tr("This is no lesson that can be opened: {text}", text=text)))
        else:
            self._guide.begin(lesson)

    def _mark(self) -> None:
        for action, lesson in self._entries:
            action.setText(self._titled(lesson))

    def _titled(self, lesson: Lesson) -> str:
        """Title of a lesson, and how far the user is in it."""
        if self._guide.is_finished(lesson):
            return f"{lesson.title}  ✓"
        step = self._guide.reached(lesson)
        if not step:
            return lesson.title
        return tr(
            "{title} (step {number} of {count})", title=lesson.title, number=step + 1, count=len(lesson.steps)
        )
