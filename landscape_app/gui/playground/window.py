"""The playground: Markov kernels at work on a surface, step by step, beside what is exactly known."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSettings, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from landscape_app.counting import counted
from landscape_app.gui.keyboard import keys_entry
from landscape_app.gui.menus import MenuEntry, add_menus, pressing
from landscape_app.gui.messages import Message
from landscape_app.gui.playground.mixing_table import MixingTable
from landscape_app.gui.playground.points_window import PointsWindow
from landscape_app.gui.playground.target_panel import POINTS, TargetPanel
from landscape_app.gui.playground.worker import (
    DEFAULT_CHAINS,
    DEFAULT_SPEED,
    PlaygroundState,
    PlaygroundWorker,
)
from landscape_app.gui.theme import Theme
from landscape_app.gui.trust import choose_code, reviewed
from landscape_app.gui.widgets.accessible import ChoiceBox
from landscape_app.gui.widgets.banner import Banner
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.kernel_controls import KernelControls
from landscape_app.gui.widgets.numbers import SpeedSlider
from landscape_app.gui.widgets.plots import EXPORT_KEYS, VIEW_KEYS
from landscape_app.gui.widgets.surface.axes import AXES_KEYS
from landscape_app.gui.widgets.surface.view import LandscapeView
from landscape_app.gui.widgets.tool_window import ToolWindow, Transport
from landscape_app.language import tr
from landscape_app.models.energy import EnergyError
from landscape_app.physics.fields import CodeError
from landscape_app.physics.kernels import KERNELS
from landscape_app.session.custom_field import FieldSource

POLL_MILLISECONDS = 16
COUNTS = (1, 4, 16, 64, 256, 1_024)
STARTS = {
    "everywhere": tr("From everywhere"),
    "minimum": tr("From the lowest minimum"),
    "exact": tr("From exact samples"),
}
NAME_LETTERS = 12
"""Of a name in a box where there is little room."""
SIDE = 360
"""Width of the column beside the landscape."""


class PlaygroundWindow(ToolWindow):
    """Target, kernel, landscape, and diagnostics; its chains pause while it is closed.

    Args:
        theme: colours.
        settings: where the geometry is remembered.
        trains: whether a model can be trained on the points that are drawn: `train` is heard.

    Signals:
        train: points, float64, shape (n, 2), that a model shall be trained on.

    Attributes:
        shown: state of the worker that is on view; None before the first.
    """

    train = Signal(object)

    def __init__(self, theme: Theme, settings: QSettings, trains: bool = False) -> None:
        super().__init__("playground", tr("Playground"), settings)
        self.shown: PlaygroundState | None = None
        self._points = np.zeros((0, 2))
        self._code: FieldSource | None = None
        self.worker = PlaygroundWorker()
        self.banner = Banner()
        self.view = LandscapeView(theme, "H/T")
        self.target = TargetPanel()
        self.mixing = MixingTable()
        self.kernel_controls = KernelControls()
        self.speed = SpeedSlider("playground-speed", DEFAULT_SPEED)
        self.transport = self._build_transport(theme)
        self.play_button, self.step_button = self.transport.play_button, self.transport.step_button
        self.caption = self.transport.caption
        self.points = PointsWindow(theme, trains, self)
        self._lay_out()
        self._fill_menus()
        self._connect()
        self.place()
        self._timer = QTimer(self, interval=POLL_MILLISECONDS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._poll)
        self.worker.start()

    def set_theme(self, theme: Theme) -> None:
        """Dresses what draws itself; the rest follows the application."""
        self.view.set_theme(theme)
        self.points.set_theme(theme)
        self.transport.set_theme(theme)

    def end(self) -> None:
        """Ends the thread, and closes the window for good."""
        self._timer.stop()
        self.points.close()
        self.worker.end()
        super().end()

    def showEvent(self, event: QShowEvent) -> None:
        """Looks at the worker's state again."""
        super().showEvent(event)
        self._timer.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space plays or pauses the chains, where no control needs it."""
        if event.key() == Qt.Key.Key_Space and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            self.play_button.click()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Holds the chains."""
        self.worker.play(False)
        self._timer.stop()
        self.points.close()
        super().closeEvent(event)

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(6)
        left.addWidget(self.view, 1)
        left.addWidget(self.transport)
        left.addLayout(self._build_options())
        left.addWidget(self.kernel_controls)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(_card(tr("What is sampled"), self.target))
        right.addWidget(_card(tr("Have the chains mixed?"), self.mixing))
        right.addStretch(1)
        column = QWidget()
        column.setFixedWidth(SIDE)
        column.setLayout(right)
        right.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout()
        row.setContentsMargins(8, 8, 8, 8)
        row.setSpacing(10)
        row.addLayout(left, 1)
        row.addWidget(column)
        self.put_under(self.banner, row)

    def _build_transport(self, theme: Theme) -> Transport:
        transport = Transport("playground", tr("chains"), self.speed, theme)
        transport.step_button.setAccessibleName(tr("Move the chains by one kernel step"))
        transport.step_button.setToolTip(
            tr("One step, then pause (.): the arrow shows what was proposed, and what became of it")
        )
        transport.caption.setAccessibleName(tr("What the chains do"))
        return transport

    def _build_options(self) -> QHBoxLayout:
        self.kernel_box = set_name(ChoiceBox(), "playground-kernel")
        self.kernel_box.setAccessibleName(tr("Kernel"))
        self.kernel_box.setToolTip(
            tr("How a chain proposes its next place. All are exact: they leave the density unchanged.")
        )
        self.kernel_box.activated.connect(lambda i: self.worker.set_kernel(self.kernel_box.itemData(i)))
        self.count_box = set_name(ChoiceBox(), "playground-count")
        self.count_box.setAccessibleName(tr("Number of chains"))
        self.count_box.setToolTip(tr("Number of chains; a change starts them anew"))
        for count in COUNTS:
            self.count_box.addItem(counted(count, "chain"), count)
        self.count_box.setCurrentIndex(COUNTS.index(DEFAULT_CHAINS))
        self.count_box.activated.connect(lambda _: self.restart())
        self.start_box = set_name(ChoiceBox(), "playground-start")
        self.start_box.setAccessibleName(tr("Where the chains start"))
        self.start_box.setToolTip(
            tr(
                "Where the chains start. From exact samples they should stay as they are: the kernel leaves the "
                "density unchanged. From one minimum they have to find the others."
            )
        )
        for place, text in STARTS.items():
            self.start_box.addItem(text, place)
        self.start_box.activated.connect(lambda _: self.restart())
        self.restart_button = set_name(QToolButton(), "playground-restart", text=tr("Restart"))
        self.restart_button.setAccessibleName(tr("Restart the chains"))
        self.restart_button.setToolTip(tr("Start the chains anew (R)"))
        self.restart_button.clicked.connect(self.restart)
        row = QHBoxLayout()
        for box in (self.kernel_box, self.start_box):
            # As wide as there is room for: the window need not grow with a longer name.
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(NAME_LETTERS)
        row.addWidget(self.kernel_box, 1)
        row.addWidget(self.count_box)
        row.addWidget(self.start_box, 1)
        row.addWidget(self.restart_button)
        row.addStretch(1)
        return row

    def _connect(self) -> None:
        worker, target = self.worker, self.target
        self.transport.played.connect(worker.play)
        self.transport.stepped.connect(worker.step_chains)
        self.speed.changed.connect(worker.set_speed)
        self.kernel_controls.automatic.connect(lambda on: worker.tune_kernel(automatic=on))
        self.kernel_controls.tuned.connect(lambda name, value: worker.tune_kernel(**{name: value}))
        self.view.followed.connect(worker.follow)
        self.view.tracked.connect(worker.track)
        target.chosen.connect(self._choose)
        target.written.connect(worker.take_formula)
        target.file_wanted.connect(self._choose_code)
        target.widened_box.connect(self._sample_code)
        target.heated.connect(worker.set_temperature)
        target.widened.connect(lambda factor: worker.take_points(self._points, factor))
        target.drawing.connect(self.points.bring_up)
        self.points.used.connect(self.sample_points)
        self.points.train.connect(self.train)

    def _fill_menus(self) -> None:
        view, tip = self.view, tr("Follow another chain: its steps are drawn")
        actions = add_menus(
            self,
            {
                tr("&Chains"): [
                    pressing(tr("Play or pause"), "Space", self.play_button),
                    pressing(tr("One step"), ".", self.step_button),
                    pressing(tr("Restart"), "R", self.restart_button),
                    None,
                    MenuEntry(tr("Follow the next"), "N", "next", lambda: self._follow_next(1), tip),
                    MenuEntry(
                        tr("Follow the one before"), "Shift+N", "before", lambda: self._follow_next(-1), tip
                    ),
                    None,
                    MenuEntry(
                        tr("Close"), "Ctrl+W", "close", self.close, tr("Close the window; its chains pause")
                    ),
                ],
                tr("&Landscape"): [
                    MenuEntry(
                        tr("Draw your own points…"),
                        "Ctrl+D",
                        "draw",
                        self.points.bring_up,
                        self.target.draw_button.toolTip(),
                    ),
                    MenuEntry(
                        tr("Show all of it"),
                        "Home",
                        "reset",
                        view.reset_button.click,
                        tr("End the enlargement of the landscape"),
                    ),
                    MenuEntry(
                        tr("Tracks of all chains"),
                        "T",
                        "tracks",
                        view.tracks_switch.toggle,
                        view.tracks_switch.toolTip(),
                    ),
                ],
                tr("&Help"): [keys_entry(self, (AXES_KEYS, EXPORT_KEYS, VIEW_KEYS))],
            },
        )
        # As a shortcut of the window it would take from every button the key that presses it.
        actions[self.play_button.objectName()].setShortcutContext(Qt.ShortcutContext.WidgetShortcut)

    def restart(self) -> None:
        """Starts the chains anew, as many and from where it is set."""
        self.worker.restart(str(self.start_box.currentData()), int(self.count_box.currentData()))

    def sample_points(self, points: np.ndarray) -> None:
        """Takes the density of points, shape (n, 2), as the target."""
        self._points = points
        self.target.offer_points(len(points))
        self.worker.take_points(points, self.target.factor_box.value())

    def _choose(self, name: str) -> None:
        if name == POINTS:
            self.worker.take_points(self._points, self.target.factor_box.value())
        else:
            self.worker.choose(name)

    def _choose_code(self) -> None:
        """Asks for a Python file, and for the user's trust in it."""
        path = choose_code(self, tr("the energy's file"))
        found = None if path is None else reviewed(self, path, (), EnergyError)
        if isinstance(found, CodeError):
            self.banner.show_message(Message("error", str(found)))
        if isinstance(found, FieldSource):
            self._code = found
            self.target.offer_code(found.path.name)
            self._sample_code(self.target.wall_box.value())

    def _sample_code(self, wall: float) -> None:
        """Samples the Python file between walls; without one the last target goes on."""
        if self._code is not None:
            self.worker.take_code(self._code, wall)

    def _follow_next(self, step: int) -> None:
        box = self.view.chain_box
        if box.maximum() > 0:
            box.setValue((box.value() - 1 + step) % box.maximum() + 1)

    def _poll(self) -> None:
        """Shows the worker's state where it is new."""
        state, before = self.worker.state, self.shown
        if state is before:
            return
        self.shown = state
        if state.landscape is not None:
            self.view.show_landscape(state.landscape)
            self.view.show_data(state.data)
        if state.chains is not None:
            self.view.show_chains(state.chains)
        if before is None or before.followed != state.followed:
            self.view.show_followed(state.followed)
        self.target.show_state(state)
        self.mixing.show_mixing(state.mixing, state.kernel is not None and state.kernel.adapting)
        self._show_kernel(state, before)
        self.transport.show_state(state, tr("{rate:.0f} a second", rate=state.rate))
        if state.message is not None and (before is None or before.message_number != state.message_number):
            self.banner.show_message(state.message)

    def _show_kernel(self, state: PlaygroundState, before: PlaygroundState | None) -> None:
        if state.kernel is None:
            return
        if before is None or before.kernels != state.kernels:
            self.kernel_box.clear()
            for name in state.kernels:
                self.kernel_box.addItem(KERNELS[name].label, name)
        failed = before is not None and before.message_number != state.message_number
        if failed:
            self.kernel_controls.forget()
        index = self.kernel_box.findData(state.kernel.name)
        changed = before is None or before.kernel is None or before.kernel.name != state.kernel.name
        if (
            changed or failed or self.kernel_box.currentIndex() < 0
        ) and index != self.kernel_box.currentIndex():
            with QSignalBlocker(self.kernel_box):
                self.kernel_box.setCurrentIndex(index)
        if before is None or failed or before.kernel != state.kernel:
            self.kernel_controls.show_record(state.kernel)


def _card(title: str, content: QWidget) -> QFrame:
    card = set_name(QFrame(), "card")
    layout = QVBoxLayout(card)
    layout.addWidget(set_name(QLabel(title), "title"))
    layout.addWidget(content)
    return card
