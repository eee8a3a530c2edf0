"""Undo and redo: the compositions that there were, and those that were taken back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from landscape_app.session.composition import Composition

MOST_STEPS = 500


@dataclass(frozen=True)
class CompositionHistory:
    """A composition with what came before it and what was taken back; every change makes a new one.

    Attributes:
        present: the composition now.
        past: earlier ones, the latest last.
        future: those taken back, the next to be done again last.
        gesture: what the last edit was part of, such as one drag of a slider; empty for an edit by itself.
    """

    present: Composition = field(default_factory=Composition)
    past: tuple[Composition, ...] = ()
    future: tuple[Composition, ...] = ()
    gesture: str = ""

    @property
    def can_undo(self) -> bool:
        """Whether there is something to take back."""
        return bool(self.past)

    @property
    def can_redo(self) -> bool:
        """Whether there is something to do again."""
        return bool(self.future)

    def edited(self, composition: Composition, gesture: str = "") -> CompositionHistory:
        """After an edit; edits of the same gesture in a row are one step."""
        if composition == self.present:
            return self
        if gesture and gesture == self.gesture:
            return replace(self, present=composition)
        past = (*self.past, self.present)[-MOST_STEPS:]
        return CompositionHistory(composition, past, (), gesture)

    def settled(self) -> CompositionHistory:
        """After the end of a gesture: another of the same name is a step of its own."""
        return replace(self, gesture="")

    def undone(self) -> CompositionHistory:
        """One step back; the same where there is none."""
        if not self.past:
            return self
        return CompositionHistory(self.past[-1], self.past[:-1], (*self.future, self.present))

    def redone(self) -> CompositionHistory:
        """One step that was taken back done again; the same where there is none."""
        if not self.future:
            return self
        return CompositionHistory(self.future[-1], (*self.past, self.present), self.future[:-1])
