"""One chain in detail: its energy term by term, its last states, the training images nearest to it."""

from __future__ import annotations

import math
import tempfile
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QMimeData, QPoint, QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDrag, QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from landscape_app.counting import counted
from landscape_app.gui.messages import Message
from landscape_app.gui.sampler.chain_trace import EnergyTrace, Scrubber, term_colours
from landscape_app.gui.state import Activity, EngineState, Facts
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.file_dialogs import ask_to_save
from landscape_app.gui.widgets.fixed import FixedLabel
from landscape_app.gui.widgets.mosaic import Mosaic
from landscape_app.gui.widgets.paragraph import ShortenedLabel, shortened
from landscape_app.language import tr
from landscape_app.physics.estimate import shown
from landscape_app.runs import RunFileError
from landscape_app.session.neighbours import Neighbours
from landscape_app.session.provenance import Provenance, Source
from landscape_app.session.provenance_in_files import KEY
from landscape_app.session.records import ChainHistory
from landscape_app.session.sample_file import MOST_ENLARGED, enlarged, inked, write_picture


def caption_of(state: EngineState, in_short: bool = False) -> str:
    """Number and motion of the chains on view.

    Args:
        state: of the engine.
        in_short: in fewer words.
    """
    snapshot = state.snapshot
    if snapshot is None:
        return ""
    if snapshot.training:
        return tr("{chains:,} of the chains that train", chains=len(snapshot.x))
    if state.activity is Activity.TRAINING:
        return tr(
            "{chains:,} chains steered from the model in training, twice a second", chains=len(snapshot.x)
        )
    if state.falling is not None:
        sweeps, moving, falling = state.falling
        paused = tr(" · paused") if state.activity is Activity.STILL else ""
        return tr(
            "{falling:,} chains fall at T = 0 · sweep {sweeps:.1f} · {moving:,} still turn{paused}",
            falling=falling,
            sweeps=sweeps,
            moving=moving,
            paused=paused,
        )
    step = tr(" · step {sweep:,}", sweep=state.sweep.sweep) if state.sweep is not None else ""
    paused = tr(" · paused") if state.activity is Activity.STILL else ""
    past = "" if state.latest is None else tr(" at epoch {epoch}", epoch=state.epoch_in_words)
    jump = state.steering
    shares = jump is not None and jump.ancestors < len(snapshot.x) == jump.chains
    of_ancestors = ""
    if jump is not None and shares:
        of_ancestors = (
            f" · {counted(jump.ancestors, 'ancestor')}"
            if in_short
            else tr(" of {ancestors}", ancestors=counted(jump.ancestors, "distinct ancestor"))
        )
    if in_short:
        return f"{counted(len(snapshot.x), 'chain')}{past}{of_ancestors}{step}{paused}"
    return tr(
        "{chains:,} Markov chains{past}{of_ancestors}{step}{paused}",
        chains=len(snapshot.x),
        past=past,
        of_ancestors=of_ancestors,
        step=step,
        paused=paused,
    )


def words_of_chain(state: EngineState, index: int) -> str:
    """A chain's energy, class and age, as the text of a tooltip."""
    snapshot, facts = state.snapshot, state.facts
    if snapshot is None or facts is None:
        return ""
    lines = [
        tr(
            "Chain {number}: E {energy} nats from the training mean",
            number=index + 1,
            energy=_signed(snapshot.energies[index]),
        )
    ]
    if snapshot.of_hidden is not None:
        energy, entropy = snapshot.of_hidden[:, index]
        lines.append(
            tr(
                "E is the hidden units' ⟨E⟩ {energy} less their entropy S {entropy:.1f} nats, {total} in all",
                energy=_signed(energy),
                entropy=entropy,
                total=_signed(energy - entropy),
            )
        )
    if snapshot.classes is not None and snapshot.confidences is not None:
        name = escape(facts.class_name(int(snapshot.classes[index])))
        lines.append(
            tr("Classifier: {name} ({confidence:.0%})", name=name, confidence=snapshot.confidences[index])
        )
    if snapshot.ages is not None:
        age = int(snapshot.ages[index])
        lines.append(tr("Moved {steps} ago", steps=counted(age, "step")) if age else tr("Just moved"))
    lines.append(tr("Click to follow it; drag it into another window as a picture"))
    return "<br>".join(lines)


