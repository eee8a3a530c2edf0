"""Menus and keys: everything the window can do, without a mouse."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QMessageBox, QWidget

from landscape_app.data import Dataset, read_points
from landscape_app.gui.frame import Activity, Origin
from landscape_app.gui.theme import THEMES, apply_theme, resolve_theme
from landscape_app.gui.widgets.mosaic import WHEEL_ZOOM
from landscape_app.runs import RunFileError
from landscape_app.runs.recorded import recorded_folder
from landscape_app.runs.run_file import check_writable

if TYPE_CHECKING:
    from landscape_app.gui.main_window import MainWindow

RUN_FILES = "Runs (*.h5);;All files (*)"
POINT_FILES = "Points (*.csv *.tsv *.txt *.npy);;All files (*)"


def ask_for_points(parent: QWidget) -> Dataset | None:
    """Points of a person's own, from a file that they choose; None where they choose none that can be read."""
    name, _ = QFileDialog.getOpenFileName(parent, "Points to learn, one a row", "", POINT_FILES)
    if not name:
        return None
    try:
        return read_points(Path(name))
    except ValueError as error:
        text = str(error)
        QMessageBox.warning(parent, "No points", text[:1].upper() + text[1:])
        return None


LAYER_KEYS = {
    "Alt+Up, Alt+Down": "Move the layer that has the focus",
    "Ctrl+D, Delete, F2": "Duplicate, remove, rename the layer that has the focus",
}


