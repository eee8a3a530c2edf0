"""MALA and HMC against blackjax: effective samples a second on a banana and on a correlated Gaussian.

    pip install -e '.[benchmarks]'
    python tests/benchmarks/continuous_kernels.py [--chains 256 4096] [--rounds 10]        about 5 minutes

Wanted: at least as many as blackjax. Both sides run the same number of chains in float32 on one core, from the
same exact draws, with their tuning frozen, and take turns; compilation and tuning are not counted. The chains
are independent and in equilibrium from the start, so the mean of one of them is worth σ²/e² independent draws: σ²
the exact variance, e² the mean square error over the chains. Averaged are u and u², u = y/(1 + |y|), of every
coordinate y in units of its deviation, and the worst counts. They are bounded, or a few chains held up far out
in the banana's tails would decide everything.

Blackjax is compiled as one scan over steps of its kernel, mapped over the chains. Its HMC gets step size and
masses from its window adaptation, and several numbers of leapfrog steps, of which the best counts; its dynamic
HMC gets the numbers by ChEES too. Its MALA has no adaptation and gets the step size of acceptance 0.574. In two
dimensions the comparison is one of a compiled loop with the time that a call takes.

Ours of the banana is a formula, and of the Gaussian a product with a matrix, which is its gradient too; "automatic"
are the same energies as a Python function that torch differentiates.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

CURVATURE, WIDTH = 5.0, 10.0
COVARIANCE = 0.95 ** np.abs(np.subtract.outer(np.arange(50), np.arange(50)))
PRECISION = np.linalg.inv(COVARIANCE)
LANGEVIN_ACCEPTANCE = 0.574
WARM_UP = 500


class Problem(NamedTuple):
    """A density, the kernel steps of a turn, and the numbers of leapfrog steps that blackjax's HMC may have."""

    name: str
    langevin_steps: int
    trajectories: int
    lengths: tuple[int, ...]


BANANA = Problem("banana, 2-D", 400, 100, (16, 32, 64))
GAUSSIAN = Problem("Gaussian, 50-D", 600, 10, (16, 32, 64))


class Turn(NamedTuple):
    """What a turn of a sampler did: gradients of all chains, and means of `bounded` over each of them."""

    seconds: float
    evaluations: float
    acceptance: float
    means: Array


Samplers = Iterator[tuple[str, Callable[[], Turn]]]


def bounded(x: Any, centre: Array, scale: Array) -> Any:
    """u and u², u = y/(1 + |y|) with y = (x − centre)/scale, shape (chains, 2, dimensions)."""
    u = (x - centre) / (scale + abs(x - centre))
    return u.__array_namespace__().stack([u, u * u], 1)


def exact_draws(problem: Problem, n: int, seed: int) -> Array:
    """Draws of the Gaussian by its Cholesky factor, of the banana by importance resampling."""
    rng = np.random.default_rng(seed)
    if problem is GAUSSIAN:
        return rng.normal(size=(n, len(COVARIANCE))) @ np.linalg.cholesky(COVARIANCE).T
    a = rng.normal(1, 1, 1_000_000)
    b = a**2 + rng.normal(size=a.shape) / np.sqrt(2 * CURVATURE)
    weights = np.exp(-0.5 * (b / WIDTH) ** 2)
    chosen = rng.choice(len(a), n, p=weights / weights.sum())
    return np.stack([a[chosen], b[chosen]], axis=1)


