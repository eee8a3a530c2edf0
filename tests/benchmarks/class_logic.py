"""AND, OR and NOT of classes on the shipped model, as an evaluation classifier sees it.

    python tests/benchmarks/class_logic.py          about 5 minutes

The evaluation classifier is of another architecture than the classifier, and trained apart. For every pair (a AND b),
(a OR b) and every (NOT a): the shares of 256 chains that it takes for a, for b and for others, at once and after 100
further moves. An AND asks for images that are both: there its mean probability of the likelier and of the less likely
of the two is given too. Over ten pairs drawn with a fixed seed, OR should split between 35:65 and 65:35.
"""

from __future__ import annotations

import argparse
from itertools import combinations, islice
from typing import NamedTuple

import numpy as np

from landscape_app.data.assets import SHIPPED_MODEL, asset_path
from landscape_app.learning.quality import EvaluationClassifier
from landscape_app.physics.fields.classes import ALL_OF, NONE_OF, ClassCondition
from landscape_app.session.checkpoint import open_session
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.records import SteeringRecord
from landscape_app.session.session import Session
from tests.benchmarks.steering import evaluator_of

CHAINS, MOVES = 256, 100
OR_STRENGTH, AND_STRENGTH, NOT_STRENGTH = 4.0, 4.0, 4.0
DRAWN_PAIRS, PAIR_SEED = 10, 0
EVEN = (0.35, 0.65)


class Seen(NamedTuple):
    """What the evaluation classifier says of the chains under one composition."""

    record: SteeringRecord
    at_once: np.ndarray
    later: np.ndarray

    def share(self, c: int, *, later: bool = True) -> float:
        """Share of chains that it takes for a class."""
        return float(((self.later if later else self.at_once).argmax(1) == c).mean())


def look(
    session: Session, evaluator: EvaluationClassifier, condition: ClassCondition, strength: float
) -> Seen:
    """Steers, and lets the evaluation classifier look at once and after the moves."""
    record = session.steer(Composition((Layer(condition, strength),)))
    at_once = evaluator(session.sampler.chains.x).softmax(1).numpy()
    for _ in islice(session.sample(), MOVES):
        pass
    return Seen(record, at_once, evaluator(session.sampler.chains.x).softmax(1).numpy())


def show_pairs(session: Session, evaluator: EvaluationClassifier) -> dict[tuple[int, int], Seen]:
    """Prints AND and OR of every pair; returns what was seen of the ORs."""
    print(
        f"{'pair':>7}   OR (α = {OR_STRENGTH:g}): a / b / others at once, after {MOVES} moves, ESS      "
        f"AND (α = {AND_STRENGTH:g}): a / b / others after {MOVES} moves, evaluation classifier's p of both, ESS"
    )
    ors = {}
    for a, b in combinations(range(session.classes), 2):
        either = ors[a, b] = look(session, evaluator, ClassCondition((a, b)), OR_STRENGTH)
        both = look(session, evaluator, ClassCondition((a, b), ALL_OF), AND_STRENGTH)
        columns = []
        for seen, later in ((either, False), (either, True), (both, True)):
            shares = seen.share(a, later=later), seen.share(b, later=later)
            columns.append(f"{shares[0]:.2f} {shares[1]:.2f} {1 - sum(shares):.2f}")
        high, low = np.sort(both.later[:, [a, b]], axis=1)[:, ::-1].mean(0)
        print(
            f"{a} and {b}:   {columns[0]}   {columns[1]}   {either.record.effective_sample_size:5.0f}      "
            f"{columns[2]}   {high:.2f} {low:.2f}   {both.record.effective_sample_size:5.0f}",
            flush=True,
        )
    return ors


def show_exclusions(session: Session, evaluator: EvaluationClassifier) -> None:
    """Prints NOT of every class, beside what the model alone has of it."""
    session.steer(Composition())
    alone = evaluator(session.sampler.chains.x).argmax(1)
    print(
        f"\n{'class':>6}   share in the model   NOT (α = {NOT_STRENGTH:g}): at once, after {MOVES} moves, ESS"
    )
    for c in range(session.classes):
        seen = look(session, evaluator, ClassCondition((c,), NONE_OF), NOT_STRENGTH)
        print(
            f"{c:>6}   {float((alone == c).float().mean()):18.2f}   {seen.share(c, later=False):.2f} "
            f"{seen.share(c):.2f}   {seen.record.effective_sample_size:5.0f}",
            flush=True,
        )


def main() -> None:
    """Prints the figures."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    session = open_session(asset_path(SHIPPED_MODEL), device="cpu", sampler_chains=CHAINS)
    session.sampler.seed(0)
    evaluator = evaluator_of(session).requires_grad_(False)
    ors = show_pairs(session, evaluator)
    show_exclusions(session, evaluator)
    drawn = np.random.default_rng(PAIR_SEED).permutation(list(ors))[:DRAWN_PAIRS]
    print(
        f"\nten pairs drawn with seed {PAIR_SEED}: share of a among a and b, at once and after {MOVES} moves"
    )
    splits = []
    for a, b in drawn.tolist():
        seen = ors[a, b]
        splits.append(
            [
                seen.share(a, later=later) / (seen.share(a, later=later) + seen.share(b, later=later))
                for later in (False, True)
            ]
        )
        print(f"  {a} or {b}: {splits[-1][0]:.2f} {splits[-1][1]:.2f}")
    for name, column in zip(("at once", f"after {MOVES} moves"), np.array(splits).T, strict=True):
        even = int(((column >= EVEN[0]) & (column <= EVEN[1])).sum())
        print(
            f"{name}: {even} of {len(splits)} between 35:65 and 65:35 (all wanted), "
            f"{column.min():.2f} to {column.max():.2f}"
        )


if __name__ == "__main__":
    main()
