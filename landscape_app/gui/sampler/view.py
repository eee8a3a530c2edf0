"""The sampler view: the chains as a mosaic, the kernel that moves them, and one of them in detail."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property, partial
from typing import NamedTuple

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QSlider,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from landscape_app.gui.menus import MenuEntry, Row, pressing
from landscape_app.gui.sampler.arrangement import Arrangement, MosaicTools, Trait
from landscape_app.gui.sampler.chain_detail import (
    ChainDetail,
    caption_of,
    drag_out,
    picture_of,
    words_of_chain,
)
from landscape_app.gui.sampler.colour_key import ColourKey
from landscape_app.gui.sampler.memory import MemoryBar
from landscape_app.gui.sampler.outcome import Outcomes
from landscape_app.gui.sampler.points_view import PointsView
from landscape_app.gui.sampler.recording import Beside, RecordControls, TakenFrame
from landscape_app.gui.sampler.side_by_side import BETWEEN, ComparedMosaic, ComparedTitles
from landscape_app.gui.state import DEFAULT_SPEED, Activity, EngineState, Facts
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.accessible import ChoiceBox
from landscape_app.gui.widgets.buttons import transport_icon
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.fixed import lay_out_panel
from landscape_app.gui.widgets.kernel_controls import KernelControls
from landscape_app.gui.widgets.mosaic import WHEEL_ZOOM, Mosaic, columns_for
from landscape_app.gui.widgets.paragraph import ShortenedLabel
from landscape_app.language import tr
from landscape_app.physics.kernels import KERNELS

COUNTS = (16, 36, 64, 100, 144, 256, 400, 1024, 2025, 4096)
MOST_BESIDE = 420
"""Width of the detail beside the mosaic when it is opened, where the mosaic leaves it more."""

LEAST_HEIGHT = 110
"""Pixels of the mosaic above all that can be below it."""

GAP_ABOVE_WORDS = 4
"""Pixels between the mosaics and what stands above or below them."""

ANY_HEIGHT = (1 << 24) - 1
"""Pixels that Qt lets a widget be high."""

ARROW = 44
"""Width of a picker beside its text."""

FASTEST = 30.0 ** (99 / 69)
"""Steps a second at the slider's end but one, such that 30 falls on a mark; its end is as fast as can be."""
OPENING = tr("Opening a trained model …")
NOTHING = tr(
    "No model is open. Train one (Ctrl+T), open a run (Ctrl+O) or the trained digits model (Ctrl+D), or drop your "
    "own images or table here (Ctrl+Shift+I)."
)
PLACES = {
    "chains": tr("From the model's samples"),
    "base": tr("From the base measure q"),
    "noise": tr("From noise"),
    "data": tr("From the training data"),
}


