"""Low ways between configurations, through others that are known to be likely: where elastic bands begin."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from landscape_app.physics.disconnectivity import LowestRoutes
from landscape_app.physics.host import to_host
from landscape_app.physics.paths import polyline, straight_paths
from landscape_app.physics.relaxation import Surface

NEIGHBOURS = 8
"""Nearest configurations to which each is joined."""

LOOKS = 7
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

    def __init__(self, surface: Surface, ends: Tensor, others: Tensor) -> None:
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
        pieces = edges.split(TOGETHER // LOOKS)
        for i, piece in enumerate(pieces):
            lines = straight_paths(points[piece[:, 0]], points[piece[:, 1]], LOOKS)
            tops.append(self._surface.energy(lines.flatten(0, 1)).view(-1, LOOKS).amax(1))
            yield (i + 1) / len(pieces)
        self._routes = LowestRoutes(len(points), self._edges, to_host(torch.cat(tops)).double().numpy())

    def band(self, a: int, b: int, images: int) -> Tensor | None:
        """Images along the lowest route between two ends, shape (images, sites); None where there is none.

        Call it after the survey.
        """
        assert self._routes is not None
        route = self._routes.between(a, b)
        return None if route is None else polyline(self._points[route.states], images)