def words_of_distances(facts: Facts) -> str:
    """Distances to the nearest training items, as the text of a tooltip."""
    in_table = len(facts.space.shape) == 1
    meaning, held_out = facts.neighbours.meaning, len(facts.neighbours.held_out)
    if in_table:
        return tr(
            "Euclidean distances to the nearest training rows, {meaning}, against those of the "
            "{held_out:,} held-out rows to theirs.<br>Good: as far as held-out rows are. "
            "A chain closer to a training row than nearly all of them has been memorised rather than made.",
            meaning=meaning,
            held_out=held_out,
        )
    return tr(
        "Euclidean distances to the nearest training images, {meaning}, against those of the "
        "{held_out:,} held-out images to theirs.<br>Good: as far as held-out images are. "
        "A chain closer to a training image than nearly all of them has been memorised rather than made.",
        meaning=meaning,
        held_out=held_out,
    )


_folder: tempfile.TemporaryDirectory[str] | None = None


class ChainPicture(NamedTuple):
    """One image that a chain has made.

    Attributes:
        image: levels, uint8, shape (height, width), or (height, width, 3) in colour.
        levels: number of levels.
        provenance: where it comes from.
        chain: number of its chain, from 0.
        step: kernel step; None where that is not known.
    """

    image: np.ndarray
    levels: int
    provenance: Provenance
    chain: int
    step: int | None

    @property
    def file_name(self) -> str:
        """Name of its file."""
        step = "" if self.step is None else f"-step-{self.step}"
        return f"chain-{self.chain + 1}{step}.png"

    def drawn(self) -> QImage:
        """It as a picture, grey ones black on white in either theme; its provenance is in the picture's text."""
        drawn = np.ascontiguousarray(enlarged(inked(self.image[None], self.levels)[0]))
        height, width = drawn.shape[:2]
        form = QImage.Format.Format_RGB888 if drawn.ndim == 3 else QImage.Format.Format_Grayscale8
        picture = QImage(drawn.data, width, height, drawn.strides[0], form).copy()
        picture.setText(KEY, self.provenance.to_json())
        return picture

    def save(self, path: Path) -> None:
        """Writes it as PNG, with its provenance.

        Raises:
            RunFileError: the file cannot be written.
        """
        write_picture(path, self.image, self.levels, self.provenance)


def picture_of(
    state: EngineState, x: np.ndarray, chain: int, step: int | None, source: Source | None
) -> ChainPicture:
    """A chain's configuration as a picture.

    Args:
        state: that it is shown in; its facts are known.
        x: in few bytes (`Space.compact`), shape (*shape).
        chain: number of the chain, from 0.
        step: kernel step; None where that is not known.
        source: what it was drawn from; None where that is not known.
    """
    facts = state.facts
    assert facts is not None
    return ChainPicture(
        facts.space.as_images(x[None])[0],
        facts.space.levels,
        state.provenance(source, step),
        chain,
        step,
    )


def mime_of(picture: ChainPicture) -> QMimeData:
    """A picture as an image and as a PNG file, for whichever a program takes."""
    path = _kept_folder() / picture.file_name
    picture.save(path)
    data = QMimeData()
    data.setImageData(picture.drawn())
    data.setUrls([QUrl.fromLocalFile(str(path))])
    return data


