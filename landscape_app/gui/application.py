"""Starts the window: application, theme, settings, and a screenshot where one is asked for."""

from __future__ import annotations

import datetime
import gc
import signal
import sys
import threading
from pathlib import Path
from types import TracebackType

from pyqtgraph.util.garbage_collector import GarbageCollector
from PySide6.QtCore import (
    QEvent,
    QMessageLogContext,
    QObject,
    QSettings,
    QTimer,
    QtMsgType,
    Signal,
    qInstallMessageHandler,
)
from PySide6.QtGui import QFileOpenEvent, QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication, QMessageBox

from landscape_app.counting import counted
from landscape_app.data import asset_path
from landscape_app.gui.chosen_language import translate_qt
from landscape_app.gui.engine import Engine
from landscape_app.gui.main_window import USUAL_SIZE, MainWindow
from landscape_app.gui.messages import UNFORESEEN, failure_message
from landscape_app.gui.recent import last_run
from landscape_app.gui.theme import apply_theme, resolve_theme
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.worker import end_at_once
from landscape_app.language import tr
from landscape_app.problems import problem_title
from landscape_app.runs import read_run
from landscape_app.runs.atomic import RunFileError, atomic_write
from landscape_app.runs.autosave import interrupted
from landscape_app.session.device import available_cores

SWITCH_SECONDS = 0.0001
"""Longest time that one thread holds the interpreter while another waits, as the window does for the engine."""


def run_window(
    path: Path | None = None,
    screenshot: Path | None = None,
    after: float = 3.0,
    size: tuple[int, int] | None = None,
    theme: str | None = None,
    device: str | None = None,
) -> int:
    """Opens the window on a run, or on the trained model that ships, until it is closed.

    Args:
        path: a run file, or another file or folder that can be dropped on the window.
        screenshot: where to save a picture of the window; then it closes.
        after: seconds until the picture.
        size: width and height of the window in pixels.
        theme: "auto", "light" or "dark"; None takes what was chosen last.
        device: where to compute, as `resolve_device` takes it; None takes what was chosen last.

    Returns:
        The exit code: 0, or 1 where the picture could not be saved.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    qInstallMessageHandler(_pass_on)
    application = QApplication.instance() or QApplication(["Landscape"])
    assert isinstance(application, QApplication)
    # A worker's thread that collects garbage could end widgets, which only this thread may.
    garbage = GarbageCollector()
    application.setApplicationName("Landscape")
    application.setOrganizationName("Landscape")
    application.setWindowIcon(QIcon(str(asset_path("icon.svg"))))
    # By this name a desktop finds the entry of its menu that the window belongs to.
    QGuiApplication.setDesktopFileName("landscape-app")
    translate_qt(application)
    settings = QSettings()
    name = theme or str(settings.value("theme", "auto"))
    look = resolve_theme(name)
    apply_theme(application, look)
    window = MainWindow(remembered_engine(settings, device), look, settings)
    if theme is None:
        application.styleHints().colorSchemeChanged.connect(lambda _: _follow_desktop(application, window))
    uncaught = Uncaught(window)
    uncaught.told.connect(window.banner.show_message)
    if screenshot is not None or size is not None:
        # Also where the screen is smaller, or none.
        window.resize(*size or USUAL_SIZE)
    window.show()
    if path is None:
        window.engine.open_shipped()
        if screenshot is None and offer_interrupted(window) is None:
            window.welcome.offer(last_run(window.recent))
    else:
        window.begin_with(path)
    files = FilesToOpen(window)
    application.installEventFilter(files)
    signal.signal(signal.SIGINT, lambda *_: window.close())
    if screenshot is not None:
        QTimer.singleShot(round(after * 1000), lambda: application.exit(_photograph(window, screenshot)))
    code = application.exec()
    garbage.timer.stop()
    gc.enable()
    window.engine.end()
    uncaught.end()
    settings.sync()
    end_at_once(code)
    return code


class FilesToOpen(QObject):
    """Files that the system asks the application to open, as macOS does where one is clicked twice.

    Args:
        window: in which they are opened, after the questions that opening asks.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Takes such a request, and nothing else."""
        if isinstance(event, QFileOpenEvent) and event.file():
            path = Path(event.file())
            # A question may be asked first, and the system waits for the answer to the event.
            QTimer.singleShot(0, self, lambda: self._window.open_file(path))
            return True
        return super().eventFilter(watched, event)


def remembered_engine(settings: QSettings, device: str | None = None) -> Engine:
    """An engine on the device, and with the threads, that were chosen last.

    Args:
        settings: where that is remembered.
        device: another one, for this time.
    """
    threads = str(settings.value("compute/threads", ""))
    chosen = min(int(threads), available_cores()) if threads.isdecimal() and int(threads) else None
    return Engine(chosen, device or str(settings.value("compute/device", "auto")))


class Uncaught(QObject):
    """Errors that nothing has caught, in the window or in any thread: told in the window, which goes on.

    Signals:
        told: a `Message`; in the window's thread, wherever the error was.
    """

    told = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._before = sys.excepthook, threading.excepthook
        sys.excepthook = self._tell_of_window
        threading.excepthook = self._tell_of_thread

    def end(self) -> None:
        """Leaves errors to what took them before."""
        sys.excepthook, threading.excepthook = self._before

    def _tell_of_window(
        self, _: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        self._tell(tr("Something went wrong in the window: "), error.with_traceback(trace))

    def _tell_of_thread(self, failure: threading.ExceptHookArgs) -> None:
        beginning = (
            tr("Something went wrong in a thread: ")
            if failure.thread is None
            else tr("Something went wrong in the thread “{name}”: ", name=failure.thread.name)
        )
        self._tell(beginning, failure.exc_value or failure.exc_type())

    def _tell(self, beginning: str, error: BaseException) -> None:
        """Tells of an error; of one that nobody has foreseen, where it was."""
        message = failure_message(error)
        if message.text.startswith(UNFORESEEN):
            message = message._replace(text=beginning + message.text.removeprefix(UNFORESEEN))
        self.told.emit(message)


def _pass_on(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    """Qt's own messages, without what a platform without a display says of every window."""
    if "propagateSizeHints" not in text:
        print(text, file=sys.stderr)


