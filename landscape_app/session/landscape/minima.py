"""Local minima under the chains, and the passes between the lowest of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from landscape_app.models.memories import Memories, StateName
from landscape_app.physics.disconnectivity import Disconnectivity, disconnectivity
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import number, to_host
from landscape_app.physics.minima import SHORTLIST, Descent, Minima
from landscape_app.physics.paths import ElasticBands, straight_paths, tops, walk_on_levels
from landscape_app.physics.relaxation import RelaxedTarget
from landscape_app.physics.space import Spins
from landscape_app.session.landscape.barrier import LowRoutes
from landscape_app.session.memory import SEARCHING, needs_memory

LOWEST = 12
"""Minima between which passes are looked for."""

LOWEST_NAMED = 24
"""The same of spins that remember patterns: these and their reverses, all as low, leave room for mixtures."""

IMAGES = 16
"""Images of a band, ends included."""

BETWEEN = 24
"""Points on every piece of a path at which its energy is looked at."""

SPRING = 0.3
TOLERANCE = 1.0
"""Force, in nats per level over all pixels, at which a path has settled."""

MOST_STEPS = 250
TOGETHER = 12
"""Descents, or bands, that are moved at once: a step shall be short."""

DESCENT_SHARE, SURVEY_SHARE = 0.4, 0.45
"""Share of the work that is done when descents and survey end."""


@dataclass(frozen=True, eq=False)
class MinimaRecord:
    """The minima found, as far as the search has come; energies are −log P from the training images' mean.

    Attributes:
        formula: H(x) = …, under which they were found.
        progress: share of the work that is done, 0 to 1.
        starts: descents that were begun.
        found: distinct minima in which they ended.
        images: the lowest minima, lowest first, uint8, shape (k, *shape).
        energies: of those, nats, shape (k,).
        counts: descents that ended in each, shape (k,).
        tree: how the passes join them; None before they are known.
        settled: share of the paths between them that have settled.
        names: of those among the patterns that spins are to remember; empty where there are none.
        overlaps: m^μ of those with these patterns, shape (k, P).
        by_single_spins: whether the passes are those of walks that turn one spin at a time.
    """

    formula: str
    progress: float
    starts: int
    found: int
    images: np.ndarray
    energies: np.ndarray
    counts: np.ndarray
    tree: Disconnectivity | None = None
    settled: float = 0.0
    names: tuple[StateName, ...] = ()
    overlaps: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    by_single_spins: bool = False

    @property
    def is_done(self) -> bool:
        """True if the search came to its end."""
        return self.progress >= 1.0


class MinimaSearch:
    """Descends from many starts under one target, and joins the lowest minima by elastic bands.

    Between spins lies nothing: there a band only shows the way, and the pass is the highest state of a walk along it
    that turns one spin at a time.

    Where q holds pixels, they are put into starts and training images first, and every descent and path keeps them.

    Args:
        target: q and H.
        training: training images, which paths may lead through, shape (n, *shape).
        starts: where descents begin, shape (m, *shape), one at least.
        formula: H(x) = …, for the record.
        lowest: minima between which passes are looked for; None for `LOWEST`, or `LOWEST_NAMED`.
        memories: patterns that the minima are named after, of spins.
    """

    @needs_memory(SEARCHING)
    def __init__(
        self,
        target: Target,
        training: Tensor,
        starts: Tensor,
        formula: str = "",
        lowest: int | None = None,
        memories: Memories | None = None,
    ) -> None:
        training = target.base_measure.with_fixed_sites(training)
        self._target = target
        self._training = training
        self._starts = starts
        self._lowest = lowest or (LOWEST if memories is None else LOWEST_NAMED)
        self._memories = memories
        self._surface = RelaxedTarget(target)
        self._origin = number(target.surprisal(training).mean())
        self._record = MinimaRecord(
            formula=formula,
            progress=0.0,
            starts=len(starts),
            found=0,
            images=np.zeros((0, *starts.shape[1:]), np.uint8),
            energies=np.zeros(0),
            counts=np.zeros(0, int),
            by_single_spins=isinstance(self._surface.space, Spins),
        )

    @needs_memory(SEARCHING)
    def run(self) -> Iterator[MinimaRecord]:
        """Descends, and relaxes; yields how far it has come after every short step."""
        ended: list[Tensor] = []
        for piece in self._starts.split(TOGETHER):
            descent = Descent(self._target, piece, shortlist=SHORTLIST)
            for arrived in descent.run():
                share = (len(ended) * TOGETHER + arrived * len(piece)) / len(self._starts)
                yield self._at(DESCENT_SHARE * share)
            ended.append(descent.x)
        minima = Descent(self._target, torch.cat(ended)).minima()
        kept = slice(0, self._lowest)
        self._record = replace(
            self._record,
            found=len(minima.x),
            images=to_host(self._surface.space.index(minima.x[kept]).to(torch.uint8)).numpy(),
            energies=to_host(minima.energy[kept]).double().numpy() - self._origin,
            counts=to_host(minima.counts[kept]).numpy(),
        )
        if self._memories is not None:
            states = to_host(minima.x[kept]).numpy()
            self._record = replace(
                self._record,
                names=tuple(self._memories.name_of(state) for state in states),
                overlaps=self._memories.overlaps(states),
            )
        yield from self._joined(minima)

    def _joined(self, minima: Minima) -> Iterator[MinimaRecord]:
        """Looks for the pass between every two of the lowest minima."""
        points = minima.x.flatten(1)
        count = min(self._lowest, len(points))
        ends, others = points[:count], torch.cat([points[count:], self._training.flatten(1)])
        routes = LowRoutes(self._surface, ends, others)
        for share in routes.survey():
            yield self._at(DESCENT_SHARE + share * (SURVEY_SHARE - DESCENT_SHARE))
        pairs = list(itertools.combinations(range(count), 2))
        heights: list[Tensor] = []
        settled = 0
        for done in range(0, len(pairs), TOGETHER):
            batch = pairs[done : done + TOGETHER]
            bands = ElasticBands(self._surface, self._begun(routes, ends, batch), SPRING, TOLERANCE)
            for paths in bands.run(MOST_STEPS):
                share = (done + bands.steps / MOST_STEPS * len(batch)) / len(pairs)
                yield self._at(SURVEY_SHARE + share * (1 - SURVEY_SHARE))
                settled_now = paths.converged.sum()
            settled += int(number(settled_now))
            if self._record.by_single_spins:
                for path in bands.paths.x:
                    heights.append(walk_on_levels(self._target, path, SHORTLIST).energy.max().view(1))
                    yield self._record
            else:
                heights.append(tops(self._surface, bands.paths.x, BETWEEN))
        passes = to_host(torch.cat(heights)).double().numpy() - self._origin if heights else np.zeros(0)
        tree = disconnectivity(self._record.energies, np.array(pairs, int).reshape(-1, 2), passes)
        share = settled / len(pairs) if pairs else 1.0
        yield replace(self._record, tree=tree, settled=share, progress=1.0)

    def _begun(self, routes: LowRoutes, ends: Tensor, pairs: list[tuple[int, int]]) -> Tensor:
        """First bands of some pairs: on the lowest route, or else on the straight line."""
        bands = []
        for a, b in pairs:
            route = routes.band(a, b, IMAGES)
            bands.append(straight_paths(ends[[a]], ends[[b]], IMAGES)[0] if route is None else route)
        return torch.stack(bands)

    def _at(self, progress: float) -> MinimaRecord:
        self._record = replace(self._record, progress=min(progress, 0.999))
        return self._record
