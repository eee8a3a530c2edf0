"""How well the problems on points and spins are learned, by quadrature and enumeration, and how long it takes.

    python tests/benchmarks/small_spaces.py [--seeds 3] [--only two-gaussians rings ising] [--looks 4]

Every problem is trained as it stands, on one thread. At every look KL(true‖model) of the averaged parameters, their
entropy S and held-out cross-entropy are exact, beside what the entropy estimator found last and the true entropy. The
seconds are those of training, the looks not counted.
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import replace

import torch
from torch import Tensor

from landscape_app.physics.exact import ExactModel
from landscape_app.physics.lattice import Ising
from landscape_app.problems import PROBLEMS
from landscape_app.session.session import Session
from tests.session.exact import exact_record


def true_log_density(problem: str, x: Tensor) -> Tensor:
    """log p of what a problem's data are drawn from, up to a constant, float64, shape (n,)."""
    if problem == "ising":
        return -Ising((4, 4), coupling=0.4).energy(x).double()

    def normal(mean: float, deviation: float, at: Tensor) -> Tensor:
        return torch.distributions.Normal(mean, deviation).log_prob(at)

    if problem == "two-gaussians":
        at = x[:, 0].double()
        return torch.logaddexp(normal(-2.0, 0.5, at), normal(2.0, 1.0, at))
    radius = x.double().norm(dim=1).clamp_min(1e-12)
    return torch.logaddexp(normal(1.0, 0.15, radius), normal(2.5, 0.15, radius)) - radius.log()


def look(session: Session, problem: str, seconds: float) -> None:
    """Prints what the averaged parameters are worth."""
    trainer = session.trainer
    now = trainer.model.values()
    trainer.model.set_values(trainer.average)
    model, exact = ExactModel(trainer.model.target), exact_record(session)
    trainer.model.set_values(now)
    assert exact is not None
    volume = model.log_volume
    true = (true_log_density(problem, model.x) + volume).log_softmax(0)
    share = true.exp()
    divergence = float((share * (true - model.log_weights())).nan_to_num(0.0).sum())
    entropy = -float((share * (true - volume)).nan_to_num(0.0).sum())
    measured = session.measurements
    meter = ""
    if len(measured):
        error = float(measured["log_partition_error"][-1])
        meter = f"; estimator {float(measured['validation_nats'][-1]):.3f} ± {error:.3f}"
    print(
        f"{problem:14} seed {session.configuration.seed} epoch {trainer.epoch:5,} {seconds:5.1f} s: "
        f"KL {divergence:.4f}, S {exact.entropy:.3f} (true {entropy:.3f}), held-out "
        f"{exact.cross_entropy:.3f}{meter}, training {exact.cross_entropy_training:.3f}, "
        f"went back {trainer.recoveries} times",
        flush=True,
    )


def run(problem: str, seed: int, looks: int) -> None:
    """Trains once."""
    configuration = replace(PROBLEMS[problem].defaults, seed=seed)
    session = Session(configuration, "cpu", 2)
    interval = math.ceil(configuration.planned_epochs / looks)
    seconds, start = 0.0, time.process_time()
    for record in session.train():
        if record.epoch % interval == 0 or session.is_done:
            seconds += time.process_time() - start
            look(session, problem, seconds)
            start = time.process_time()
        if session.is_done:
            return


def main() -> None:
    """Prints a line for each look."""
    problems = ("two-gaussians", "rings", "ising")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=problems, default=problems)
    parser.add_argument("--looks", type=int, default=4)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for problem in options.only:
        for seed in range(options.seeds):
            run(problem, seed, options.looks)


if __name__ == "__main__":
    main()
