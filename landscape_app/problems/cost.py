"""Cost of a training: how long it takes, and what several ranks that share it exchange, by a model of their links.

A message of n bytes takes α + n/B seconds on a link of latency α and bandwidth B (Hockney 1994). Ranks stand in a
ring (Thakur, Rabenseifner, Gropp 2005; Patarasuk, Yuan 2009), which no algorithm beats in bytes: of a buffer of n
bytes each of N ranks sends 2 (N − 1)/N n in 2 (N − 1) messages, and all have the sum. What each rank knows of its
chains is gathered as such a sum too, over zeros for those of the others. What the first rank decides goes to all
others along a tree, and rows that change ranks go from one to the other. Some work of an epoch is shared by the
ranks, and some is done by each of them.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable
from typing import NamedTuple

from landscape_app.counting import byte_size
from landscape_app.language import tr
from landscape_app.problems.problem import Configuration

UNITS = (
    (86_400.0, tr("day"), tr("days")),
    (3_600.0, tr("hour"), tr("hours")),
    (60.0, tr("minute"), tr("minutes")),
)

NUMBER, PLACE = 4, 8
"""Bytes of a number on the model's device, in single precision, and of the place of a chain."""

TUNED = 2
"""Numbers by which a kernel is tuned, which go along with other messages."""


def duration(seconds: float) -> str:
    """An estimated duration in two digits at most, such as "0.2 s", "12 minutes" or "1.5 hours"."""
    for size, name, names in UNITS:
        count = float(f"{seconds / size:.2g}")
        if count >= 1:
            return f"{count:g} {name if count == 1 else names}"
    return f"{seconds:.2g} s" if seconds < 9.95 else f"{seconds:.0f} s"


def cost(seconds: float, plan: Configuration, memory: int) -> str:
    """Cost of a plan in words, such as "About 0.2 s an epoch, 2 minutes for 600; at most 60 MB of memory".

    Args:
        seconds: of an epoch.
        plan: of the run.
        memory: bytes that it takes.
    """
    if plan.training_seconds is None:
        return tr(
            "About {epoch} an epoch, {all} for {epochs:,}; at most {size} of memory",
            epoch=duration(seconds),
            all=duration(seconds * plan.planned_epochs),
            epochs=plan.planned_epochs,
            size=byte_size(memory),
        )
    return tr(
        "About {epoch} an epoch, some {epochs:,.0f} in {all}; at most {size} of memory",
        epoch=duration(seconds),
        epochs=float(f"{plan.training_seconds / seconds:.2g}"),
        all=duration(plan.training_seconds),
        size=byte_size(memory),
    )


class Link(NamedTuple):
    """A connection between ranks.

    Attributes:
        name: for people.
        start: seconds that an operation of all ranks takes beside its messages.
        latency: α of a message, seconds.
        bandwidth: B with which a rank sends, bytes a second.
    """

    name: str
    start: float
    latency: float
    bandwidth: float

    @property
    def parameters(self) -> str:
        """Its numbers in words, such as "50 µs a message, 1.2 GB/s"."""
        return f"{1e6 * self.latency:.2g} µs a message, {self.bandwidth / 1e9:.2g} GB/s"


LINKS = {
    "loopback": Link("gloo on one machine", 40e-6, 40e-6, 1.8e9),
    "ethernet": Link("10 Gbit/s Ethernet between hosts", 40e-6, 50e-6, 1.25e9),
    "nvlink": Link("NCCL over NVLink", 8.4e-6, 1.9e-6, 195e9),
}
"""Links by name. Of gloo: `tests/benchmarks/plan.py` measures it on the machine at hand. Of Ethernet: the rate of the
wire, and the usual latency of TCP between hosts at one switch. Of NVLink: latencies that NCCL's own tuning takes for
rings (src/include/tuning.h), and the rate of one direction between A100 as nccl-tests show it. The last two were not
tried."""


class Collective(enum.Enum):
    """Operation that all ranks take part in."""

    SUM = "all-reduce"
    FIRST = "broadcast"
    SWAP = "all-to-all"

    def messages(self, ranks: int) -> int:
        """Messages, one after another."""
        if self is Collective.FIRST:
            return math.ceil(math.log2(ranks))
        return (ranks - 1) * (2 if self is Collective.SUM else 1)

    def share(self, ranks: int) -> float:
        """Bytes that a rank sends on average, over those of the operation: of the buffer, or of all that moves."""
        if ranks == 1:
            return 0.0
        if self is Collective.SWAP:
            return 1 / ranks
        return (ranks - 1) / ranks * (2 if self is Collective.SUM else 1)


