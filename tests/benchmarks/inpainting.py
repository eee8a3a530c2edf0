"""Completions of held-out images whose lower half is fixed: does a classifier still read them?

    python tests/benchmarks/inpainting.py [--images 100] [--upper]          about 4 minutes

An evaluation classifier, trained apart, reads the completed images. Beside the model's completions: the same images
with the missing half from the base measure, from the training image whose kept half is nearest, and whole. The
model's are of 64 chains that hold the kept half exactly and come from the base measure by tempering
(`Session.steer`); four chains of each image are read, at once and after 100 further moves. Where the kept half
leaves several answers, a completion drawn with the right probabilities need not have the image's own class, while a
nearest image is one answer, the likeliest: beside it stands the class to which it gives most probability over all
chains, the model's own likeliest answer.
"""

from __future__ import annotations

import argparse
import time
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from landscape_app.data.assets import SHIPPED_MODEL, asset_path
from landscape_app.physics.fields.pixels import FixedPixels
from landscape_app.session.checkpoint import open_session
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.session import Session
from tests.benchmarks.steering import evaluator_of

CHAINS, READ, MOVES = 64, 4, 100


def completions(session: Session, image: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, int]:
    """Chains that hold the kept half, at once and after `MOVES` moves, shape (CHAINS, *shape), and ancestors."""
    field = FixedPixels.of(image.int().tolist(), mask.tolist())
    record = session.steer(Composition((Layer(field),)))
    at_once = session.sampler.chains.x.clone()
    for _ in islice(session.sample(), MOVES):
        pass
    return at_once, session.sampler.chains.x.clone(), record.ancestors


def nearest_completion(session: Session, image: Tensor, mask: Tensor) -> Tensor:
    """The image with its missing half from the training image whose kept half is nearest, shape (*shape)."""
    known = session.training_items
    distance = ((known - image) * mask).flatten(1).square().sum(1)
    return torch.where(mask, image, known[distance.argmin()])


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--upper", action="store_true", help="hold the upper half instead")
    options = parser.parse_args()
    session = open_session(asset_path(SHIPPED_MODEL), device="cpu", sampler_chains=CHAINS)
    session.sampler.seed(0)
    evaluator = evaluator_of(session).requires_grad_(False)
    rows = session.space.shape[0]
    mask = torch.zeros(session.space.shape, dtype=torch.bool)
    mask[: rows // 2] = options.upper
    mask[rows // 2 :] = not options.upper
    order = torch.randperm(len(session.held_out_items), generator=torch.Generator().manual_seed(0))
    chosen = order[: options.images]
    labels = torch.as_tensor(session.dataset.held_out_labels)[chosen]
    images = session.held_out_items[chosen]
    generator = torch.Generator().manual_seed(1)
    made: dict[str, list[Tensor]] = {}
    started, ancestors, agreed = time.perf_counter(), [], []
    for image, label in zip(images, labels, strict=True):
        at_once, later, descent = completions(session, image, mask)
        ancestors.append(descent)
        made.setdefault("the model, at once", []).append(at_once[:READ])
        made.setdefault(f"the model, after {MOVES} moves", []).append(later[:READ])
        agreed.append(float(evaluator(later).softmax(1).mean(0).argmax() == label))
        base = torch.where(mask, image, session.model.base_measure.sample(READ, generator))
        made.setdefault("base measure", []).append(base)
        made.setdefault("nearest training image", []).append(nearest_completion(session, image, mask)[None])
        made.setdefault("whole images", []).append(image[None])
    seconds = (time.perf_counter() - started) / len(images)
    kept = "upper" if options.upper else "lower"
    print(
        f"{kept} half of {len(images)} held-out images kept; {seconds:.2f} s an image, "
        f"{np.median(ancestors):.0f} distinct ancestors of {CHAINS} chains (median)"
    )
    print(f"{'missing half from':28} {'read right':>17} {'distance of the half':>21} {'spread':>7}")
    for name, sets in made.items():
        right = torch.stack(
            [(evaluator(x).argmax(1) == c).float().mean() for x, c in zip(sets, labels, strict=True)]
        )
        missing = [(x - image)[:, ~mask] for x, image in zip(sets, images, strict=True)]
        far = float(torch.stack([d.norm(dim=1).mean() for d in missing]).mean())
        spread = float(torch.stack([(d - d.mean(0)).norm(dim=1).mean() for d in missing]).mean())
        error = float(right.std() / len(right) ** 0.5)
        print(f"{name:28} {float(right.mean()):9.3f} ± {error:.3f} {far:21.1f} {spread:7.1f}")
    share = np.mean(agreed)
    print(
        f"class most probable over the {CHAINS} chains, after {MOVES} moves: right for {share:.3f} ± "
        f"{(share * (1 - share) / len(agreed)) ** 0.5:.3f}"
    )


if __name__ == "__main__":
    main()
