"""Tint and order of the chains in the mosaic, and the buttons that choose them."""

from __future__ import annotations

import enum
import time
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QToolButton, QWidget

from landscape_app.gui.sampler.colour_key import ColourScale
from landscape_app.gui.sampler.recording import RecordControls
from landscape_app.gui.state import DIGITS
from landscape_app.gui.theme import Theme, rgb
from landscape_app.gui.widgets.accessible import ChoiceBox
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.fixed import fixed_range
from landscape_app.gui.widgets.mosaic import Tinting
from landscape_app.gui.widgets.paragraph import shortened
from landscape_app.language import tr
from landscape_app.physics.estimate import shown
from landscape_app.session.records import Snapshot

SORT_SECONDS = 1.0
"""Between two sortings of chains that move: in between each keeps its place, or nothing could be followed by eye."""

STEPS = 14
"""Colours of a scale: with 17 levels of ink each, they just fill the table of 256."""

AGES = (1, 2, 3, 5, 8, 12, 20, 30, 50, 80, 120, 200, 500)
"""Ages, in steps, at which the colour changes."""


class Trait(enum.Enum):
    """Trait that chains are told apart by."""

    NONE = "none"
    CLASS = "class"
    ENERGY = "energy"
    AGE = "age"


KEY_ROOM, LABEL = 24, 8
"""Characters that the key to the classes' colours has room for, and most of each name."""


