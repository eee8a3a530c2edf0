"""The window of the experiments, which loads them when it is first opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence
from PySide6.QtWidgets import QLabel, QMainWindow, QMenu, QMessageBox

from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.naming import named

if TYPE_CHECKING:
    from landscape_app.experiments import Experiment
    from landscape_app.gui.experiments.browser import Browser

POLL_MILLISECONDS = 40


def load_experiments() -> Mapping[str, Experiment]:
    """All experiments; loads what they need, which takes about a second the first time."""
    from landscape_app.experiments import EXPERIMENTS

    return EXPERIMENTS


class ExperimentsWindow(QMainWindow):
    """Holds the browser, once the experiments are loaded, and its menus.

    Args:
        theme: colours.
        settings: where geometry and choices are remembered.
        load: what gives the experiments by name; called in a thread of its own.
        threads: compute threads; None leaves one core to the windows.

    Signals:
        running: whether an experiment runs.
    """

    running = Signal(bool)

    def __init__(
        self,
        theme: Theme,
        settings: QSettings,
        load: Callable[[], Mapping[str, Experiment]] = load_experiments,
        threads: int | None = None,
    ) -> None:
        super().__init__()
        self.setObjectName("experiments-window")
        self.setWindowTitle("Experiments – Landscape")
        self._theme, self._settings, self._threads = theme, settings, threads
        self.browser: Browser | None = None
        self._actions: list[QAction] = []
        self._waiting = named(QLabel("Loading the experiments …"), "muted")
        self._waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setCentralWidget(self._waiting)
        self._fill_menus()
        self.resize(1280, 800)
        geometry = settings.value("experiments/geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        loader = ThreadPoolExecutor(1, thread_name_prefix="load-experiments")
        self._loading: Future[Mapping[str, Experiment]] | None = loader.submit(load)
        loader.shutdown(wait=False)
        self._timer = QTimer(self, interval=POLL_MILLISECONDS)
        self._timer.timeout.connect(self._poll)
        self._timer.start()

    def set_theme(self, theme: Theme) -> None:
        """Dresses what draws itself; the rest follows the application."""
        self._theme = theme
        if self.browser is not None:
            self.browser.set_theme(theme)

    def bring_up(self) -> None:
        """Shows the window in front of others."""
        self.show()
        self.raise_()
        self.activateWindow()

    def may_stop(self) -> bool:
        """Whether what runs may be stopped: nothing does, or the person says so."""
        running = self.browser.runner.bench.running if self.browser is not None else None
        if self.browser is None or running is None:
            return True
        title = self.browser.runner.experiments[running.experiment].title
        share = running.progress.share if running.progress is not None else 0.0
        box = QMessageBox(self)
        box.setObjectName("still-running")
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(f"{title} is still running; it is {share:.0%} done.")
        box.setInformativeText("Stop it? What there is stays among the results until Landscape ends.")
        buttons = QMessageBox.StandardButton
        box.setStandardButtons(buttons.Yes | buttons.Cancel)
        box.button(buttons.Yes).setText("Stop it")
        box.setDefaultButton(buttons.Cancel)
        return box.exec() == buttons.Yes

    def end(self) -> None:
        """Stops what runs, ends the thread, and closes the window for good, without a question."""
        self._timer.stop()
        self._remember()
        if self.browser is not None:
            self.browser.end()
        self.hide()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Asks about what runs, and stops it; the results stay for when the window is opened again."""
        if not self.may_stop():
            event.ignore()
            return
        if self.browser is not None:
            self.browser.runner.stop()
        self._remember()
        super().closeEvent(event)

    def _remember(self) -> None:
        self._settings.setValue("experiments/geometry", self.saveGeometry())

    def _poll(self) -> None:
        if self.browser is not None:
            self.browser.poll()
        elif self._loading is not None and self._loading.done():
            loading, self._loading = self._loading, None
            try:
                self._open_browser(loading.result())
            except Exception as error:
                self._waiting.setText(f"The experiments cannot be loaded: {error or type(error).__name__}")

    def _open_browser(self, experiments: Mapping[str, Experiment]) -> None:
        from landscape_app.gui.experiments.browser import Browser

        self.browser = Browser(experiments, self._theme, self._settings, self._threads)
        self.browser.running.connect(self.running)
        self.setCentralWidget(self.browser)
        self.browser.list.setFocus()
        for action in self._actions:
            action.setEnabled(True)

    def _fill_menus(self) -> None:
        file = self.menuBar().addMenu("&File")
        self._add(file, "Open a result…", "Ctrl+O", lambda browser: browser.open(), "open")
        self._add(file, "Save what is on view…", "Ctrl+S", lambda browser: browser.page.save_shown(), "save")
        file.addSeparator()
        close = QAction("Close", self)
        close.setObjectName("action-close")
        close.setShortcut(QKeySequence("Ctrl+W"))
        close.triggered.connect(self.close)
        file.addAction(close)
        menu = self.menuBar().addMenu("&Experiment")
        self._add(menu, "Run", "Ctrl+Return", lambda browser: browser.page.start(), "run")
        self._add(menu, "Stop", "Ctrl+.", lambda browser: browser.page.halt(), "stop")
        menu.addSeparator()
        self._add(menu, "Quick setting", "Ctrl+1", lambda browser: browser.page.form.quick.click(), "quick")
        self._add(menu, "Paper's scale", "Ctrl+2", lambda browser: browser.page.form.full.click(), "full")
        menu.addSeparator()
        beside, over = "Ticked results side by side", "Ticked results overlaid"
        self._add(menu, beside, "Ctrl+B", lambda browser: browser.page.compare_button.click(), "compare")
        self._add(menu, over, "Ctrl+L", lambda browser: browser.page.overlay_button.click(), "overlay")
        go = self.menuBar().addMenu("&Go to")
        self._add(go, "Experiments", "Ctrl+E", lambda browser: browser.list.setFocus(), "go-list")
        self._add(
            go, "Parameters", "Ctrl+P", lambda browser: browser.page.form.boxes[0].setFocus(), "go-parameters"
        )
        self._add(go, "Results", "Ctrl+R", lambda browser: browser.page.results.setFocus(), "go-results")
        self._add(go, "Table", "Ctrl+T", lambda browser: browser.page.view.table.setFocus(), "go-table")

    def _add(self, menu: QMenu, text: str, key: str, do: Callable[[Browser], object], name: str) -> None:
        action = QAction(text, self)
        action.setObjectName(f"action-{name}")
        action.setShortcut(QKeySequence(key))
        action.setEnabled(False)
        action.triggered.connect(lambda _=False: do(self.browser) if self.browser is not None else None)
        menu.addAction(action)
        self._actions.append(action)