def drag_out(source: QWidget, picture: ChainPicture) -> None:
    """Lets a person drop a picture into another window; returns when they have."""
    drag = QDrag(source)
    drag.setMimeData(mime_of(picture))
    small = QPixmap.fromImage(picture.drawn()).scaledToHeight(64, Qt.TransformationMode.FastTransformation)
    drag.setPixmap(small)
    drag.setHotSpot(QPoint(small.width() // 2, small.height() // 2))
    drag.exec(Qt.DropAction.CopyAction)


def _kept_folder() -> Path:
    """Folder of dragged files until the program ends: who receives one may read it later."""
    global _folder
    if _folder is None:
        _folder = tempfile.TemporaryDirectory(prefix="landscape-", ignore_cleanup_errors=True)
    return Path(_folder.name)


REDRAW_MILLISECONDS = 120
"""Between two drawings of what is read rather than watched: the trace and the figures."""

SHOWN_NEIGHBOURS = 3
"""Nearest training data shown."""

SMALLEST, LARGEST = 64, 240
"""Sides of the large image."""

NEIGHBOURS_WIDTH, WORDS_WIDTH = 112, 150
"""Least width of the nearest training data, and of what is said of them where there is room beside the trace."""

LINE_GAP, PART_GAP = 3, 12
"""Between what is below one another, and beside one another, in pixels."""

SIDE_MARGIN, TOP_MARGIN, FRAME = 8, 4, 1
"""Between the card's frame and what is in it, and width of the frame, in pixels."""

LONGEST_TERM, LONGEST_SUM = " −00.0 (0.0)", tr("= {sum} nats", sum="−00.0")
"""Usual text after the name of each term, and of all of them together."""

STATE = tr("Kernel step, and what the classifier sees in the image, where it is asked")

LONGEST_TITLE = tr("Chain 4096 · 100% accepted")

LONGEST_CLASS = 16
"""Characters of a class's name beside a chain's step."""


class ChainDetail(QFrame):
    """Follows one chain, and shows it as it is or as it was: low, its images beside its past, or tall and narrow.

    Signals:
        closed: the person has seen enough.
        restarted: the chain of that number shall start anew.
        told: something to tell the person, a `Message`.
        grown: it needs another room than before.
    """

    closed = Signal()
    restarted = Signal(int)
    told = Signal(object)
    grown = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setAccessibleName(tr("The chain followed"))
        self._theme = theme
        self._index: int | None = None
        self._state: EngineState | None = None
        self._history: ChainHistory | None = None
        self._timer = QTimer(self, interval=REDRAW_MILLISECONDS, singleShot=True)
        self._timer.timeout.connect(self._show_readings)
        self.plot = EnergyTrace(theme)
        self.scrubber = Scrubber()
        self.scrubber.moved.connect(self._show_state)
        self.plot.picked.connect(self.scrubber.go_to)
        self.terms = set_name(FixedLabel("", "−log q"), "muted")
        self.terms.setAccessibleName(tr("Terms of the energy"))
        self.terms.setToolTip(
            tr(
                "The terms of the energy H(x) − log q(x) in this state, in nats: −log q and E from the training "
                "images' mean, fields from zero. In brackets how hard each pulls: the norm of its "
                "slope, in nats a level; the term that pulls hardest decides where the chain is proposed to go."
            )
        )
        past = QVBoxLayout()
        past.setSpacing(LINE_GAP)
        past.addWidget(self.plot, 1)
        past.addWidget(self.scrubber)
        self._heading = self._head()
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._body.setSpacing(PART_GAP)
        self._body.addLayout(self._pictures())
        self._body.addLayout(past, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SIDE_MARGIN, TOP_MARGIN, SIDE_MARGIN, TOP_MARGIN)
        layout.setSpacing(LINE_GAP)
        layout.addLayout(self._heading)
        layout.addWidget(self.terms)
        layout.addLayout(self._body, 1)
        self._tall = False
        self._least = {tall: self._needed(tall) for tall in (True, False)}
        self._fit_pictures()

    def _head(self) -> QBoxLayout:
        self.title = set_name(QLabel(), "title")
        self.title.ensurePolished()
        # The state behind it stays in its place.
        self.title.setFixedWidth(self.title.fontMetrics().horizontalAdvance(LONGEST_TITLE))
        self.state = set_name(ShortenedLabel(), "muted")
        self.state.setAccessibleName(tr("State shown"))
        self.restart_button = set_name(QToolButton(), "restart-one", text=tr("Restart"))
        self.restart_button.setAccessibleName(tr("Restart this chain"))
        self.restart_button.setToolTip(
            tr(
                "Start this chain anew from a sample of the model, drawn by the weight of what is on; "
                "the others go on (Shift+R)"
            )
        )
        self.restart_button.clicked.connect(self._restart)
        self.save_button = set_name(QToolButton(), "save-image", text=tr("Save…"))
        self.save_button.setAccessibleName(tr("Save this chain's image as PNG"))
        self.save_button.setToolTip(
            tr(
                "Save the image shown as a PNG, grey levels as black ink on white, colours as they are, a pixel as "
                "up to {size} × {size}; or drag the image out. The file says which model and composition made it",
                size=MOST_ENLARGED,
            )
        )
        self.save_button.clicked.connect(self._save)
        close = set_name(QToolButton(), "close-detail", text="✕")
        close.setAccessibleName(tr("Stop following this chain"))
        close.setToolTip(tr("Stop following this chain (Esc)"))
        close.clicked.connect(self.closed)
        self._buttons = QHBoxLayout()
        for button in (self.restart_button, self.save_button, close):
            button.setProperty("small", True)
            self._buttons.addWidget(button)
        head = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        head.setSpacing(LINE_GAP)
        head.addWidget(self.title)
        head.addWidget(self.state, 1)
        head.addLayout(self._buttons)
        return head

    def _pictures(self) -> QHBoxLayout:
        self.picture, self.neighbours = Mosaic(self._theme, plain=True), Mosaic(self._theme, plain=True)
        self.picture.setObjectName("followed-image")
        self.picture.setAccessibleName(tr("The chain followed, as it is"))
        self.picture.setToolTip(tr("Drag it into another window: a PNG, black on white"))
        self.picture.setCursor(Qt.CursorShape.OpenHandCursor)
        self.picture.dragged.connect(lambda _: self._drag())
        self.neighbours.setObjectName("nearest-images")
        self.neighbours.setAccessibleName(tr("Nearest training data"))
        self.neighbours.setToolTip(
            tr("The training data that are nearest to the state on the left, nearest first")
        )
        self.distance = set_name(FixedLabel("", tr("held-out: median 0.00, 100% of them closer")), "muted")
        self.distance.setAccessibleName(tr("Distance to the training images"))
        pictures = QHBoxLayout()
        pictures.setSpacing(PART_GAP)
        nearest = QVBoxLayout()
        nearest.setSpacing(LINE_GAP)
        nearest.addWidget(self.neighbours)
        nearest.addWidget(self.distance)
        nearest.addStretch(1)
        pictures.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        pictures.addLayout(nearest)
        pictures.addStretch(0)
        return pictures

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The images grow with the card, as far as the terms and the trace leave them room."""
        self._fit_pictures()

    def set_tall(self, tall: bool) -> None:
        """Has the past below the images, for a place that is narrow, or beside them, for one that is low."""
        self._tall = tall
        directions = QBoxLayout.Direction
        direction = directions.TopToBottom if tall else directions.LeftToRight
        for layout in (self._heading, self._body):
            layout.setDirection(direction)
        self._fit_pictures()

    def least_size(self, tall: bool) -> QSize:
        """Pixels that it needs in either form, its images as small as they may be."""
        return self._least[tall]

    def _measure(self) -> None:
        """Finds out what room it needs, as its words are other ones, and tells where that has changed."""
        least = {tall: self._needed(tall) for tall in (True, False)}
        grows, self._least = least != self._least, least
        self._fit_pictures()
        if grows:
            self.grown.emit()

    def _needed(self, tall: bool) -> QSize:
        images = SMALLEST + PART_GAP + _width_of_words(tall, SMALLEST)
        past = max(self.plot.minimumWidth(), self.scrubber.minimumSizeHint().width())
        buttons = self._buttons.sizeHint().width()
        inside = max(images, past, buttons) if tall else max(images + PART_GAP + past, buttons)
        width = max(inside, self.title.width()) + 2 * SIDE_MARGIN + 2 * FRAME
        return QSize(width, self._height_around(tall, width) + self._height_of_images(tall, SMALLEST))

    def _height_of_images(self, tall: bool, side: int) -> int:
        """Height of the large image and of what stands beside it."""
        words = self.distance.heightForWidth(_width_of_words(tall, side))
        return max(side, _height_of_neighbours(side) + LINE_GAP + words)

    def _height_around(self, tall: bool, width: int) -> int:
        """Height of all that is above and below the images."""
        heading = self._buttons.sizeHint().height()
        terms = self.terms.heightForWidth(width - 2 * SIDE_MARGIN - 2 * FRAME)
        around = 2 * TOP_MARGIN + 2 * FRAME + heading + LINE_GAP + terms + LINE_GAP
        if not tall:
            return around
        title = self.title.sizeHint().height() + self.state.sizeHint().height() + 2 * LINE_GAP
        past = self.plot.minimumHeight() + LINE_GAP + self.scrubber.sizeHint().height()
        return around + title + PART_GAP + past

    def _fit_pictures(self) -> None:
        """Sizes the images by the room that there is; the card grows where that is too little for them."""
        around = self._height_around(self._tall, self.width())
        least = self.least_size(self._tall)
        self.setMinimumSize(
            least.width(), max(least.height(), around + self._height_of_images(self._tall, SMALLEST))
        )
        width = self.width() - 2 * SIDE_MARGIN - 2 * FRAME
        across = width // 4
        if self._tall:
            across = max(width - PART_GAP - NEIGHBOURS_WIDTH, 0)
            across = min(across, max(NEIGHBOURS_WIDTH, (width - PART_GAP) // 2))
        down = self.height() - around
        self._size_pictures(min(max(SMALLEST, min(down, across)), LARGEST))

    def _size_pictures(self, side: int) -> None:
        self.picture.setFixedSize(side, side)
        self.neighbours.setFixedSize(max(NEIGHBOURS_WIDTH, side), _height_of_neighbours(side))
        self.distance.setFixedWidth(_width_of_words(self._tall, side))

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        for widget in (self.picture, self.neighbours, self.plot):
            widget.set_theme(theme)
        self._show_readings()

    def follow(self, index: int | None) -> None:
        """Follows another chain, from now."""
        self._index, self._history = index, None
        self.scrubber.forget()
        self.plot.forget()
        if index is not None:
            self.title.setText(tr("Chain {number}", number=index + 1))
            self._measure()

    def show_state(self, state: EngineState) -> None:
        """Takes the chain's past from a state: its image is drawn at once, figures a few times a second."""
        self._state = state
        self.restart_button.setEnabled(state.activity in (Activity.SAMPLING, Activity.STILL))
        snapshot = state.snapshot
        if snapshot is None or state.facts is None or self._index is None or self._index >= len(snapshot.x):
            return
        history = snapshot.followed
        if history is None or history.chain != self._index:
            if self._history is None:
                self._show_picture(snapshot.x[self._index])
            return
        self._history = history
        self.scrubber.show_range(history.first, len(history))
        self._show_image()
        if not self._timer.isActive():
            self._timer.start()

    @property
    def _row(self) -> int:
        """Row of the history that is shown."""
        assert self._history is not None
        return self.scrubber.state - self._history.first

    def _show_state(self) -> None:
        if self._history is not None:
            self._show_image()
            self._show_readings()

    def _show_image(self) -> None:
        if self._history is not None and self._state is not None and self._state.facts is not None:
            self._show_picture(self._shown_state)

    @property
    def _shown_state(self) -> np.ndarray:
        """The chain as it was, or as it is: its past may end some steps before."""
        assert self._history is not None
        snapshot = self._state.snapshot if self._state is not None else None
        if not self.scrubber.is_live or snapshot is None or self._history.chain >= len(snapshot.x):
            return self._history.x[self._row]
        return snapshot.x[self._history.chain]

    def _show_picture(self, x: np.ndarray) -> None:
        self.picture.show_images(self._image(x)[None], self._levels, gap=0)

    def _image(self, x: np.ndarray) -> np.ndarray:
        """A configuration as an image of levels, shape (height, width)."""
        assert self._state is not None
        assert self._state.facts is not None
        return self._state.facts.space.as_images(x[None])[0]

    @property
    def _levels(self) -> int:
        assert self._state is not None
        assert self._state.facts is not None
        return self._state.facts.space.levels

    def _show_readings(self) -> None:
        history, state = self._history, self._state
        if history is None or state is None or state.facts is None or self._index is None:
            return
        row = self._row
        rate = history.acceptance_rate
        accepted = "" if math.isnan(rate) else tr(" · {rate:.0%} accepted", rate=rate)
        self.title.setText(tr("Chain {number}", number=self._index + 1) + accepted)
        self.title.setToolTip(
            tr(
                "Accepted: mean acceptance probability of the last {proposals:,} proposals of this chain alone",
                proposals=len(history),
            )
        )
        self.terms.keep_room_for("   ".join([*(name + LONGEST_TERM for name in history.terms), LONGEST_SUM]))
        self.terms.setText(self._describe_terms(history, row))
        self.plot.show_history(history, self.scrubber.state)
        nearest = state.facts.neighbours.nearest(history.x[row], SHOWN_NEIGHBOURS)
        self.neighbours.show_images(
            state.facts.space.as_images(state.facts.training_items[nearest.indices]),
            self._levels,
            in_row=SHOWN_NEIGHBOURS,
        )
        self._show_distance(nearest.distances, state.facts.neighbours)
        self.state.setText(self._describe_state(row))
        self.state.setToolTip(f"{self.state.text()}<br>{STATE}")
        self._measure()

    def _describe_terms(self, history: ChainHistory, row: int) -> str:
        """Every term in its colour, with its energy and its pull."""
        parts = []
        colours = term_colours(self._theme, len(history.terms))
        values = zip(history.terms, colours, history.energies[row], history.pulls[row], strict=True)
        for name, colour, energy, pull in values:
            force = "" if math.isnan(pull) else f" ({pull:.1f})"
            parts.append(
                f'<span style="white-space:nowrap"><b style="color:{colour.name()}">{escape(name)}</b> '
                f"{_signed(energy)}{force}</span>"
            )
        return " &nbsp; ".join([*parts, tr("= {sum} nats", sum=_signed(history.energies[row].sum()))])

    def _describe_state(self, row: int) -> str:
        """Its step; of the chain as it is also the classifier's answer."""
        assert self._history is not None
        step = tr("step {step:,}", step=self._history.steps[row])
        snapshot = self._state.snapshot if self._state is not None else None
        if (
            snapshot is None
            or snapshot.classes is None
            or snapshot.confidences is None
            or not self.scrubber.is_live
        ):
            return step
        assert self._index is not None
        assert self._state is not None
        assert self._state.facts is not None
        name = shortened(self._state.facts.class_name(int(snapshot.classes[self._index])), LONGEST_CLASS)
        return f"{step} · {name} ({snapshot.confidences[self._index]:.0%})"

    def _show_distance(self, distances: np.ndarray, neighbours: Neighbours) -> None:
        """Nearest training images, and whether images that nobody remembers come as near."""
        cells = "".join(f'<td align="center" width="33%">{distance:.2f}</td>' for distance in distances)
        near = f'<table width="100%" cellspacing="0"><tr>{cells}</tr></table>'
        closer = neighbours.share_closer(float(distances[0]))
        if math.isnan(closer):
            self.distance.setText(near)
            return
        median = float(np.median(neighbours.held_out))
        verdict = (
            tr("{share:.0%} of them closer", share=closer) if closer >= 0.005 else tr("none of them closer")
        )
        # Where spins and words repeat, held-out data lie on training data too: that is no memory.
        remembered = closer < 0.005 and distances[0] < median
        shade = self._theme.warning if remembered else self._theme.muted
        sign = "⚠ " if remembered else ""
        held_out = tr("held-out: median {median:.2f}", median=median)
        self.distance.setText(f'{near}{held_out}, <span style="color:{shade}">{sign}{verdict}</span>')
        assert self._state is not None
        assert self._state.facts is not None
        self.distance.setToolTip(words_of_distances(self._state.facts))

    def _restart(self) -> None:
        if self._index is not None:
            self.scrubber.go_to_now()
            self.restarted.emit(self._index)

    def _drag(self) -> None:
        picture = self._chain_picture()
        if picture is not None:
            drag_out(self, picture)

    def _save(self) -> None:
        picture = self._chain_picture()
        if picture is None:
            return
        name, _ = ask_to_save(self, tr("Save the image"), picture.file_name, "PNG (*.png)")
        if not name:
            return
        path = Path(name) if Path(name).suffix else Path(name).with_suffix(".png")
        try:
            picture.save(path)
        except RunFileError as error:
            self.told.emit(Message("error", str(error)))
        else:
            self.told.emit(Message("done", tr("Saved {name}", name=path.name)))

    def _chain_picture(self) -> ChainPicture | None:
        """The state shown, as a picture of its own."""
        history, state = self._history, self._state
        if history is None or state is None or state.facts is None:
            return None
        row, x = self._row, self._shown_state
        # The image on view may be some steps ahead of the past that is known.
        step = int(history.steps[row]) if np.array_equal(x, history.x[row]) else None
        return picture_of(state, x, history.chain, step, self._source(row))

    def _source(self, row: int) -> Source | None:
        """Source that the state of a row was drawn from: of an earlier one only what has not changed since."""
        assert self._history is not None
        assert self._state is not None
        snapshot = self._state.snapshot
        if snapshot is None or snapshot.source is None or row == len(self._history) - 1:
            return None if snapshot is None else snapshot.source
        # Another composition begins with a jump, which no proposal has led to; training changes the model.
        jumped = bool(np.isnan(self._history.acceptance[row + 1 :]).any())
        if jumped:
            return replace(snapshot.source, model_sha256="", composition=None)
        return replace(snapshot.source, model_sha256="") if snapshot.training else snapshot.source


def _width_of_words(tall: bool, side: int) -> int:
    """Width of what is said of the neighbours beside an image of a side."""
    return max(NEIGHBOURS_WIDTH if tall else WORDS_WIDTH, side)


def _height_of_neighbours(side: int) -> int:
    """Height of the nearest training data beside an image of a side."""
    return max(NEIGHBOURS_WIDTH, side) // SHOWN_NEIGHBOURS + 2


def _signed(value: float) -> str:
    """A number with its sign, as formulas write it."""
    return shown(value, "+.1f")