class Traffic(NamedTuple):
    """Operation that ranks do together in every epoch.

    Attributes:
        name: what is exchanged.
        collective: how.
        size: bytes of the buffer, or of all that changes ranks, of all operations of an epoch together.
        calls: operations an epoch.
    """

    name: str
    collective: Collective
    size: float
    calls: float = 1

    def sent(self, ranks: int) -> float:
        """Bytes that a rank sends in an epoch."""
        return self.size * self.collective.share(ranks)

    def seconds(self, ranks: int, link: Link) -> float:
        """Seconds an epoch; none of one rank."""
        if ranks == 1:
            return 0.0
        waiting = self.calls * (link.start + self.collective.messages(ranks) * link.latency)
        return waiting + self.sent(ranks) / link.bandwidth


def exchanges(
    ranks: int,
    *,
    chains: int,
    configurations: int,
    drawn: int,
    observables: int,
    parameters: int,
    chain_bytes: int,
    resample_share: float,
    tunings: float,
) -> tuple[Traffic, ...]:
    """Exchanges of an epoch of so many ranks.

    Args:
        ranks: N.
        chains: of all ranks together.
        configurations: the chains, or the replicas of all ladders: all ranks know their weights or energies.
        drawn: of them, those that an update evaluates: all ranks know by how much it changes their energies.
        observables: whose means and covariances on data and samples are put together; 0 of a model without any.
        parameters: numbers that have a gradient.
        chain_bytes: of a chain, as it moves to another rank.
        resample_share: effective sample size over the number of chains at which they are resampled; 1 for never.
        tunings: kernel steps, each of which tunes the step sizes of all ranks together, those of ladders too.
    """
    moved = moved_chains(chains, ranks, resample_share)
    decided = (NUMBER + PLACE) * drawn + (PLACE * chains if moved else 0)
    return (
        Traffic(
            "scalars gathered",
            Collective.SUM,
            NUMBER * (configurations + drawn + TUNED * tunings),
            2,
        ),
        Traffic(
            "gradients and moments reduced",
            Collective.SUM,
            NUMBER * (parameters + 2 * observables * (observables + ranks)),
        ),
        Traffic("decisions told", Collective.FIRST, decided),
        Traffic("chains moved by resampling", Collective.SWAP, moved * chain_bytes),
    )


def moved_chains(chains: int, ranks: int, share: float) -> float:
    """Chains that change ranks on average when all are resampled and each rank keeps C/N of C.

    Weights whose effective sample size is a share s of their number have the variance 1/s − 1 around their mean 1.
    The offspring of a rank's C/N chains then number C/N ± σ, σ² = C/N (1 − 1/N) (1/s − 1), and what is more than C/N
    goes elsewhere: σ/√(2π) on average, as the sum of many weights is normal. N σ/√(2π) in all.

    Args:
        chains: C.
        ranks: N.
        share: s, in (0, 1].
    """
    deviation = math.sqrt(chains / ranks * (1 - 1 / ranks) * (1 / share - 1))
    return ranks * deviation / math.sqrt(2 * math.pi)


class EpochWork(NamedTuple):
    """Computation of an epoch on one rank: f + e n seconds.

    Attributes:
        fixed: f, seconds that do not depend on the number of evaluations: every rank needs them.
        each: e, seconds of an evaluation of one configuration.
        evaluations: n of an epoch, of all ranks together.
    """

    fixed: float
    each: float
    evaluations: float

    @classmethod
    def of(cls, many: tuple[float, float], few: tuple[float, float]) -> EpochWork:
        """From two measured epochs, each as its evaluations and its seconds, the first with more of both.

        Where more evaluations took no longer, as noise may have it, all of the time is fixed.
        """
        evaluations, seconds = many
        more = evaluations - few[0]
        each = max(0.0, (seconds - few[1]) / more) if more > 0 else 0.0
        each = min(each, seconds / evaluations) if evaluations > 0 else 0.0
        return cls(seconds - each * evaluations, each, evaluations)

    def with_more(self, evaluations: float) -> EpochWork:
        """Work of epochs with more evaluations than those that were measured."""
        return self._replace(evaluations=self.evaluations + evaluations)

    def seconds(self, ranks: int = 1) -> float:
        """Seconds an epoch of a rank of so many, without what they exchange."""
        return self.fixed + self.each * self.evaluations / ranks


def epoch_seconds(work: EpochWork, exchanged: Iterable[Traffic], ranks: int, link: Link) -> float:
    """Seconds an epoch of so many ranks: each computes its share, then all exchange, over a link."""
    return work.seconds(ranks) + sum(exchange.seconds(ranks, link) for exchange in exchanged)
