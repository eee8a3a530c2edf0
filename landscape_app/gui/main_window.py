"""The main window: lays the panels out and wires them to the engine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
from PySide6.QtCore import QByteArray, QEvent, QEventLoop, QSettings, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QDockWidget,
    QMainWindow,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from landscape_app.data import SHIPPED_MODEL, Dataset
from landscape_app.gui.actions import Actions
from landscape_app.gui.bias.editor import BiasEditor
from landscape_app.gui.bias.surroundings import ChosenChain
from landscape_app.gui.engine import Engine
from landscape_app.gui.equilibrium_panel import EquilibriumPanel
from landscape_app.gui.experiments.window import ExperimentsWindow
from landscape_app.gui.frame import Activity, Frame, Message, Origin
from landscape_app.gui.image_landscape.panel import LandscapePanel
from landscape_app.gui.importing.entry import Importing
from landscape_app.gui.own_points import ask_for_points
from landscape_app.gui.playground.window import PlaygroundWindow
from landscape_app.gui.sampler_view import SamplerView
from landscape_app.gui.theme import Theme
from landscape_app.gui.toolbar import Toolbar
from landscape_app.gui.training_panel import TrainingPanel
from landscape_app.gui.widgets.banner import Banner
from landscape_app.problems import PROBLEMS, Configuration

FRAME_MILLISECONDS = 16
PLOT_FRAMES = 5
"""One plot is redrawn every so many frames."""
LAYOUT_VERSION = 3


class MainWindow(QMainWindow):
    """Toolbar, sampler view, bias editor and panels of training, equilibrium and landscape around one engine.

    Args:
        engine: started by the window, stopped when it closes.
        theme: colours.
        settings: where layout and choices are remembered.
    """

    def __init__(self, engine: Engine, theme: Theme, settings: QSettings) -> None:
        super().__init__()
        self.setObjectName("main-window")
        self.setWindowTitle("Landscape")
        self.engine = engine
        self.settings = settings
        self._shown: Frame | None = None
        self._message_number = 0
        self._frames = 0
        self._theme = theme
        self.experiments: ExperimentsWindow | None = None
        self.playground: PlaygroundWindow | None = None
        self._made_way = False
        self.toolbar = Toolbar()
        self.sampler = SamplerView(theme)
        self.bias = BiasEditor(theme)
        self.training = TrainingPanel(theme)
        self.equilibrium = EquilibriumPanel(theme)
        self.landscape = LandscapePanel(theme)
        self._classes_for: set[str] = set()
        self.banner = Banner()
        self.addToolBar(self.toolbar)
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.banner)
        layout.addWidget(self.sampler, 1)
        self.setCentralWidget(centre)
        self.docks = [
            self._dock("Steer", self.bias, Qt.DockWidgetArea.LeftDockWidgetArea),
            self._dock("Training", self.training, Qt.DockWidgetArea.RightDockWidgetArea),
            self._dock("Equilibrium", self.equilibrium, Qt.DockWidgetArea.RightDockWidgetArea),
            self._dock("Landscape", self.landscape, Qt.DockWidgetArea.RightDockWidgetArea),
        ]
        self.landscape_dock = self.docks[-1]
        self.tabifyDockWidget(self.docks[1], self.docks[2])
        self.tabifyDockWidget(self.docks[2], self.landscape_dock)
        self.docks[1].raise_()
        self.importing = Importing(self, theme)
        self.menus = Actions(self)
        self._connect()
        self.resize(1280, 800)
        self.resizeDocks(self.docks, [290, 500, 500, 500], Qt.Orientation.Horizontal)
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

    def open_shipped(self) -> None:
        """Opens the trained model that ships with the application."""
        self.engine.open_shipped(SHIPPED_MODEL)

    def open_file(self, path: Path) -> None:
        """Opens a run file."""
        self.engine.open(path)

    def train(self) -> None:
        """Trains: on, where training was paused or a run was opened; from scratch on the model that ships."""
        frame = self.engine.frame
        if frame.activity in (Activity.TRAINING, Activity.LOADING):
            return
        if self.toolbar.continues(frame):
            self.engine.train()
        else:
            self._new_run(train=True)

    def reset(self) -> None:
        """Back to an untrained model with the seed of the toolbar."""
        if self.engine.frame.activity is not Activity.LOADING:
            self._new_run(train=False)

    def may_discard(self) -> bool:
        """Whether the session may go: it is saved, or the person says so, or saves it now."""
        frame = self.engine.frame
        if not frame.unsaved:
            return True
        box = QMessageBox(self)
        box.setObjectName("unsaved")
        box.setIcon(QMessageBox.Icon.Question)
        epochs = "1 epoch" if frame.epoch == 1 else f"{frame.epoch:,} epochs"
        box.setText(f"This run has {epochs} that no file holds.")
        box.setInformativeText("Save it before it goes?")
        buttons = QMessageBox.StandardButton
        box.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
        box.setDefaultButton(buttons.Save)
        answer = box.exec()
        if answer == buttons.Save:
            # Or another epoch is done before the question is settled.
            self.engine.pause()
            return self.menus.save() and self._is_saved()
        return answer == buttons.Discard

    def _is_saved(self) -> bool:
        """Waits until the engine has saved, or has said why it could not."""
        told = self.engine.frame.message_number
        loop, timer = QEventLoop(), QTimer(interval=FRAME_MILLISECONDS)
        timer.timeout.connect(
            lambda: None if self.engine.is_alive and self.engine.frame.message_number <= told else loop.quit()
        )
        timer.start()
        loop.exec()
        return not self.engine.frame.unsaved

    def open_experiments(self) -> None:
        """Opens the experiment browser, which is loaded the first time."""
        if self.experiments is None:
            self.experiments = ExperimentsWindow(self._theme, self.settings)
            self.experiments.running.connect(self.make_way)
        self.experiments.bring_up()

    def open_playground(self) -> None:
        """Opens the playground, which is made the first time."""
        if self.playground is None:
            self.playground = PlaygroundWindow(self._theme, self.settings, trains=True)
            self.playground.train.connect(self.train_on_points)
        self.playground.bring_up()

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
        if self.engine.frame.activity is not Activity.LOADING and self.may_discard():
            configuration = replace(PROBLEMS["points"].defaults, seed=self.toolbar.seed)
            self.engine.new(configuration, train=True, dataset=dataset)

    def set_theme(self, theme: Theme) -> None:
        """Dresses panels that draw themselves; the rest follows the application."""
        self._theme = theme
        self.importing.set_theme(theme)
        if self.experiments is not None:
            self.experiments.set_theme(theme)
        if self.playground is not None:
            self.playground.set_theme(theme)
        self.sampler.set_theme(theme)
        self.bias.set_theme(theme)
        self.training.set_theme(theme)
        self.equilibrium.set_theme(theme)
        self.landscape.set_theme(theme)

    def event(self, event: QEvent) -> bool:
        """Leaves Space to the button or list that was reached with the keyboard: it is the key that presses it."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            reached = self.testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
            pressed = isinstance(self.focusWidget(), QAbstractButton | QComboBox)
            plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
            if reached and pressed and plain and event.key() == Qt.Key.Key_Space:
                event.accept()
                return True
        return super().event(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Asks about unsaved epochs and experiments, remembers the layout, ends the threads."""
        if not self.may_discard() or (self.experiments is not None and not self.experiments.may_stop()):
            event.ignore()
            return
        self._timer.stop()
        self.menus.exports.end()
        if self.experiments is not None:
            self.experiments.end()
        if self.playground is not None:
            self.playground.end()
        self.settings.setValue("layout/geometry", self.saveGeometry())
        self.settings.setValue("layout/state", self.saveState(LAYOUT_VERSION))
        self.importing.end()
        self.engine.stop()
        super().closeEvent(event)

    def make_way(self, running: bool) -> None:
        """Holds the chains while something else needs the processor; a training goes on."""
        activity = self.engine.frame.activity
        if running and activity is Activity.SAMPLING:
            self._made_way = True
            self.engine.play(False)
        elif not running and self._made_way:
            self._made_way = False
            if activity is Activity.STILL:
                self.engine.play(True)

    def _new_run(self, train: bool) -> bool:
        """Starts a run on what was chosen to learn; whether the person has gone through with it."""
        name, facts = self.toolbar.problem, self.engine.frame.facts
        known = facts.configuration if facts is not None and facts.configuration.problem == name else None
        own = None if known is not None else self.importing.known.get(name)
        dataset = None if own is None else own.dataset
        if known is None and own is None and PROBLEMS[name].load is None:
            dataset = ask_for_points(self)
            if dataset is None:
                return False
        if not self.may_discard():
            return False
        before = known or (own.configuration if own is not None else None)
        configuration = replace(
            PROBLEMS[name].defaults if name in PROBLEMS else cast(Configuration, before),
            seed=self.toolbar.seed,
            planned_epochs=self.toolbar.epochs,
            planned_seconds=None,
        )
        self.engine.new(configuration, train=train, dataset=dataset)
        return True

    def _dock(self, title: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(f"dock-{title.lower()}")
        dock.setWidget(widget)
        self.addDockWidget(area, dock)
        return dock

    def _connect(self) -> None:
        engine, toolbar, sampler = self.engine, self.toolbar, self.sampler
        toolbar.train.connect(self.train)
        toolbar.pause.connect(engine.pause)
        toolbar.step.connect(self._step_epoch)
        toolbar.reset.connect(self.reset)
        toolbar.planned.connect(engine.plan_epochs)
        sampler.play.connect(engine.play)
        sampler.step.connect(engine.step_chains)
        sampler.speed.connect(engine.set_speed)
        sampler.kernel.connect(engine.set_kernel)
        sampler.kernel_controls.automatic.connect(lambda on: engine.tune_kernel(automatic=on))
        sampler.kernel_controls.tuned.connect(lambda name, value: engine.tune_kernel(**{name: value}))
        sampler.restart.connect(engine.restart)
        sampler.classify.connect(lambda wanted: self._want_classes("sampler", wanted))
        sampler.followed.connect(engine.follow_chain)
        sampler.restart_one.connect(engine.restart_one)
        sampler.told.connect(self.banner.show_message)
        self.landscape.classes_wanted.connect(lambda wanted: self._want_classes("landscape", wanted))
        self.landscape.barrier_wanted.connect(engine.find_barrier)
        self.landscape.minima_wanted.connect(engine.find_minima)
        self.landscape.dissection_wanted.connect(engine.dissect)
        self.landscape.stopped.connect(engine.stop_search)
        self.landscape_dock.visibilityChanged.connect(self.landscape.set_in_front)
        sampler.points.landscape.followed.connect(engine.follow_on_landscape)
        sampler.points.landscape.tracked.connect(engine.track_on_landscape)
        self.bias.composed.connect(engine.compose)
        self.bias.retrain.connect(engine.train_classifier)
        self.bias.adversary.connect(engine.train_discriminator)
        self.bias.trusted.connect(engine.trust_field)
        self.bias.compared.connect(engine.compare)
        self.bias.requests.chosen_chain = self._chosen_chain
        self.equilibrium.started.connect(engine.test_starts)
        self.equilibrium.stopped.connect(engine.stop_test)
        self.docks[2].visibilityChanged.connect(self.equilibrium.set_in_front)
        self.equilibrium.watched.connect(engine.watch_ladder)
        self.equilibrium.ladder.followed.connect(engine.follow_walker)

    def _want_classes(self, who: str, wanted: bool) -> None:
        """Has the chains classified while anyone wants to see their classes."""
        before = bool(self._classes_for)
        (self._classes_for.add if wanted else self._classes_for.discard)(who)
        if bool(self._classes_for) != before:
            self.engine.set_classify(not before)

    def _chosen_chain(self) -> ChosenChain | None:
        """The chain that is selected in the mosaic, as it is now."""
        index, frame = self.sampler.mosaic.selection, self.engine.frame
        if index is None or frame.snapshot is None or frame.facts is None or index >= len(frame.snapshot.x):
            return None
        return ChosenChain(index + 1, frame.snapshot.x[index])

    def _step_epoch(self) -> None:
        facts = self.engine.frame.facts
        goes_on = (
            facts is not None
            and facts.origin is not Origin.SHIPPED
            and facts.configuration.problem == self.toolbar.problem
        )
        if goes_on or self._new_run(train=False):
            self.engine.step_epoch()

    def _restore_layout(self) -> None:
        geometry = self.settings.value("layout/geometry")
        state = self.settings.value("layout/state")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        if isinstance(state, QByteArray):
            self.restoreState(state, LAYOUT_VERSION)

    def _poll(self) -> None:
        """Shows what is new in the mailbox: the chains at once, one plot in turn."""
        frame = self.engine.frame
        self._frames += 1
        if frame is not self._shown:
            self._show(frame)
        if self._frames % PLOT_FRAMES == 0:
            self.training.redraw()

    def _show(self, frame: Frame) -> None:
        previous, self._shown = self._shown, frame
        self.sampler.show_frame(frame)
        self.bias.show_frame(frame)
        self.training.show_frame(frame)
        self.equilibrium.show_frame(frame)
        self.landscape.show_frame(frame)
        self.toolbar.show_frame(frame)
        self.menus.exports.show_frame(frame)
        if previous is None or (previous.facts, previous.unsaved) != (frame.facts, frame.unsaved):
            self.setWindowTitle(_title(frame))
        if previous is not None and _number(previous) != _number(frame):
            self.banner.hide()
        if frame.message is not None and frame.message_number != self._message_number:
            self._message_number = frame.message_number
            self.banner.show_message(frame.message)


def _number(frame: Frame) -> int:
    return -1 if frame.facts is None else frame.facts.number


def _title(frame: Frame) -> str:
    if frame.facts is None:
        return "Landscape"
    facts = frame.facts
    source = {
        Origin.SHIPPED: "trained model",
        Origin.FILE: facts.path.name if facts.path else "",
        Origin.NEW: facts.path.name if facts.path else f"new run, seed {facts.configuration.seed}",
    }[facts.origin]
    return f"{facts.title} – {source}{' *' if frame.unsaved else ''} – Landscape"