class Actions(QObject):
    """The menu bar of a main window, its keys, and the dialogs behind them."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        bar = window.menuBar()
        self._file(bar.addMenu("&File"))
        self._training(bar.addMenu("&Training"))
        self._chains(bar.addMenu("&Chains"))
        self._steer(bar.addMenu("&Steer"))
        self._experiments(bar.addMenu("E&xperiments"))
        self._landscape(bar.addMenu("&Landscape"))
        self._tools(bar.addMenu("T&ools"))
        self._view(bar.addMenu("&View"))
        help_menu = bar.addMenu("&Help")
        self._add(help_menu, "Keyboard…", "F1", self._show_keys, "keys")
        self._add(help_menu, "About Landscape…", "", self._about, "about")

    def save(self) -> bool:
        """Asks where to and saves; returns whether a file was chosen that can be written."""
        frame = self._window.engine.frame
        if frame.facts is None:
            return False
        known = frame.facts.path if frame.facts.origin is not Origin.SHIPPED else None
        suggestion = known or Path(f"{frame.facts.configuration.problem}-run.h5")
        name, _ = QFileDialog.getSaveFileName(self._window, "Save the run", str(suggestion), RUN_FILES)
        if not name:
            return False
        path = Path(name) if Path(name).suffix else Path(name).with_suffix(".h5")
        try:
            check_writable(path)
        except RunFileError as error:
            text = str(error)
            QMessageBox.warning(self._window, "Not saved", text[:1].upper() + text[1:])
            return False
        self._window.engine.save(path)
        return True

    def _add(self, menu: QMenu, text: str, key: str, do: Callable[[], object], name: str) -> QAction:
        action = QAction(text, self._window)
        action.setObjectName(f"action-{name}")
        if key:
            action.setShortcut(QKeySequence(key))
        action.triggered.connect(lambda _=False: do())
        menu.addAction(action)
        return action

    def _file(self, menu: QMenu) -> None:
        window = self._window
        self._add(menu, "Open run…", "Ctrl+O", self._open, "open")
        self._add(menu, "Open the trained digits model", "Ctrl+D", self._open_shipped, "open-shipped")
        self._add(menu, "Open a recorded run…", "", self._open_recorded, "open-recorded")
        menu.addSeparator()
        self._add(menu, "Save run as…", "Ctrl+S", self.save, "save")
        menu.addSeparator()
        self._add(menu, "Quit", "Ctrl+Q", window.close, "quit")

    def _training(self, menu: QMenu) -> None:
        toolbar = self._window.toolbar
        for text, key, button in (
            ("Train", "Ctrl+T", toolbar.train_button),
            ("Pause", "Ctrl+P", toolbar.pause_button),
            ("One epoch", "Ctrl+.", toolbar.step_button),
            ("Reset", "Ctrl+R", toolbar.reset_button),
        ):
            self._add(menu, text, key, button.click, button.objectName())
        menu.addSeparator()
        self._add(
            menu, "Continue training the model on view", "Ctrl+Shift+T", self._window.engine.train, "continue"
        )

    def _chains(self, menu: QMenu) -> None:
        sampler = self._window.sampler
        self._add(menu, "Move or hold", "Space", sampler.play_button.click, "play")
        self._add(menu, "One step", ".", sampler.step_button.click, "chains-step")
        self._add(
            menu, "Restart from the model's samples", "R", lambda: self._restart("chains"), "restart-chains"
        )
        self._add(
            menu, "Restart from the base measure", "Shift+B", lambda: self._restart("base"), "restart-base"
        )
        self._add(menu, "Restart from noise", "Shift+N", lambda: self._restart("noise"), "restart-noise")
        self._add(menu, "Restart from data", "Shift+D", lambda: self._restart("data"), "restart-data")
        self._add(
            menu,
            "Restart the one that is followed",
            "Shift+R",
            sampler.detail.restart_button.click,
            "restart-one",
        )
        self._add(menu, "Tint by the next: class, energy, age", "T", sampler.tools.next_tint, "tint")
        self._add(menu, "Sort by the next: class, energy, age", "S", sampler.tools.next_order, "sort")
        self._add(menu, "Enlarge the mosaic", "Ctrl++", lambda: sampler.mosaic.zoom_by(WHEEL_ZOOM), "zoom-in")
        self._add(
            menu,
            "Make the mosaic smaller",
            "Ctrl+-",
            lambda: sampler.mosaic.zoom_by(1 / WHEEL_ZOOM),
            "zoom-out",
        )
        self._add(menu, "All chains in sight", "Ctrl+0", sampler.mosaic.reset_zoom, "zoom-whole")
        self._add(menu, "Record the mosaic, or stop", "Ctrl+Shift+R", sampler.record.toggle, "record")
        self._add(menu, "Three-starts test", "Ctrl+E", self._test_starts, "three-starts")
        self._add(menu, "Stop following a chain", "Esc", lambda: sampler.select(None), "unfollow")

    def _steer(self, menu: QMenu) -> None:
        bias = self._window.bias
        for c in range(10):
            self._add(menu, f"Make it a {c}", str(c), partial(self._target, c), f"target-{c}")
        menu.addSeparator()
        self._add(menu, "Stronger", "+", lambda: bias.strengthen(1), "stronger")
        self._add(menu, "Weaker", "-", lambda: bias.strengthen(-1), "weaker")
        self._add(menu, "Min-MaxEnt Hamiltonian on or off", "H", bias.hamiltonian.toggle, "hamiltonian")
        self._add(menu, "Back to the trained model", "Backspace", bias.clear, "clear")
        menu.addSeparator()
        self._add(menu, "Undo", "Ctrl+Z", bias.undo, "undo-edit")
        self._add(menu, "Redo", "Ctrl+Shift+Z", bias.redo, "redo-edit")
        self._add(menu, "Add a field…", "Ins", bias.tools.add_button.showMenu, "add-field")
        self._add(menu, "Compare A/B", "C", bias.tools.compare.click, "compare")
        self._add(menu, "Open a composition…", "Ctrl+Shift+O", bias.open, "open-composition")
        self._add(menu, "Save the composition…", "Ctrl+Shift+S", bias.save, "save-composition")

    def _experiments(self, menu: QMenu) -> None:
        self._add(
            menu,
            "The paper, figure by figure…",
            "Ctrl+Shift+E",
            self._window.open_experiments,
            "experiments",
        )

    def _landscape(self, menu: QMenu) -> None:
        for text, key, what in (
            ("Barrier between images A and B", "Ctrl+B", "barrier"),
            ("Local minima under the chains", "Ctrl+M", "minima"),
            ("Dissect image A", "Ctrl+I", "dissect"),
        ):
            self._add(menu, text, key, partial(self._ask_landscape, what), what)
        menu.addSeparator()
        self._add(menu, "Go to the map", "Ctrl+L", self._go_to_map, "map")
        page = self._window.landscape.map_page
        self._add(menu, "Training images on the map", "", page.training.toggle, "map-training")
        self._add(menu, "Held-out images on the map", "", page.held_out.toggle, "map-held-out")

    def _tools(self, menu: QMenu) -> None:
        self._add(
            menu,
            "Playground: watch chains on a surface…",
            "Ctrl+Shift+P",
            self._window.open_playground,
            "playground",
        )

    def _view(self, menu: QMenu) -> None:
        for dock in self._window.docks:
            menu.addAction(dock.toggleViewAction())
        menu.addSeparator()
        group = QActionGroup(menu)
        chosen = str(self._window.settings.value("theme", "auto"))
        for name in THEMES:
            text = {"auto": "Theme of the desktop", "light": "Light", "dark": "Dark"}[name]
            action = self._add(menu, text, "", partial(self._set_theme, name), f"theme-{name}")
            action.setCheckable(True)
            action.setChecked(name == chosen)
            group.addAction(action)

    def _open(self, folder: str = "") -> None:
        if not self._window.may_discard():
            return
        name, _ = QFileDialog.getOpenFileName(self._window, "Open a run", folder, RUN_FILES)
        if name:
            self._window.open_file(Path(name))

    def _open_recorded(self) -> None:
        """One of the last runs that were trained in the window, each recorded as it went."""
        self._open(str(recorded_folder()))

    def _open_shipped(self) -> None:
        if self._window.may_discard():
            self._window.open_shipped()

    def _restart(self, place: str) -> None:
        frame = self._window.engine.frame
        if frame.facts is not None and frame.activity is not Activity.TRAINING:
            self._window.engine.restart(place, self._window.sampler.count)

    def _test_starts(self) -> None:
        dock = self._window.docks[2]
        dock.show()
        dock.raise_()
        self._window.equilibrium.button.click()

    def _show_landscape(self) -> None:
        dock = self._window.landscape_dock
        dock.show()
        dock.raise_()

    def _ask_landscape(self, what: str) -> None:
        self._show_landscape()
        self._window.landscape.ask(what)

    def _go_to_map(self) -> None:
        self._show_landscape()
        landscape = self._window.landscape
        landscape.pages.button("map").click()
        landscape.map_page.plot.setFocus()

    def _target(self, c: int) -> None:
        if self._window.bias.targets.button(c).isEnabled():
            self._window.bias.set_target(c)

    def _set_theme(self, name: str) -> None:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        self._window.settings.setValue("theme", name)
        theme = resolve_theme(name)
        apply_theme(application, theme)
        self._window.set_theme(theme)

    def _show_keys(self) -> None:
        rows = []
        for action in self._window.findChildren(QAction):
            key = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            if key and action.objectName() and not action.objectName().startswith("action-target-"):
                rows.append(
                    f"<tr><td style='padding-right:24px'><b>{key}</b></td><td>{action.text()}</td></tr>"
                )
        for key, meaning in LAYER_KEYS.items():
            rows.append(f"<tr><td><b>{key}</b></td><td>{meaning}</td></tr>")
        rows.append("<tr><td><b>0 … 9</b></td><td>Make it a 0 … 9; again to release</td></tr>")
        QMessageBox.information(self._window, "Keyboard", f"<table>{''.join(rows)}</table>")

    def _about(self) -> None:
        QMessageBox.about(
            self._window,
            "About Landscape",
            "<b>Landscape</b> trains Min-MaxEnt models, shows their Markov chains and steers what they generate."
            "<p>Method: M. Miotto, L. Monacelli, <i>A new pathway to generative artificial intelligence by "
            "minimizing the maximum entropy</i>, arXiv:2502.13287.</p>"
            "<p>Digits: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits (CC BY 4.0).</p>",
        )
