"""Share of all the work at the end of a training that is done, from the shares of its parts."""

from __future__ import annotations

from collections.abc import Mapping

from landscape_app.session.entropy_estimator import (
    MEASURING_BEST,
    MEASURING_KEPT,
    MEASURING_LAST,
    EntropyEstimator,
)
from landscape_app.session.fresh_chains import DRAWING, SOLVING, STARTING, FreshChains

SUM_STEPS = 1
"""Evaluations that a measurement by a sum counts as: it is one step, and soon done."""


class FinishShare:
    """Share that is done of works that follow each other, by their names and costs.

    A work that is begun again once it was done begins the share anew: all that follows is done again.

    Args:
        costs: evaluations of each work, in their order.
    """

    def __init__(self, costs: Mapping[str, float]) -> None:
        self._total = max(sum(costs.values()), 1.0)
        self._costs = dict(costs)
        self._before: dict[str, float] = {}
        begin = 0.0
        for name, cost in costs.items():
            self._before[name] = begin
            begin += cost
        self._done, self._name = 0.0, ""

    @property
    def evaluations(self) -> float:
        """Evaluations of all works together."""
        return self._total

    def of(self, name: str, share: float) -> float:
        """Share of all that is done where so much of a work is; it falls only where a work is begun again."""
        if name not in self._costs:
            return self._done
        at = (self._before[name] + share * self._costs[name]) / self._total
        begun_again = name != self._name and at < self._before.get(self._name, 0.0) / self._total
        self._done = at if begun_again else max(at, self._done)
        self._name = name
        return self._done


def finish_share(estimator: EntropyEstimator, fresh: FreshChains | None, epoch: int) -> FinishShare:
    """Share of what `Session.finish` is about to do.

    Args:
        estimator: which measures.
        fresh: chains such as it takes; None of an energy that is given.
        epoch: at which training has ended.
    """
    measuring = float(SUM_STEPS)
    if not estimator.sums:
        measuring = estimator.steps * estimator.ladder.replicas * estimator.ladder.all_columns
    costs = {MEASURING_LAST: measuring}
    if estimator.best is not None and estimator.best.epoch != epoch:
        costs[MEASURING_BEST] = measuring
    if fresh is not None:
        tuning, solving, drawing = fresh.costs
        costs[STARTING] = tuning
        if solving:
            costs |= {SOLVING: solving, MEASURING_KEPT: measuring}
        costs[DRAWING] = drawing
    return FinishShare(costs)


def finish_seconds(
    estimator: EntropyEstimator, fresh: FreshChains | None, seconds: float, evaluations: int
) -> float:
    """Seconds that `Session.finish` takes, about, by how fast the training's evaluations went.

    Args:
        estimator: which measures.
        fresh: chains such as it takes at the end of the training; None of an energy that is given.
        seconds: of training so far.
        evaluations: of the energy, for one chain each, in these seconds.
    """
    # By then the best state is an earlier one or not, which makes no more than a measurement.
    return finish_share(estimator, fresh, epoch=0).evaluations * seconds / max(1, evaluations)
