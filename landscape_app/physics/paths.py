"""Minimum-energy paths between two states: climbing elastic bands, the barrier on them, and a walk over levels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import is_true, number, positions, read_back
from landscape_app.physics.relaxation import PUSH, RelaxedTarget, SmoothSurface

BETWEEN = 8
"""Points on every straight piece of a path at which its energy is looked at."""

LONGEST_STEP = 0.2
"""Largest move of an image in one step, in distances between neighbouring images."""

PATIENT, FASTER, SLOWER, MIXING, CALMER = 5, 1.1, 0.5, 0.1, 0.99
"""FIRE's constants (Bitzek et al. 2006): steps downhill before it speeds up, and by how much."""

SHORTEST_TIME, LONGEST_TIME = 0.1, 10.0
"""Bounds of FIRE's time step, in first ones: on a surface with kinks it would shrink for ever."""

CLIMBING_FORCE = 4.0
"""Tolerances of force below which the highest image begins to climb."""

TOGETHER = 256
"""Straight lines looked at at once."""


class BandPaths(NamedTuple):
    """Several paths at once, as piecewise straight lines.

    Attributes:
        x: the images along each, ends included, shape (paths, images, sites).
        energy: at the images, nats, shape (paths, images).
        force: largest residual force on an image of each, nats per unit of x, shape (paths,).
        converged: whether it has fallen below the tolerance, bool, shape (paths,).
    """

    x: Tensor
    energy: Tensor
    force: Tensor
    converged: Tensor


def straight_paths(starts: Tensor, ends: Tensor, images: int) -> Tensor:
    """Evenly spaced images on the straight lines between two sets of points, shape (paths, images, sites)."""
    share = torch.linspace(0, 1, images, device=starts.device, dtype=starts.dtype).view(1, -1, 1)
    return torch.lerp(starts.unsqueeze(1), ends.unsqueeze(1), share)


def polyline(points: Tensor, images: int) -> Tensor:
    """Images at equal distances along straight pieces through points, shape (images, sites).

    Args:
        points: from one end to the other, shape (n, sites), n at least 2.
        images: number of images, ends included.
    """
    lengths = points.diff(dim=0).norm(dim=1)
    along = torch.cat([lengths.new_zeros(1), lengths.cumsum(0)])
    if not is_true(along[-1] > 0):
        return points[:1].expand(images, -1).clone()
    wanted = torch.linspace(0, 1, images, device=points.device, dtype=points.dtype) * along[-1]
    piece = (torch.searchsorted(along, wanted, right=True) - 1).clamp(0, len(lengths) - 1)
    share = (wanted - along[piece]) / lengths[piece].clamp_min(torch.finfo(points.dtype).tiny)
    return torch.lerp(points[piece], points[piece + 1], share.unsqueeze(1))


LOOKS = 8
"""Points at which the energy along a straight line is looked at."""


def tightened(surface: SmoothSurface, x: Tensor, images: int) -> Tensor:
    """The shortest way along some images of a path, straight between them, that rises no higher than the path.

    Detours that do not lower the pass are left out; what remains has its images closer together.

    Args:
        surface: the energy.
        x: a path, shape (n, sites).
        images: of the new path.

    Returns:
        Shape (images, sites).
    """
    pairs = torch.combinations(torch.arange(len(x))).to(x.device)
    lines = straight_paths(x[pairs[:, 0]], x[pairs[:, 1]], LOOKS)
    height = torch.cat([surface.energy(piece) for piece in lines.flatten(0, 1).split(LOOKS * TOGETHER)])
    height = height.view(-1, LOOKS).amax(1)
    along = pairs[:, 1] == pairs[:, 0] + 1
    open_pairs = (height <= torch.where(along, height, -torch.inf).max()) | along
    distance = (x[pairs[:, 0]] - x[pairs[:, 1]]).norm(dim=1)
    pairs, distance, open_pairs = read_back(pairs, distance, open_pairs)
    pieces: list[list[tuple[int, float]]] = [[] for _ in x]
    for (a, b), length in zip(pairs[open_pairs].tolist(), distance[open_pairs].tolist(), strict=True):
        pieces[b].append((a, length))
    shortest, before = [0.0], [0]
    for state in range(1, len(x)):
        reach, previous = min((shortest[a] + length, a) for a, length in pieces[state])
        shortest.append(reach)
        before.append(previous)
    way = [len(x) - 1]
    while way[-1] > 0:
        way.append(before[way[-1]])
    return polyline(x[way[::-1]], images)


