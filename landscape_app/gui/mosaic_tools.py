"""What is above the mosaic: tint, order, enlargement and recording."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QToolButton, QWidget

from landscape_app.gui.arrangement import Trait
from landscape_app.gui.record_controls import RecordControls
from landscape_app.gui.widgets.naming import named

TINTS = {Trait.NONE: "None", Trait.CLASS: "Class", Trait.ENERGY: "Energy", Trait.AGE: "Age"}
ORDERS = {Trait.NONE: "Number", Trait.CLASS: "Class", Trait.ENERGY: "Energy", Trait.AGE: "Age"}


class MosaicTools(QWidget):
    """Pickers of tint and order, the enlargement, and the controls of recordings.

    Args:
        record: those controls.

    Signals:
        tinted: the trait that shall colour the chains.
        sorted: the trait that shall order them.
        whole: all chains shall be in sight again.
    """

    tinted = Signal(Trait)
    sorted = Signal(Trait)
    whole = Signal()

    def __init__(self, record: RecordControls) -> None:
        super().__init__()
        self.setObjectName("mosaic-tools")
        self.tint_box = _picker("tint", TINTS, "Tint the chains by")
        self.tint_box.setToolTip(
            "Colour of the ink (T: the next):<br><b>Class</b>: what the class network sees.<br>"
            "<b>Energy</b>: Σ λ f in nats from the training images' mean, blue low, orange high.<br>"
            "<b>Age</b>: kernel steps since a proposal was last accepted; orange chains are stuck."
        )
        self.sort_box = _picker("sort", ORDERS, "Sort the chains by")
        self.sort_box.setToolTip(
            "Order of the chains, row by row (S: the next): by number, by class, lowest energy first, or longest "
            "stuck first.<br>Once a second while they move; those that are alike keep their order, and the selection "
            "stays with its chain."
        )
        self.tint_box.currentIndexChanged.connect(lambda _: self.tinted.emit(self.tint))
        self.sort_box.currentIndexChanged.connect(lambda _: self.sorted.emit(self.order))
        self.zoom_button = named(QToolButton(), "zoom-whole", text="1×")
        self.zoom_button.setAccessibleName("Show all chains")
        self.zoom_button.setToolTip(
            "Enlargement of the mosaic: wheel, pinch, or Ctrl++ and Ctrl+−; drag to move it, or go with the arrow "
            "keys.<br>Press to see all chains again (Ctrl+0)."
        )
        self.zoom_button.setMinimumWidth(self.fontMetrics().horizontalAdvance("00.0×") + 24)
        self.zoom_button.clicked.connect(self.whole)
        self.show_zoom(1.0)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(5)
        for text, box in (("Tint", self.tint_box), ("Sort", self.sort_box)):
            label = named(QLabel(text), "muted")
            label.setBuddy(box)
            label.setToolTip(box.toolTip())
            row.addWidget(label)
            row.addWidget(box)
        row.addWidget(self.zoom_button)
        row.addStretch(1)
        row.addWidget(record)

    @property
    def tint(self) -> Trait:
        """What colours the chains."""
        return Trait(self.tint_box.currentData())

    @property
    def order(self) -> Trait:
        """What orders them."""
        return Trait(self.sort_box.currentData())

    def allow_classes(self, known: bool) -> None:
        """Offers classes only where a class network can tell them; what went by class goes by nothing then."""
        for box in (self.tint_box, self.sort_box):
            index = box.findData(Trait.CLASS.value)
            item = _items(box).item(index)
            if item.isEnabled() != known:
                item.setEnabled(known)
                item.setToolTip("" if known else "There is no class network yet")
            if not known and box.currentIndex() == index:
                box.setCurrentIndex(box.findData(Trait.NONE.value))

    def next_tint(self) -> None:
        """Tints by the next trait."""
        _next(self.tint_box)

    def next_order(self) -> None:
        """Sorts by the next trait."""
        _next(self.sort_box)

    def show_zoom(self, zoom: float) -> None:
        """Shows how many times the mosaic is enlarged."""
        self.zoom_button.setText("1×" if zoom == 1 else f"{zoom:.1f}×")
        self.zoom_button.setEnabled(zoom > 1)


def _picker(name: str, texts: dict[Trait, str], accessible_name: str) -> QComboBox:
    box = named(QComboBox(), name)
    box.setAccessibleName(accessible_name)
    for trait, text in texts.items():
        box.addItem(text, trait.value)
    return box


def _next(box: QComboBox) -> None:
    """Chooses the next of the items that can be chosen."""
    count = box.count()
    following = ((box.currentIndex() + step) % count for step in range(1, count))
    box.setCurrentIndex(next(index for index in following if _items(box).item(index).isEnabled()))


def _items(box: QComboBox) -> QStandardItemModel:
    model = box.model()
    assert isinstance(model, QStandardItemModel)
    return model
