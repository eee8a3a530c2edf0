"""The window of the experiments, which loads them when it is first opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent
from PySide6.QtWidgets import QAbstractButton, QLabel, QMessageBox, QWidget

from landscape_app.gui.keyboard import keys_entry
from landscape_app.gui.menus import MenuEntry, add_menus
from landscape_app.gui.messages import failure_message
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.keys import KeyTable
from landscape_app.gui.widgets.plots import EXPORT_KEYS
from landscape_app.gui.widgets.tool_window import ToolWindow
from landscape_app.language import tr

if TYPE_CHECKING:
    from landscape_app.experiments import Experiment
    from landscape_app.gui.experiments.browser import Browser

POLL_MILLISECONDS = 40

LIST_KEYS = (
    KeyTable(tr("In the list of experiments"), (("Up, Down", tr("Turn to the experiment above, below")),)),
    KeyTable(
        tr("Among the parameters"),
        (("Up, Down", tr("Step the number")), ("Return", tr("Run the experiment"))),
    ),
    KeyTable(
        tr("Among the results"),
        (
            ("Up, Down", tr("Show the result above, below")),
            ("Space", tr("Tick it, to see it beside others")),
            ("Return", tr("Take its parameters over")),
        ),
    ),
)


def load_experiments() -> Mapping[str, Experiment]:
    """All experiments; loads what they need, which takes about a second the first time."""
    from landscape_app.experiments.catalogue import EXPERIMENTS

    return EXPERIMENTS


class ExperimentsWindow(ToolWindow):
    """Holds the browser, once the experiments are loaded, and its menus.

    Args:
        theme: colours.
        settings: where geometry and choices are remembered.
        load: what gives the experiments by name; called in a thread of its own.
        threads: compute threads; None leaves one core to the windows.

    Signals:
        running: whether an experiment runs.

    Attributes:
        browser: None until the experiments are loaded.
        waiting: what is said until then.
    """

    running = Signal(bool)

    def __init__(
        self,
        theme: Theme,
        settings: QSettings,
        load: Callable[[], Mapping[str, Experiment]] = load_experiments,
        threads: int | None = None,
    ) -> None:
        super().__init__("experiments", tr("Experiments"), settings)
        self._theme, self._threads = theme, threads
        self.browser: Browser | None = None
        self._wanted = ""
        self._offered: Experiment | None = None
        self._actions: list[QAction] = []
        self.waiting = set_name(QLabel(tr("Loading the experiments …")), "muted")
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setCentralWidget(self.waiting)
        self._fill_menus()
        self.place()
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

    def bring_up(self, name: str = "") -> None:
        """Shows the window in front of others, at an experiment where one is named."""
        self._wanted = name
        if self.browser is not None and name:
            self.browser.list.choose(name)
        super().bring_up()

    def offer(self, experiment: Experiment) -> None:
        """Adds an experiment on data at hand to the list, and turns to it, now or once the list is loaded."""
        self._offered = experiment
        if self.browser is not None:
            self.browser.offer(experiment)

    def may_stop(self) -> bool:
        """True where nothing runs, or the user lets it be stopped."""
        running = self.browser.worker.state.running if self.browser is not None else None
        if self.browser is None or running is None:
            return True
        title = self.browser.worker.experiments[running.experiment].title
        share = running.progress.share if running.progress is not None else 0.0
        box = QMessageBox(self)
        box.setObjectName("still-running")
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(tr("{title} is still running; it is {share:.0%} done.", title=title, share=share))
        box.setInformativeText(tr("Stop it? What there is stays among the results until Landscape ends."))
        buttons = QMessageBox.StandardButton
        box.setStandardButtons(buttons.Yes | buttons.Cancel)
        box.button(buttons.Yes).setText(tr("Stop it"))
        box.setDefaultButton(buttons.Cancel)
        return box.exec() == buttons.Yes

    def end(self) -> None:
        """Stops what runs, ends the thread, and closes the window for good, without a question."""
        self._timer.stop()
        if self.browser is not None:
            self.browser.end()
        super().end()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Asks about what runs, and stops it; the results stay for when the window is opened again."""
        if not self.may_stop():
            event.ignore()
            return
        if self.browser is not None:
            self.browser.worker.stop()
        super().closeEvent(event)

    def _poll(self) -> None:
        if self.browser is not None:
            self.browser.poll()
        elif self._loading is not None and self._loading.done():
            loading, self._loading = self._loading, None
            try:
                self._open_browser(loading.result())
            except BaseException as error:
                self.waiting.setText(failure_message(error, tr("The experiments cannot be loaded: ")).text)

    def _open_browser(self, experiments: Mapping[str, Experiment]) -> None:
        from landscape_app.gui.experiments.browser import Browser

        self.browser = Browser(experiments, self._theme, self._settings, self._threads)
        self.browser.running.connect(self.running)
        self.setCentralWidget(self.browser)
        if self._offered is not None:
            self.browser.offer(self._offered)
        if self._wanted:
            self.browser.list.choose(self._wanted)
        self.browser.list.setFocus()
        for action in self._actions:
            action.setEnabled(True)

    def _fill_menus(self) -> None:
        def ask(
            text: str,
            key: str,
            name: str,
            do: Callable[[Browser], object],
            tip: str = tr("The keys go there"),
        ) -> MenuEntry:
            """An entry for what the browser does, once it is there."""

            def on_browser() -> None:
                if self.browser is not None:
                    do(self.browser)

            asked.append(name)
            return MenuEntry(text, key, name, on_browser, tip)

        asked: list[str] = []
        figure = tr("Write figure (PNG, SVG) and numbers (HDF5) into a folder")
        actions = add_menus(
            self,
            {
                tr("&File"): [
                    ask(
                        tr("Open a result…"),
                        "Ctrl+O",
                        "open",
                        lambda b: b.open(),
                        tr("A result that was saved"),
                    ),
                    ask(tr("Save what is on view…"), "Ctrl+S", "save", lambda b: b.page.save_shown(), figure),
                    None,
                    MenuEntry(
                        tr("Close"), "Ctrl+W", "close", self.close, tr("Close the window; its results stay")
                    ),
                ],
                tr("&Experiment"): [
                    ask(
                        tr("Run"),
                        "Ctrl+Return",
                        "run",
                        lambda b: b.page.start(),
                        tr("Run it with these parameters"),
                    ),
                    ask(
                        tr("Stop"),
                        "Ctrl+.",
                        "stop",
                        lambda b: b.page.halt(),
                        tr("Stop it and keep what there is"),
                    ),
                    ask(
                        tr("Quick setting"),
                        "Ctrl+1",
                        "quick",
                        lambda b: b.page.form.quick.click(),
                        tr("Parameters of the quick setting; the seed stays"),
                    ),
                    ask(
                        tr("Paper's scale"),
                        "Ctrl+2",
                        "full",
                        lambda b: b.page.form.full.click(),
                        tr("Parameters of the paper's scale; the seed stays"),
                    ),
                    ask(
                        tr("Ticked results side by side"),
                        "Ctrl+B",
                        "compare",
                        lambda b: b.page.compare_button.click(),
                        tr("The same panel of each, on the same axes"),
                    ),
                    ask(
                        tr("Ticked results overlaid"),
                        "Ctrl+L",
                        "overlay",
                        lambda b: b.page.overlay_button.click(),
                        tr("Their curves in one panel, a colour for each result"),
                    ),
                ],
                tr("&Go to"): [
                    ask(tr("Experiments"), "Ctrl+E", "go-list", lambda b: b.list.setFocus()),
                    ask(
                        tr("Parameters"),
                        "Ctrl+P",
                        "go-parameters",
                        lambda b: _go(b.page.fold, b.page.form.boxes[0]),
                    ),
                    ask(
                        tr("Results"), "Ctrl+R", "go-results", lambda b: _go(b.page.view.fold, b.page.results)
                    ),
                    ask(
                        tr("Table"), "Ctrl+T", "go-table", lambda b: _go(b.page.view.fold, b.page.view.table)
                    ),
                ],
                tr("&Help"): [keys_entry(self, (*LIST_KEYS, EXPORT_KEYS))],
            },
        )
        self._actions = [actions[name] for name in asked]
        for action in self._actions:
            action.setEnabled(False)


def _go(fold: QAbstractButton, place: QWidget) -> None:
    """Unfolds what a widget is in, and gives it the keys."""
    fold.setChecked(True)
    place.setFocus()
