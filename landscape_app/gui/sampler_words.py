"""What the sampler view says of the chains: above the mosaic, and of the one under the pointer."""

from __future__ import annotations

from html import escape

from landscape_app.gui.frame import Activity, Facts, Frame
from landscape_app.physics.observables import are_coloured
from landscape_app.physics.space import Spins


def caption_of(frame: Frame) -> str:
    """Which chains are on view, and what they do."""
    snapshot = frame.snapshot
    if snapshot is None:
        return ""
    if snapshot.training:
        return f"{len(snapshot.x):,} of the chains that train"
    if frame.activity is Activity.TRAINING:
        return f"{len(snapshot.x):,} chains steered from the model in training, twice a second"
    step = f" · step {frame.sweep.sweep:,}" if frame.sweep is not None else ""
    held = " · held" if frame.activity is Activity.STILL else ""
    return f"{len(snapshot.x):,} Markov chains{step}{held}"


def words_of_chain(frame: Frame, index: int) -> str:
    """A chain's energy, class and age, as the text of a tooltip."""
    snapshot, facts = frame.snapshot, frame.facts
    if snapshot is None or facts is None:
        return ""
    lines = [f"Chain {index + 1}: Σ λ f {snapshot.energies[index]:.1f} nats"]
    if snapshot.classes is not None and snapshot.confidences is not None:
        name = escape(facts.class_name(int(snapshot.classes[index])))
        lines.append(f"Class network: {name} ({snapshot.confidences[index]:.0%})")
    if snapshot.ages is not None:
        age = int(snapshot.ages[index])
        lines.append(f"Moved {'1 step' if age == 1 else f'{age:,} steps'} ago" if age else "Just moved")
    lines.append("Click to follow it; drag it into another window as a picture")
    return "<br>".join(lines)


def words_of_distances(facts: Facts) -> str:
    """What the distances to the nearest training items are, as the text of a tooltip."""
    in_table = len(facts.space.shape) == 1
    if are_coloured(facts.space):
        scaled = "each of a pixel's three colours scaled to 0…1"
    elif isinstance(facts.space, Spins):
        scaled = "−1 counted as 0 and +1 as 1"
    elif in_table:
        scaled = "the values of a column, in their order, scaled to 0…1"
    else:
        scaled = "the grey of a pixel scaled to 0…1"
    items, item = ("rows", "row") if in_table else ("images", "image")
    return (
        f"Euclidean distances to the nearest training {items}, {scaled}, against those of the "
        f"{len(facts.neighbours.held_out):,} held-out {items} to theirs.<br>Good: as far as held-out {items} are. "
        f"A chain closer to a training {item} than nearly all of them has been memorised rather than made."
    )
