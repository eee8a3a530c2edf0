"""Fields V(x): energies that steer a trained model, added to its Hamiltonian with a strength α."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor


class ClassTarget:
    """V_c(x) = −log p(c|x) (equations 22 and 23): α = 1 is Bayes' rule, a larger α is stronger.

    Args:
        classifier: x of shape (batch, *shape) to logits of shape (batch, classes).
        target: the class c.
        classes: number of classes.

    Raises:
        ValueError: there is no such class.
    """

    def __init__(self, classifier: Callable[[Tensor], Tensor], target: int, classes: int = 10) -> None:
        if not 0 <= target < classes:
            raise ValueError(f"there is no class {target}; choose one of 0 to {classes - 1}")
        self.classifier = classifier
        self.target = target

    def energy(self, x: Tensor) -> Tensor:
        """−log p(c|x) in nats, shape (batch,)."""
        return -self.classifier(x).log_softmax(dim=-1)[:, self.target]


class DiscriminatorField:
    """V(x) = −log(D(x) / (1 − D(x))) (equations 20 and 21), D(x) the probability that x is real.

    D tells data from samples of a model P, as many of each. The best D is P_data / (P_data + P), so that P exp(−V)
    is the distribution of the data; a D that finds out less still takes P nearer to it.

    Args:
        log_odds: log(D / (1 − D)): x of shape (batch, *shape) to shape (batch,), differentiable in x.
    """

    def __init__(self, log_odds: Callable[[Tensor], Tensor]) -> None:
        self.log_odds = log_odds

    def energy(self, x: Tensor) -> Tensor:
        """−log(D / (1 − D)) in nats, shape (batch,)."""
        return -self.log_odds(x)
