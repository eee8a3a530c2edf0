"""Passes of a tree of minima, read off its merges."""

import numpy as np

from landscape_app.physics.disconnectivity import Disconnectivity


def pass_between(tree: Disconnectivity, a: int, b: int) -> float:
    """Energy of the lowest pass known between two minima, nats; infinity where there is none."""
    groups = [{i} for i in range(len(tree.energies))]
    for merge in tree.merges:
        groups.append(groups[merge.left] | groups[merge.right])
        if {a, b} <= groups[-1]:
            return merge.energy
    return np.inf
