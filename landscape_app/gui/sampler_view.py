"""The sampler view: the chains as a mosaic, how they move, and one of them in detail."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from landscape_app.gui.bias.compared_mosaic import ComparedMosaic
from landscape_app.gui.chain_detail import ChainDetail
from landscape_app.gui.driver import DEFAULT_SPEED
from landscape_app.gui.frame import Activity, Frame
from landscape_app.gui.kernel_controls import KernelControls
from landscape_app.gui.theme import Theme, rgb
from landscape_app.gui.widgets.mosaic import Mosaic
from landscape_app.gui.widgets.naming import named
from landscape_app.gui.widgets.switch import Switch
from landscape_app.gui.widgets.transport_icon import transport_icon
from landscape_app.physics.kernels import KERNELS

COUNTS = (16, 36, 64, 100, 144, 256, 400)
FASTEST = 30.0 ** (99 / 69)
"""Steps a second at the slider's end but one, such that 30 falls on a mark; its end is as fast as can be."""
PLACES = {
    "chains": "From the model's samples",
    "base": "From the base measure q",
    "noise": "From uniform noise",
    "data": "From training images",
}


class SamplerView(QWidget):
    """Mosaic, transport and detail.

    Signals:
        play: whether the chains shall move.
        step: one kernel step.
        speed: kernel steps a second; infinity for as fast as can be.
        kernel: name of the kernel.
        restart: place to start from, and number of chains.
        tint: whether predicted classes are wanted.
    """

    play = Signal(bool)
    step = Signal()
    speed = Signal(float)
    kernel = Signal(str)
    restart = Signal(str, int)
    tint = Signal(bool)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("sampler-view")
        self._theme = theme
        self._frame: Frame | None = None
        self._drawn: object = None
        self._kernels: tuple[str, ...] = ()
        self.mosaic = Mosaic(theme)
        self.mosaic.set_placeholder("Opening the trained digits model …")
        self.mosaic.describe = self._describe
        self.compared = ComparedMosaic(self.mosaic, theme)
        self.detail = ChainDetail(theme)
        self.caption = named(QLabel(), "muted")
        self.caption.setAccessibleName("What the mosaic shows")
        self.detail.setVisible(False)
        self._build_controls()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 8)
        layout.setSpacing(6)
        layout.addWidget(self.caption)
        layout.addWidget(self.compared, 1)
        layout.addWidget(self.detail)
        layout.addLayout(self._transport)
        layout.addLayout(self._options)
        layout.addWidget(self.kernel_controls)
        self.mosaic.selected.connect(self.select)
        self.detail.closed.connect(lambda: self.select(None))

    def _build_controls(self) -> None:
        self.play_button = named(QToolButton(), "chains-play")
        self.play_button.setCheckable(True)
        self.play_button.setChecked(True)
        self.play_button.setAccessibleName("Let the chains move")
        self.play_button.setToolTip("Let the chains move, or hold them (Space)")
        self.play_button.clicked.connect(self.play)
        self.step_button = named(QToolButton(), "chains-step", text="Step")
        self.step_button.setAccessibleName("Move the chains by one kernel step")
        self.step_button.setToolTip("One kernel step, then hold (.)")
        self.step_button.clicked.connect(self.step)
        self.speed_slider = named(QSlider(Qt.Orientation.Horizontal), "chains-speed")
        self.speed_slider.setAccessibleName("Speed of the chains")
        self.speed_slider.setRange(0, 100)
        self.speed_slider.setToolTip(
            "Kernel steps a second: a step proposes a new value for every pixel of every chain "
            "(one pixel for the single-site kernel).<br>At the right end: as fast as this machine can."
        )
        self.speed_slider.setValue(_slider_from_speed(DEFAULT_SPEED))
        self.speed_slider.valueChanged.connect(self._on_speed)
        self.speed_label = named(QLabel(), "muted")
        self.speed_label.setMinimumWidth(self.fontMetrics().horizontalAdvance("as fast as can be "))
        self._on_speed(self.speed_slider.value())
        self.kernel_box = named(QComboBox(), "kernel")
        self.kernel_box.setAccessibleName("Kernel")
        self.kernel_box.setToolTip(
            "How a chain proposes its next state. All are exact: they leave q·exp(−H) unchanged.<br>"
            "Discrete Langevin follows the energy's slope and moves all pixels; the other two are the paper's."
        )
        self.kernel_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.kernel_box.setMinimumContentsLength(13)
        self.kernel_box.activated.connect(lambda i: self.kernel.emit(self.kernel_box.itemData(i)))
        self.count_box = named(QComboBox(), "chain-count")
        self.count_box.setAccessibleName("Number of chains on view")
        self.count_box.setToolTip("Chains on view")
        for count in COUNTS:
            self.count_box.addItem(f"{count} chains", count)
        self.count_box.setCurrentIndex(COUNTS.index(100))
        self.count_box.activated.connect(lambda: self.restart.emit("chains", self.count))
        self.restart_button = named(QToolButton(), "restart", text="Restart ▾")
        self.restart_button.setAccessibleName("Restart the chains")
        self.restart_button.setToolTip("Start the chains anew (R: from the model's samples)")
        self.restart_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.restart_button)
        for place, text in PLACES.items():
            action = menu.addAction(text)
            action.setObjectName(f"restart-{place}")
            action.triggered.connect(lambda _=False, place=place: self.restart.emit(place, self.count))
        self.restart_button.setMenu(menu)
        self.tint_box = named(Switch("Tint by class"), "tint")
        self.tint_box.setToolTip("Colour each chain by the class that the class network gives it")
        self.tint_box.toggled.connect(self.tint)
        self.kernel_controls = KernelControls()
        self._transport = QHBoxLayout()
        for widget in (self.play_button, self.step_button):
            self._transport.addWidget(widget)
        self._transport.addSpacing(8)
        self._transport.addWidget(named(QLabel("Speed"), "muted"))
        self._transport.addWidget(self.speed_slider, 1)
        self._transport.addWidget(self.speed_label)
        self._options = QHBoxLayout()
        self._options.addWidget(self.kernel_box)
        self._options.addWidget(self.count_box)
        self._options.addWidget(self.restart_button)
        self._options.addStretch(1)
        self._options.addWidget(self.tint_box)

    @property
    def count(self) -> int:
        """Number of chains asked for."""
        return int(self.count_box.currentData())

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        self.mosaic.set_theme(theme)
        self.compared.set_theme(theme)
        self.detail.set_theme(theme)
        self._show_play_icon()

    def select(self, index: int | None) -> None:
        """Shows a chain in detail, or none."""
        self.mosaic.select(index)
        self.detail.follow(index)
        self.detail.setVisible(index is not None)
        if self._frame is not None:
            self.detail.show_frame(self._frame)

    def show_frame(self, frame: Frame) -> None:
        """Draws a frame of the mailbox."""
        previous, self._frame = self._frame, frame
        if previous is None or previous.activity is not frame.activity:
            self._show_activity(frame)
        self._show_kernel(frame, previous)
        if frame.snapshot is not None and frame.snapshot is not self._drawn and frame.facts is not None:
            self._drawn = frame.snapshot
            self.mosaic.show_images(frame.snapshot.images, frame.facts.levels, self._tint_colours(frame))
            if self.detail.isVisible():
                if self.mosaic.selection is None:
                    self.select(None)
                self.detail.show_frame(frame)
        self.compared.show_frame(frame)
        self._set_caption(frame)

    def _list_kernels(self, names: tuple[str, ...]) -> None:
        self._kernels = names
        self.kernel_box.clear()
        for name in names:
            self.kernel_box.addItem(KERNELS[name].label, name)

    def _show_kernel(self, frame: Frame, previous: Frame | None) -> None:
        if frame.facts is None or frame.kernel is None:
            return
        listed = frame.facts.kernels == self._kernels
        if not listed:
            self._list_kernels(frame.facts.kernels)
        before = previous.kernel if previous is not None else None
        refused = previous is not None and frame.has_failed_since(previous)
        if before is None or refused or not listed or before.name != frame.kernel.name:
            self.kernel_box.setCurrentIndex(max(0, self.kernel_box.findData(frame.kernel.name)))
        if refused:
            self.kernel_controls.forget()
        if refused or before != frame.kernel:
            self.kernel_controls.show_record(frame.kernel)

    def _show_activity(self, frame: Frame) -> None:
        moving = frame.activity in (Activity.SAMPLING, Activity.TRAINING)
        training = frame.activity is Activity.TRAINING
        self.play_button.setChecked(moving)
        ready = frame.facts is not None
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

    def _set_caption(self, frame: Frame) -> None:
        snapshot = frame.snapshot
        if snapshot is None:
            text = ""
        elif snapshot.training:
            text = f"{len(snapshot.images)} of the chains that train"
        elif frame.activity is Activity.TRAINING:
            text = f"{len(snapshot.images)} chains steered from the model in training, twice a second"
        else:
            step = f" · step {frame.sweep.sweep:,}" if frame.sweep is not None else ""
            held = " · held" if frame.activity is Activity.STILL else ""
            text = f"{len(snapshot.images)} Markov chains{step}{held}"
        if snapshot is not None and snapshot.classes is not None and self.tint_box.isChecked():
            text += " · " + self._colour_key(frame)
        if self.caption.text() != text:
            self.caption.setText(text)

    def _tint_colours(self, frame: Frame) -> np.ndarray | None:
        snapshot = frame.snapshot
        if not self.tint_box.isChecked() or snapshot is None or snapshot.classes is None:
            return None
        return np.stack([rgb(colour) for colour in self._class_colours(frame)])[snapshot.classes]

    def _class_colours(self, frame: Frame) -> list[QColor]:
        classes = frame.facts.classes if frame.facts else 10
        return [self._theme.series[round(16 * c / classes) % 16] for c in range(classes)]

    def _colour_key(self, frame: Frame) -> str:
        """Every class in its colour."""
        return "&nbsp;".join(
            f'<b style="color:{colour.name()}">{c}</b>' for c, colour in enumerate(self._class_colours(frame))
        )

    def _describe(self, index: int) -> str:
        frame = self._frame
        if frame is None or frame.snapshot is None:
            return ""
        text = f"Chain {index + 1}: energy {frame.snapshot.energies[index]:.1f} nats"
        if frame.snapshot.classes is not None and frame.snapshot.confidences is not None:
            text += (
                f"<br>Class network: {frame.snapshot.classes[index]} "
                f"({frame.snapshot.confidences[index]:.0%})"
            )
        return text + "<br>Click to follow it"

    def _on_speed(self, value: int) -> None:
        speed = _speed_from_slider(value)
        self.speed_label.setText("as fast as can be" if math.isinf(speed) else f"{speed:.0f} steps/s")
        self.speed.emit(speed)


def _speed_from_slider(value: int) -> float:
    return math.inf if value >= 100 else FASTEST ** (value / 99)


def _slider_from_speed(speed: float) -> int:
    return round(99 * math.log(speed) / math.log(FASTEST))
