"""Power and size of the verdict on mixing: synthetic draws in the shapes of the convergence test.

    python tests/benchmarks/verdict.py [--sets 200]        about 20 minutes

Three starts of 24 columns. The energy and five observables are autoregressions (ρ = 0.8, τ = 9 steps) of 1,500
steps, 12,000 effective draws of each in all, that share half of their variance; one more says when a draw is in a
class, as a tenth of them are. Laws are called apart where the verdict is not "mixed".

Wanted: equal laws called apart in at most 2% of the sets; a mean of one start that is off by 0.1 standard
deviations found in at least 95%; one frozen chain of 4 and of 24 named in all, and never mixed; chains that are all
in one of two modes called mixed, as nothing tells them from a law of one, by a sentence that says so.

In sequence: a test that is judged every 25 steps, over the later half, from 100 steps until it says mixed or has made
1,500. Wanted: it calls equal laws mixed in the end in at least 98% of the sets; where a start is off throughout, it
passes with a limit below that in at most 5% of all sets.
"""

from __future__ import annotations

import argparse
import math

import numpy as np

from landscape_app.physics.diagnostics import Diagnosis, diagnose
from landscape_app.session.convergence import COLUMNS, STARTS, diagnosed_at
from tests.physics.autoregression import Array, autoregressive

RHO, STEPS, QUANTITIES = 0.8, 1_500, 5
IN_CLASS = -1.2816
"""Below it a tenth of a normal law lies."""

GROUPS = np.repeat(STARTS, COLUMNS)
MOST_STEPS = 1_500


def draws(seed: int, steps: int, shift: float, shifted: str) -> tuple[dict[str, Array], dict[str, Array]]:
    """Draws of the energy, and of what only means are compared of; the last start is off in one of them."""
    shared, *others = (autoregressive(RHO, len(GROUPS), steps, seed * 100 + k) for k in range(QUANTITIES + 2))
    energy, *observables, hidden = ((shared + other) / math.sqrt(2) for other in others)
    means = {f"f{k + 1}": values for k, values in enumerate(observables)} | {
        "class": (hidden < IN_CLASS) * 1.0
    }
    quantities = {"energy": energy} | means
    off = STARTS[-1] == GROUPS
    if shifted == "class":
        # An indicator's standard deviation is 0.3: items outside of the class enter it at random.
        entering = np.random.default_rng(seed).random(hidden.shape) < 0.3 * shift / 0.9
        means["class"] = np.maximum(means["class"], entering * off[:, None])
    else:
        quantities[shifted] = quantities[shifted] + shift * off[:, None]
        energy, means = quantities["energy"], {name: quantities[name] for name in means}
    return {"energy": energy}, means


def judged(seed: int, shift: float = 0.0, shifted: str = "energy", alone: bool = False) -> Diagnosis:
    """The verdict on one set, of the energy alone or with all quantities."""
    energy, means = draws(seed, STEPS, shift, shifted)
    return diagnose(
        energy, 0.5, groups=GROUPS, round_trips=9, swap_rates=[0.4], means=None if alone else means
    )


def in_sequence(seed: int, shift: float) -> Diagnosis:
    """The last verdict of a test that ends at its first "mixed"."""
    energy, means = draws(seed, MOST_STEPS, shift, "energy")
    for step in diagnosed_at(MOST_STEPS):
        later = slice(step // 2, step)
        found = diagnose(
            {name: values[:, later] for name, values in energy.items()},
            0.5,
            groups=GROUPS,
            round_trips=9,
            swap_rates=[0.4],
            means={name: values[:, later] for name, values in means.items()},
        )
        if found.verdict == "mixed":
            break
    return found


def frozen(seed: int, chains: int) -> Diagnosis:
    """The verdict on chains of which one never moves, from a place of the same law."""
    values = autoregressive(RHO, chains, 12_000 * 9 // chains, seed)
    values[seed % chains] = values[seed % chains, 0]
    return diagnose(
        {"energy": values}, 0.5, groups=np.repeat(STARTS, chains // 3) if chains % 3 == 0 else None
    )


def show(name: str, count: int, sets: int, least: float | None, most: float = 1.0) -> None:
    """Prints a row, beside the shares between which it should lie; None for none."""
    wanted = "" if least is None else f"≤ {most:.0%}" if most < 1 else f"≥ {least:.0%}"
    good = least is None or least * sets <= count <= most * sets
    print(f"{name:74} {count:4} of {sets}   {wanted:8} {'✓' if good else '✗'}", flush=True)


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sets", type=int, default=200)
    sets = parser.parse_args().sets
    seeds = range(sets)
    for quantities, alone in ((1, True), (QUANTITIES + 2, False)):
        apart = sum(judged(seed, alone=alone).verdict != "mixed" for seed in seeds)
        show(f"equal laws called apart, quantities {quantities}", apart, sets, 0.0, 0.02)
        for shifted in ("energy",) if alone else ("energy", "f3", "class"):
            for shift in (0.2, 0.1):
                found = sum(judged(seed, shift, shifted, alone).verdict != "mixed" for seed in seeds)
                show(f"{shifted} off by {shift}, quantities {quantities}: found", found, sets, 0.95)
    for chains in (4, 24):
        ends = [frozen(seed, chains) for seed in seeds]
        named = sum(
            end.verdict == "frozen" and end.frozen == (seed % chains,) for seed, end in enumerate(ends)
        )
        show(f"one frozen of {chains}: named", named, sets, 1.0)
    says = "a mode that none of these starts has reached cannot be seen"
    said = sum(says in judged(seed + sets).sentence for seed in seeds)
    show("all in one mode: mixed, and the sentence says what cannot be seen", said, sets, 0.98)
    few = max(1, sets // 4)
    for shift in (0.0, 0.2, 0.4, 0.6):
        ends = [in_sequence(seed, shift) for seed in range(few)]
        passed = [end for end in ends if end.verdict == "mixed"]
        effective = np.mean([end.effective_sample_size for end in ends])
        name = f"in sequence, off by {shift}: mixed in the end ({effective:,.0f} effective draws)"
        show(name, len(passed), few, None if shift else 0.98)
        show(
            "  not called mixed within a lower limit",
            few - sum(end.limit < shift for end in passed),
            few,
            0.95,
        )


if __name__ == "__main__":
    main()
