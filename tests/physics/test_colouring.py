"""Colours that no entry of an energy sees twice, and the bits that decide a colour's flips."""

import itertools
import math

import pytest
import torch

from landscape_app.physics.kernels.chromatic import BitTable, Colouring
from landscape_app.physics.lattice import ReceptiveField


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("values", [1, 3])
def test_bits_have_their_probabilities_where_the_first_byte_ties(values: int, grouped: bool) -> None:
    p = torch.tensor(
        [[0.0, 1.0, 0.5], [0.3 / 256, 255.6 / 256, 100.5 / 256], [0.1, 10.5 / 256, 0.9]], dtype=torch.float64
    )[:values].unsqueeze(1)
    n, group = 100_003, None  # Not a multiple of eight.
    if grouped:
        # The same first bytes, and another rest.
        first = (256 * p).floor().clamp(max=255)
        p = torch.cat([p, (first + 0.9) / 256], dim=1)
        group = torch.randint(2, (n,), generator=generator(27))
    index = torch.randint(values, (n, 3), generator=generator(21)).to(torch.uint8)
    bits = BitTable(p, group, torch.device("cpu")).draw(index, generator(22))
    for value, of, site in itertools.product(range(values), range(p.shape[1]), range(3)):
        chosen = index[:, site] == value
        if group is not None:
            chosen = chosen & (group == of)
        drawn = bits[chosen, site].double()
        expected = float(p[value, of, site])
        error = math.sqrt(expected * (1 - expected) / len(drawn))
        assert float(drawn.mean()) == pytest.approx(expected, abs=4 * error + 1e-12)


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("shape", [(7,), (6, 8), (5, 9), (2, 3, 4)], ids=str)
@pytest.mark.parametrize(("before", "after"), [(0, 0), (0, 1), (1, 1), (2, 2), (1, 0)])
def test_no_entry_sees_two_sites_of_a_colour(
    shape: tuple[int, ...], periodic: bool, before: int, after: int
) -> None:
    colouring = Colouring(shape, ReceptiveField(before, after, periodic))
    visits = torch.zeros(shape)
    rng = generator(23)
    for colour in colouring:
        sites = colouring.sites(colour)
        visits[sites] += 1
        # Change each site by its own amount and let the entries that see it change by as much.
        amounts = torch.rand(1, *visits[sites].shape, generator=rng)
        change, seen_by = torch.zeros(1, *shape), torch.zeros(shape, dtype=torch.int64)
        for place in itertools.product(*(range(n) for n in visits[sites].shape)):
            centre = [c + step * i for c, step, i in zip(colour, colouring.spacing, place, strict=True)]
            near = [
                sorted({p % side for p in range(i - after, i + before + 1) if periodic or 0 <= p < side})
                for i, side in zip(centre, shape, strict=True)
            ]
            for entry in itertools.product(*near):
                change[(0, *entry)] = amounts[(0, *place)] / math.prod(map(len, near))
                seen_by[entry] += 1
        assert int(seen_by.max()) <= 1
        torch.testing.assert_close(colouring.receptive_field_sums(change, colour), amounts)
        # Decisions reach a site's own entries and itself.
        decided = colouring.spread(amounts > 0.5, colour)
        torch.testing.assert_close(decided[0] & (change[0] > 0), (change[0] > 0) & decided[0])
        assert torch.equal(decided[(slice(None), *sites)], amounts > 0.5)
        kept = colouring.receptive_field_sums(torch.where(decided, change, 0), colour)
        torch.testing.assert_close(kept, torch.where(amounts > 0.5, amounts, 0))
    assert bool((visits == 1).all())
