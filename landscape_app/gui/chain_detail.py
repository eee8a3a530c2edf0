"""One chain in detail: its image, its energy over time and the training image it is nearest to."""

from __future__ import annotations

from collections import deque

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout

from landscape_app.gui.frame import Frame
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.mosaic import Mosaic, as_images
from landscape_app.gui.widgets.naming import named
from landscape_app.gui.widgets.plots import EpochPlot
from landscape_app.physics.space import Discrete

CLOSE = 28
"""Width of the button that closes it."""

TRACE = 400
"""States of the energy trace that are kept."""


class ChainDetail(QFrame):
    """Follows one chain.

    Signals:
        closed: the person has seen enough.
    """

    closed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setAccessibleName("The chain followed")
        self._index: int | None = None
        self._trace: deque[float] = deque(maxlen=TRACE)
        self._length = 0
        self._picture, self._neighbour = Mosaic(theme), Mosaic(theme)
        self._picture.setObjectName("followed-image")
        self._neighbour.setObjectName("nearest-image")
        for picture in (self._picture, self._neighbour):
            picture.setFixedSize(110, 110)
            picture.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.title = named(QLabel(), "title")
        # Its energy is now longer, now shorter: the card, and with it the window, keep their width.
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.state = named(QLabel(), "muted")
        self.distance = named(QLabel(), "muted")
        self.distance.setToolTip(
            "Euclidean distance to the nearest of the training images, pixels scaled to 0…1.<br>"
            "Held-out images lie about 1.4 away; much closer would mean that the model memorises."
        )
        self.plot = EpochPlot(
            "plot-trace",
            "",
            "Energy Σ λ f of this chain over its last states, in nats from the training images' mean",
            theme,
            [("energy", "model")],
            zero_line=True,
        )
        self.plot.setMinimumHeight(90)
        self.plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.plot.setTitle(None)
        self.plot.label_axis("bottom", "frame")
        self.plot.label_axis("left", "nats")
        close = named(QToolButton(), "close-detail", text="✕")
        close.setFixedWidth(CLOSE)
        close.setAccessibleName("Stop following this chain")
        close.setToolTip("Stop following this chain (Esc)")
        close.clicked.connect(self.closed)
        pictures = QGridLayout()
        pictures.setSpacing(4)
        pictures.addWidget(self._picture, 0, 0)
        pictures.addWidget(self._neighbour, 0, 1)
        pictures.addWidget(self.state, 1, 0, Qt.AlignmentFlag.AlignCenter)
        pictures.addWidget(self.distance, 1, 1, Qt.AlignmentFlag.AlignCenter)
        right = QVBoxLayout()
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(close)
        right.addLayout(head)
        right.addWidget(self.plot, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.addLayout(pictures)
        layout.addLayout(right, 1)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        for widget in (self._picture, self._neighbour, self.plot):
            widget.set_theme(theme)

    def follow(self, index: int | None) -> None:
        """Follows another chain, from now."""
        self._index = index
        self._trace.clear()
        self._length = 0
        if index is not None:
            self.title.setText(f"Chain {index + 1}")

    def show_frame(self, frame: Frame) -> None:
        """Adds the chain's state in a frame."""
        snapshot, facts = frame.snapshot, frame.facts
        if self._index is None or snapshot is None or facts is None or self._index >= len(snapshot.x):
            return
        if not isinstance(facts.space, Discrete):
            return
        image = as_images(facts.space, snapshot.x[[self._index]])[0]
        training = as_images(facts.space, facts.training_items)
        self._trace.append(float(snapshot.energies[self._index]))
        self._length += 1
        self.title.setText(f"Chain {self._index + 1} · energy {self._trace[-1]:.1f} nats")
        x = np.arange(self._length - len(self._trace), self._length)
        self.plot.show_data(x, np.array(self._trace)[:, None])
        self.plot.setXRange(x[0], max(x[-1], x[0] + 10), padding=0.02)
        difference = training.astype(float) - image.astype(float)
        distances = np.sqrt((difference**2).sum((1, 2))) / (facts.levels - 1)
        nearest = int(distances.argmin())
        self._picture.show_images(image[None], facts.levels)
        self._neighbour.show_images(training[nearest][None], facts.levels)
        label = "this chain"
        if snapshot.classes is not None and snapshot.confidences is not None:
            label = f"{snapshot.classes[self._index]} ({snapshot.confidences[self._index]:.0%})"
        self.state.setText(label)
        self.distance.setText(f"nearest: {distances[nearest]:.2f}")
