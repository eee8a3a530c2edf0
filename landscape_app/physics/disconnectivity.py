"""Disconnectivity graphs: lowest passes between states, and the tree in which minima merge as the energy rises."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np


class Route(NamedTuple):
    """A way through a graph.

    Attributes:
        states: from one end to the other.
        top: the highest pass on it.
    """

    states: list[int]
    top: float


class LowestRoutes:
    """The routes between the states of a graph whose highest edge is lowest.

    They are the ways through the minimum spanning tree (Hu 1961).

    Args:
        count: number of states.
        edges: pairs of states, shape (m, 2).
        tops: the highest energy along each edge, its ends included, shape (m,).
    """

    def __init__(self, count: int, edges: np.ndarray, tops: np.ndarray) -> None:
        from scipy.sparse import coo_array  # a tenth of a second to import
        from scipy.sparse.csgraph import minimum_spanning_tree

        self._heights: dict[tuple[int, int], float] = {}
        for pair, top in zip(np.sort(edges, axis=1).tolist(), tops.tolist(), strict=True):
            a, b = pair
            self._heights[a, b] = min(top, self._heights.get((a, b), np.inf))
        pairs = np.array(list(self._heights), int).reshape(-1, 2)
        # Ranks, not heights: to the routine an edge of weight zero is none, and energies may be negative.
        rank = np.argsort(np.argsort(list(self._heights.values()), kind="stable"), kind="stable") + 1
        graph = coo_array((rank, (pairs[:, 0], pairs[:, 1])), shape=(count, count))
        self._tree = minimum_spanning_tree(graph.tocsr())

    def between(self, start: int, end: int) -> Route | None:
        """The lowest route between two different states; None where nothing joins them."""
        from scipy.sparse.csgraph import breadth_first_order

        _, previous = breadth_first_order(self._tree, start, directed=False)
        states = [end]
        while states[-1] != start:
            if previous[states[-1]] < 0:
                return None
            states.append(int(previous[states[-1]]))
        states.reverse()
        return Route(states, max(self._heights[min(a, b), max(a, b)] for a, b in pairwise(states)))


class Merge(NamedTuple):
    """Two groups of minima that become one.

    Attributes:
        left: node of the first group; a number below the count of minima is a minimum itself.
        right: node of the other.
        energy: of the lowest pass between them, nats.
    """

    left: int
    right: int
    energy: float


class Disconnectivity(NamedTuple):
    """Disconnectivity graph: minima joined as the energy rises, every pass kept (Becker and Karplus 1997).

    Node i < n is a minimum, node n + j the group that merge j makes.

    Attributes:
        energies: of the minima, nats, shape (n,).
        merges: from the lowest pass to the highest; n − 1 where all are connected.
        order: the minima from left to right such that no branches cross, shape (n,).
    """

    energies: np.ndarray
    merges: tuple[Merge, ...]
    order: np.ndarray

    @property
    def positions(self) -> np.ndarray:
        """Positions of the nodes from left to right: minima at 0, 1, …, a group between its parts, shape (nodes,)."""
        n = len(self.energies)
        positions = np.empty(n + len(self.merges))
        positions[self.order] = np.arange(n)
        for j, merge in enumerate(self.merges):
            positions[n + j] = (positions[merge.left] + positions[merge.right]) / 2
        return positions


def disconnectivity(energies: np.ndarray, edges: np.ndarray, tops: np.ndarray) -> Disconnectivity:
    """The tree of minima whose passes are known.

    Args:
        energies: of the minima, nats, shape (n,).
        edges: pairs of minima, shape (m, 2).
        tops: the energy of the pass between each pair, nats, shape (m,); no lower than the two minima.
    """
    from scipy.cluster.hierarchy import DisjointSet  # a tenth of a second to import

    n = len(energies)
    basins = DisjointSet(range(n))
    node = {i: i for i in range(n)}
    lowest = [float(energy) for energy in energies]
    leaves = [[i] for i in range(n)]
    merges: list[Merge] = []
    for edge in np.argsort(tops, kind="stable"):
        a, b = (int(state) for state in edges[edge])
        left, right = sorted((node[basins[a]], node[basins[b]]), key=lambda group: lowest[group])
        if not basins.merge(a, b):
            continue
        node[basins[a]] = n + len(merges)
        merges.append(Merge(left, right, float(tops[edge])))
        lowest.append(lowest[left])
        leaves.append(leaves[left] + leaves[right])
    roots = sorted({node[basins[i]] for i in range(n)}, key=lambda group: lowest[group])
    order = np.array([leaf for root in roots for leaf in leaves[root]], dtype=int)
    return Disconnectivity(np.asarray(energies, float), tuple(merges), order)
