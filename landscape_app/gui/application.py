"""Starts the window: application, theme, settings, and a screenshot where one is asked for."""

from __future__ import annotations

import signal
import sys
import traceback
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QSettings, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from landscape_app.gui.engine import Engine
from landscape_app.gui.frame import Message
from landscape_app.gui.interrupted import offer_interrupted
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.theme import apply_theme, resolve_theme
from landscape_app.runs.whole_file import RunFileError, written_whole

SWITCH_SECONDS = 0.0001
"""How long one thread may hold the interpreter while another waits: the window waits for the engine's."""


def run_window(
    path: Path | None = None,
    screenshot: Path | None = None,
    after: float = 3.0,
    size: tuple[int, int] | None = None,
    theme: str | None = None,
) -> int:
    """Opens the window on a run, or on the trained model that ships, until it is closed.

    Args:
        path: a run file.
        screenshot: where to save a picture of the window; then it closes.
        after: seconds until the picture.
        size: width and height of the window in pixels.
        theme: "auto", "light" or "dark"; None takes what was chosen last.

    Returns:
        The exit code: 0, or 1 where the picture could not be saved.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    qInstallMessageHandler(_pass_on)
    application = QApplication.instance() or QApplication(["Landscape"])
    assert isinstance(application, QApplication)
    application.setApplicationName("Landscape")
    application.setOrganizationName("Landscape")
    settings = QSettings()
    name = theme or str(settings.value("theme", "auto"))
    look = resolve_theme(name)
    apply_theme(application, look)
    window = MainWindow(Engine(), look, settings)
    if theme is None:
        application.styleHints().colorSchemeChanged.connect(lambda _: _follow_desktop(application, window))
    sys.excepthook = lambda *error: _report(window, *error)
    if size is not None:
        window.resize(*size)
    window.show()
    if path is None:
        window.open_shipped()
        if screenshot is None:
            offer_interrupted(window)
    else:
        window.open_file(path)
    signal.signal(signal.SIGINT, lambda *_: window.close())
    if screenshot is not None:
        QTimer.singleShot(round(after * 1000), lambda: application.exit(_photograph(window, screenshot)))
    code = application.exec()
    window.engine.stop()
    return code


def _pass_on(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    """Qt's own messages, without what a platform without a display says of every window."""
    if "propagateSizeHints" not in text:
        print(text, file=sys.stderr)


def _photograph(window: MainWindow, path: Path) -> int:
    message = window.engine.frame.message
    if message is not None and message.kind == "error":
        print(f"landscape: {message.text}", file=sys.stderr)
        return 1
    window.training.redraw(everything=True)
    try:
        with written_whole(path) as part:
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


def _report(
    window: MainWindow, kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """An error in the window itself: told where the person is looking, and the window goes on."""
    detail = "".join(traceback.format_exception(kind, error, trace))
    print(detail, file=sys.stderr)
    window.banner.show_message(Message("error", f"Something went wrong in the window: {error}", detail))
