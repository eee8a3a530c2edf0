"""Effective samples a second of every kernel on the trained digits model, and what a step costs beside the network.

    python tests/benchmarks/sampling.py [--seconds 60] [--chains 64]        about 6 minutes
    python tests/benchmarks/sampling.py --seconds 300 --only single-site    the ladder and that kernel, at length

Every kernel alone and the default, a ladder of replicas, take turns for the same time in all, with tuning frozen and
from samples of the model. Effective samples are bulk ones of the energy and of being in a class (the worst
class, by the classifier). Draws worth fewer than five a chain still depend on where the chains started, which
was in equilibrium: such numbers are no more than bounds, marked "<", and the ladder's lead over them is ">".
Wanted: the ladder at least 10 × the paper's single-site Metropolis.

A step's cost is its processor time over that of the network's forward pass and input-gradient for all configurations
it evaluates, in turns. Wanted: at most 1.5; and 70,000 chain-steps a second where a product of matrices reaches 118
GFLOP/s. `--costs` shows these alone.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from landscape_app.data.assets import asset_path
from landscape_app.physics.chains import Chains
from landscape_app.physics.diagnostics import LEAST_EFFECTIVE_PER_CHAIN, effective_sample_size, r_hat
from landscape_app.physics.kernels import kernels_for, make_kernel
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.resampling import systematic_resample
from landscape_app.problems import PROBLEMS
from landscape_app.session.checkpoint import open_session
from landscape_app.session.session import Session

PAPER, DEFAULT = "single-site", "discrete-langevin"
WARM_UP = 200
DRAWS = 600
"""States kept of each sampler, evenly spaced."""

COST_CHAINS = (64, 256, 1024, 4096)


def starts(session: Session, n: int) -> Tensor:
    """Samples of the model, from its weighted samples."""
    weighted_samples = session.samples.weighted_samples
    return weighted_samples.x[
        systematic_resample(weighted_samples.log_weights, n, torch.Generator().manual_seed(0))
    ]


def make_chains(session: Session, name: str, n: int) -> Chains:
    """A tuned kernel by itself."""
    target = session.model.target
    kernel, generator = make_kernel(name, target), torch.Generator().manual_seed(1)
    chains = Chains(starts(session, n), target, kernel, generator)
    chains.run(WARM_UP)
    chains.adapt = False
    return chains


def make_ladder(session: Session, columns: int) -> Ladder:
    """The default kernel in a ladder whose temperatures and step sizes are tuned."""
    target = session.model.target
    kernel, generator = make_kernel(DEFAULT, target), torch.Generator().manual_seed(1)
    ladder = Ladder(columns, target, kernel, generator, x=starts(session, columns))
    ladder.tune(WARM_UP, WARM_UP // 8)
    ladder.adapt = False
    return ladder


def cpu_seconds_of(work: Callable[[], object]) -> float:
    """Processor time that something takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def seconds_of(work: Callable[[], object]) -> float:
    """How long something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


class Run:
    """The draws of one sampler.

    Args:
        session: whose classifier tells the classes.
        name: of the sampler.
        sampler: its chains, or the ladder.
        seconds: for all draws.
    """

    def __init__(self, session: Session, name: str, sampler: Chains | Ladder, seconds: float) -> None:
        assert session.classifier is not None
        self.name, self.sampler, self.classifier = name, sampler, session.classifier
        self.spacing = max(1, round(20 * seconds / DRAWS / seconds_of(lambda: sampler.run(20))))
        self.spent = 0.0
        self.energies: list[np.ndarray] = []
        self.classes: list[np.ndarray] = []

    def draw(self) -> None:
        """Moves on to the next draw."""
        self.spent += seconds_of(lambda: self.sampler.run(self.spacing))
        self.energies.append(self.sampler.energy.numpy())
        with torch.no_grad():
            self.classes.append(self.classifier(self.sampler.x).argmax(1).numpy())

    def effective(self) -> tuple[float, float]:
        """Effective samples of the energy, and of being in the class that is worst known."""
        energy, classes = np.stack(self.energies, axis=1), np.stack(self.classes, axis=1)
        return effective_sample_size(energy), min(
            effective_sample_size(classes == c) for c in range(self.classifier.classes)
        )

    def show(self, paper: Run) -> None:
        """Prints its line."""
        classes = np.stack(self.classes, axis=1)
        changes = (classes[:, 1:] != classes[:, :-1]).sum() / len(classes) / self.spent
        worst = max(r_hat(classes == c) for c in range(self.classifier.classes))
        cells = [f"{self.name:24} {len(self.energies) * self.spacing / self.spent:8.1f}"]
        for mine, other in zip(self.effective(), paper.effective(), strict=True):
            floor = LEAST_EFFECTIVE_PER_CHAIN * len(self.sampler)
            bound, lead = "<" if mine < floor else " ", ">" if other < floor <= mine else " "
            known = mine >= floor or other >= floor
            ratio = f"{lead}{mine / self.spent / (other / paper.spent):7.1f}" if known else f"{'?':>8}"
            cells.append(f"{bound}{mine / self.spent:8.1f} {ratio}")
        cells.append(f"{r_hat(np.stack(self.energies, axis=1)):6.3f} {worst:6.3f} {changes:9.3f}")
        print("   ".join(cells), flush=True)


def matrix_product_rate(side: int = 512) -> float:
    """Floating-point operations a second of a product of matrices, of processor time."""
    a = torch.randn(side, side)
    return 2 * side**3 / min(cpu_seconds_of(lambda: a @ a) for _ in range(30))


def operations_a_step(session: Session) -> float:
    """Floating-point operations of the network for one energy and its gradient."""
    x = session.training_items[:1].clone().requires_grad_()
    with FlopCounterMode(display=False) as counter:
        torch.autograd.grad(session.model.energy(x).sum(), x)
    return float(counter.get_total_flops())


def show_cost(session: Session, n: int, limit: float, rounds: int = 15) -> None:
    """Prints chain-steps a second of processor time, their share of the limit, and a step over the network alone."""
    evaluate = session.model.hamiltonian.energy_and_gradient
    cells = []
    for name, sampler in (("chains", make_chains(session, DEFAULT, n)), ("ladder", make_ladder(session, n))):
        x = sampler.state.x
        repeats = max(1, 2048 // len(x))

        def network(x: Tensor = x, repeats: int = repeats) -> None:
            for _ in range(repeats):
                evaluate(x)

        times = np.array(
            [
                (cpu_seconds_of(lambda: sampler.run(repeats)), cpu_seconds_of(network))  # noqa: B023
                for _ in range(rounds)
            ]
        )
        step, alone = np.median(times, axis=0) / repeats
        rate = len(x) / step
        cells.append(
            f"{name} {rate:8,.0f} a second = {rate / limit:4.0%} of the limit, {1000 * step:7.2f} / "
            f"{1000 * alone:7.2f} ms = {step / alone:.2f}"
        )
    print(f"{n:6d}   {'      '.join(cells)}", flush=True)


def show_learning(session: Session, limit: float, epochs: int = 20) -> None:
    """Prints the processor time of an epoch of the digits' default training, and its share of the limit."""
    untrained = Session(PROBLEMS["digits"].defaults, "cpu", sampler_chains=1)
    trainer = untrained.trainer
    for _ in range(epochs):
        trainer.advance()
    before = trainer.evaluations
    spent = cpu_seconds_of(lambda: [trainer.advance() for _ in range(epochs)])
    rate = (trainer.evaluations - before) / spent
    share = rate / limit * operations_a_step(untrained) / operations_a_step(session)
    print(
        f"epoch  {1000 * spent / epochs:.1f} ms, {rate:,.0f} evaluations a second = {share:.0%} of the limit"
    )


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="time for each sampler")
    parser.add_argument("--chains", type=int, default=64)
    parser.add_argument("--only", nargs="+", metavar="KERNEL", help="these beside the ladder, and no costs")
    parser.add_argument("--costs", action="store_true", help="the costs alone")
    options = parser.parse_args()
    session = open_session(asset_path("digits-model.h5"), "cpu")
    if options.costs:
        show_costs(session)
        return
    names = [PAPER, *options.only] if options.only else kernels_for(session.model.target)
    samplers: dict[str, Chains | Ladder] = {
        name: make_chains(session, name, options.chains) for name in names
    }
    ladder = make_ladder(session, options.chains)
    samplers[f"ladder of {ladder.replicas}"] = ladder
    runs = {name: Run(session, name, sampler, options.seconds) for name, sampler in samplers.items()}
    for _ in range(DRAWS):
        for run in runs.values():
            run.draw()
    print(f"{options.chains} chains, {options.seconds:g} s each, {torch.get_num_threads()} threads")
    print(
        f"{'':24} {'steps/s':>8}   {'energies/s':>10} {'× paper':>7}   {'classes/s':>10} {'× paper':>7}"
        f"    R-hat: energy, class, changes of class a second and chain"
    )
    for run in runs.values():
        run.show(runs[PAPER])
    if options.only:
        return
    show_costs(session)


def show_costs(session: Session) -> None:
    """Prints what steps and epochs cost."""
    limit = matrix_product_rate() / operations_a_step(session)
    print(
        f"\na step of {DEFAULT}, as a share of {limit:,.0f} chain-steps a second, which a product of matrices would "
        "allow; its time / that of the network's forward and gradient   (at most 1.5)\nchains"
    )
    for n in COST_CHAINS:
        show_cost(session, n, limit)
    show_learning(session, limit)


if __name__ == "__main__":
    main()
