"""Menus and keys: everything the window can do, without a mouse."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QFileDialog,
    QMenu,
    QMessageBox,
)

from landscape_app.gui.about import show_about
from landscape_app.gui.bias.target_grid import KEYS, name_targets
from landscape_app.gui.export_actions import ExportActions
from landscape_app.gui.frame import Activity, Origin
from landscape_app.gui.importing.entry import add_import
from landscape_app.gui.keyboard import show_keyboard
from landscape_app.gui.main_keys import WIDGET_KEYS
from landscape_app.gui.script_actions import add_script_actions
from landscape_app.gui.theme_actions import add_themes
from landscape_app.gui.widgets.focus import go_to
from landscape_app.gui.widgets.mosaic import WHEEL_ZOOM
from landscape_app.runs import RunFileError
from landscape_app.runs.recorded import recorded_folder
from landscape_app.runs.run_file import check_writable

if TYPE_CHECKING:
    from landscape_app.gui.main_window import MainWindow

RUN_FILES = "Runs (*.h5);;All files (*)"


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
        self._help(bar.addMenu("&Help"))
        for menu in bar.findChildren(QMenu):
            menu.setToolTipsVisible(True)

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

    def _add(
        self, menu: QMenu, text: str, key: str, do: Callable[[], object], name: str, tip: str = ""
    ) -> QAction:
        action = QAction(text, self._window)
        action.setObjectName(f"action-{name}")
        action.setToolTip(tip)
        if key:
            action.setShortcut(QKeySequence(key))
        action.triggered.connect(lambda _=False: do())
        menu.addAction(action)
        return action

    def _press(self, menu: QMenu, text: str, key: str, button: QAbstractButton) -> QAction:
        """An entry that presses a button, and explains itself as the button does."""
        return self._add(menu, text, key, button.click, button.objectName(), button.toolTip())

    def _file(self, menu: QMenu) -> None:
        window = self._window
        self._add(menu, "Open run…", "Ctrl+O", self._open, "open", "Open a run file that was saved")
        self._add(
            menu,
            "Open the trained digits model",
            "Ctrl+D",
            self._open_shipped,
            "open-shipped",
            "The model of handwritten digits that comes with Landscape",
        )
        self._add(
            menu,
            "Open a recorded run…",
            "",
            self._open_recorded,
            "open-recorded",
            "One of the last that were trained in the window: each is recorded as it goes",
        )
        add_import(menu, window)
        menu.addSeparator()
        self._add(
            menu,
            "Save run as…",
            "Ctrl+S",
            self.save,
            "save",
            "Write model, chains, metrics and composition to a file, from which training goes on",
        )
        add_script_actions(window, menu)
        menu.addSeparator()
        self.exports = ExportActions(window, menu)
        self._add(
            menu, "Quit", "Ctrl+Q", window.close, "quit", "End; epochs that no file holds are asked about"
        )

    def _training(self, menu: QMenu) -> None:
        toolbar = self._window.toolbar
        self._press(menu, "Train", "Ctrl+T", toolbar.train_button)
        self._press(menu, "Pause", "Ctrl+P", toolbar.pause_button)
        self._press(menu, "One epoch", "Ctrl+.", toolbar.step_button)
        self._press(menu, "Reset", "Ctrl+R", toolbar.reset_button)
        menu.addSeparator()
        self._add(
            menu,
            "Continue training the model on view",
            "Ctrl+Shift+T",
            self._window.engine.train,
            "continue",
            "Train on, also the model that ships, which Train would leave for a new one",
        )

    def _chains(self, menu: QMenu) -> None:
        sampler = self._window.sampler
        self._press(menu, "Move or hold", "Space", sampler.play_button)
        self._press(menu, "One step", ".", sampler.step_button)
        for text, key, place in (
            ("Restart from the model's samples", "R", "chains"),
            ("Restart from the base measure", "Shift+B", "base"),
            ("Restart from noise", "Shift+N", "noise"),
            ("Restart from data", "Shift+D", "data"),
        ):
            tip = "Start all chains on view anew from there"
            self._add(menu, text, key, partial(self._restart, place), f"restart-{place}", tip)
        self._press(menu, "Restart the one that is followed", "Shift+R", sampler.detail.restart_button)
        menu.addSeparator()
        mosaic, tools = sampler.mosaic, sampler.tools
        for text, key, do, name, tip in (
            (
                "Tint by the next: class, energy, age",
                "T",
                tools.next_tint,
                "tint",
                "Colour the chains by what they are told apart by",
            ),
            (
                "Sort by the next: class, energy, age",
                "S",
                tools.next_order,
                "sort",
                "Put the chains in another order",
            ),
            (
                "Enlarge the mosaic",
                "Ctrl++",
                lambda: mosaic.zoom_by(WHEEL_ZOOM),
                "zoom-in",
                "About the selected chain, or the middle; as with the wheel",
            ),
            (
                "Make the mosaic smaller",
                "Ctrl+-",
                lambda: mosaic.zoom_by(1 / WHEEL_ZOOM),
                "zoom-out",
                "As with the wheel",
            ),
            (
                "All chains in sight",
                "Ctrl+0",
                mosaic.reset_zoom,
                "zoom-whole",
                "End the enlargement of the mosaic",
            ),
            (
                "Record the mosaic, or stop",
                "Ctrl+Shift+R",
                sampler.record.toggle,
                "record",
                "Record the chains as they move, as a GIF or an animated PNG",
            ),
        ):
            self._add(menu, text, key, do, name, tip)
        menu.addSeparator()
        self._add(
            menu,
            "Three-starts test",
            "Ctrl+E",
            self._test_starts,
            "three-starts",
            "Chains from noise, from data and from the training run until nothing tells them apart, or stop",
        )
        self._add(
            menu,
            "Stop following a chain",
            "Esc",
            lambda: sampler.select(None),
            "unfollow",
            "Close the chain's card",
        )

    def _steer(self, menu: QMenu) -> None:
        bias = self._window.bias
        entries = [self._add(menu, "", str(c), partial(self._target, c), f"target-{c}") for c in range(KEYS)]
        name_targets(entries, bias.targets)
        bias.targets.changed.connect(partial(name_targets, entries, bias.targets))
        menu.addSeparator()
        self._add(
            menu, "Stronger", "+", lambda: bias.strengthen(1), "stronger", "The layer that was touched last"
        )
        self._add(
            menu, "Weaker", "-", lambda: bias.strengthen(-1), "weaker", "The layer that was touched last"
        )
        self._add(
            menu,
            "Min-MaxEnt Hamiltonian on or off",
            "H",
            bias.hamiltonian.toggle,
            "hamiltonian",
            bias.hamiltonian.toolTip(),
        )
        self._press(menu, "Back to the trained model", "Backspace", bias.clear_button)
        menu.addSeparator()
        tools = bias.tools
        self._add(menu, "Undo", "Ctrl+Z", bias.undo, "undo-edit", tools.undo.toolTip())
        self._add(menu, "Redo", "Ctrl+Shift+Z", bias.redo, "redo-edit", tools.redo.toolTip())
        for text, key, button in (
            ("Add a field…", "Ins", tools.add_button),
            ("Begin with a preset…", "P", tools.preset_button),
        ):
            self._add(menu, text, key, button.showMenu, button.objectName(), button.toolTip())
        self._press(menu, "Compare A/B", "C", tools.compare)
        self._press(menu, "Swap A and B", "Shift+C", tools.swap)
        self._press(menu, "Open a composition…", "Ctrl+Shift+O", tools.open)
        self._press(menu, "Save the composition…", "Ctrl+Shift+S", tools.save)

    def _experiments(self, menu: QMenu) -> None:
        self._add(
            menu,
            "The paper, figure by figure…",
            "Ctrl+Shift+E",
            self._window.open_experiments,
            "experiments",
            "Run the paper's experiments with settings of your own, each judged against what is expected",
        )

    def _landscape(self, menu: QMenu) -> None:
        landscape = self._window.landscape
        for text, key, what in (
            ("Barrier between images A and B", "Ctrl+B", "barrier"),
            ("Local minima under the chains", "Ctrl+M", "minima"),
            ("Dissect image A", "Ctrl+I", "dissect"),
        ):
            tip = landscape.chosen.buttons[what].toolTip()
            self._add(menu, text, key, partial(self._ask_landscape, what), what, tip)
        menu.addSeparator()
        self._add(
            menu,
            "Go to the map",
            "Ctrl+L",
            self._go_to_map,
            "map",
            "The arrow keys then lead from image to image",
        )
        page = landscape.map_page
        for text, name, switch in (
            ("Training images on the map", "map-training", page.training),
            ("Held-out images on the map", "map-held-out", page.held_out),
        ):
            self._add(menu, text, "", switch.toggle, name, switch.toolTip())

    def _tools(self, menu: QMenu) -> None:
        self._add(
            menu,
            "Playground: watch chains on a surface…",
            "Ctrl+Shift+P",
            self._window.open_playground,
            "playground",
            "Every kernel on surfaces that are exactly known, or on points that you draw",
        )

    def _view(self, menu: QMenu) -> None:
        window = self._window
        places = [(window.sampler, "the chains"), *((dock, dock.windowTitle()) for dock in window.docks)]
        for number, (place, name) in enumerate(places, start=1):
            self._add(
                menu,
                f"Go to {name}",
                f"Ctrl+{number}",
                partial(go_to, place),
                f"go-{number}",
                "Bring it to the front; the keys go there",
            )
        menu.addSeparator()
        for dock in window.docks:
            action = dock.toggleViewAction()
            action.setToolTip("Show the panel, or hide it")
            menu.addAction(action)
        menu.addSeparator()
        add_themes(menu, window)

    def _help(self, menu: QMenu) -> None:
        window = self._window
        self._add(
            menu,
            "Keyboard…",
            "F1",
            lambda: show_keyboard(window, WIDGET_KEYS),
            "keys",
            "Every key of this window, also those that a widget takes while it has the focus",
        )
        self._add(
            menu,
            "About Landscape…",
            "",
            partial(show_about, window),
            "about",
            "What it is, and whose work it shows",
        )

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
        buttons = self._window.bias.targets.buttons()
        if c < len(buttons) and buttons[c].isEnabled():
            self._window.bias.set_target(c)
