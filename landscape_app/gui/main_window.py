"""The main window: lays the panels out and wires them to the engine."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np
from PySide6.QtCore import QByteArray, QEvent, QEventLoop, QSettings, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDockWidget,
    QLineEdit,
    QMainWindow,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from landscape_app.counting import capitalised
from landscape_app.data import Dataset
from landscape_app.data.importing.folders import Files
from landscape_app.gui.bounds.window import BoundsWindow
from landscape_app.gui.chosen_language import SETTING, chosen_language
from landscape_app.gui.code_dialog import show_as_script, show_model_in_python
from landscape_app.gui.engine import Engine
from landscape_app.gui.equilibrium.chains_controller import ChainsController
from landscape_app.gui.equilibrium.ladder_view import LADDER_KEYS
from landscape_app.gui.equilibrium.panel import EquilibriumPanel
from landscape_app.gui.experiments.window import ExperimentsWindow
from landscape_app.gui.exports import Exports
from landscape_app.gui.help.glossary import PapersDialog, show_glossary
from landscape_app.gui.help.welcome import WelcomeStrip
from landscape_app.gui.importing.controller import ImportController
from landscape_app.gui.importing.file_type import files_in, is_run
from landscape_app.gui.keyboard import keys_entry
from landscape_app.gui.landscape.dissection import PIXEL_KEYS
from landscape_app.gui.landscape.images import IMAGE_KEYS
from landscape_app.gui.landscape.map import MAP_KEYS
from landscape_app.gui.landscape.panel import LandscapePanel
from landscape_app.gui.lessons.callout import LESSON_KEYS
from landscape_app.gui.lessons.guide import Guide
from landscape_app.gui.lessons.lesson import TOUR, shipped_lesson
from landscape_app.gui.lessons.menu import LessonsMenu
from landscape_app.gui.lessons.quantities import LatticeScene, Scene
from landscape_app.gui.menus import MenuEntry, Row, Table, add_menus, pressing
from landscape_app.gui.messages import Message
from landscape_app.gui.new_run import NewRunDialog, sources_of
from landscape_app.gui.own_energy import OwnEnergyDialog
from landscape_app.gui.playground.window import PlaygroundWindow
from landscape_app.gui.recent import LastCompositions, RecentMenu, RecentRuns
from landscape_app.gui.report import ReportWriter
from landscape_app.gui.runs.folders import Folders
from landscape_app.gui.sampler.chain_trace import HISTORY_KEYS
from landscape_app.gui.sampler.view import GAP_ABOVE_WORDS, SamplerView
from landscape_app.gui.state import Activity, Compute, EngineState, Facts, Fault, Origin, Untrusted
from landscape_app.gui.steering.context import ChosenChain
from landscape_app.gui.steering.layers import LAYER_KEYS
from landscape_app.gui.steering.panel import SteeringPanel
from landscape_app.gui.steering.targets import KEYS, name_targets
from landscape_app.gui.theme import THEMES, Theme, apply_theme, resolve_theme
from landscape_app.gui.toolbar import Toolbar
from landscape_app.gui.training.observables_window import ObservablesWindow
from landscape_app.gui.training.panel import TrainingPanel
from landscape_app.gui.training.scrubber import SCRUBBER_KEYS, BranchDialog
from landscape_app.gui.trust import TrustedDialog, is_trusted
from landscape_app.gui.widgets.banner import Banner, Cover, Notices
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.file_dialogs import ask_to_open, ask_to_save
from landscape_app.gui.widgets.keys import go_to, go_to_chains
from landscape_app.gui.widgets.mosaic import MOSAIC_KEYS
from landscape_app.gui.widgets.pixel_brush import BRUSH_KEYS
from landscape_app.gui.widgets.plots import EXPORT_KEYS, READING_KEYS, VIEW_KEYS
from landscape_app.gui.widgets.screens import place
from landscape_app.gui.widgets.surface.axes import AXES_KEYS
from landscape_app.gui.widgets.tool_window import ToolWindow
from landscape_app.language import LANGUAGES, tr
from landscape_app.physics.fields import CustomField
from landscape_app.physics.space import Spins
from landscape_app.problems import PROBLEMS, Configuration
from landscape_app.runs import Order, RunFileError, check_writable
from landscape_app.session.composition import Composition
from landscape_app.session.given import GivenModel
from landscape_app.version import __version__

FRAME_MILLISECONDS = 16
PLOT_FRAMES = 5
"""One plot is redrawn every so many frames."""
LAYOUT_VERSION = 3
USUAL_SIZE = 1280, 800
LEAST_WIDTH = 800
"""Pixels to which a window can be narrowed while its panels stand beside each other; then they become tabs."""

RUN_FILES = tr("Runs (*.h5);;All files (*)")

WIDGET_KEYS = (
    LESSON_KEYS,
    MOSAIC_KEYS,
    HISTORY_KEYS,
    LAYER_KEYS,
    BRUSH_KEYS,
    EXPORT_KEYS,
    VIEW_KEYS,
    READING_KEYS,
    SCRUBBER_KEYS,
    LADDER_KEYS,
    MAP_KEYS,
    IMAGE_KEYS,
    PIXEL_KEYS,
    AXES_KEYS,
)
"""Keys of the widgets that take keys of their own."""

ABOUT = tr(
    "<b>Landscape {version}</b> trains Min-MaxEnt models, shows their Markov chains and steers what they "
    "generate."
    "<p>Method: M. Miotto, L. Monacelli, <i>A new pathway to generative artificial intelligence by "
    "minimizing the maximum entropy</i>, arXiv:2502.13287.</p>"
    "<p>Digits: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits (CC BY 4.0).</p>",
    version=__version__,
)

ABOUT_ICON = 64
"""Side of the icon beside it, in pixels."""

if TYPE_CHECKING:
    from landscape_app.gui.lattice.window import LatticeWindow
    from landscape_app.gui.runs.window import RunsWindow
    from landscape_app.gui.scoring.window import ScoreWindow


class Unfolded(NamedTuple):
    """Layout of the panels before they were put into one row of tabs.

    Attributes:
        layout: as `saveState` gives it.
        more: pixels of width that it needs beyond that row.
    """

    layout: QByteArray
    more: int


class MainWindow(QMainWindow):
    """Toolbar, sampler view, steering panel and panels of training, equilibrium and landscape around one engine.

    Args:
        engine: started by the window, stopped when it closes.
        theme: colours.
        settings: where layout and choices are remembered.

    Attributes:
        shown: state of the engine that is on view; None before the first.
    """

    def __init__(self, engine: Engine, theme: Theme, settings: QSettings) -> None:
        super().__init__()
        self.setObjectName("main-window")
        self.setWindowTitle("Landscape")
        self.engine = engine
        self.settings = settings
        self.shown: EngineState | None = None
        self._frames = 0
        self._theme = theme
        self.experiments: ExperimentsWindow | None = None
        self.playground: PlaygroundWindow | None = None
        self.bounds: BoundsWindow | None = None
        self.observables: ObservablesWindow | None = None
        self.lattice: LatticeWindow | None = None
        self.runs: RunsWindow | None = None
        self.scores: ScoreWindow | None = None
        self._made_way = False
        self._unfolded: Unfolded | None = None
        self.toolbar = Toolbar()
        self.sampler = SamplerView(theme)
        self.steering = SteeringPanel(theme)
        self.training = TrainingPanel(theme)
        self.equilibrium = EquilibriumPanel(theme)
        self.landscape = LandscapePanel(theme)
        self.panels = (self.sampler, self.steering, self.training, self.equilibrium, self.landscape)
        self._classes_for: set[str] = set()
        self.banner = Banner()
        self.welcome = WelcomeStrip(settings)
        self.recent = RecentRuns(settings)
        self.recent_menu = RecentMenu(self.recent, self)
        self.last_compositions = LastCompositions(settings)
        self._goes_on_with: Path | None = None
        self._handed_over: Path | None = None
        self.addToolBar(self.toolbar)
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.sampler)
        Notices(self.sampler.chains, (self.banner,), centre)
        Cover(self.sampler.outcomes, self.welcome, GAP_ABOVE_WORDS)
        self.setCentralWidget(centre)
        right = Qt.DockWidgetArea.RightDockWidgetArea
        self.docks = [
            self._dock("dock-steer", tr("Steer"), self.steering, Qt.DockWidgetArea.LeftDockWidgetArea),
            self._dock("dock-training", tr("Training"), self.training, right),
            self._dock("dock-equilibrium", tr("Equilibrium"), self.equilibrium, right),
            self._dock("dock-landscape", tr("Landscape"), self.landscape, right),
        ]
        self.landscape_dock = self.docks[-1]
        self.tabifyDockWidget(self.docks[1], self.docks[2])
        self.tabifyDockWidget(self.docks[2], self.landscape_dock)
        self.docks[1].raise_()
        self.importing = ImportController(
            self,
            theme,
            lambda: self.seed,
            lambda: engine.state.compute,
            lambda: engine.state.facts is not None,
        )
        self.guide = Guide(self, self._scene, settings)
        self.lessons = LessonsMenu(self.guide, self)
        self.exports = Exports(engine, self, settings)
        self.report = ReportWriter(engine, self)
        self.chains = ChainsController(self.equilibrium.chains, self)
        actions = add_menus(self, self._menus())
        targets = [actions[f"target-{c}"] for c in range(KEYS)]
        name_targets(targets, self.steering.targets)
        self.steering.targets.changed.connect(partial(name_targets, targets, self.steering.targets))
        self._connect()
        # Digits that are typed steer, rather than going into a box.
        self.sampler.mosaic.setFocus()
        self.setMinimumWidth(LEAST_WIDTH)
        place(self, *USUAL_SIZE, self.settings.value("layout/geometry"))
        self.resizeDocks(self.docks, [320, 500, 500, 500], Qt.Orientation.Horizontal)
        self._restore_layout()
        engine.start()
        self._timer = QTimer(self, interval=FRAME_MILLISECONDS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._poll)
        self._timer.start()
        self._poll()

    @property
    def theme(self) -> Theme:
        """Colours of the window as they are."""
        return self._theme

    def ask_for_run(self) -> None:
        """Asks for a run file and opens it, unless the session is not to go."""
        if not self.may_discard():
            return
        name = ask_to_open(self, tr("Open a run"), "", RUN_FILES)
        if name:
            self.engine.open(Path(name))

    def ask_for_remote_run(self) -> None:
        """Asks for a run on another machine, and opens it, unless the session is not to go."""
        if self.may_discard():
            self.open_remote()

    def open_remote(self, again: Untrusted | None = None) -> None:
        """Asks for a run on another machine; connects at once to one whose Python the user has come to trust."""
        # What it needs takes a while to load.
        from landscape_app.gui.remote import RemoteDialog

        dialog = RemoteDialog(self.settings, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        source = None if again is None else again.source
        dialog.received.connect(lambda tail: self.engine.open_remote(tail, source))
        dialog.open()
        if again is not None and not isinstance(again.run, Path):
            dialog.connect_to(again.run)

    def pause(self) -> None:
        """Pauses the training; of a run that another process trains, asks that one to stop if the user means it."""
        if not self.engine.state.following:
            self.engine.pause()
            return
        box = QMessageBox(self)
        box.setObjectName("stop-there")
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(tr("Stop the training where it goes on?"))
        box.setInformativeText(
            tr(
                "The process that trains this run measures its model, saves it and ends. To see no more of it, open "
                "another run instead."
            )
        )
        stop = set_name(
            box.addButton(tr("Stop the training"), QMessageBox.ButtonRole.AcceptRole), "stop-there-stop"
        )
        cancel = set_name(box.addButton(QMessageBox.StandardButton.Cancel), "stop-there-cancel")
        stop.setToolTip(tr("Asks that process to stop between two epochs"))
        cancel.setToolTip(tr("Lets it train on"))
        box.setDefaultButton(cancel)
        box.exec()
        if box.clickedButton() is stop:
            self.engine.ask(Order(stop=True))
        box.deleteLater()

    def open_run(self, path: Path) -> None:
        """Opens a run file, unless the session is not to go."""
        if self.may_discard():
            self.engine.open(path)
            self.raise_()
            self.activateWindow()

    def begin_with(self, path: Path) -> None:
        """Opens a run file in a window that has just come; another file or folder beside the model that ships."""
        if is_run(path):
            self.engine.open(path)
        else:
            self.engine.open_shipped()
            self.open_file(path)

    def open_file(self, path: Path) -> None:
        """Opens a file or folder by what it is, as one that is dropped on the window, once a run is on view."""
        self._handed_over = path
        self._take_file()

    def _take_file(self) -> None:
        if self._handed_over is None or self.shown is None or self.shown.facts is None:
            return
        path, self._handed_over = self._handed_over, None
        try:
            self.importing.take(files_in([path]))
        except ValueError as error:
            self.banner.show_message(Message("error", str(error)))

    def go_on_with(self, path: Path) -> None:
        """Opens the run that was worked on last, with the composition that it had."""
        self._goes_on_with = path
        self.open_run(path)

    def save(self) -> bool:
        """Asks where to and saves; returns whether a file was chosen that can be written."""
        facts = self.engine.state.facts
        if facts is None:
            return False
        name, _ = ask_to_save(self, tr("Save the run"), str(facts.usual_path), RUN_FILES)
        if not name:
            return False
        path = Path(name) if Path(name).suffix else Path(name).with_suffix(".h5")
        try:
            check_writable(path)
        except RunFileError as error:
            text = str(error)
            QMessageBox.warning(self, tr("Not saved"), capitalised(text))
            return False
        self.engine.save(path)
        return True

    def train(self) -> None:
        """Trains the run on view; asks for a new one where it is not trained on, as the model that ships."""
        state = self.engine.state
        if state.activity in (Activity.TRAINING, Activity.LOADING):
            return
        if state.can_train:
            self.engine.train()
        else:
            self.ask_for_new_run()

    def reset(self) -> None:
        """Begins the run on view again, untrained, with its own settings; the model that ships stays."""
        facts = self.engine.state.facts
        if facts is not None and facts.origin is not Origin.SHIPPED:
            self._begin(facts.configuration, None, train=False)

    def ask_for_new_run(self) -> None:
        """Asks what to learn, with which model and how, and begins that run."""
        facts = self.engine.state.facts
        # The data of the run on view are taken over from it.
        on_view = "" if facts is None else facts.configuration.problem
        own = [known for name, known in self.importing.known.items() if name != on_view]
        compute = self.engine.state.compute
        device = "cpu" if compute is None else compute.device
        dialog = NewRunDialog(sources_of(facts, own), on_view, self.seed, self._theme, self, device)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.begun.connect(self._begin)
        dialog.finished.connect(lambda _: self.activateWindow())
        dialog.own_data.connect(self.importing.open_dialog)
        dialog.own_energy.connect(self.ask_for_energy)
        dialog.open()

    @property
    def seed(self) -> int:
        """Seed that is proposed for a new run: that of the run on view; 0 where the model that ships is."""
        facts = self.engine.state.facts
        return 0 if facts is None or facts.origin is Origin.SHIPPED else facts.configuration.seed

    def may_discard(self) -> bool:
        """True where the session may go: files hold all of it, or the user says so, or saves it now.

        Training pauses while the user is asked, and goes on where the session stays.
        """
        state = self.engine.state
        if not state.lost:
            return True
        training = state.activity is Activity.TRAINING
        if training:
            self.engine.pause()
        box = QMessageBox(self)
        box.setObjectName("unsaved")
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(tr("No file holds {lost} of this run.", lost=state.lost))
        box.setInformativeText(tr("Save it before it goes?"))
        buttons = QMessageBox.StandardButton
        box.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
        box.setDefaultButton(buttons.Save)
        answer = box.exec()
        goes = answer == buttons.Discard or (answer == buttons.Save and self.save() and self._is_saved())
        if training and not goes:
            self.engine.train()
        return goes

    def _is_saved(self) -> bool:
        """Waits until the engine has saved, or has said why it could not."""
        told = self.engine.state.message_number
        loop, timer = QEventLoop(), QTimer(interval=FRAME_MILLISECONDS)
        timer.timeout.connect(
            lambda: None if self.engine.is_alive and self.engine.state.message_number <= told else loop.quit()
        )
        timer.start()
        loop.exec()
        return not self.engine.state.unsaved

    def open_experiments(self, name: str = "") -> None:
        """Opens the experiment browser, which is loaded the first time, at an experiment where one is named."""
        if self.experiments is None:
            self.experiments = ExperimentsWindow(self._theme, self.settings)
            self.experiments.running.connect(self.make_way)
        self.experiments.bring_up(name)

    def compare_couplings(self) -> None:
        """Opens the experiment that finds couplings of the data on view in four ways, or says why it cannot."""
        facts = self.engine.state.facts
        if facts is None:
            return
        # A second to import with all that experiments need.
        from landscape_app.experiments.couplings import CouplingsOfData, GivenSamples, known_truth

        problem = facts.configuration.problem
        try:
            if not isinstance(facts.space, Spins):
                raise ValueError(
                    tr("couplings are between spins; these data are {space}", space=facts.space.label)
                )
            samples = GivenSamples(facts.counted_items, known_truth(problem, facts.space.shape))
        except ValueError as error:
            self.banner.show_message(Message("error", capitalised(str(error))))
            return
        self.open_experiments()
        assert self.experiments is not None
        self.experiments.offer(CouplingsOfData(f"couplings-{problem}", f"“{facts.title}”", samples))

    def open_playground(self) -> None:
        """Opens the playground, which is made the first time."""
        if self.playground is None:
            self.playground = PlaygroundWindow(self._theme, self.settings, trains=True)
            self.playground.train.connect(self.train_on_points)
        self.playground.bring_up()

    def open_bounds(self) -> None:
        """Opens the window of bounds, which is made the first time."""
        if self.bounds is None:
            self.bounds = BoundsWindow(self._theme, self.settings)
            self.bounds.asked.connect(self.engine.find_bounds)
            self.bounds.stopped.connect(self.engine.stop_bounds)
            self.bounds.show_state(self.engine.state)
        self.bounds.bring_up()

    def open_observables(self) -> None:
        """Opens the window that looks into the observables, which is made the first time."""
        if self.observables is None:
            self.observables = ObservablesWindow(self._theme, self.settings)
            self.observables.asked.connect(self.engine.look_into_observables)
        self.observables.show_state(self.engine.state)
        self.observables.bring_up()

    def open_lattice(self) -> None:
        """Opens the lattice window, which is made the first time."""
        if self.lattice is None:
            # It draws sweeps as experiments draw figures, which the window need not load at its start.
            from landscape_app.gui.lattice.window import LatticeWindow

            self.lattice = LatticeWindow(self._theme, self.settings)
        self.lattice.bring_up()

    def open_runs(self) -> None:
        """Opens the list of runs, which is made the first time."""
        if self.runs is None:
            from landscape_app.gui.runs.window import RunsWindow

            self.runs = RunsWindow(self._theme, self.settings)
            self.runs.open_wanted.connect(self.open_run)
            self.runs.show_state(self.engine.state)
        self.runs.bring_up()

    def show_about(self) -> None:
        """Says what the application is, and whose work it shows."""
        box = QMessageBox(QMessageBox.Icon.NoIcon, tr("About Landscape"), ABOUT, parent=self)
        box.setObjectName("about-landscape")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIconPixmap(self.windowIcon().pixmap(ABOUT_ICON))
        close = set_name(box.addButton(QMessageBox.StandardButton.Close), "about-close")
        close.setToolTip(tr("Close this window (Esc)"))
        box.open()

    def score(self, files: Files | None = None) -> None:
        """Scores the items of files under the model on view; asks for a file where none are given."""
        if self.scores is None:
            from landscape_app.gui.scoring.window import ScoreWindow

            engine = self.engine
            self.scores = ScoreWindow(self._theme, self.settings, engine.take_run, lambda: engine.functions)
            self.importing.score_drops(self.scores, self.scores.score, self.scores.banner.show_message)
        self.scores.bring_up()
        if files is None:
            self.scores.ask_for_file()
        else:
            self.scores.score(files)

    def ask_for_energy(self) -> None:
        """Asks for an energy of the user's own, and opens it, unless the session is not to go."""
        dialog = OwnEnergyDialog(self.engine.state.trusted, self)
        dialog.given.connect(self._give)
        dialog.open()

    def _give(self, given: GivenModel) -> None:
        state = self.engine.state
        if (state.activity is not Activity.LOADING or state.facts is None) and self.may_discard():
            self.engine.give(given, self.seed)

    def _ask_for_trust(self, untrusted: Untrusted) -> None:
        """Opens a run whose energy is Python, if the user trusts that."""
        if not is_trusted(self, untrusted.source, self.engine.state.trusted):
            return
        if isinstance(untrusted.run, Path):
            self.engine.open(untrusted.run, untrusted.source)
        else:
            self.open_remote(untrusted)

    def show_trusted(self) -> None:
        """Lists the Python files that run without a question; what is revoked there stops at once."""
        dialog = TrustedDialog(self)
        dialog.revoked.connect(self.engine.distrust)
        dialog.open()

    def train_on_points(self, points: np.ndarray) -> None:
        """Trains a model on points of the plane, shape (n, 2), from scratch."""
        try:
            dataset = Dataset.of_points(points)
        except ValueError as error:
            self.banner.show_message(Message("error", str(error)))
            return
        finally:
            self.raise_()
            self.activateWindow()
        self._begin(replace(PROBLEMS["points"].defaults, seed=self.seed), dataset, train=True)

    def compute_on(self, compute: Compute) -> None:
        """Computes on another device, or with other threads, and remembers it."""
        self.settings.setValue("compute/device", compute.device)
        self.settings.setValue("compute/threads", compute.threads)
        self.engine.compute_on(compute)

    def choose_theme(self, name: str) -> None:
        """Dresses every window in a theme of `THEMES`, and remembers it."""
        self.settings.setValue("theme", name)
        theme = resolve_theme(name)
        apply_theme(cast(QApplication, QApplication.instance()), theme)
        self.set_theme(theme)

    def choose_language(self, key: str) -> None:
        """Remembers a language of `LANGUAGES` for the next start."""
        self.settings.setValue(SETTING, key)
        self.banner.show_message(
            Message("done", tr("{language}: from the next start of Landscape on", language=LANGUAGES[key]))
        )

    @property
    def tool_windows(self) -> tuple[ToolWindow, ...]:
        """Windows beside this one, those that have been made."""
        windows = (
            *(self.experiments, self.playground, self.lattice, self.bounds),
            *(self.observables, self.runs, self.scores),
        )
        return tuple(window for window in windows if window is not None)

    def set_theme(self, theme: Theme) -> None:
        """Dresses panels that draw themselves; the rest follows the application."""
        self._theme = theme
        for part in (*self.panels, self.importing):
            part.set_theme(theme)
        for window in self.tool_windows:
            window.set_theme(theme)

    def event(self, event: QEvent) -> bool:
        """Leaves Space to the button or list that was reached with the keyboard: it is the key that presses it."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            reached = self.testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
            pressed = isinstance(self.focusWidget(), QAbstractButton | QComboBox)
            plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
            if reached and pressed and plain and event.key() == Qt.Key.Key_Space:
                event.accept()
                return True
        done = super().event(event)
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self._fold(unfolds=event.type() == QEvent.Type.Resize)
        return done

    def focusNextPrevChild(self, ahead: bool) -> bool:
        """Leads on by Tab; from a control that has gone or can do nothing any more, to the chains.

        The next control may be a box of numbers, in which the next digit would be written rather than steer.
        """
        focused = self.focusWidget()
        if focused is not None and not (focused.isVisibleTo(self) and focused.isEnabled()):
            go_to_chains(self)
            return True
        return super().focusNextPrevChild(ahead)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Asks about unsaved epochs and experiments, remembers the layout, ends the threads."""
        if not self.may_discard() or (self.experiments is not None and not self.experiments.may_stop()):
            event.ignore()
            return
        self._timer.stop()
        self._note_composition(self.shown)
        self.exports.end()
        self.chains.end()
        for window in self.tool_windows:
            window.end()
        self.report.end()
        self.settings.setValue("layout/geometry", self.saveGeometry())
        self._remember_layout()
        self.importing.end()
        self.engine.end()
        super().closeEvent(event)

    def make_way(self, running: bool) -> None:
        """Holds the chains while something else needs the processor; a training goes on."""
        activity = self.engine.state.activity
        if running and activity is Activity.SAMPLING:
            self._made_way = True
            self.engine.play(False)
        elif not running and self._made_way:
            self._made_way = False
            if activity is Activity.STILL:
                self.engine.play(True)

    def _begin(self, configuration: Configuration, dataset: Dataset | None, train: bool) -> None:
        """Begins a run that was asked for, unless the session is not to go."""
        if self.engine.state.activity is not Activity.LOADING and self.may_discard():
            self.engine.new(configuration, train=train, dataset=dataset)

    def _dock(self, name: str, title: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = set_name(QDockWidget(title, self), name)
        dock.setWidget(widget)
        self.addDockWidget(area, dock)
        return dock

    def _connect(self) -> None:
        engine, toolbar, sampler = self.engine, self.toolbar, self.sampler
        toolbar.new_run.connect(self.ask_for_new_run)
        toolbar.train.connect(self.train)
        toolbar.pause.connect(self.pause)
        toolbar.step.connect(self._step_epoch)
        toolbar.reset.connect(self.reset)
        toolbar.plan_epochs.connect(engine.plan_epochs)
        toolbar.compute_on.connect(self.compute_on)
        sampler.play.connect(engine.play)
        sampler.step_chains.connect(engine.step_chains)
        sampler.set_speed.connect(engine.set_speed)
        sampler.set_kernel.connect(engine.set_kernel)
        sampler.kernel_controls.automatic.connect(lambda on: engine.tune_kernel(automatic=on))
        sampler.kernel_controls.tuned.connect(lambda name, value: engine.tune_kernel(**{name: value}))
        sampler.restart.connect(engine.restart)
        sampler.classes_wanted.connect(lambda wanted: self._want_classes("sampler", wanted))
        sampler.follow_chain.connect(engine.follow_chain)
        sampler.restart_one.connect(engine.restart_one)
        sampler.told.connect(self.banner.show_message)
        sampler.start_from_pattern.connect(engine.start_from_pattern)
        sampler.fall.connect(engine.fall)
        sampler.wander.connect(engine.wander)
        sampler.experiment_wanted.connect(self.open_experiments)
        self.landscape.classes_wanted.connect(lambda wanted: self._want_classes("landscape", wanted))
        self.landscape.find_barrier.connect(engine.find_barrier)
        self.landscape.find_minima.connect(engine.find_minima)
        self.landscape.dissect.connect(engine.dissect)
        self.landscape.stop_search.connect(engine.stop_search)
        self.landscape_dock.visibilityChanged.connect(self.landscape.set_in_front)
        sampler.mosaic.pointed.connect(self.training.point_at)
        sampler.follow_on_landscape.connect(engine.follow_on_landscape)
        sampler.track_on_landscape.connect(engine.track_on_landscape)
        self.training.couplings_wanted.connect(self.compare_couplings)
        self.training.observables_wanted.connect(self.open_observables)
        self.training.scrubber.scrubbed.connect(self._scrub)
        self.training.scrubber.branch_wanted.connect(self._ask_for_branch)
        self.training.scrubber.film_wanted.connect(self.exports.export_film)
        self.training.back_to.connect(lambda _: engine.back_to_best())
        self.steering.compose.connect(engine.compose)
        self.steering.awaited.connect(
            lambda awaited: self.sampler.outcomes.set_awaited(self.steering.composition if awaited else None)
        )
        self.steering.train_classifier.connect(engine.train_classifier)
        self.steering.train_discriminator.connect(engine.train_discriminator)
        self.steering.trust_field.connect(engine.trust_field)
        self.steering.compare.connect(engine.compare)
        self.steering.keep_a.connect(engine.keep_a)
        self.steering.signals.chosen_chain = self._chosen_chain
        self.equilibrium.test_convergence.connect(engine.test_convergence)
        self.equilibrium.stop_test.connect(engine.stop_test)
        self.docks[2].visibilityChanged.connect(self.equilibrium.set_in_front)
        self.equilibrium.watch_ladder.connect(engine.watch_ladder)
        self.equilibrium.ladder.followed.connect(engine.follow_replica)
        self.equilibrium.record_chains.connect(engine.record_chains)
        self.chains.told.connect(self.banner.show_message)
        self.recent_menu.chosen.connect(self.open_run)
        self.welcome.opened.connect(self.go_on_with)
        self.welcome.toured.connect(self.begin_tour)
        self.lessons.told.connect(self.banner.show_message)

        importing = self.importing
        importing.run_found.connect(self.open_run)
        importing.score_wanted.connect(self.score)
        importing.samples_found.connect(lambda path: self.exports.verify([path]))
        importing.draws_found.connect(self._judge_draws)
        importing.composition_found.connect(self.steering.open_file)
        importing.lesson_found.connect(self.lessons.open)
        importing.chosen.connect(self._train_on)
        importing.busy.connect(self.make_way)
        importing.told.connect(self.banner.show_message)

    def begin_tour(self) -> None:
        """Begins the tour, or goes on with it."""
        self.guide.begin(shipped_lesson(TOUR))

    def _scene(self) -> Scene:
        if self.lattice is None:
            return Scene(self.engine.state)
        moving = self.lattice.worker.state
        lattice = LatticeScene(moving.choice.lattice, moving.conditions, moving.measurement)
        return Scene(self.engine.state, lattice)

    def _menus(self) -> Table:
        """Everything the window can do, without a mouse."""
        return {
            tr("&File"): self._file_menu(),
            tr("&Training"): [
                *self.toolbar.menu(),
                None,
                MenuEntry(
                    tr("Continue training the model on view"),
                    "Ctrl+Shift+T",
                    "continue",
                    self.engine.train,
                    tr("Train on, also the model that ships, which Train leaves as it is"),
                ),
                MenuEntry(
                    tr("Compare four ways to couplings…"),
                    "Ctrl+Shift+W",
                    "compare-couplings",
                    self.compare_couplings,
                    tr(
                        "Of spins on view: exactly, by chains, by pseudo-likelihood and by mean field, side by side"
                    ),
                ),
                None,
                MenuEntry(
                    tr("Look back through the training"),
                    "Ctrl+K",
                    "scrub",
                    self._look_back,
                    tr("The arrow keys then lead from snapshot to snapshot"),
                ),
                pressing(tr("Play the training as a film"), "Ctrl+Shift+K", self.training.scrubber.play),
                pressing(tr("Back to the latest epoch"), "", self.training.scrubber.latest),
                pressing(tr("Branch a new run from this epoch…"), "", self.training.scrubber.branch),
                pressing(tr("Export the training as a film…"), "", self.training.scrubber.film),
            ],
            tr("&Chains"): [
                *self.sampler.menu(),
                None,
                MenuEntry(
                    tr("Convergence test"),
                    "Ctrl+E",
                    "test-convergence",
                    self._test_convergence,
                    tr(
                        "Chains from noise, from data and from a hot ladder run until nothing tells them apart, or "
                        "stop"
                    ),
                ),
            ],
            tr("&Steer"): self.steering.menu(),
            tr("E&xperiments"): [
                MenuEntry(
                    tr("The paper, figure by figure…"),
                    "Ctrl+Shift+E",
                    "experiments",
                    self.open_experiments,
                    tr(
                        "Run the paper's experiments with settings of your own, each judged against what is expected"
                    ),
                )
            ],
            tr("&Landscape"): self._landscape_menu(),
            tr("T&ools"): [
                MenuEntry(
                    tr("Playground: watch chains on a surface…"),
                    "Ctrl+Shift+P",
                    "playground",
                    self.open_playground,
                    tr("Every kernel on surfaces that are exactly known, or on points that you draw"),
                ),
                MenuEntry(
                    tr("Ising lattice: heat, cool and flip spins…"),
                    "Ctrl+Shift+L",
                    "lattice",
                    self.open_lattice,
                    tr("Up to 256 × 256 spins beside what is exact, and sweeps over temperature or field"),
                ),
                None,
                MenuEntry(
                    tr("Trusted Python files…"),
                    "",
                    "trusted",
                    self.show_trusted,
                    tr(
                        "Python files that run without a question, since you have said so; each can be revoked"
                    ),
                ),
            ],
            tr("&View"): self._view_menu(),
            tr("&Help"): [
                MenuEntry(
                    tr("Tour"),
                    "",
                    "tour",
                    self.begin_tour,
                    tr("Ten steps through the window; each can be skipped"),
                ),
                self.lessons.menuAction(),
                MenuEntry(
                    tr("Glossary…"),
                    "Shift+F1",
                    "glossary",
                    lambda: show_glossary(self),
                    tr("The words of the application, each in a sentence and an equation"),
                ),
                MenuEntry(
                    tr("Papers…"),
                    "",
                    "papers",
                    lambda: PapersDialog(self).open(),
                    tr("What the application is built on, with links"),
                ),
                None,
                keys_entry(self, WIDGET_KEYS),
                MenuEntry(
                    tr("About Landscape…"),
                    "",
                    "about",
                    self.show_about,
                    tr("What it is, and whose work it shows"),
                ),
            ],
        }

    def _file_menu(self) -> list[Row]:
        return [
            pressing(tr("New run…"), "Ctrl+N", self.toolbar.new_run_button),
            MenuEntry(
                tr("Open run…"), "Ctrl+O", "open", self.ask_for_run, tr("Open a run file that was saved")
            ),
            self.recent_menu.menuAction(),
            MenuEntry(
                tr("Open remote run…"),
                "",
                "open-remote",
                self.ask_for_remote_run,
                tr("Watch a run on another machine while it trains there, through your own ssh"),
            ),
            MenuEntry(
                tr("Open the trained digits model"),
                "Ctrl+D",
                "open-shipped",
                lambda: self.engine.open_shipped() if self.may_discard() else None,
                tr("The model of handwritten digits that comes with Landscape"),
            ),
            MenuEntry(
                tr("Runs…"),
                "Ctrl+Shift+H",
                "runs",
                self.open_runs,
                tr(
                    "All runs in a list, also those that were saved by themselves: search, name, compare, delete, "
                    "open"
                ),
            ),
            MenuEntry(
                tr("Import data…"),
                "Ctrl+Shift+I",
                "import",
                self.importing.open_dialog,
                tr(
                    "Train on your own images, arrays or table; a file or folder can also be dropped on the window"
                ),
            ),
            MenuEntry(
                tr("Paste data…"),
                "Ctrl+V",
                "paste-data",
                self.importing.paste,
                tr(
                    "Train on cells that were copied in a spreadsheet, or on a file or folder that was copied"
                ),
            ),
            MenuEntry(
                tr("Draw patterns to remember…"),
                "Ctrl+Shift+D",
                "draw-patterns",
                self.importing.draw_patterns,
                tr("Draw images of spins; a Hopfield network remembers them"),
            ),
            MenuEntry(
                tr("Energy of your own…"),
                "Ctrl+Shift+N",
                "own-energy",
                self.ask_for_energy,
                tr("A model that is given, not trained: a formula, a Python file, or couplings in a file"),
            ),
            None,
            MenuEntry(
                tr("Save run as…"),
                "Ctrl+S",
                "save",
                self.save,
                tr("Write model, chains, metrics and composition to a file, from which training goes on"),
            ),
            None,
            MenuEntry(
                tr("Use this model in Python…"),
                "",
                "model-in-python",
                lambda: show_model_in_python(self, self._theme, self.engine.state),
                tr("The lines of Python that load the run's file and evaluate H(x)"),
            ),
            MenuEntry(
                tr("Show as script…"),
                "Ctrl+Shift+Y",
                "script",
                lambda: show_as_script(self, self._theme, self.engine.state),
                tr("All that was done with this run, as a Python script that does it again"),
            ),
            None,
            MenuEntry(
                tr("Export samples…"),
                "Ctrl+Shift+X",
                "export-samples",
                self.exports.export_samples,
                tr(
                    "Write the chains on view as a mosaic, a folder of images, an animation, or arrays; every file "
                    "says which model and composition made it"
                ),
            ),
            MenuEntry(
                tr("Open chains…"),
                "",
                "open-chains-file",
                self.open_chains,
                tr(
                    "Judge draws of chains that another program made: trace, ranks, autocorrelation, corner plot, "
                    "R-hat"
                ),
            ),
            MenuEntry(
                tr("Score a file…"),
                "Ctrl+J",
                "score-file",
                self.score,
                tr(
                    "−log P of images, or of rows of a table, under the model on view, which are out of "
                    "distribution, and which training item is nearest"
                ),
            ),
            MenuEntry(
                tr("Report…"),
                "",
                "report",
                self.report.ask,
                tr("Write the run on view as one page of HTML: figures, samples, settings and provenance"),
            ),
            MenuEntry(
                tr("Verify image…"),
                "",
                "verify-image",
                self.exports.verify_images,
                tr(
                    "Tell whether an image is generated: what it says of itself, or the evidence of the model on view"
                ),
            ),
            None,
            MenuEntry(tr("Quit"), "Ctrl+Q", "quit", self.close, tr("End; what no file holds is asked about")),
        ]

    def _landscape_menu(self) -> list[Row]:
        landscape = self.landscape
        page = landscape.map_page
        asked = [
            MenuEntry(
                text, key, what, partial(self._ask_landscape, what), landscape.chosen.buttons[what].toolTip()
            )
            for text, key, what in (
                (tr("Barrier between images A and B"), "Ctrl+B", "barrier"),
                (tr("Local minima under the chains"), "Ctrl+M", "minima"),
                (tr("Dissect image A"), "Ctrl+I", "dissect"),
            )
        ]
        switches = [
            MenuEntry(text, "", name, switch.toggle, switch.toolTip())
            for text, name, switch in (
                (tr("Training images on the map"), "map-training", page.training),
                (tr("Held-out images on the map"), "map-held-out", page.held_out),
            )
        ]
        return [
            *asked,
            None,
            MenuEntry(
                tr("Go to the map"),
                "Ctrl+L",
                "map",
                self._go_to_map,
                tr("The arrow keys then lead from image to image"),
            ),
            *switches,
            None,
            MenuEntry(
                tr("Bounds: mean field and the evidence…"),
                "Ctrl+Shift+B",
                "bounds",
                self.open_bounds,
                tr(
                    "Free energy of coupled spins and Boltzmann machines bounded from above, and log p(x) from below"
                ),
            ),
            MenuEntry(
                tr("Observables: what each responds to…"),
                "Ctrl+Shift+F",
                "observables",
                self.open_observables,
                tr(
                    "Each observable or hidden unit: data and chains of most and least of it, its slope, λ and "
                    "residual"
                ),
            ),
        ]

    def _view_menu(self) -> list[Row]:
        places: list[tuple[QWidget, str]] = [(self.sampler, tr("Go to the chains"))]
        places += [(dock, tr("Go to {panel}", panel=dock.windowTitle())) for dock in self.docks]
        panels = []
        for dock in self.docks:
            action = dock.toggleViewAction()
            action.setToolTip(tr("Show the panel, or hide it"))
            panels.append(action)
        names = {"auto": tr("Theme of the desktop"), "light": tr("Light"), "dark": tr("Dark")}
        chosen = str(self.settings.value("theme", "auto"))
        return [
            *(
                MenuEntry(
                    text,
                    f"Ctrl+{number}",
                    f"go-{number}",
                    partial(go_to, place),
                    tr("Bring it to the front; the keys go there"),
                )
                for number, (place, text) in enumerate(places, start=1)
            ),
            None,
            *panels,
            None,
            *(
                MenuEntry(
                    names[name],
                    "",
                    f"theme-{name}",
                    partial(self.choose_theme, name),
                    tr("Colours of every window, remembered for the next time"),
                    chosen=name == chosen,
                )
                for name in THEMES
            ),
            None,
            *(
                MenuEntry(
                    name,
                    "",
                    f"language-{key}",
                    partial(self.choose_language, key),
                    tr("Language of the window, from its next start on"),
                    chosen=key == chosen_language(self.settings),
                )
                for key, name in LANGUAGES.items()
            ),
        ]

    def open_chains(self) -> None:
        """Asks for draws that another program made, and shows what they show."""
        if self.chains.ask_for_files():
            self._go_to_draws()

    def _judge_draws(self, path: Path) -> None:
        self.chains.open([path])
        self._go_to_draws()

    def _go_to_draws(self) -> None:
        self._bring_up(self.docks[2])
        self.equilibrium.pages.button("chains").click()

    def _test_convergence(self) -> None:
        self._bring_up(self.docks[2])
        self.equilibrium.button.click()

    def _ask_landscape(self, what: str) -> None:
        self._bring_up(self.landscape_dock)
        self.landscape.ask(what)

    def _go_to_map(self) -> None:
        self._bring_up(self.landscape_dock)
        self.landscape.pages.button("map").click()
        self.landscape.map_page.plot.setFocus()

    def _bring_up(self, dock: QDockWidget) -> None:
        dock.show()
        dock.raise_()

    def _train_on(self, dataset: Dataset, configuration: Configuration) -> None:
        """Begins a run on imported data, unless one that no file holds is not to go."""
        if self.may_discard():
            self.importing.accept(dataset, configuration)
            self.engine.new(configuration, train=True, dataset=dataset)

    def _want_classes(self, who: str, wanted: bool) -> None:
        """Has the chains classified while anyone wants to see their classes."""
        before = bool(self._classes_for)
        (self._classes_for.add if wanted else self._classes_for.discard)(who)
        if bool(self._classes_for) != before:
            self.engine.set_classify(not before)

    def _chosen_chain(self) -> ChosenChain | None:
        """The chain that is selected in the mosaic, as it is now."""
        index, state = self.sampler.mosaic.selection, self.engine.state
        if index is None or state.snapshot is None or state.facts is None or index >= len(state.snapshot.x):
            return None
        return ChosenChain(index + 1, state.snapshot.x[index])

    def _look_back(self) -> None:
        self._bring_up(self.docks[1])
        self.training.scrubber.slider.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _scrub(self, epoch: int | None) -> None:
        facts = self.engine.state.facts
        if facts is not None:
            self.engine.scrub(epoch, facts.number)

    def _ask_for_branch(self) -> None:
        """Asks for the settings of a branch from the epoch on view, and begins it."""
        state = self.engine.state
        if state.facts is not None:
            epoch = state.epoch
            dialog = BranchDialog(state.facts, epoch, self)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.chosen.connect(lambda settings, train: self._branch(epoch, settings, train))
            dialog.open()

    def _branch(self, epoch: int, settings: dict[str, object], train: bool) -> None:
        if self.may_discard():
            self.engine.pause()
            self.engine.branch(epoch, settings, train)

    def _step_epoch(self) -> None:
        if self.engine.state.can_train:
            self.engine.step_epoch()

    def _remember_layout(self) -> None:
        """Remembers the panels as the person has put them, which may be wider than the window is now."""
        folded = self._unfolded
        layout = self.saveState(LAYOUT_VERSION) if folded is None else folded.layout
        self.settings.setValue("layout/state", layout)
        hidden = [dock.objectName() for dock in self.docks if dock.isHidden()]
        self.settings.setValue("layout/hidden", " ".join(hidden))

    def _restore_layout(self) -> None:
        state, hidden = self.settings.value("layout/state"), self.settings.value("layout/hidden")
        if isinstance(state, QByteArray):
            self.restoreState(state, LAYOUT_VERSION)
            if isinstance(hidden, str):
                for dock in self.docks:
                    dock.setHidden(dock.objectName() in hidden.split())

    def _fold(self, unfolds: bool) -> None:
        """Puts the panels into one row of tabs where they have no room beside each other, and back.

        Args:
            unfolds: whether back too; not where what is shown has changed, which may need less because of the row.
        """
        if not self.isVisible():
            return
        needed = self.minimumSizeHint().width()
        if self._unfolded is None and needed > self.width():
            self._unfolded = Unfolded(self.saveState(LAYOUT_VERSION), needed)
            docked = [dock for dock in self.docks if not dock.isFloating()]
            right = Qt.DockWidgetArea.RightDockWidgetArea
            there = [dock for dock in docked[1:] if self.dockWidgetArea(dock) == right]
            for dock in docked[:1]:
                # Below others it would need a higher window until it is one of their tabs.
                if there:
                    self.tabifyDockWidget(there[0], dock)
                else:
                    self.addDockWidget(right, dock)
            for before, dock in pairwise(docked):
                self.tabifyDockWidget(before, dock)
            for dock in [dock for dock in docked if not dock.isHidden()][:1]:
                dock.raise_()
            # From here on it is as wide as the widest panel needs.
            row = self.minimumSizeHint().width()
            self._unfolded = self._unfolded._replace(more=needed - row)
            self.setMinimumWidth(min(row, self.width()))
        elif unfolds and self._unfolded is not None and self.width() >= needed + self._unfolded.more:
            self._unfold()

    def _unfold(self) -> None:
        """Puts the panels back to where they were; those that were hidden since stay so."""
        if self._unfolded is None:
            return
        layout, self._unfolded = self._unfolded.layout, None
        hidden = [dock.isHidden() for dock in self.docks]
        self.setMinimumWidth(LEAST_WIDTH)
        self.restoreState(layout, LAYOUT_VERSION)
        for dock, was_hidden in zip(self.docks, hidden, strict=True):
            dock.setHidden(was_hidden)

    def _poll(self) -> None:
        """Shows the latest state: the chains at once, one plot in turn."""
        state = self.engine.state
        self._frames += 1
        if state is not self.shown:
            self._show(state)
        wishes = self.engine.wishes()
        self.sampler.outcomes.show_wishes(wishes)
        self.toolbar.show_wishes(wishes)
        self.chains.poll()
        if self._frames % PLOT_FRAMES == 0:
            self.training.redraw()

    def _show(self, state: EngineState) -> None:
        previous, self.shown = self.shown, state
        told = 0 if previous is None else previous.message_number
        has_come = previous is not None and _number(previous) != _number(state)
        if has_come:
            self._note_composition(previous)
        for part in (*self.panels, self.toolbar, self.welcome, self.exports, self.chains):
            part.show_state(state)
        if state.facts is not None and state.facts.path is not None and state.facts is not _facts(previous):
            self.recent.note(state.facts.path)
        for window in (self.bounds, self.observables, self.runs):
            if window is not None:
                window.show_state(state)
        title = _title(state)
        if title != self.windowTitle():
            self.setWindowTitle(title)
        if has_come:
            self.banner.hide()
            if not isinstance(self.focusWidget(), QLineEdit):
                # Digits steer the run that has come, but where a text is written.
                go_to_chains(self)
            # The run before may have needed more room.
            QTimer.singleShot(0, partial(self._fold, unfolds=True))
            self._bring_composition_back(state)
            self._take_file()
            if state.facts is not None and state.facts.origin is Origin.FILE and state.facts.path is not None:
                Folders(self.settings).note_opened(state.facts.path.parent)
        elif previous is not None and _has_gone_on(previous, state):
            self.banner.pass_by()
        if previous is not None and any(self.banner.tells(fault.text) for fault in _mended(previous, state)):
            self.banner.hide()
        asked = None if previous is None else previous.untrusted
        if state.untrusted is not None and state.untrusted is not asked:
            # Once the window has shown this state: the dialog looks at the next ones.
            QTimer.singleShot(0, partial(self._ask_for_trust, state.untrusted))
        if state.message is not None and state.message_number != told:
            self.banner.show_message(state.message)

    def _note_composition(self, state: EngineState | None) -> None:
        """Remembers what the chains of a run that leaves the view were steered by."""
        if state is not None and state.facts is not None:
            self.last_compositions.note(state.facts.runs, self.steering.composition)

    def _bring_composition_back(self, state: EngineState) -> None:
        """Steers a run that is gone on with as it was steered last; offers it for one that is opened."""
        path, self._goes_on_with = self._goes_on_with, None
        facts = state.facts
        if facts is None or facts.origin is not Origin.FILE:
            return
        found = self.last_compositions.of(facts)
        if found is None or found == state.composition:
            return
        if path is None or facts.path != path:
            self.banner.offer(
                tr("This run was last steered by {composition}", composition=found.summary()),
                tr("Bring it back"),
                tr("The composition that the run had when it left the view; undo takes it back"),
                partial(self.steering.edit, found),
            )
        else:
            self.steering.edit(found)
            self.banner.show_message(
                Message(
                    "done", tr("The composition that was on view last is back; undo leads to the model alone")
                )
            )


def _facts(state: EngineState | None) -> Facts | None:
    return None if state is None else state.facts


def _number(state: EngineState | None) -> int:
    return -1 if state is None or state.facts is None else state.facts.number


def _has_gone_on(before: EngineState, state: EngineState) -> bool:
    """True if something else has been asked for and done."""
    done = (state.composition, state.activity, state.testing, state.comparison, state.latest)
    return done != (before.composition, before.activity, before.testing, before.comparison, before.latest)


def _mended(before: EngineState, state: EngineState) -> list[Fault]:
    """Faults of fields that were switched off for them, and have gone, or have been switched on again."""

    def names(composition: Composition) -> set[str]:
        off = [
            layer
            for layer in composition.layers
            if isinstance(layer.field, CustomField) and not layer.enabled
        ]
        return {name for layer in off for name in (layer.title, layer.field.label)}

    gone = names(before.composition) - names(state.composition)
    return [fault for fault in state.faults if fault.name in gone]


def _title(state: EngineState) -> str:
    if state.facts is None:
        return "Landscape"
    facts = state.facts
    source = {
        Origin.SHIPPED: tr("trained model"),
        Origin.FILE: facts.path.name if facts.path else facts.remote,
        Origin.NEW: facts.path.name
        if facts.path
        else tr("new run, seed {seed}", seed=facts.configuration.seed),
    }[facts.origin]
    past = "" if state.latest is None else f" – {tr('epoch {epoch}', epoch=state.epoch_in_words)}"
    return f"{facts.title} – {source}{' *' if state.unsaved else ''}{past} – Landscape"