class ElasticBands:
    """Climbing nudged elastic bands (Henkelman, Uberuaga and Jónsson 2000) on one surface, moved together.

    Images feel the slope across their band and springs along it, so that the band settles into the bottom of a
    valley with its images evenly spread; the highest one feels the slope along the band reversed, and climbs to the
    saddle. Tangents are those of Henkelman and Jónsson (2000); images move by FIRE (Bitzek et al. 2006), each band
    with a time step of its own.

    Args:
        surface: whose valleys.
        x: where the bands begin, shape (paths, images, sites); their ends stay.
        spring: of the bands, nats per unit of x squared.
        tolerance: force at which a band has converged, nats per unit of x.

    Raises:
        ValueError: bands of fewer than three images.
    """

    def __init__(
        self, surface: SmoothSurface, x: Tensor, spring: float = 1.0, tolerance: float = 0.1
    ) -> None:
        if x.dim() != 3 or x.shape[1] < 3:
            raise ValueError(f"a band needs two ends and an image between them, got shape {tuple(x.shape)}")
        self.surface = surface
        self.spring = spring
        self.tolerance = tolerance
        self.steps = 0
        self._x = surface.confine(x)
        self._velocity = torch.zeros_like(self._x[:, 1:-1])
        paths = len(x)
        self._energy, self._gradient = self._evaluated()
        self._climbs = torch.zeros(paths, dtype=torch.bool, device=x.device)
        self._force = self._forces()
        spacing = self._x.diff(dim=1).norm(dim=2).mean(1).clamp_min(1e-9)
        self._longest = LONGEST_STEP * spacing
        self._first_time = (0.1 * self._longest / self._force.norm(dim=2).amax(1).clamp_min(1e-9)).sqrt()
        self._time = self._first_time.clone()
        self._mixing = torch.full_like(self._time, MIXING)
        self._downhill = torch.zeros(paths, dtype=torch.long, device=x.device)

    @property
    def paths(self) -> BandPaths:
        """The bands as they stand; one converges once its highest image has climbed."""
        force = self._force.norm(dim=2).amax(1)
        return BandPaths(self._x, self._energy, force, self._climbs & (force < self.tolerance))

    def run(self, steps: int) -> Iterator[BandPaths]:
        """Moves the bands until all have converged, at most so many steps; yields after every one."""
        for _ in range(steps):
            self.step()
            paths = self.paths
            yield paths
            if is_true(paths.converged.all()):
                return

    def step(self) -> None:
        """One step of FIRE; bands that have converged stay."""
        force, velocity = self._force, self._velocity
        power = (force * velocity).flatten(1).sum(1)
        downhill = power > 0
        self._downhill = torch.where(downhill, self._downhill + 1, 0)
        faster = self._downhill > PATIENT
        factor = torch.where(faster, FASTER, torch.where(downhill, 1.0, SLOWER if self.steps else 1.0))
        self._time = (factor * self._time).clamp(
            SHORTEST_TIME * self._first_time, LONGEST_TIME * self._first_time
        )
        time = _by_band(self._time)
        speed, strength = (_by_band(v.flatten(1).norm(dim=1)) for v in (velocity, force))
        mixing = _by_band(self._mixing)
        turned = (1 - mixing) * velocity + mixing * force * (speed / strength.clamp_min(1e-12))
        self._mixing = torch.where(faster, CALMER * self._mixing, self._mixing)
        self._mixing = torch.where(downhill, self._mixing, MIXING)
        velocity = torch.where(_by_band(downhill), turned, 0.0) + time * force
        move = time * velocity
        length = move.norm(dim=2, keepdim=True)
        move = move * (_by_band(self._longest) / length.clamp_min(1e-12)).clamp_max(1.0)
        moving = ~self.paths.converged
        inner = self._x[:, 1:-1]
        wanted = self.surface.confine((inner + move).flatten(0, 1)).view_as(inner)
        moved = torch.where(_by_band(moving), wanted - inner, 0.0)
        self._velocity = torch.where(_by_band(moving), moved / time.clamp_min(1e-12), 0.0)
        self._x = torch.cat([self._x[:, :1], inner + moved, self._x[:, -1:]], dim=1)
        self.steps += 1
        self._energy, self._gradient = self._evaluated(moving)
        self._force = self._forces()
        calm = self._force.norm(dim=2).amax(1) < CLIMBING_FORCE * self.tolerance
        self._climbs = self._climbs | calm

    def _evaluated(self, moving: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Energies and gradients of all images; only those of moving bands are computed anew."""
        if moving is None:
            energy, gradient = self.surface.energy_and_gradient(self._x.flatten(0, 1))
            return energy.view(self._x.shape[:2]), gradient.view_as(self._x)
        energy, gradient, moving = self._energy.clone(), self._gradient.clone(), positions(moving)
        inner = self._x[moving, 1:-1]
        new_energy, new_gradient = self.surface.energy_and_gradient(inner.flatten(0, 1))
        energy[moving, 1:-1] = new_energy.view(inner.shape[:2])
        gradient[moving, 1:-1] = new_gradient.view_as(inner)
        return energy, gradient

    def _forces(self) -> Tensor:
        """The nudged forces on the images between the ends, less what the range stops, like those images' x."""
        x, gradient = self._x, self._gradient[:, 1:-1]
        forward, backward = x[:, 2:] - x[:, 1:-1], x[:, 1:-1] - x[:, :-2]
        tangent = _tangents(forward, backward, self._energy)
        slope = (gradient * tangent).sum(2, keepdim=True)
        stretch = forward.norm(dim=2, keepdim=True) - backward.norm(dim=2, keepdim=True)
        force = slope * tangent - gradient + self.spring * stretch * tangent
        highest = self._energy[:, 1:-1].argmax(1, keepdim=True)
        climbing = torch.zeros_like(slope).scatter_(1, highest.unsqueeze(2), 1.0) * _by_band(self._climbs)
        force = torch.where(climbing > 0, 2 * slope * tangent - gradient, force)
        inner = x[:, 1:-1]
        pushed = self.surface.confine((inner + PUSH * force).flatten(0, 1)).view_as(inner)
        return (pushed - inner) / PUSH


class Barrier(NamedTuple):
    """Barrier along a path.

    Attributes:
        top: the highest energy on it, straight pieces included, nats.
        along: where it is, as a share of the path's length.
        forward: top less the energy of the first end, nats.
        backward: top less that of the last, nats.
    """

    top: float
    along: float
    forward: float
    backward: float


class Profile(NamedTuple):
    """The energy along a piecewise straight path.

    Attributes:
        along: distance from the first end, units of x, shape (n,).
        energy: nats, shape (n,).
    """

    along: Tensor
    energy: Tensor

    @property
    def barrier(self) -> Barrier:
        """Its highest point."""
        energy, along = read_back(self.energy, self.along)
        highest = int(energy.argmax())
        top, length = float(energy[highest]), float(along[-1])
        share = float(along[highest]) / length if length else 0.0
        return Barrier(top, share, top - float(energy[0]), top - float(energy[-1]))


def profile(surface: SmoothSurface, x: Tensor, between: int = BETWEEN) -> Profile:
    """The energy at the images of a path, shape (images, sites), and `between` − 1 times on each piece."""
    share = torch.arange(between, device=x.device, dtype=x.dtype).view(1, -1, 1) / between
    inner = torch.lerp(x[:-1, None], x[1:, None], share).flatten(0, 1)
    points = torch.cat([inner, x[-1:]])
    along = torch.cat([x.new_zeros(1), points.diff(dim=0).norm(dim=1).cumsum(0)])
    return Profile(along, surface.energy(points))


def tops(surface: SmoothSurface, x: Tensor, between: int = BETWEEN) -> Tensor:
    """The highest energy along each of several paths, shape (paths,), of x with shape (paths, images, sites)."""
    return torch.stack([profile(surface, path, between).energy.max() for path in x])


class Walk(NamedTuple):
    """A walk over a discrete space, one site by one level at every step.

    Attributes:
        x: configurations, shape (steps, *shape).
        energy: H − log q of each, nats, shape (steps,).
    """

    x: Tensor
    energy: Tensor

    @property
    def top(self) -> float:
        """The highest energy on the way, nats."""
        return number(self.energy.max())


def walk_on_levels(target: Target, x: Tensor, shortlist: int | None = None) -> Walk:
    """Follows a path by changes of a single site to the next level, always the lowest that leads on.

    From each rounded image of the path to the next, every site that differs may move; the one that leaves the lowest
    energy does. Its top is therefore no less than the lowest there is between the two ends.

    Args:
        target: q, on levels or spins, and H.
        x: a path, shape (images, sites).
        shortlist: sites tried at a step, those that the slope promises most of; None tries all that differ.
    """
    relaxed = RelaxedTarget(target)
    space = relaxed.space
    waypoints = space.index(relaxed.rounded(x))
    here, visited = waypoints[0], [waypoints[0]]
    for goal in waypoints[1:]:
        while len(sites := positions(here != goal)):
            if shortlist is not None and len(sites) > shortlist:
                _, slope = relaxed.energy_and_gradient(space.from_index(here).unsqueeze(0))
                change = slope[0, sites] * (goal - here).sign()[sites]
                sites = sites[change.topk(shortlist, largest=False).indices]
            options = here.repeat(len(sites), 1)
            options[torch.arange(len(sites), device=x.device), sites] += (goal - here).sign()[sites]
            energy = target.surprisal(relaxed.configurations(space.from_index(options)))
            here = options[energy.argmin().view(1)].squeeze(0)
            visited.append(here)
    states = relaxed.configurations(space.from_index(torch.stack(visited)))
    return Walk(states, target.surprisal(states))


def _tangents(forward: Tensor, backward: Tensor, energy: Tensor) -> Tensor:
    """Unit tangents at the images between the ends: uphill, or a mean at an extremum, like forward's shape."""
    here = energy[:, 1:-1, None]
    ahead, behind = energy[:, 2:, None] - here, energy[:, :-2, None] - here
    rises, falls = (ahead > 0) & (behind < 0), (ahead < 0) & (behind > 0)
    larger, smaller = ahead.abs().maximum(behind.abs()), ahead.abs().minimum(behind.abs())
    uphill_ahead = ahead > behind
    mean = forward * torch.where(uphill_ahead, larger, smaller) + backward * torch.where(
        uphill_ahead, smaller, larger
    )
    tangent = torch.where(rises, forward, torch.where(falls, backward, mean))
    tangent = torch.where(tangent.norm(dim=2, keepdim=True) > 0, tangent, forward + backward)
    return tangent / tangent.norm(dim=2, keepdim=True).clamp_min(1e-12)


def _by_band(values: Tensor) -> Tensor:
    """One value a band, shape (paths,), against the images' coordinates."""
    return values.view(-1, 1, 1)
