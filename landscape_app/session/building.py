"""What a configuration says, built: the trainer and the entropy meter beside it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from landscape_app.learning.ensembles import make_ensemble
from landscape_app.learning.minmaxent import MinMaxEnt
from landscape_app.physics.base import Base
from landscape_app.physics.hamiltonian import Hamiltonian, Target
from landscape_app.physics.kernels import make_kernel
from landscape_app.problems import Configuration
from landscape_app.session.entropy_meter import EntropyMeter

HELD_OUT_MONITORED = 400
"""Held-out images whose energies are looked at while a model trains; the meter takes all of them."""


def build_trainer(
    configuration: Configuration,
    base: Base,
    hamiltonian: Hamiltonian,
    observables: nn.Module,
    multipliers: Tensor,
    training: Tensor,
    held_out: Tensor,
) -> MinMaxEnt:
    """The trainer, its ensemble at the base measure.

    Args:
        configuration: kernel, number of chains, replicas and schedule.
        base: q.
        hamiltonian: Σ λ f of the observables and multipliers that follow.
        observables: f(x; θ).
        multipliers: λ, shape (K,).
        training: training set, shape (n, *shape).
        held_out: held-out set, shape (m, *shape).
    """
    target = Target(base, hamiltonian)
    ensemble = make_ensemble(
        target,
        make_kernel(configuration.kernel, target),
        torch.Generator(training.device).manual_seed(configuration.seed),
        configuration.chains,
        configuration.replicas,
        configuration.schedule,
    )
    order = torch.randperm(len(held_out), generator=torch.Generator().manual_seed(0))
    monitored = held_out[order[:HELD_OUT_MONITORED].to(held_out.device)]
    return MinMaxEnt(observables, multipliers, base, training, monitored, ensemble, configuration.schedule)


def build_meter(configuration: Configuration, trainer: MinMaxEnt, held_out: Tensor) -> EntropyMeter:
    """The entropy meter of a trainer's model, with random numbers of its own."""
    kernel = make_kernel(configuration.kernel, trainer.target)
    return EntropyMeter(trainer, held_out, kernel, configuration.seed + 2)
