"""Cost model of ranks: a ring that is walked, offspring that are drawn, epochs of a law that is known."""

import numpy as np
import pytest
import torch

from landscape_app.physics.resampling import effective_count, systematic_resample
from landscape_app.problems.cost import (
    LINKS,
    Collective,
    EpochWork,
    Link,
    Traffic,
    epoch_seconds,
    exchanges,
    moved_chains,
)


@pytest.mark.parametrize("ranks", [2, 3, 8])
def test_a_sum_in_a_ring_sends_as_much_as_the_model_says(ranks: int) -> None:
    """The ring is walked: a reduce-scatter and an all-gather of one part in every step."""
    size = 4 * 6 * ranks
    random = np.random.default_rng(0)
    buffers = random.integers(0, 9, (ranks, ranks, size // ranks // 4)).astype(np.float32)
    whole, messages, sent = buffers.sum(0), 0, 0
    for step in range(2 * (ranks - 1)):
        parts = [(rank - step) % ranks for rank in range(ranks)]
        travelling = [buffers[rank, part].copy() for rank, part in enumerate(parts)]
        for rank, part in enumerate(parts):
            there = (rank + 1) % ranks
            if step < ranks - 1:
                buffers[there, part] += travelling[rank]
            else:
                buffers[there, part] = travelling[rank]
        messages, sent = messages + 1, sent + travelling[0].nbytes
    assert all(np.array_equal(buffer, whole) for buffer in buffers)
    traffic = Traffic("gradients", Collective.SUM, size)
    assert traffic.sent(ranks) == sent
    link = Link("a wire", 0.1, 0.01, 1_000.0)
    assert traffic.seconds(ranks, link) == pytest.approx(0.1 + 0.01 * messages + sent / 1_000)


def digits(ranks: int) -> tuple[Traffic, ...]:
    """Of 1,536 chains of 8 × 8 images, 16 observables with 20,000 parameters."""
    return exchanges(
        ranks,
        chains=1_536,
        configurations=1_536,
        drawn=768,
        observables=16,
        parameters=20_000,
        chain_bytes=516,
        resample_share=0.5,
        tunings=1,
    )


def test_one_rank_sends_nothing_and_waits_for_nothing() -> None:
    for traffic in digits(1):
        assert traffic.seconds(1, LINKS["ethernet"]) == 0
        assert traffic.sent(1) == 0


@pytest.mark.parametrize(("ranks", "share"), [(2, 0.5), (4, 0.5), (3, 0.8)])
def test_as_many_chains_move_as_systematic_resampling_moves(ranks: int, share: float) -> None:
    chains, draws, deviation = 1_200, 200, np.sqrt(np.log(1 / share))
    generator, moved, shares = torch.Generator().manual_seed(0), [], []
    for _ in range(draws):
        # Log-normal weights of this deviation keep the share exp(−σ²) on average.
        log_weights = float(deviation) * torch.randn(chains, generator=generator)
        shares.append(float(effective_count(log_weights)) / chains)
        drawn = systematic_resample(log_weights, chains, generator)
        of_ranks = torch.bincount(drawn // (chains // ranks), minlength=ranks).float()
        moved.append(float((of_ranks - chains / ranks).clamp_min(0).sum()))
    error = np.std(moved) / np.sqrt(draws)
    # Weights of a heavy tail keep a share that varies, which the prediction takes at its mean.
    expected = moved_chains(chains, ranks, float(np.mean(shares)))
    assert abs(np.mean(moved) - expected) < 4 * error + 0.02 * expected
    assert moved_chains(chains, ranks, 1.0) == 0


def test_work_is_told_by_two_epochs_and_shared_but_for_what_is_fixed() -> None:
    work = EpochWork.of((4_000, 0.010 + 4_000 * 1e-5), (1_000, 0.010 + 1_000 * 1e-5))
    assert work == pytest.approx((0.010, 1e-5, 4_000))
    assert work.seconds() == pytest.approx(0.050)
    assert work.seconds(4) == pytest.approx(0.020)
    assert work.with_more(1_000).seconds(4) == pytest.approx(0.0225)
    # Noise: fewer evaluations took longer, or took next to nothing.
    assert EpochWork.of((4_000, 0.05), (1_000, 0.06)).seconds(8) == pytest.approx(0.05)
    assert EpochWork.of((4_000, 0.05), (1_000, 0.001)).fixed == pytest.approx(0.0, abs=1e-12)
    # The same evaluations whatever the chains: nothing is known to be shared.
    assert EpochWork.of((4_000, 0.05), (4_000, 0.05)).seconds(8) == pytest.approx(0.05)


def test_an_epoch_of_ranks_is_their_share_and_what_they_exchange() -> None:
    link, traffic = LINKS["loopback"], digits(2)
    alone = EpochWork(0.002, 1e-5, 4_000)
    exchanged = sum(part.seconds(2, link) for part in traffic)
    assert epoch_seconds(alone, traffic, 2, link) == pytest.approx(0.022 + exchanged)
    scalars, gradients, decisions, chains = traffic
    # Weights of all chains, changes of those that are evaluated, and what a kernel is tuned by.
    assert scalars.sent(2) == 4 * (1_536 + 768 + 2)
    assert gradients.sent(2) == 4 * (20_000 + 2 * 16 * (16 + 2))
    assert decisions.sent(2) == (12 * 768 + 8 * 1_536) / 2
    assert chains.sent(2) == pytest.approx(516 * moved_chains(1_536, 2, 0.5) / 2)
