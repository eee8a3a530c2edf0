"""Energies of a ladder that stands still."""

from landscape_app.physics.entropy import LadderEnergies, RecordedEnergies
from landscape_app.physics.ladder import Ladder


def record_energies(ladder: Ladder, steps: int) -> LadderEnergies:
    """Energies that a ladder passes through in so many steps, its temperatures and step sizes frozen."""
    adapt, ladder.adapt = ladder.adapt, False
    recorded = RecordedEnergies(ladder, steps)
    for _ in range(steps):
        ladder.advance(1)
        recorded.add(ladder)
    ladder.adapt = adapt
    return recorded.on_host()
