"""Barriers between two images: low routes through known images, relaxed as elastic bands."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.physics.disconnectivity import LowestRoutes
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import is_true, number, positions, read_back, to_host
from landscape_app.physics.minima import LEAST_FALL, SHORTLIST, Descent
from landscape_app.physics.paths import (
    ElasticBands,
    Profile,
    polyline,
    profile,
    straight_paths,
    tightened,
    tops,
    walk_on_levels,
)
from landscape_app.physics.relaxation import RelaxedTarget, SmoothDescent, SmoothSurface
from landscape_app.physics.space import Spins
from landscape_app.session.memory import SEARCHING, needs_memory

NEIGHBOURS = 8
"""Nearest configurations to which each is joined."""

EDGE_LOOKS = 7
"""Points on a straight line between two configurations at which the energy is looked at, ends included."""

MOST = 600
"""Configurations that routes lead through, at most."""

TOGETHER = 1_024
"""Configurations evaluated at once."""


class LowRoutes:
    """The graph of nearest neighbours among known configurations, each edge as high as the straight line along it.

    Args:
        surface: the energy.
        ends: configurations to go between, shape (n, sites).
        others: to lead through, shape (m, sites); evenly chosen where there are more than `MOST`.
    """

    def __init__(self, surface: SmoothSurface, ends: Tensor, others: Tensor) -> None:
        self._surface = surface
        if len(others) > MOST:
            others = others[torch.linspace(0, len(others) - 1, MOST, device=others.device).round().long()]
        self._points = torch.cat([ends, others])
        distance = torch.cdist(self._points, self._points)
        distance.fill_diagonal_(torch.inf)
        count = min(NEIGHBOURS, len(self._points) - 1)
        nearest = distance.topk(count, largest=False).indices
        here = torch.arange(len(self._points), device=ends.device).repeat_interleave(count)
        pairs = to_host(torch.stack([here, nearest.flatten()], 1)).sort(1).values.unique(dim=0)
        self._edges = pairs.numpy()
        self._routes: LowestRoutes | None = None

    def survey(self) -> Iterator[float]:
        """Looks at the energy along every edge; yields the share that is done."""
        tops = []
        points, edges = self._points, torch.as_tensor(self._edges, device=self._points.device)
        pieces = edges.split(TOGETHER // EDGE_LOOKS)
        for i, piece in enumerate(pieces):
            lines = straight_paths(points[piece[:, 0]], points[piece[:, 1]], EDGE_LOOKS)
            tops.append(self._surface.energy(lines.flatten(0, 1)).view(-1, EDGE_LOOKS).amax(1))
            yield (i + 1) / len(pieces)
        self._routes = LowestRoutes(len(points), self._edges, to_host(torch.cat(tops)).double().numpy())

    def band(self, a: int, b: int, images: int) -> Tensor | None:
        """Images along the lowest route between two ends, shape (images, sites); None where there is none.

        Call it after the survey.
        """
        assert self._routes is not None
        route = self._routes.between(a, b)
        return None if route is None else polyline(self._points[route.states], images)


IMAGES = 48
"""Images of a band, ends included."""

BETWEEN = 24
"""Points on every piece of a path at which its energy is looked at."""

DESCENT_IMAGES = 8
"""Images that are kept of a descent."""

SPRING = 0.3
TOLERANCE = 1.0
"""Force, in nats per level over all pixels, at which a path has settled."""

MOST_STEPS = 300
"""Of the bands, before they are tightened and after."""

FLAT = 0.02
"""Force, in nats per level over all pixels, below which a point between the levels is a minimum."""

MOST_DESCENT_STEPS = 200
"""From the lowest levels to the minimum between the levels, which is less than a level away."""

SAME = 0.1
"""Levels of every pixel within which two minima are one."""

TIGHTENED = 1
"""Rounds in which detours are left out and the band is relaxed again."""

SHOWN_STEPS = 10
"""Steps of the bands between two records."""

DESCENT_SHARE, SURVEY_SHARE, BAND_SHARE = 0.1, 0.2, 0.85
"""Share of the work that is done when descent, survey and bands end."""


@dataclass(frozen=True, eq=False)
class BarrierRecord:
    """A path between two images, as far as it has come; energies are −log P from the training images' mean.

    Any path over the lowest pass between two images is no lower than one that first descends from each to its
    minimum: so the search does, by single levels of single pixels and from there between the levels, where the path
    leads too.

    Attributes:
        formula: H(x) = …, under which it was found.
        ends: the two images, with the fixed pixels, uint8, shape (2, *shape).
        progress: share of the work that is done, 0 to 1.
        images: along the path, levels, float32, shape (n, *shape); empty before there is one. Of spins they are
            means between level 0, down, and level 1, up.
        places: distance of each along the path, levels, shape (n,).
        along: distances at which the energy was looked at, levels, shape (m,).
        energy: there, nats, shape (m,).
        minima: distances at which the two descents end, levels.
        are_minima: whether each ended in a minimum: it is flat there, and the path rises first.
        depths: by how much the path rises from each before it falls below it, nats; 0 where they are one.
        top: distance and energy of the highest point between them.
        barriers: its height above the first and above the second of them, nats.
        converged: whether it has settled.
        by_single_spins: whether the path turns one spin at a time; there is nothing between spins. Its distances are
            then spins that have turned.
        walk_top: the highest energy between the minima on a walk along it that changes one pixel by one level at a
            time, nats; None before it is known.
    """

    formula: str
    ends: np.ndarray
    progress: float
    images: np.ndarray
    places: np.ndarray
    along: np.ndarray
    energy: np.ndarray
    minima: tuple[float, float] = (0.0, 0.0)
    are_minima: tuple[bool, bool] = (False, False)
    depths: tuple[float, float] = (0.0, 0.0)
    top: tuple[float, float] = (0.0, 0.0)
    barriers: tuple[float, float] = (0.0, 0.0)
    converged: bool = False
    by_single_spins: bool = False
    walk_top: float | None = None

    @property
    def is_done(self) -> bool:
        """True if the search came to its end."""
        return self.progress >= 1.0

    @property
    def lowest(self) -> float:
        """The lowest energy between where the descents end, nats: the path may lead through other minima."""
        first, last = self.minima
        return float(self.energy[(self.along >= first) & (self.along <= last)].min())


class BarrierSearch:
    """Looks for the lowest pass between two images under one target.

    Where q holds pixels, they are put into both images and into the training images first, and every path keeps them.

    Args:
        target: q and H.
        training: training images, which paths may lead through, shape (n, *shape).
        ends: the two images, shape (2, *shape).
        formula: H(x) = …, for the record.

    Raises:
        ValueError: the two images are the same, or differ only in fixed pixels.
    """

    @needs_memory(SEARCHING)
    def __init__(self, target: Target, training: Tensor, ends: Tensor, formula: str = "") -> None:
        if is_true((ends[0] == ends[1]).all()):
            raise ValueError(tr("a barrier lies between two different images; choose another one"))
        training, ends = (
            target.base_measure.with_fixed_sites(training),
            target.base_measure.with_fixed_sites(ends),
        )
        if is_true((ends[0] == ends[1]).all()):
            raise ValueError(
                tr("the two images differ only in fixed pixels; free some, or choose another one")
            )
        self._target = target
        self._training = training
        self._ends = ends
        self._surface = RelaxedTarget(target)
        self._flat = (False, False)
        self._origin = number(target.surprisal(training).mean())
        nothing = np.zeros(0)
        self._record = BarrierRecord(
            formula=formula,
            ends=to_host(self._surface.space.index(ends).to(torch.uint8)).numpy(),
            progress=0.0,
            images=np.zeros((0, *ends.shape[1:]), np.float32),
            places=nothing,
            along=nothing,
            energy=nothing,
        )

    @needs_memory(SEARCHING)
    def run(self) -> Iterator[BarrierRecord]:
        """Descends, relaxes and walks; yields how far it has come after every short step."""
        descent = Descent(self._target, self._ends, shortlist=SHORTLIST)
        trail = [descent.x.flatten(1)]
        for arrived in descent.run():
            trail.append(descent.x.flatten(1))
            yield self._at(DESCENT_SHARE * arrived)
        between = SmoothDescent(self._surface, trail[-1], FLAT)
        for _ in between.run(MOST_DESCENT_STEPS):
            yield self._at(DESCENT_SHARE)
        minima, flat = between.x, to_host(between.arrived).tolist()
        self._flat = (flat[0], flat[1])
        if is_true((minima[0] - minima[1]).abs().max() < SAME * self._surface.space.spacing):
            minima = minima[:1].expand_as(minima)
        trail.append(minima)
        slopes = [_without_rests(torch.stack([points[end] for points in trail])) for end in (0, 1)]
        if is_true((minima[0] == minima[1]).all()):
            found = self._shown(slopes, None)
            yield replace(found, progress=1.0, converged=True, walk_top=found.top[1])
            return
        yield from self._over_the_pass(slopes, minima)

    def _over_the_pass(self, slopes: list[Tensor], minima: Tensor) -> Iterator[BarrierRecord]:
        """Relaxes bands between two minima from the straight line and from the lowest route known, and walks."""
        routes = LowRoutes(self._surface, minima, self._training.flatten(1))
        for share in routes.survey():
            yield self._at(DESCENT_SHARE + share * (SURVEY_SHARE - DESCENT_SHARE))
        straight = straight_paths(minima[:1], minima[1:], IMAGES)
        route = routes.band(0, 1, IMAGES)
        begin = straight if route is None else torch.cat([straight, route.unsqueeze(0)])
        path = yield from self._relaxed(slopes, begin, SURVEY_SHARE)
        for i in range(TIGHTENED):
            begin = torch.stack([path, tightened(self._surface, path, IMAGES)])
            at = SURVEY_SHARE + (i + 1) / (TIGHTENED + 1) * (BAND_SHARE - SURVEY_SHARE)
            path = yield from self._relaxed(slopes, begin, at)
        if isinstance(self._surface.space, Spins):
            found = self._by_single_spins(slopes, path)
            yield replace(found, walk_top=found.top[1], progress=1.0)
            return
        top = -np.inf
        for i in range(len(path) - 1):
            top = max(top, walk_on_levels(self._target, path[i : i + 2]).top - self._origin)
            yield self._at(BAND_SHARE + (i + 1) / len(path) * (1 - BAND_SHARE))
        yield replace(self._record, walk_top=top, progress=1.0)

    def _by_single_spins(self, slopes: list[Tensor], path: Tensor) -> BarrierRecord:
        """The record of the walk along a path between the minima, and of the descents, one spin at a time."""
        walk = walk_on_levels(self._target, path, SHORTLIST).x.flatten(1)
        states = torch.cat([slopes[0][:-1], walk, slopes[1].flip(0)[1:]])
        x = self._surface.configurations(states)
        found = to_host(self._target.surprisal(x)).double().numpy() - self._origin
        first, last = len(slopes[0]) - 1, len(slopes[0]) + len(walk) - 2
        between = found[first : last + 1]
        top, along = first + int(between.argmax()), np.arange(len(states), dtype=float)
        return replace(
            self._record,
            by_single_spins=True,
            images=to_host(self._surface.space.index(x)).numpy().astype(np.float32),
            places=along,
            along=along,
            energy=found,
            minima=(float(first), float(last)),
            are_minima=(True, True),
            depths=(_depth(between), _depth(between[::-1])),
            top=(float(top), float(found[top])),
            barriers=(float(found[top] - found[first]), float(found[top] - found[last])),
        )

    def _relaxed(
        self, slopes: list[Tensor], begin: Tensor, at: float
    ) -> Generator[BarrierRecord, None, Tensor]:
        """Relaxes bands, from a share of the work on; returns the lowest, shape (images, sites)."""
        bands = ElasticBands(self._surface, begin, SPRING, TOLERANCE)
        ahead = (BAND_SHARE - SURVEY_SHARE) / (TIGHTENED + 1)
        for paths in bands.run(MOST_STEPS):
            if bands.steps % SHOWN_STEPS == 0:
                self._record = self._shown(slopes, paths.x[paths.energy.amax(1).argmin().view(1)].squeeze(0))
            yield self._at(at + bands.steps / MOST_STEPS * ahead)
        paths = bands.paths
        best = tops(self._surface, paths.x, BETWEEN).argmin().view(1)
        lowest = paths.x[best].squeeze(0)
        found = self._shown(slopes, lowest)
        self._record = replace(found, converged=is_true(paths.converged[best]))
        return lowest

    def _at(self, progress: float) -> BarrierRecord:
        """Looks at another share of the work."""
        self._record = replace(self._record, progress=progress)
        return self._record

    def _shown(self, slopes: list[Tensor], path: Tensor | None) -> BarrierRecord:
        """The record of a path between the minima, or of none where they are one, with the descents before it."""
        down, up = slopes[0], slopes[1].flip(0)
        pieces = [down, up] if path is None else [down, path, up]
        profiles = [
            profile(self._surface, piece, BETWEEN) if piece is path else self._descent(piece)
            for piece in pieces
        ]
        ends = [self._surface.energy(slope[-1:]) for slope in slopes]
        known = read_back(*(part for piece in profiles for part in piece), *ends)
        places_on, energies = (
            [part.numpy() for part in known[:-2:2]],
            [part.numpy() for part in known[1:-2:2]],
        )
        starts = np.cumsum([0.0, *[float(place[-1]) for place in places_on]])
        along = np.concatenate([place + at for place, at in zip(places_on, starts, strict=False)])
        energy = np.concatenate(energies) - self._origin
        shown = [polyline(piece, IMAGES if piece is path else DESCENT_IMAGES) for piece in pieces]
        places = [
            at + np.linspace(0, float(place[-1]), IMAGES if images is path else DESCENT_IMAGES)
            for place, images, at in zip(places_on, pieces, starts, strict=False)
        ]
        where = (float(starts[1]), float(starts[-2]))
        heights = [float(end) - self._origin for end in known[-2:]]
        top, depths, are_minima = (where[0], max(heights)), (0.0, 0.0), self._flat
        if path is not None:
            barrier = profiles[1].barrier
            top = (where[0] + barrier.along * (where[1] - where[0]), barrier.top - self._origin)
            depths = _depth(energies[1]), _depth(energies[1][::-1])
            are_minima = (
                self._flat[0] and depths[0] > LEAST_FALL,
                self._flat[1] and depths[1] > LEAST_FALL,
            )
        lowest, spacing = self._surface.space.lowest, self._surface.space.spacing
        images = to_host(torch.cat(shown).view(-1, *self._ends.shape[1:])).numpy().astype(np.float32)
        return replace(
            self._record,
            images=(images - lowest) / spacing,
            places=np.concatenate(places) / spacing,
            along=along / spacing,
            energy=energy,
            minima=(where[0] / spacing, where[1] / spacing),
            are_minima=are_minima,
            depths=depths,
            top=(top[0] / spacing, top[1]),
            barriers=(top[1] - heights[0], top[1] - heights[1]),
        )

    def _descent(self, states: Tensor) -> Profile:
        """The energy on a descent, drawn out evenly over the straight distance between its ends."""
        length = (states[-1] - states[0]).norm()
        along = length * torch.linspace(0, 1, len(states), device=states.device)
        return Profile(along, self._surface.energy(states))


def _depth(energy: np.ndarray) -> float:
    """By how much energies along a path rise from the first before one lies below it."""
    lower = np.flatnonzero(energy < energy[0] - LEAST_FALL)
    before = energy[: lower[0]] if len(lower) else energy
    return float(before.max() - energy[0])


def _without_rests(trail: Tensor) -> Tensor:
    """A descent's configurations, without those at which it waited for another to end, shape (n, sites)."""
    moved = torch.cat([trail.new_ones(1, dtype=torch.bool), (trail.diff(dim=0) != 0).any(1)])
    return trail[positions(moved)]