class Arrangement:
    """Tints and sorts chains by their traits.

    Attributes:
        class_names: what to call each class.
        tint: by what their ink is coloured.
        sort: by what they are sorted.
    """

    def __init__(self) -> None:
        self.class_names: tuple[str, ...] = DIGITS
        self.tint = Trait.NONE
        self.sort = Trait.NONE
        self._order: np.ndarray | None = None
        self._moment: Snapshot | None = None
        self._sorted: tuple[Snapshot, Trait] | None = None
        self._sorted_at = 0.0
        self._energies: tuple[float, float] | None = None

    @property
    def needs_classes(self) -> bool:
        """True if snapshots have to carry predicted classes."""
        return Trait.CLASS in (self.tint, self.sort)

    def sort_afresh(self) -> None:
        """Sorts at once with the next snapshot."""
        self._sorted_at = 0.0

    def order(self, snapshot: Snapshot) -> np.ndarray | None:
        """Chain at each place, int, shape (n,); None where they are in their own order.

        Chains that are alike keep their order. Lowest energies and oldest chains come first.
        """
        moment = self._seen(snapshot)
        values = _values(moment, self.sort)
        if values is None:
            self._order = self._sorted = None
        elif self._sorted is None or self._sorted[0] is not moment or self._sorted[1] is not self.sort:
            known = self._order is not None and len(self._order) == len(values)
            order = self._order if known and self._order is not None else np.arange(len(values))
            key = -values if self.sort is Trait.AGE else values
            self._order = order[np.argsort(key[order], kind="stable")]
            self._sorted = moment, self.sort
        return self._order

    def tinting(self, snapshot: Snapshot, theme: Theme, compared: Snapshot | None = None) -> Tinting | None:
        """The colours of the chains' ink; None where they have the theme's.

        While chains are sorted, the colours are those of the moment at which they were sorted.

        Args:
            snapshot: of the chains.
            theme: colours.
            compared: chains beside them, whose energies have the same range of colours.
        """
        values = _values(self._seen(snapshot), self.tint)
        if self.tint is Trait.ENERGY and values is not None:
            self._energy_range(values if compared is None else np.append(values, compared.energies))
        return self._coloured(values, theme)

    def tinting_beside(self, compared: Snapshot, theme: Theme) -> Tinting | None:
        """The colours of chains beside those of the last `tinting`, by the same scale; None for the theme's."""
        return self._coloured(_values(compared, self.tint), theme)

    def _coloured(self, values: np.ndarray | None, theme: Theme) -> Tinting | None:
        if values is None:
            return None
        colours = self._colours(theme)
        if self.tint is Trait.CLASS:
            chosen = values % len(colours)
        elif self.tint is Trait.AGE:
            chosen = np.searchsorted(AGES, values, side="right")
        else:
            low, high = self._energies or self._energy_range(values)
            chosen = np.clip((values - low) / (high - low) * STEPS, 0, STEPS - 1)
        return Tinting(np.stack([rgb(colour) for colour in colours]), chosen.astype(np.uint8))

    def _seen(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot by whose traits chains are tinted and sorted: while they move, the same one for a while."""
        if self.sort is Trait.NONE:
            self._moment = None
            return snapshot
        now, moment = time.perf_counter(), self._moment
        if moment is None or now - self._sorted_at >= SORT_SECONDS or not self._still_holds(moment, snapshot):
            moment = self._moment = snapshot
            self._sorted_at = now
        return moment

    def _still_holds(self, moment: Snapshot, snapshot: Snapshot) -> bool:
        """True if chains of a later snapshot are still the same, with the same traits known."""
        return (
            len(moment.x) == len(snapshot.x)
            and (moment.training, moment.source) == (snapshot.training, snapshot.source)
            and all(
                (_values(moment, trait) is None) == (_values(snapshot, trait) is None)
                for trait in (self.tint, self.sort)
            )
        )

    def scale(self, theme: Theme) -> ColourScale | None:
        """The key to the colours; None without a tint, or before the range of energies is known."""
        colours = tuple(self._colours(theme))
        if self.tint is Trait.CLASS:
            labels = tuple(
                ((c + 0.5) / len(self.class_names), shortened(self.class_names[c], LABEL))
                for c in _spread(self.class_names)
            )
            return ColourScale(tr("class"), tuple(theme.class_colours(len(self.class_names))), labels)
        if self.tint is Trait.AGE:
            labels = tuple(((AGES.index(age) + 1) / STEPS, f"{age}") for age in (1, 5, 20, 80, 500))
            return ColourScale(tr("steps since moved"), colours, labels)
        if self.tint is Trait.ENERGY and self._energies is not None:
            low, high = self._energies
            return ColourScale(
                tr("E − training, nats"),
                colours,
                tuple((share, shown(low + share * (high - low), "g")) for share in (0.0, 0.5, 1.0)),
            )
        return None

    def _colours(self, theme: Theme) -> list[QColor]:
        if self.tint is Trait.CLASS:
            return theme.class_colours(min(len(self.class_names), len(theme.classes)))
        return theme.ramp(STEPS)

    def _energy_range(self, energies: np.ndarray) -> tuple[float, float]:
        """A range in round numbers that holds nearly all energies; it changes only where it fits badly."""
        finite = energies[np.isfinite(energies)]
        low, high = np.percentile(finite, [2, 98]) if len(finite) else (0.0, 1.0)
        self._energies = fixed_range(float(low), float(high), self._energies)
        return self._energies


def _spread(names: Sequence[str]) -> Sequence[int]:
    """Classes that there is room to name, evenly from the first to the last."""
    longest = min(LABEL, max(map(len, names), default=1))
    most = max(2, KEY_ROOM // (longest + 1))
    if len(names) <= most:
        return range(len(names))
    return [round(i * (len(names) - 1) / (most - 1)) for i in range(most)]


def _values(snapshot: Snapshot, trait: Trait) -> np.ndarray | None:
    """A trait of every chain, shape (n,); None where it is not known."""
    match trait:
        case Trait.CLASS:
            return snapshot.classes
        case Trait.ENERGY:
            return snapshot.energies
        case Trait.AGE:
            return snapshot.ages
    return None


TINTS = {Trait.NONE: tr("None"), Trait.CLASS: tr("Class"), Trait.ENERGY: tr("Energy"), Trait.AGE: tr("Age")}
ORDERS = {
    Trait.NONE: tr("Number"),
    Trait.CLASS: tr("Class"),
    Trait.ENERGY: tr("Energy"),
    Trait.AGE: tr("Age"),
}


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
        self.tint_box = _picker("tint", TINTS, tr("Tint the chains by"))
        self.tint_box.setToolTip(
            tr(
                "Colour of the ink (T: the next):<br><b>Class</b>: what the classifier sees; of more than ten, "
                "some share a colour.<br><b>Energy</b>: E in nats from the training images' mean, blue low, orange "
                "high.<br><b>Age</b>: kernel steps since a proposal was last accepted; orange chains are stuck."
            )
        )
        self.sort_box = _picker("sort", ORDERS, tr("Sort the chains by"))
        self.sort_box.setToolTip(
            tr(
                "Order of the chains, row by row (S: the next): by number, by class, lowest energy first, or "
                "longest stuck first.<br>Once a second while they move; those that are alike keep their order, and "
                "the selection stays with its chain."
            )
        )
        self.tint_box.currentIndexChanged.connect(lambda _: self.tinted.emit(self.tint))
        self.sort_box.currentIndexChanged.connect(lambda _: self.sorted.emit(self.order))
        self.zoom_button = set_name(QToolButton(), "zoom-whole", text="1×")
        self.zoom_button.setAccessibleName(tr("Show all chains"))
        self.zoom_button.setToolTip(
            tr(
                "Enlargement of the mosaic: wheel, pinch, or Ctrl++ and Ctrl+−; drag to move it, or go with the "
                "arrow keys.<br>Press to see all chains again (Ctrl+0)."
            )
        )
        self.zoom_button.setProperty("small", True)
        self.zoom_button.setMinimumWidth(self.fontMetrics().horizontalAdvance("00.0×") + 8)
        self.zoom_button.clicked.connect(self.whole)
        self.show_zoom(1.0)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(5)
        for text, box in ((tr("Tint"), self.tint_box), (tr("Sort"), self.sort_box)):
            label = set_name(QLabel(text), "muted")
            label.setBuddy(box)
            label.setToolTip(box.toolTip())
            row.addWidget(label)
            row.addWidget(box)
        row.addWidget(self.zoom_button)
        row.addStretch(1)
        row.addWidget(record)

    @property
    def tint(self) -> Trait:
        """Trait that colours the chains."""
        return Trait(self.tint_box.currentData())

    @property
    def order(self) -> Trait:
        """Trait that orders the chains."""
        return Trait(self.sort_box.currentData())

    def allow_classes(self, known: bool) -> None:
        """Offers classes only where a classifier can tell them; what went by class goes by nothing then."""
        for box in (self.tint_box, self.sort_box):
            index = box.findData(Trait.CLASS.value)
            item = _items(box).item(index)
            if item.isEnabled() != known:
                item.setEnabled(known)
                item.setToolTip("" if known else tr("There is no classifier yet"))
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
    box = set_name(ChoiceBox(), name)
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
