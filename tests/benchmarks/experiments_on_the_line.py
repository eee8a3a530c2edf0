"""The experiments on the line over several seeds: whether their verdicts hold, and by how much.

    python tests/benchmarks/experiments_on_the_line.py [--seeds 10] [--full] [--only bimodal bimodal-few cauchy]

Wanted: KL(true‖model) ≤ 0.01 for the two Gaussians by epoch 1,000 in 9 of 10 seeds; a median KL below those of the
kernel density estimate and the autoencoder with ten points; below the autoencoder's in 10 of 10 seeds for the two
Cauchy peaks. The quick setting of the two Gaussians is the asked scale already, but for the number of chains.

Measured on one thread, seeds 0 to 9: two Gaussians 0.0037–0.0074 nats, 7 s; ten points, seeds 0 to 2, medians of 20
draws 0.18–0.26 against 0.38–0.41 and 0.32–0.42, 27 s; two Cauchy peaks 0.007–0.014 against the best moment of the
autoencoder's best rate at 0.019–0.043, 28 s. At the paper's scale, 1,500 epochs against 4,500, both come near the
floor that the data set: seed 5, 0.0081 against 0.0066, a verdict lost; with the autoencoder at a rate of 0.01 alone,
seed 1, 0.0064 against 0.011, and seed 2, 0.0073 against 0.010. The other seeds were not run at that scale.
"""

from __future__ import annotations

import argparse
import time

import torch

from landscape_app.experiments.catalogue import EXPERIMENTS
from landscape_app.experiments.experiment import Finding

NAMES = ("bimodal", "bimodal-few", "cauchy")


def run(name: str, seed: int, full: bool) -> tuple[Finding, ...]:
    """The findings of one run."""
    *_, last = EXPERIMENTS[name].start({"seed": seed}, full)
    return last.findings


def main() -> None:
    """Prints every run, and how many were good in all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=0, help="seed to begin with")
    parser.add_argument("--full", action="store_true", help="at the paper's scale")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for name in options.only:
        print(f"{name}, {'the paper’s scale' if options.full else 'quick'}")
        good: list[bool] = []
        for seed in range(options.first, options.first + options.seeds):
            wall, processor = time.perf_counter(), time.process_time()
            findings = run(name, seed, options.full)
            good.append(all(finding.passed for finding in findings))
            print(
                f"  seed {seed}: {time.perf_counter() - wall:.0f} s, {time.process_time() - processor:.0f} s of "
                "processor time"
            )
            for finding in findings:
                verdict = "good" if finding.passed else "BAD "
                print(
                    f"    {verdict} {finding.quantity}: {finding.measured} (wanted: {finding.expected})",
                    flush=True,
                )
        print(f"  {sum(good)} of {len(good)} runs with every verdict good", flush=True)


if __name__ == "__main__":
    main()