def our_samplers(problem: Problem, x: Array, centre: Array, scale: Array) -> Samplers:
    """MALA and HMC of this package, of energies that know their gradient and of the same without."""
    import torch

    from landscape_app.models.energy import EnergyModel, EnergySource
    from landscape_app.physics.base_measure import GaussianBase
    from landscape_app.physics.chains import Chains
    from landscape_app.physics.hamiltonian import EnergyTerm, Hamiltonian, Target, WeightedTerm
    from landscape_app.physics.kernels import KERNELS
    from landscape_app.physics.space import Line

    excess = torch.as_tensor(PRECISION - np.eye(len(PRECISION)), dtype=torch.float32)

    class Quadratic:
        def energy(self, x: torch.Tensor) -> torch.Tensor:
            return ((x @ excess) * x).sum(1) / 2

        def energy_and_gradient(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            gradient = x @ excess
            return torch.linalg.vecdot(gradient, x) / 2, gradient

    base = GaussianBase.standard(Line(x.shape[1:]))
    if problem is BANANA:
        base = GaussianBase(base.space, torch.tensor([1.0, 0.0]), torch.tensor([1.0, WIDTH]))
    term: EnergyTerm = Quadratic()
    if problem is BANANA:
        term = EnergyModel(base, EnergySource(f"{CURVATURE}*(y - x**2)**2"))
    by_hand = Target(base, Hamiltonian([WeightedTerm(1.0, term)]))
    automatic = Target(base, Hamiltonian([WeightedTerm(1.0, SimpleNamespace(energy=term.energy))]))
    kinds = [
        (name, steps, target)
        for target in (by_hand, automatic)
        for name, steps in (("mala", problem.langevin_steps), ("hmc", problem.trajectories))
    ]
    for name, steps, target in kinds:
        first = torch.as_tensor(x, dtype=torch.float32)
        chains = Chains(first, target, KERNELS[name](), torch.Generator().manual_seed(1))
        chains.run(WARM_UP)
        chains.adapt = False

        def run(chains: Chains = chains, steps: int = steps) -> Turn:
            draws: list[torch.Tensor] = []
            chains.on_step = lambda: draws.append(chains.x)
            start = time.perf_counter()
            done = chains.run(steps)
            seconds = time.perf_counter() - start
            means = sum(bounded(draw.numpy(), centre, scale) for draw in draws) / steps
            return Turn(seconds, done.evaluations * len(x), done.acceptance_rate, means)

        yield f"landscape {name}" + ", automatic" * (target is automatic), run


def blackjax_samplers(problem: Problem, x: Array, centre: Array, scale: Array) -> Samplers:
    """MALA, HMC and dynamic HMC of blackjax."""
    import blackjax
    import jax
    import jax.numpy as jnp
    import optax

    precision, first = jnp.asarray(PRECISION, jnp.float32), jnp.asarray(x, jnp.float32)
    warm, chains = jax.random.key(1), len(x)

    def log_density(x: Any) -> Any:
        if problem is GAUSSIAN:
            return -0.5 * x @ (precision @ x)
        return -0.5 * (x[0] - 1) ** 2 - 0.5 * (x[1] / WIDTH) ** 2 - CURVATURE * (x[1] - x[0] ** 2) ** 2

    def sampler(state: Any, step: Callable[..., Any], steps: int) -> Callable[[], Turn]:
        def one(carry: Any, key: Any) -> tuple[Any, None]:
            state, means, evaluations, acceptance = carry
            state, info = jax.vmap(step)(jax.random.split(key, chains), state)
            means += bounded(state.position, centre, scale) / steps
            evaluations += jnp.sum(getattr(info, "num_integration_steps", jnp.ones(chains)))
            acceptance += info.acceptance_rate.mean() / steps
            return (state, means, evaluations, acceptance), None

        @jax.jit
        def scan(state: Any, key: Any) -> Any:
            carry = state, jnp.zeros((chains, 2, x.shape[1])), 0.0, 0.0
            return jax.lax.scan(one, carry, jax.random.split(key, steps))[0]

        keys = iter(jax.random.split(warm, 1000))

        def run() -> Turn:
            nonlocal state
            start, key = time.perf_counter(), next(keys)
            state, means, evaluations, acceptance = jax.block_until_ready(scan(state, key))
            seconds = time.perf_counter() - start
            return Turn(seconds, float(evaluations), float(acceptance), np.asarray(means, np.float64))

        run()  # compiles
        return run

    @jax.jit
    def tune(carry: Any, key: Any) -> tuple[Any, None]:
        state, log_step = carry
        step = blackjax.mala(log_density, jnp.exp(log_step)).step
        state, info = jax.vmap(step)(jax.random.split(key, chains), state)
        return (state, log_step + 0.1 * (info.acceptance_rate.mean() - LANGEVIN_ACCEPTANCE)), None

    start = jax.vmap(blackjax.mala(log_density, 0.1).init)(first), jnp.log(0.01)
    (_, log_step), _ = jax.lax.scan(tune, start, jax.random.split(warm, 2 * WARM_UP))
    mala = blackjax.mala(log_density, jnp.exp(log_step))
    yield "blackjax mala", sampler(jax.vmap(mala.init)(first), mala.step, problem.langevin_steps)
    for length in problem.lengths:
        windows = blackjax.window_adaptation(blackjax.hmc, log_density, num_integration_steps=length)
        (_, tuned), _ = windows.run(warm, first[0], 2 * WARM_UP)
        hmc = blackjax.hmc(log_density, **tuned)
        state = jax.vmap(hmc.init)(first)
        yield f"blackjax hmc, {length} steps", sampler(state, hmc.step, problem.trajectories)
    chees = blackjax.chees_adaptation(log_density, chains)
    (state, tuned), _ = chees.run(warm, first, 0.1, optax.adam(0.02), WARM_UP)
    dynamic = blackjax.dynamic_hmc(log_density, **tuned)
    yield "blackjax dynamic hmc, ChEES", sampler(state, dynamic.step, problem.trajectories)


def show(problem: Problem, chains: int, rounds: int) -> None:
    """Lets all samplers take turns; prints their scores and how ours compare."""
    sample = exact_draws(problem, 200_000, seed=1)
    centre, scale = sample.mean(0, dtype=np.float32), sample.std(0, dtype=np.float32)
    setting = problem, exact_draws(problem, chains, seed=0), centre, scale
    samplers = dict(our_samplers(*setting))
    if find_spec("blackjax"):
        samplers |= dict(blackjax_samplers(*setting))
    turns: dict[str, list[Turn]] = {name: [] for name in samplers}
    for _ in range(rounds):
        for name, run in samplers.items():
            turns[name].append(run())
    exact = bounded(sample, centre, scale)
    print(f"\n{problem.name}, {chains} chains")
    print(f"{'':30}{'ESS/s':>11}{'ours is':>10}{'gradients/s':>14}{'ESS/gradient':>14}{'acceptance':>12}")
    rates: dict[str, float] = {}
    for name, parts in turns.items():
        seconds, evaluations, acceptance = np.sum([part[:3] for part in parts], axis=0)
        error = (np.mean([part.means for part in parts], axis=0) - exact.mean(0)) ** 2
        effective = chains * float((exact.var(0) / error.mean(0)).min())
        rates[name] = effective / seconds
        own = rates["landscape mala" if "mala" in name else "landscape hmc"]
        ratio = "" if name.startswith("landscape") else f"{own / rates[name]:.2g} ×"
        print(
            f"{name:30}{rates[name]:11,.0f}{ratio:>10}{evaluations / seconds:14,.0f}"
            f"{effective / evaluations:14.5f}{acceptance / rounds:12.2f}",
            flush=True,
        )


def main() -> None:
    """Runs both densities."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--chains", type=int, nargs="+", default=[256, 4096])
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    # Before jax and torch are imported: both take as many threads as there are cores for them.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    if not find_spec("blackjax"):
        print("blackjax is missing: pip install -e '.[benchmarks]'")
    import torch

    torch.set_num_threads(1)
    for problem in (BANANA, GAUSSIAN):
        for chains in options.chains:
            show(problem, chains, options.rounds)


if __name__ == "__main__":
    main()
