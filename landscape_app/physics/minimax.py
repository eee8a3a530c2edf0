"""Lowest passes on a graph of states: minimax routes, and the tree in which basins merge as the energy rises."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np


class Basins:
    """Disjoint sets of states that are joined below a rising energy (union–find).

    Args:
        count: number of states, each a set of its own to begin with.
    """

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def root(self, state: int) -> int:
        """The state that stands for the set of another."""
        while self._parent[state] != state:
            self._parent[state] = self._parent[self._parent[state]]
            state = self._parent[state]
        return state

    def join(self, a: int, b: int) -> bool:
        """Joins the sets of two states, the first's root before the second's; False where they were one already."""
        root_a, root_b = self.root(a), self.root(b)
        self._parent[root_b] = root_a
        return root_a != root_b


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
        self._neighbours: list[dict[int, float]] = [{} for _ in range(count)]
        basins = Basins(count)
        for edge in np.argsort(tops, kind="stable"):
            a, b = (int(state) for state in edges[edge])
            if basins.join(a, b):
                self._neighbours[a][b] = self._neighbours[b][a] = float(tops[edge])

    def between(self, start: int, end: int) -> Route | None:
        """The lowest route between two different states; None where nothing joins them."""
        previous = {start: start}
        frontier = [start]
        while frontier and end not in previous:
            state = frontier.pop()
            for other in self._neighbours[state]:
                if other not in previous:
                    previous[other] = state
                    frontier.append(other)
        if end not in previous:
            return None
        states = [end]
        while states[-1] != start:
            states.append(previous[states[-1]])
        states.reverse()
        return Route(states, max(self._neighbours[a][b] for a, b in pairwise(states)))


class Merge(NamedTuple):
    """Two groups of minima that become one.

    Attributes:
        left: node of the first group; a number below the count of minima is a minimum itself.
        right: node of the other.
        energy: of the lowest pass between them, nats.
        joins: the minimum on either side between which that pass was found.
    """

    left: int
    right: int
    energy: float
    joins: tuple[int, int]


class Disconnectivity(NamedTuple):
    """How minima are joined as the energy rises: a disconnectivity graph (Becker and Karplus 1997), every pass kept.

    Node i < n is a minimum, node n + j the group that merge j makes.

    Attributes:
        energies: of the minima, nats, shape (n,).
        merges: from the lowest pass to the highest; n − 1 where all are connected.
        order: the minima from left to right such that no branches cross, shape (n,).
    """

    energies: np.ndarray
    merges: tuple[Merge, ...]
    order: np.ndarray

    def pass_between(self, a: int, b: int) -> float:
        """Energy of the lowest pass known between two minima, nats; infinity where there is none."""
        groups = [{i} for i in range(len(self.energies))]
        for merge in self.merges:
            groups.append(groups[merge.left] | groups[merge.right])
            if {a, b} <= groups[-1]:
                return merge.energy
        return np.inf

    @property
    def positions(self) -> np.ndarray:
        """Where every node lies from left to right: minima at 0, 1, …, a group between its parts, shape (nodes,)."""
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
    n = len(energies)
    basins, node = Basins(n), list(range(n))
    lowest = [float(energy) for energy in energies]
    leaves = [[i] for i in range(n)]
    merges: list[Merge] = []
    for edge in np.argsort(tops, kind="stable"):
        a, b = (int(state) for state in edges[edge])
        parts = sorted((basins.root(a), basins.root(b)), key=lambda root: lowest[node[root]])
        if not basins.join(parts[0], parts[1]):
            continue
        left, right = (node[part] for part in parts)
        node[basins.root(a)] = n + len(merges)
        merges.append(Merge(left, right, float(tops[edge]), (a, b)))
        lowest.append(lowest[left])
        leaves.append(leaves[left] + leaves[right])
    roots = sorted({node[basins.root(i)] for i in range(n)}, key=lambda root: lowest[root])
    order = np.array([leaf for root in roots for leaf in leaves[root]], dtype=int)
    return Disconnectivity(np.asarray(energies, float), tuple(merges), order)