def _photograph(window: MainWindow, path: Path) -> int:
    message = window.engine.state.message
    if message is not None and message.kind == "error":
        print(f"landscape: {message.text}", file=sys.stderr)
        return 1
    window.training.redraw(everything=True)
    try:
        with atomic_write(path) as part:
            if not window.grab().save(str(part), "PNG"):
                raise OSError("the picture could not be stored")
    except RunFileError as error:
        print(f"landscape: {error}", file=sys.stderr)
        return 1
    return 0


def _follow_desktop(application: QApplication, window: MainWindow) -> None:
    if str(window.settings.value("theme", "auto")) == "auto":
        look = resolve_theme("auto")
        apply_theme(application, look)
        window.set_theme(look)


DECLINED = "autosaves/declined"
"""The setting that remembers which run was offered and declined."""


def offer_interrupted(window: MainWindow) -> QMessageBox | None:
    """Asks whether the latest interrupted run is to be opened, unless that was declined; returns the question."""
    for path in interrupted():
        if str(window.settings.value(DECLINED, "")) == path.name:
            return None
        try:
            state = read_run(path)
            epochs = int(state.arrays["trainer/epoch"])
        except (RunFileError, KeyError):
            continue
        if epochs > 0:
            return _ask(window, path, problem_title(str(state.configuration.get("problem"))), epochs)
    return None


def _ask(window: MainWindow, path: Path, title: str, epochs: int) -> QMessageBox:
    moment = datetime.datetime.fromtimestamp(path.stat().st_mtime)
    box = QMessageBox(window)
    box.setObjectName("interrupted")
    box.setAccessibleName(tr("A run was interrupted"))
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle("Landscape")
    box.setText(tr("A training was interrupted on {moment:%Y-%m-%d at %H:%M}.", moment=moment))
    box.setInformativeText(
        tr(
            "“{title}”, {epochs}, is kept as it was a few seconds before. Opened, it can be continued to the last "
            "bit with Continue.",
            title=title,
            epochs=counted(epochs, "epoch"),
        )
    )
    opening = box.addButton(tr("Open it"), QMessageBox.ButtonRole.AcceptRole)
    later = box.addButton(tr("Not now"), QMessageBox.ButtonRole.RejectRole)
    set_name(opening, "interrupted-open").setToolTip(tr("Open {path}", path=path))
    set_name(later, "interrupted-decline").setToolTip(
        tr("Leave it; it stays among the autosaved runs (File ▸ Runs…)")
    )
    box.setDefaultButton(opening)

    def answer() -> None:
        if box.clickedButton() is opening:
            window.engine.open(path)
        else:
            window.settings.setValue(DECLINED, path.name)

    box.finished.connect(answer)
    box.open()
    return box