class TellingSplitter(QSplitter):
    """Tells when it has another size.

    Signals:
        resized: its parts have their places in it.
    """

    resized = Signal()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Places its parts, and tells."""
        super().resizeEvent(event)
        self.resized.emit()


class Fitted(NamedTuple):
    """A mosaic in a room.

    Attributes:
        scale: pixels of the window for one of an image.
        size: of the mosaic, in pixels of the window.
    """

    scale: float
    size: QSize


class SamplerView(QWidget):
    """Mosaic, transport and detail.

    Signals:
        play: whether the chains shall move.
        step_chains: one kernel step.
        set_speed: kernel steps a second; infinity for as fast as can be.
        set_kernel: name of the kernel.
        restart: place to start from, and number of chains.
        classes_wanted: whether predicted classes are wanted.
        follow_chain: number of the chain to follow, None for none.
        restart_one: number of a chain to start anew.
        follow_on_landscape: index of the chain to follow on a landscape of points, None for none.
        track_on_landscape: whether snapshots shall tell where all its chains have been.
        told: something to tell the person, a `Message`.
        start_from_pattern: a pattern's index, a `Damage`, the only chain to start there or None, whether they fall.
        fall: the chains shall fall at T = 0.
        wander: they shall go on at the composition's temperature.
        experiment_wanted: name of an experiment to open.

    Attributes:
        state: the state on view; None before the first.
    """

    play = Signal(bool)
    step_chains = Signal()
    set_speed = Signal(float)
    set_kernel = Signal(str)
    restart = Signal(str, int)
    classes_wanted = Signal(bool)
    follow_chain = Signal(object)
    restart_one = Signal(int)
    follow_on_landscape = Signal(object)
    track_on_landscape = Signal(bool)
    told = Signal(object)
    start_from_pattern = Signal(int, object, object, bool)
    fall = Signal()
    wander = Signal()
    experiment_wanted = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("sampler-view")
        self._theme = theme
        self.state: EngineState | None = None
        self.drawn: object = None
        self._compared_shape: tuple[int, ...] = ()
        self._edges: dict[tuple[Qt.Orientation, int], int] = {}
        self._kernels: tuple[str, ...] = ()
        self.mosaic = Mosaic(theme)
        self.mosaic.set_placeholder(OPENING)
        self.mosaic.describe = self._describe
        self.mosaic.setToolTip(
            tr(
                "The Markov chains, each as it is now. Click one to follow it, or go there with the arrow keys"
            )
        )
        self.compared = ComparedMosaic(self.mosaic, theme)
        self.data_beside = QAction(tr("Training data beside the chains"), self)
        self.data_beside.setObjectName("action-data-beside")
        self.data_beside.setCheckable(True)
        self.data_beside.setToolTip(
            tr(
                "As many training images as chains, of the same size; a comparison of A and B takes their place"
            )
        )
        self.data_beside.toggled.connect(self._set_data_beside)
        self.titles, self.outcomes = ComparedTitles(), Outcomes()
        for mosaic in (self.mosaic, self.compared.mosaic):
            mosaic.setMinimumHeight(LEAST_HEIGHT)
        self.detail = ChainDetail(theme)
        self.caption = set_name(ShortenedLabel(), "muted")
        self.caption.setAccessibleName(tr("What the mosaic shows"))
        self.detail.setVisible(False)
        self.arrangement = Arrangement()
        self.colour_key = ColourKey(theme)
        self.record = RecordControls(self._take)
        self.tools = MosaicTools(self.record)
        self.memory = MemoryBar(theme)
        self._build_controls()
        self._body = set_name(TellingSplitter(Qt.Orientation.Vertical), "mosaic-and-detail")
        self._body.resized.connect(self._fit)
        self.chains = QStackedWidget()
        self._pages: list[ComparedMosaic | PointsView] = []
        self._add_page(self.compared)
        self._shown = QWidget()
        column = QVBoxLayout(self._shown)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP_ABOVE_WORDS)
        column.addWidget(self.titles)
        column.addWidget(self.chains, 1)
        column.addWidget(self.outcomes)
        # Below what stands under two mosaics that are not as high as there is room.
        column.addStretch(0)
        self._body.addWidget(self._shown)
        self._body.addWidget(self.detail)
        self._body.setStretchFactor(0, 1)
        self._body.setStretchFactor(1, 0)
        self._body.setChildrenCollapsible(False)
        self._body.splitterMoved.connect(self._keep_edge)
        head = QHBoxLayout()
        head.addWidget(self.caption, 1)
        head.addWidget(self.colour_key)
        lay_out_panel(
            self,
            [self._body, self.memory],
            head=[self.tools, head],
            foot=[self._transport, self._options, self.kernel_controls],
            filling=0,
        )
        self._connect()

    @cached_property
    def points(self) -> PointsView:
        """Chains that are points, built for the first model of any: a quarter of the time that a window takes."""
        points = PointsView(self._theme)
        points.landscape.followed.connect(self.follow_on_landscape)
        points.landscape.tracked.connect(self.track_on_landscape)
        self._add_page(points)
        return points

    def _add_page(self, page: ComparedMosaic | PointsView) -> None:
        self._pages.append(page)
        self.chains.addWidget(page)

    def _connect(self) -> None:
        self.mosaic.selected.connect(self.select)
        self.mosaic.dragged.connect(self._drag)
        self.mosaic.zoomed.connect(self.tools.show_zoom)
        self.tools.whole.connect(self.mosaic.reset_zoom)
        self.tools.tinted.connect(self._set_tint)
        self.tools.sorted.connect(self._set_order)
        self.detail.closed.connect(lambda: self.select(None))
        self.detail.restarted.connect(self.restart_one)
        self.detail.told.connect(self.told)
        self.detail.grown.connect(self._fit)
        self.record.told.connect(self.told)
        self.memory.start.connect(self.start_from_pattern)
        self.memory.fall.connect(self.fall)
        self.memory.wander.connect(self.wander)
        self.memory.told.connect(self.told)
        self.memory.experiment_wanted.connect(self.experiment_wanted)

    def _build_controls(self) -> None:
        self.play_button = set_name(QToolButton(), "chains-play")
        self.play_button.setCheckable(True)
        self.play_button.setChecked(True)
        self.play_button.setAccessibleName(tr("Play or pause the chains"))
        self.play_button.setToolTip(tr("Play or pause the chains (Space)"))
        self.play_button.clicked.connect(self.play)
        self.step_button = set_name(QToolButton(), "chains-step", text=tr("Step the chains"))
        self.step_button.setAccessibleName(tr("Step the chains"))
        self.step_button.setToolTip(tr("One kernel step of every chain, then pause (.)"))
        self.step_button.clicked.connect(self.step_chains)
        self.speed_slider = set_name(QSlider(Qt.Orientation.Horizontal), "chains-speed")
        self.speed_slider.setAccessibleName(tr("Speed of the chains"))
        self.speed_slider.setRange(0, 100)
        self.speed_slider.setToolTip(
            tr(
                "Kernel steps a second: a step proposes a new value for every site of every chain "
                "(one site for the single-site kernel).<br>At the right end: as fast as this machine can."
            )
        )
        self.speed_slider.setValue(_slider_from_speed(DEFAULT_SPEED))
        self.speed_slider.valueChanged.connect(self._on_speed)
        self.speed_label = set_name(QLabel(), "muted")
        self.speed_label.setMinimumWidth(self.fontMetrics().horizontalAdvance(tr("full speed") + " "))
        self._on_speed(self.speed_slider.value())
        self.kernel_box = set_name(ChoiceBox(), "kernel")
        self.kernel_box.setAccessibleName(tr("Kernel"))
        self.kernel_box.setToolTip(
            tr(
                "How a chain proposes its next state. All are exact: they leave q·exp(−H) unchanged.<br>"
                "Langevin and Hamiltonian kernels follow the energy's slope; random walk and single site are blind."
            )
        )
        self.kernel_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.kernel_box.setMinimumContentsLength(13)
        self.kernel_box.activated.connect(lambda i: self.set_kernel.emit(self.kernel_box.itemData(i)))
        self.count_box = set_name(ChoiceBox(), "chain-count")
        self.count_box.setAccessibleName(tr("Number of chains on view"))
        self.count_box.setToolTip(tr("Chains on view"))
        for count in COUNTS:
            self.count_box.addItem(tr("{count:,} chains", count=count), count)
        self.count_box.setCurrentIndex(COUNTS.index(100))
        self.count_box.activated.connect(lambda: self.restart.emit("chains", self.count))
        self.restart_button = set_name(QToolButton(), "restart", text=tr("Restart ▾"))
        self.restart_button.setAccessibleName(tr("Restart the chains"))
        self.restart_button.setToolTip(tr("Start the chains anew (R: from the model's samples)"))
        self.restart_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.restart_button)
        for place, text in PLACES.items():
            action = menu.addAction(text)
            action.setObjectName(f"restart-{place}")
            action.setToolTip(tr("All chains on view start there"))
            action.triggered.connect(lambda _=False, place=place: self._restart(place))
        self.restart_button.setMenu(menu)
        self.kernel_controls = KernelControls()
        self._transport = QHBoxLayout()
        for widget in (self.play_button, self.step_button):
            self._transport.addWidget(widget)
        self._transport.addSpacing(8)
        self._transport.addWidget(set_name(QLabel(tr("Speed")), "muted"))
        self._transport.addWidget(self.speed_slider, 1)
        self._transport.addWidget(self.speed_label)
        self._options = QHBoxLayout()
        self._options.addWidget(self.kernel_box, 1)
        self._options.addWidget(self.count_box)
        self._options.addWidget(self.restart_button)
        self._options.addStretch(0)

    @property
    def count(self) -> int:
        """Number of chains asked for."""
        return int(self.count_box.currentData())

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        self.colour_key.set_theme(theme)
        self._arrange()
        self.mosaic.set_theme(theme)
        for page in self._pages:
            page.set_theme(theme)
        self.memory.set_theme(theme)
        self.detail.set_theme(theme)
        self._show_play_icon()

    def select(self, index: int | None) -> None:
        """Shows a chain in detail, or none."""
        self.mosaic.select(index)
        self.detail.follow(index)
        self.memory.follow(index)
        self.detail.setVisible(index is not None)
        self._fit()
        if self.state is not None:
            self.detail.show_state(self.state)
        self.follow_chain.emit(index)

    def _fit(self) -> None:
        """Places the detail, and arranges two mosaics and their words in the room that it leaves."""
        self.titles.set_lines(self.outcomes.fit(0))
        self._place_detail()
        self._fit_compared()

    def _fit_compared(self) -> None:
        """Has two mosaics fill their room, their words close below.

        Words that are too long for one line have a second where mosaics with as many rows as columns leave that free.
        """
        height, in_row, shown = ANY_HEIGHT, None, self.mosaic.shown
        columns = self.compared.columns
        if columns > 1 and shown is not None:
            area = self._area
            across = (area.width() - BETWEEN) // columns
            free = area.height() - self._words
            spare = free - math.ceil(replace(shown, in_row=None).height_at(across))
            self.titles.set_lines(self.outcomes.fit(across, spare - self.titles.fontMetrics().lineSpacing()))
            room = QSize(across, max(LEAST_HEIGHT, area.height() - self._words))
            in_row = columns_for(len(shown), shown.cell, shown.gap, room)
            height = max(LEAST_HEIGHT, math.ceil(replace(shown, in_row=in_row).height_in(room)))
        self.chains.setMaximumHeight(height)
        if self.compared.in_row != in_row:
            self.compared.in_row, self.compared.drawn = in_row, None
            self._arrange()
            if self.state is not None:
                self._show_compared(self.state)

    @property
    def _words(self) -> int:
        """Height of what stands above and below the chains."""
        return self._shown.sizeHint().height() - self.chains.sizeHint().height()

    @property
    def _area(self) -> QSize:
        """Room of the chains with their words, beside or above the detail."""
        if not self.detail.isVisibleTo(self):
            return self._body.size()
        first = self._body.sizes()[0]
        beside = self._body.orientation() is Qt.Orientation.Horizontal
        return QSize(first, self._body.height()) if beside else QSize(self._body.width(), first)

    def _place_detail(self) -> None:
        """Puts the detail below the mosaics or beside them, wherever they stay larger, into the room that they leave.

        Where the person has moved the edge between them, it stays.
        """
        if not self.detail.isVisibleTo(self):
            return
        columns, words = self.compared.columns, self._words
        width, height = self._body.width(), self._body.height()
        tall, low = self.detail.least_size(tall=True), self.detail.least_size(tall=False)
        beside = self._chains_in((width - tall.width()) // columns, height - words)
        below = self._chains_in(width // columns, height - words - low.height())
        orientations = Qt.Orientation
        # Beside mosaics that are as narrow as may be, it would push the panels into tabs.
        fits = self._shown.minimumSizeHint().width() + self._body.handleWidth() + tall.width() <= width
        is_beside = beside.scale > below.scale and fits
        orientation = orientations.Horizontal if is_beside else orientations.Vertical
        if orientation is not self._body.orientation():
            self._body.setOrientation(orientation)
            self.detail.set_tall(is_beside)
        if is_beside:
            left = width - columns * beside.size.width()
            whole, spare = width, max(tall.width(), min(left, MOST_BESIDE))
        else:
            whole, spare = height, max(low.height(), height - words - below.size.height())
        room = self._edges.get((orientation, columns), spare)
        self._body.setSizes([whole - room, room])

    def _chains_in(self, width: int, height: int) -> Fitted:
        """A mosaic in a room, in as many columns as there."""
        shown, room = self.mosaic.shown, QSize(max(1, width), max(1, height))
        if shown is None:
            return Fitted(float(min(room.width(), room.height())), room)
        if self.compared.columns > 1:
            shown = replace(shown, in_row=columns_for(len(shown), shown.cell, shown.gap, room))
        high, wide = shown.size
        scale = min(room.height() / high, room.width() / wide)
        return Fitted(scale, QSize(round(scale * wide), round(scale * high)))

    def _keep_edge(self) -> None:
        """Remembers where the person has put the edge between mosaics and detail."""
        self._edges[self._body.orientation(), self.compared.columns] = self._body.sizes()[1]
        self._fit_compared()

    def menu(self) -> list[Row]:
        """Rows of the menu of the chains."""
        mosaic, tools = self.mosaic, self.tools
        restarts = [
            MenuEntry(
                text,
                key,
                f"restart-{place}",
                partial(self._restart, place),
                tr("Start all chains on view anew from there"),
            )
            for text, key, place in (
                (tr("Restart from the model's samples"), "R", "chains"),
                (tr("Restart from the base measure"), "Shift+B", "base"),
                (tr("Restart from noise"), "Shift+N", "noise"),
                (tr("Restart from data"), "Shift+D", "data"),
            )
        ]
        return [
            pressing(tr("Play or pause"), "Space", self.play_button),
            pressing(tr("Step the chains"), ".", self.step_button),
            *restarts,
            pressing(tr("Restart the one that is followed"), "Shift+R", self.detail.restart_button),
            MenuEntry(
                tr("Start from a damaged pattern…"),
                "Ctrl+Shift+M",
                "recall-damaged",
                self.memory.open_dialog,
                tr(
                    "Of a model that remembers patterns: choose one and its damage, and let the chains fall or wander"
                ),
            ),
            MenuEntry(
                tr("Fall at T = 0"),
                "Z",
                "recall-fall",
                self.fall.emit,
                tr("Of coupled spins: each in turn points along its field, until none turns any more"),
            ),
            None,
            MenuEntry(
                tr("Tint by the next: class, energy, age"),
                "T",
                "tint",
                tools.next_tint,
                tr("Colour the chains by what they are told apart by"),
            ),
            MenuEntry(
                tr("Sort by the next: class, energy, age"),
                "S",
                "sort",
                tools.next_order,
                tr("Put the chains in another order"),
            ),
            self.data_beside,
            MenuEntry(
                tr("Enlarge the mosaic"),
                "Ctrl++",
                "zoom-in",
                lambda: mosaic.zoom_by(WHEEL_ZOOM),
                tr("About the selected chain, or the middle; as with the wheel"),
            ),
            MenuEntry(
                tr("Make the mosaic smaller"),
                "Ctrl+-",
                "zoom-out",
                lambda: mosaic.zoom_by(1 / WHEEL_ZOOM),
                tr("As with the wheel"),
            ),
            MenuEntry(
                tr("All chains in sight"),
                "Ctrl+0",
                "zoom-whole",
                mosaic.reset_zoom,
                tr("End the enlargement of the mosaic"),
            ),
            MenuEntry(
                tr("Record the mosaic, or stop"),
                "Ctrl+Shift+R",
                "record",
                self.record.toggle,
                tr("Record the chains as they move, as a GIF or an animated PNG"),
            ),
            MenuEntry(
                tr("Stop following a chain"),
                "Esc",
                "unfollow",
                lambda: self.select(None),
                tr("Close the chain's card"),
            ),
        ]

    def _restart(self, place: str) -> None:
        self.restart.emit(place, self.count)

    def show_state(self, state: EngineState) -> None:
        """Draws a state of the engine."""
        previous, self.state = self.state, state
        if previous is None or previous.activity is not state.activity:
            self._show_activity(state)
        if state.facts is not None:
            if previous is None or previous.facts is not state.facts:
                self._take_facts(state.facts)
            self.tools.allow_classes(state.accuracy is not None)
        self._show_kernel(state, previous)
        if previous is not None and state.has_failed_since(previous):
            self._show_count(state)
        if state.snapshot is not None and state.snapshot is not self.drawn and state.facts is not None:
            self.drawn = state.snapshot
            self._show_chains(state)
            if self.detail.isVisible():
                if self.mosaic.selection is None:
                    self.select(None)
                self.detail.show_state(state)
        self._show_compared(state)
        self.titles.show_state(state, self.compared.data_of(state))
        self.outcomes.show_state(state)
        mosaic = self.mosaic.shown
        shape: tuple[int, ...] = ()
        if self.compared.columns > 1 and mosaic is not None:
            shape = len(mosaic), *mosaic.cell, self.titles.sizeHint().height()
        if shape != self._compared_shape:
            self._compared_shape = shape
            self._fit()
        if self.chains.currentWidget() is not self.compared:
            self.points.show_compared(state)
        self.memory.show_state(state)
        caption = caption_of(state)
        if self.caption.text() != caption:
            self.caption.setText(caption, caption_of(state, in_short=True))

    def _take_facts(self, facts: Facts) -> None:
        """Makes way for another session: the one place that says what its chains are shown as."""
        of_images = facts.space.is_discrete
        shown = self.compared if of_images else self.points
        self.chains.setCurrentWidget(shown)
        for page in self._pages:
            # A page that is hidden needs no room.
            needs = QSizePolicy.Policy.Preferred if page is shown else QSizePolicy.Policy.Ignored
            page.setSizePolicy(needs, needs)
        self.tools.setVisible(of_images)
        self.data_beside.setEnabled(of_images and not facts.is_given)
        self.colour_key.setVisible(of_images)
        if not of_images:
            self.select(None)

    def _show_chains(self, state: EngineState) -> None:
        if self.chains.currentWidget() is self.compared:
            self._arrange()
        else:
            self.points.show_state(state)

    def _list_kernels(self, names: tuple[str, ...]) -> None:
        self._kernels = names
        self.kernel_box.clear()
        for name in names:
            self.kernel_box.addItem(KERNELS[name].label, name)
        longest = max(self.fontMetrics().horizontalAdvance(KERNELS[name].label) for name in names)
        self.kernel_box.setMaximumWidth(max(longest + ARROW, self.kernel_box.minimumSizeHint().width()))

    def _show_kernel(self, state: EngineState, previous: EngineState | None) -> None:
        if state.facts is None or state.kernel is None:
            return
        listed = state.facts.kernels == self._kernels
        if not listed:
            self._list_kernels(state.facts.kernels)
        before = previous.kernel if previous is not None else None
        refused = previous is not None and state.has_failed_since(previous)
        if before is None or refused or not listed or before.name != state.kernel.name:
            self.kernel_box.setCurrentIndex(max(0, self.kernel_box.findData(state.kernel.name)))
        if refused:
            self.kernel_controls.forget()
        if refused or before != state.kernel:
            self.kernel_controls.show_record(state.kernel)

    def _show_count(self, state: EngineState) -> None:
        """Back to the number of chains that there are, where another was asked for and could not be had."""
        index = -1 if state.snapshot is None else self.count_box.findData(len(state.snapshot.x))
        if index >= 0:
            self.count_box.setCurrentIndex(index)

    def _show_activity(self, state: EngineState) -> None:
        self.mosaic.set_placeholder(OPENING if state.activity is Activity.LOADING else NOTHING)
        moving = state.activity in (Activity.SAMPLING, Activity.TRAINING)
        training = state.activity is Activity.TRAINING
        self.play_button.setChecked(moving)
        ready = state.facts is not None
        for widget in (self.play_button, self.step_button, self.kernel_box, self.restart_button):
            widget.setEnabled(ready and not training)
        self.count_box.setEnabled(ready and not training)
        self.speed_slider.setEnabled(ready and not training)
        self.kernel_controls.set_active(ready and not training)
        self._show_play_icon()

    def _show_play_icon(self) -> None:
        moving = self.play_button.isChecked()
        shade = self._theme.on_accent if moving else self._theme.text
        if not self.play_button.isEnabled():
            shade = self._theme.muted
        self.play_button.setIcon(transport_icon(moving, shade))

    def _set_data_beside(self, on: bool) -> None:
        self.compared.wants_data = on
        if self.state is not None:
            self.show_state(self.state)

    def _set_tint(self, trait: Trait) -> None:
        self.arrangement.tint = trait
        self._look_again()

    def _set_order(self, trait: Trait) -> None:
        self.arrangement.sort = trait
        self.arrangement.sort_afresh()
        self._look_again()

    def _look_again(self) -> None:
        self.classes_wanted.emit(self.arrangement.needs_classes)
        self._arrange()
        if self.state is not None:
            self._show_compared(self.state)

    def _show_compared(self, state: EngineState) -> None:
        """Draws A in the colours of B."""
        self.compared.show_state(state, lambda chains: self.arrangement.tinting_beside(chains, self._theme))

    def _arrange(self) -> None:
        """Puts the chains on view in their places and colours."""
        state = self.state
        if state is None or state.snapshot is None or state.facts is None or not state.facts.space.levels:
            return
        if state.activity is Activity.STILL:
            self.arrangement.sort_afresh()
        snapshot = state.snapshot
        self.arrangement.class_names = state.facts.class_names
        compared = None if state.compared is None else state.compared.snapshot
        order = self.arrangement.order(snapshot)
        tinting = self.arrangement.tinting(snapshot, self._theme, compared)
        self.mosaic.show_images(
            state.facts.space.as_images(snapshot.x),
            state.facts.space.levels,
            order,
            tinting,
            self.compared.in_row,
        )
        self.colour_key.show_scale(self.arrangement.scale(self._theme) if tinting is not None else None)

    def _take(self) -> TakenFrame | None:
        """Frame that a recording takes now."""
        state = self.state
        if self.mosaic.shown is None or state is None or state.snapshot is None or state.facts is None:
            return None
        provenance = state.provenance(state.snapshot.source, None)
        other = self.compared.mosaic.shown if self.compared.columns > 1 else None
        beside = None if other is None else Beside(other, (self.titles.a.text(), self.titles.b.text()))
        tinted = self.mosaic.shown.tinting is not None and (other is None or other.tinting is not None)
        return TakenFrame(
            self.mosaic.shown, self._theme, provenance, beside, self.colour_key.scale if tinted else None
        )

    def _drag(self, index: int) -> None:
        state = self.state
        if state is None or state.snapshot is None or state.facts is None:
            return
        step = None if state.snapshot.training or state.sweep is None else state.sweep.sweep
        drag_out(self.mosaic, picture_of(state, state.snapshot.x[index], index, step, state.snapshot.source))

    def _describe(self, index: int) -> str:
        return "" if self.state is None else words_of_chain(self.state, index)

    def _on_speed(self, value: int) -> None:
        speed = _speed_from_slider(value)
        self.speed_label.setText(
            tr("full speed") if math.isinf(speed) else tr("{speed:.0f} steps/s", speed=speed)
        )
        self.set_speed.emit(speed)


def _speed_from_slider(value: int) -> float:
    return math.inf if value >= 100 else FASTEST ** (value / 99)


def _slider_from_speed(speed: float) -> int:
    return round(99 * math.log(speed) / math.log(FASTEST))
