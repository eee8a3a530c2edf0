"""Controls of a Markov kernel: its parameters, and its acceptance rate beside the best one."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QRectF, QSignalBlocker, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QAccessible, QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from landscape_app.gui.widgets.buttons import ToggleSwitch
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.numbers import NumberBox
from landscape_app.language import tr
from landscape_app.physics.kernels import KERNELS, KernelParameter
from landscape_app.session.records import KernelRecord

TRACK = 4
NOTCH = 10
"""Height in pixels of the bar, and of the mark on it where the target is."""


class AcceptanceMeter(QWidget):
    """A bar filled to the acceptance rate, notched at its target, with both in words above it."""

    accessible_role = QAccessible.Role.Indicator

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("acceptance")
        self.setAccessibleName(tr("Acceptance rate"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._rate: float | None = None
        self._target = 0.5

    @property
    def text(self) -> str:
        """Text of the bar."""
        return tr("{rate} accepted, best {target:.0%}", rate=self._rate_text, target=self._target)

    def show_rate(self, rate: float | None, target: float) -> None:
        """Shows a rate, None where it is not known yet, and its target."""
        before = self.text
        self._rate, self._target = rate, target
        if self.text != before:
            self.setAccessibleDescription(self.text)
        self.update()

    def sizeHint(self) -> QSize:
        """Room for the words and the bar."""
        metrics = self.fontMetrics()
        return QSize(
            metrics.horizontalAdvance(tr("{rate} accepted, best {target:.0%}", rate="100%", target=1.0)) + 8,
            metrics.height() + NOTCH,
        )

    def minimumSizeHint(self) -> QSize:
        """Room for the two numbers and the bar."""
        metrics = self.fontMetrics()
        return QSize(
            metrics.horizontalAdvance(f"100%, {tr('best {target:.0%}', target=1.0)}") + 4,
            metrics.height() + NOTCH,
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws words, bar and notch."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        group = QPalette.ColorGroup.Active if self.isEnabled() else QPalette.ColorGroup.Disabled
        ink = self.palette().color(group, QPalette.ColorRole.WindowText)
        muted = self.palette().color(QPalette.ColorRole.PlaceholderText)
        bar = QRectF(0, self.height() - (NOTCH + TRACK) / 2, self.width(), TRACK)
        area = self.rect().adjusted(0, 0, 0, -NOTCH)
        painter.setPen(ink)
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self._left_text())
        painter.setPen(muted)
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._best_text)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(QPalette.ColorRole.Mid))
        painter.drawRoundedRect(bar, TRACK / 2, TRACK / 2)
        if self._rate is not None:
            painter.setBrush(self.palette().color(QPalette.ColorRole.Highlight))
            filled = QRectF(bar.topLeft(), QSizeF(self._rate * self.width(), TRACK))
            painter.drawRoundedRect(filled, TRACK / 2, TRACK / 2)
        painter.setBrush(QColor(ink))
        at = min(self._target * self.width(), self.width() - 2.0)
        painter.drawRect(QRectF(at - 1, bar.center().y() - NOTCH / 2, 2, NOTCH))

    @property
    def _rate_text(self) -> str:
        return "–" if self._rate is None else f"{self._rate:.0%}"

    @property
    def _best_text(self) -> str:
        return tr("best {target:.0%}", target=self._target)

    def _left_text(self) -> str:
        """The rate, with what it is where there is room."""
        long = tr("{rate} accepted", rate=self._rate_text)
        taken = self.fontMetrics().horizontalAdvance(f"{long} {self._best_text}") + 4
        return long if taken <= self.width() else self._rate_text


class KernelControls(QWidget):
    """A box for each parameter, a switch for the kernel to tune itself, and its acceptance rate.

    Signals:
        automatic: whether the kernel shall tune itself.
        tuned: name of a parameter, and the number that it shall have.
    """

    automatic = Signal(bool)
    tuned = Signal(str, float)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("kernel-controls")
        self._record: KernelRecord | None = None
        self._forgotten = False
        self._active = True
        self._captions: list[QLabel] = []
        self.boxes: dict[str, NumberBox] = {}
        """By name of the parameter."""
        self.switch = set_name(ToggleSwitch(tr("Auto")), "kernel-automatic")
        self.switch.setAccessibleName(tr("Let the kernel tune itself"))
        self.switch.setToolTip(
            tr(
                "<b>Auto</b>: after every start or change the kernel moves its own parameters until it is accepted "
                "as often as it should be. Then they stand still, because a kernel that follows its own past is not "
                "exact.<br>Off: set them yourself."
            )
        )
        self.switch.setChecked(True)
        self.switch.clicked.connect(self._on_switch)
        self.nothing = set_name(QLabel(tr("Nothing to set")), "muted")
        self.nothing.setToolTip(tr("This kernel has no parameter here: what it proposes needs no size"))
        self.meter = AcceptanceMeter()
        self.meter.setToolTip(
            tr(
                "<b>Acceptance rate</b>: share of the proposals that the chains accept, mean of the last 30 "
                "steps.<br>Good: at the mark. Far above it, steps are too small to lead anywhere; far below, too "
                "large to be taken."
            )
        )
        self._fields = QHBoxLayout()
        self._fields.setSpacing(6)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addLayout(self._fields)
        layout.addWidget(self.switch)
        layout.addWidget(self.nothing)
        layout.addWidget(self.meter, 1)
        self.setFixedHeight(max(self.switch.sizeHint().height(), self.meter.sizeHint().height()))
        self._show_fields(False)

    def show_record(self, record: KernelRecord) -> None:
        """Shows a kernel, but leaves alone what a person has just set and the kernel does not know of yet."""
        shown, self._record = self._record, record
        if shown is None or (shown.name, shown.parameters) != (record.name, record.parameters):
            self._forgotten = True
            self._build(record)
        previous = None if self._forgotten else shown
        self._forgotten = False
        if previous is None or previous.automatic != record.automatic:
            with QSignalBlocker(self.switch):
                self.switch.setChecked(record.automatic)
            self._show_mode()
        for i, (parameter, value) in enumerate(zip(record.parameters, record.values, strict=True)):
            if previous is None or previous.values[i] != value:
                self.boxes[parameter.name].show_value(value)
        self.meter.show_rate(record.acceptance_rate, record.target_acceptance)

    def forget(self) -> None:
        """Takes the next record whole: what a person set was refused."""
        self._forgotten = True

    def set_active(self, active: bool) -> None:
        """Lets a person set the kernel, or only see it."""
        self.switch.setEnabled(active)
        self._active = active
        self._show_mode()

    def _build(self, record: KernelRecord) -> None:
        """A caption and a box for each parameter of another kernel."""
        for widget in (*self._captions, *self.boxes.values()):
            self._fields.removeWidget(widget)
            widget.deleteLater()
        self._captions, self.boxes = [], {}
        before: QWidget = self.switch
        for parameter in record.parameters:
            unit = "" if parameter.unit or parameter.whole else tr(" (in x)")
            caption = set_name(QLabel(parameter.label + unit), "muted")
            box = set_name(
                NumberBox(parameter.low, parameter.high, parameter.unit, parameter.whole),
                f"kernel-{parameter.name.replace('_', '-')}",
            )
            box.setAccessibleName(tr("{parameter} of the kernel", parameter=parameter.label))
            for widget in (caption, box):
                widget.setToolTip(_explanation(parameter, record))
                self._fields.addWidget(widget)
            box.valueChanged.connect(partial(self.tuned.emit, parameter.name))
            self.setTabOrder(before, box)
            before = box
            self._captions.append(caption)
            self.boxes[parameter.name] = box
        self._show_fields(bool(record.parameters))

    def _show_fields(self, shown: bool) -> None:
        self.switch.setVisible(shown)
        self.nothing.setVisible(not shown and self._record is not None)
        self.meter.setVisible(self._record is not None)

    def _show_mode(self) -> None:
        for box in self.boxes.values():
            box.show_live(self.switch.isChecked() or not self._active)

    def _on_switch(self, automatic: bool) -> None:
        self._show_mode()
        self.automatic.emit(automatic)


def _explanation(parameter: KernelParameter, record: KernelRecord) -> str:
    unit = (
        f" {parameter.unit}"
        if parameter.unit
        else (
            tr(
                ", in the units of x as the model has them: a column of a table that it scales counts in its "
                "deviations"
            )
        )
    )
    return tr(
        "<b>{parameter}</b> of the kernel {kernel}, from {low:g} to "
        "{high:g}{unit}.<br>{meaning}<br>Good: such that about "
        "{target:.0%} of the proposals are accepted. Switch Auto off to set it.",
        parameter=parameter.label,
        kernel=KERNELS[record.name].label,
        low=parameter.low,
        high=parameter.high,
        unit=unit,
        meaning=parameter.meaning,
        target=record.target_acceptance,
    )
