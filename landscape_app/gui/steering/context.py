"""Context of a field's controls: the run that they serve, and signals of what they ask for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, Signal

from landscape_app.gui.state import DIGITS, Activity, EngineState, Facts
from landscape_app.gui.widgets.paragraph import shortened
from landscape_app.session.composition import Composition
from landscape_app.session.conditioning import named_columns
from landscape_app.session.records import DiscriminatorRecord

LONGEST_IN_FORMULA = 16
"""Characters of a class's name."""


@dataclass(frozen=True)
class FieldContext:
    """Part of a state that matters to controls; equal for states that make no difference to them.

    Attributes:
        facts: of the session; None before there is one.
        accuracy: of the classifier; None without one.
        rounds: the discriminators of the run.
        trusted: digests of the files that may run.
        busy: whether a network is being trained, or other long work is done.
        training: whether the model trains.
    """

    facts: Facts | None = None
    accuracy: float | None = None
    rounds: tuple[DiscriminatorRecord, ...] = ()
    trusted: frozenset[str] = frozenset()
    busy: bool = False
    training: bool = False

    @classmethod
    def of(cls, state: EngineState) -> FieldContext:
        """Those of a state."""
        training = state.activity is Activity.TRAINING
        return cls(
            state.facts,
            state.accuracy,
            state.rounds,
            state.trusted,
            bool(state.busy or state.beside),
            training,
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the images."""
        if self.facts is None or not self.facts.space.is_image:
            return (8, 8)
        height, width = self.facts.space.shape[:2]
        return height, width

    @property
    def levels(self) -> int:
        """Number of grey levels."""
        return 17 if self.facts is None else self.facts.space.levels

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes; those of digits before there is a session."""
        return DIGITS if self.facts is None else self.facts.class_names

    def named(self, composition: Composition) -> Composition:
        """The composition in the words of the run: names of classes and columns."""
        named = composition.named(self.short_names)
        return named if self.facts is None else named_columns(named, self.facts.columns, self.facts.space)

    @property
    def short_names(self) -> tuple[str, ...]:
        """The classes' names as formulas and titles have room for them."""
        return tuple(shortened(name, LONGEST_IN_FORMULA) for name in self.class_names)


@dataclass(frozen=True, eq=False)
class ChosenChain:
    """A chain that is selected in the mosaic.

    Attributes:
        number: from 1.
        image: levels, shape (height, width).
    """

    number: int
    image: np.ndarray


class FieldSignals(QObject):
    """Signals of field controls.

    Signals:
        discriminator: train one against the chains as they stand.
        file: choose a file for a user-defined field; the layer's controls ask.
        reload: read the file of a user-defined field again.

    Attributes:
        chosen_chain: the chain that is selected in the mosaic; None where none is.
    """

    discriminator = Signal()
    file = Signal(QObject)
    reload = Signal(QObject)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.chosen_chain: Callable[[], ChosenChain | None] = lambda: None
