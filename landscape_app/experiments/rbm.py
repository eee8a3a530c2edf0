"""Energy, free energy and entropy of hidden units; contrastive divergence against training in equilibrium."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import NamedTuple

import numpy as np
import torch
from scipy import special
from torch import Tensor

from landscape_app.data.digits import load_digits
from landscape_app.experiments.experiment import (
    SEED,
    Finding,
    Parameter,
    Progress,
    RepeatedExperiment,
    Values,
)
from landscape_app.experiments.figure import Curve, Figure, Images, Mark, Marker, Panel, Points, Role
from landscape_app.language import tr
from landscape_app.learning import FITS
from landscape_app.learning.ensembles import make_ensemble
from landscape_app.learning.gradient import GradientTrainer
from landscape_app.learning.schedule import Schedule
from landscape_app.models.rbm import HiddenSplit, RestrictedBoltzmannMachine
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.host import to_host
from landscape_app.physics.kernels import BlockGibbs
from landscape_app.physics.space import Levels
from landscape_app.session.share_out import ShareOut

CLASSES = (0, 1)
"""Digits with few images between them: no chain that begins at data goes from one to the other in a step."""

INK = 8
"""Level from which a pixel counts as ink."""

SPACE = Levels((8, 8), 2)
TRAINED_SHARE = 2 / 3
CHAINS = 768
RATE, MOMENTUM, MOVES = 0.1, 0.9, 5
LOOKS = 30
SAMPLES, LAST_SAMPLES = 1_000, 20_000
"""Independent samples of the model at a look, and at the end."""

FRESH_MOVES = 200
SHOWN = 12
LEAST_MEAN = 0.01
"""Of a pixel over the data, for the biases to begin with."""

ROUNDING = 1e-5
"""Relative error of energies in single precision."""

DEVIATIONS = 4
"""Standard errors that the most wrong of 64 pixel means may show by chance: more does once in 250 runs."""

MOST_RUNS = 100
"""Every run has a seed of its own, and no two experiments with different seeds share one."""


class MachineWay(NamedTuple):
    """One way of training.

    Attributes:
        title: in the figure.
        fit: name of the trainer.
        schedule: moves of its chains, and whether they carry weights.
        role: its colour.
    """

    title: str
    fit: str
    schedule: Schedule
    role: Role


CONTRASTIVE = MachineWay(
    "CD-1",
    "contrastive-divergence",
    Schedule(moves=1, theta_rate=RATE, momentum=MOMENTUM, weighted=False),
    Role.RIVAL,
)
EQUILIBRIUM = MachineWay(
    tr("weighted chains"),
    "likelihood",
    Schedule(moves=MOVES, theta_rate=RATE, momentum=MOMENTUM, weighted=True),
    Role.MODEL,
)
WAYS = (CONTRASTIVE, EQUILIBRIUM)


class BinaryDigits(NamedTuple):
    """Binary images, shape (n, 8, 8) each.

    Attributes:
        training: those learned from.
        held_out: all others.
    """

    training: Tensor
    held_out: Tensor


def two_digits(seed: int) -> BinaryDigits:
    """Noughts and ones, ink where the level is at least `INK`, split at random."""
    data = load_digits()
    assert data.labels is not None
    chosen = np.random.default_rng(seed).permutation(np.flatnonzero(np.isin(data.labels, CLASSES)))
    images = torch.from_numpy((data.items[chosen].astype(int) >= INK).astype(np.float32))
    count = round(TRAINED_SHARE * len(images))
    return BinaryDigits(images[:count], images[count:])


class MachineLook(NamedTuple):
    """State of a training.

    Attributes:
        epoch: epochs done.
        held_out, training: −⟨log P⟩ of the images, nats, log Z summed over all hidden states.
        data, model: mean energy, entropy and free energy over training images and over independent samples, nats.
        near: mean free energy of chains one move from the training images, nats.
    """

    epoch: int
    held_out: float
    training: float
    data: HiddenSplit
    model: HiddenSplit
    near: float


class Machine:
    """A restricted Boltzmann machine in training.

    Args:
        way: of training.
        data: to learn from.
        units: hidden ones, few enough to be summed over.
        seed: of weights, chains and samples.

    Attributes:
        model: it.
        looks: all so far.
    """

    def __init__(self, way: MachineWay, data: BinaryDigits, units: int, seed: int) -> None:
        self.way, self.data = way, data
        generator = torch.Generator().manual_seed(seed)
        mean = data.training.flatten(1).mean(0).clamp(LEAST_MEAN, 1 - LEAST_MEAN)
        weights = 0.01 * torch.randn(SPACE.sites, units, generator=generator)
        self.model = RestrictedBoltzmannMachine(
            ProductBase.uniform(SPACE), mean.logit(), torch.zeros(units), weights
        )
        self.looks: list[MachineLook] = []
        self._generator = torch.Generator().manual_seed(seed)
        self._trained_by = generator
        self._units = units

    def train(self, epochs: int) -> Iterator[float]:
        """Trains; yields the share that is done after every look."""
        way, data = self.way, self.data
        ensemble = make_ensemble(self.model.target, BlockGibbs(), self._trained_by, CHAINS, 1, way.schedule)
        trainer = FITS[way.fit](self.model, data.training, data.held_out, ensemble, way.schedule)
        assert isinstance(trainer, GradientTrainer)
        interval = max(1, epochs // LOOKS)
        for epoch in range(epochs):
            trainer.progress = epoch / epochs
            trainer.advance()
            if (epoch + 1) % interval == 0 or epoch + 1 == epochs:
                trainer.rest()
                self.looks.append(self._look(epoch + 1))
                yield (epoch + 1) / epochs

    def curve(self, values: list[float], name: str, dashed: bool = False) -> Curve:
        """A number at every look, against epochs."""
        epochs = np.array([look.epoch for look in self.looks], float)
        return Curve(epochs, np.array(values, float), name, self.way.role, dashed=dashed)

    def surprisal(self, images: Tensor) -> np.ndarray:
        """−log P of each image, nats, shape (n,)."""
        with torch.no_grad():
            energy = to_host(self.model.target.surprisal(images)).double()
        values: np.ndarray = energy.numpy() + self.model.log_partition()
        return values

    def near(self) -> Tensor:
        """Chains one move from the training images, shape (n, 8, 8)."""
        return self._moved(self.data.training, 1)

    def fresh(self, count: int) -> Tensor:
        """Chains many moves from noise, shape (count, 8, 8)."""
        return self._moved(self.model.base_measure.sample(count, self._generator), FRESH_MOVES)

    def exact(self, count: int) -> Tensor:
        """Independent samples of the model, shape (count, 8, 8)."""
        return self.model.exact_samples(count, self._generator)

    def summed_split(self, images: Tensor) -> np.ndarray:
        """Energy, entropy and free energy of images by sums over all hidden states, float64, shape (3, n)."""
        model = self.model
        a, b, w = (to_host(p.detach()).double().numpy() for p in (model.visible, model.hidden, model.weights))
        v = images.flatten(1).double().numpy()
        h = (np.arange(2**self._units)[:, None] >> np.arange(self._units)) & 1
        energies = -(v @ a)[:, None] - (v @ w + b) @ h.T
        p = special.softmax(-energies, axis=1)
        return np.stack(
            [(p * energies).sum(1), special.entr(p).sum(1), -special.logsumexp(-energies, axis=1)]
        )

    def _moved(self, x: Tensor, moves: int) -> Tensor:
        chains = Chains(x.clone(), self.model.target, BlockGibbs(), self._generator)
        chains.run(moves)
        return chains.x

    def _look(self, epoch: int) -> MachineLook:
        data = self.data
        return MachineLook(
            epoch,
            float(self.surprisal(data.held_out).mean()),
            float(self.surprisal(data.training).mean()),
            _mean(self.model.split(data.training)),
            _mean(self.model.split(self.exact(SAMPLES))),
            float(self.model.split(self.near()).free_energy.mean()),
        )


def _mean(split: HiddenSplit) -> HiddenSplit:
    return HiddenSplit(*(part.double().mean() for part in split))


class Contrast(NamedTuple):
    """Chains one move from the training images against independent samples of the same model.

    Attributes:
        near, exact: ⟨v⟩ of every pixel, shape (64,).
        worst: largest difference of a pixel's mean, in standard errors.
        free_energies: ⟨F⟩ of both, nats.
        deviations: their difference in standard errors.
    """

    near: np.ndarray
    exact: np.ndarray
    worst: float
    free_energies: tuple[float, float]
    deviations: float


def contrast(machine: Machine) -> Contrast:
    """Compares pixel means and free energies of the two."""
    near, exact = machine.near(), machine.exact(LAST_SAMPLES)
    pixels = [images.flatten(1).double().numpy() for images in (near, exact)]
    free = [machine.model.split(images).free_energy.double().numpy() for images in (near, exact)]
    # Were the two alike, the larger variance would be that of both. A pixel without ink has that of one image more.
    variance = np.maximum(pixels[0].var(0), pixels[1].var(0)) + 0.25 / len(near)
    errors = np.sqrt(variance / len(near) + variance / len(exact))
    means = [x.mean(0) for x in pixels]
    worst = float(np.abs((means[0] - means[1]) / errors).max())
    error = np.sqrt(sum(f.var() / len(f) for f in free))
    found = float(free[0].mean()), float(free[1].mean())
    return Contrast(means[0], means[1], worst, found, (found[0] - found[1]) / float(error))


class HiddenUnitsApart(RepeatedExperiment):
    """Restricted Boltzmann machine of two digits."""

    name = "rbm"
    title = tr("Hidden units: energy, free energy, entropy")
    paper = tr("Smolensky 1986; Hinton 2002; Fischer and Igel 2010")
    summary = tr(
        "The free energy of an image is a sum over the states of the hidden units, and has two parts: F = ⟨E⟩ − S, "
        "their mean energy less their entropy, for each image by itself. With twelve hidden units log Z is a sum, "
        "too, and the likelihood is known. Contrastive divergence (CD-1) compares data with chains one move away "
        "from them, which stay near their digit: nothing tells the model how probable one digit is against the "
        "other, or what lies far from both. Chains that carry weights stay in equilibrium while the model changes. "
        "Both learn noughts and ones in black and white, for the same number of epochs, several times over."
    )
    parameters = (
        Parameter("units", tr("Hidden units"), 12, 12, 2, 16, tr("Summed over in log Z.")),
        Parameter("epochs", tr("Epochs"), 600, 2_000, 10, 20_000, tr("Of both ways of training.")),
        Parameter(
            "runs", tr("Runs"), 3, 10, 1, MOST_RUNS, tr("Each with its own split of the images and seed.")
        ),
        SEED,
    )
    minutes = (0.7, 8.0)

    def sketch(self) -> tuple[Mark, ...]:
        """Mean energy and free energy of one hidden unit against its pull b + vW: F = −log(1 + exp)."""
        pull = np.linspace(-4, 4, 81)
        energy, free = -pull * special.expit(pull), -np.logaddexp(0, pull)
        return (
            Curve(pull, free, low=free, high=energy),
            Curve(pull, energy, role=Role.DATA, dashed=True),
        )

    def run_shared(self, values: Values, share_out: ShareOut) -> Iterator[Progress]:
        """Both ways of training, once and again on another split of the images; then their models."""
        units, epochs, runs = (int(values[name]) for name in ("units", "epochs", "runs"))
        pieces = [(units, epochs, int(values["seed"]) * MOST_RUNS + number) for number in range(runs)]
        pairs: list[list[Machine]] = []
        for part in share_out(trained, pieces):
            machines, share = part.look or (part.found or [], 1.0)
            shown = [*pairs, machines]
            if part.found is not None:
                pairs = shown
            done = 0.95 * (part.number + share) / runs
            doing = tr(
                "Training {number} of {runs} by {way}",
                number=part.number + 1,
                runs=runs,
                way=machines[-1].way.title,
            )
            yield Progress(done, doing, Figure((_learning(shown),)))
        contrasts = [[contrast(machine) for machine in pair] for pair in pairs]
        yield Progress(1.0, tr("Done"), figure(pairs, contrasts), findings(pairs, contrasts))


def trained(
    units: int, epochs: int, seed: int
) -> Generator[tuple[list[Machine], float], None, list[Machine]]:
    """Trains a machine in each of `WAYS`; yields those so far and the share that is done, and returns all."""
    data = two_digits(seed)
    machines: list[Machine] = []
    for way in WAYS:
        machines.append(Machine(way, data, units, seed))
        for share in machines[-1].train(epochs):
            yield machines, (len(machines) - 1 + share) / len(WAYS)
    return machines


def findings(pairs: list[list[Machine]], contrasts: list[list[Contrast]]) -> tuple[Finding, ...]:
    """The split of the free energy, the likelihoods, and what chains near the data miss.

    Args:
        pairs: the machines of each run, in the order of `WAYS`.
        contrasts: of them.
    """
    worst, largest = np.array([_rounding(machine) for pair in pairs for machine in pair]).max(0)
    held_out = np.array([[machine.looks[-1].held_out for machine in pair] for pair in pairs])
    gains = held_out[:, 0] - held_out[:, 1]
    found = [
        Finding(
            "F = ⟨E⟩ − S",
            tr("Free energy of every image, in two parts, against sums over the hidden states"),
            tr("equal to rounding, {most:.0e} nats", most=ROUNDING * largest),
            tr("largest difference {difference:.0e} nats", difference=worst),
            bool(worst <= ROUNDING * largest),
        ),
        Finding(
            tr("likelihood"),
            tr(
                "Mean held-out −log P by {way}, against {other}",
                way=EQUILIBRIUM.title,
                other=CONTRASTIVE.title,
            ),
            tr("less than its {mean:.2f} nats", mean=held_out[:, 0].mean()),
            tr(
                "{mean:.2f} nats; less in {better} of {runs} runs, by {least:.2f} to {most:.2f}",
                mean=held_out[:, 1].mean(),
                better=(gains > 0).sum(),
                runs=len(gains),
                least=gains.min(),
                most=gains.max(),
            ),
            bool(gains.mean() > 0),
        ),
    ]
    for way, of_way in zip(WAYS, zip(*contrasts, strict=True), strict=True):
        is_wrong = way is CONTRASTIVE
        deviations = [of.worst for of in of_way]
        energies = "; ".join(
            tr("{near:.1f} and {exact:.1f}", near=of.free_energies[0], exact=of.free_energies[1])
            for of in of_way
        )
        apart = ", ".join(f"{of.deviations:+.1f}" for of in of_way)
        found.append(
            Finding(
                way.title,
                tr(
                    "Most wrong pixel mean one move from data, against the model itself, {way}",
                    way=way.title,
                ),
                tr("more than {count} standard errors off (median of the runs)", count=DEVIATIONS)
                if is_wrong
                else tr("less than {count} standard errors off (median of the runs)", count=DEVIATIONS),
                tr(
                    "{worst}; ⟨F⟩ {energies} nats, {apart} standard errors apart",
                    worst=", ".join(f"{value:.1f}" for value in deviations),
                    energies=energies,
                    apart=apart,
                ),
                bool((np.median(deviations) > DEVIATIONS) == is_wrong),
            )
        )
    return tuple(found)


def _rounding(machine: Machine) -> tuple[float, float]:
    """Largest error of the split of F over all images, and the largest energy, nats."""
    worst = largest = 0.0
    for images in machine.data:
        found = np.stack([part.double().numpy() for part in machine.model.split(images)])
        energy, entropy, free = found
        wrong = np.abs(found - machine.summed_split(images)).max(), np.abs(energy - entropy - free).max()
        worst, largest = max(worst, *map(float, wrong)), max(largest, float(np.abs(found).max()))
    return worst, largest


def figure(pairs: list[list[Machine]], contrasts: list[list[Contrast]]) -> Figure:
    """Learning, and of the first run the free energy in parts, and images of both models."""
    machines = pairs[0]
    return Figure(
        (
            _learning(pairs),
            (_of_images(machines[-1]), _pixels(machines, contrasts[0])),
            (_samples(machines),),
            tuple(_weights(machine) for machine in machines),
        )
    )


def _learning(pairs: list[list[Machine]]) -> tuple[Panel, ...]:
    likelihoods: list[Mark] = []
    apart: list[Mark] = []
    entropies: list[Mark] = []
    for number, machine in ((n, machine) for n, pair in enumerate(pairs) for machine in pair):
        looks, is_first = machine.looks, number == 0
        way = machine.way.title
        likelihoods += [
            machine.curve([k.held_out for k in looks], tr("{way}, held out", way=way) if is_first else ""),
            machine.curve(
                [k.training for k in looks], tr("{way}, training", way=way) if is_first else "", dashed=True
            ),
        ]
        apart.append(
            machine.curve([k.near - float(k.model.free_energy) for k in looks], way if is_first else "")
        )
        if is_first:
            entropies += [
                machine.curve([float(k.data.entropy) for k in looks], tr("{way}, data", way=way)),
                machine.curve(
                    [float(k.model.entropy) for k in looks], tr("{way}, exact samples", way=way), True
                ),
            ]
    apart.append(Marker(0.0, tr("equilibrium"), upright=False))
    return (
        Panel(tr("Exact −log P"), tuple(likelihoods), tr("epochs"), tr("nats an image")),
        Panel(
            tr("⟨F⟩ one move from data, less ⟨F⟩ of exact samples"), tuple(apart), tr("epochs"), tr("nats")
        ),
        Panel(tr("Entropy S of the hidden units"), tuple(entropies), tr("epochs"), tr("nats")),
    )


def _of_images(machine: Machine) -> Panel:
    marks: list[Mark] = []
    for images, title, role in (
        (machine.data.held_out, tr("held-out images"), Role.DATA),
        (machine.exact(len(machine.data.held_out)), tr("exact samples"), Role.MODEL),
    ):
        split = machine.model.split(images)
        order = split.free_energy.argsort()
        energy, free = (part[order].double().numpy() for part in (split.energy, split.free_energy))
        mean = _mean(split)
        number = np.arange(1.0, len(free) + 1)
        name = f"{title}: F {mean.free_energy:.1f} = ⟨E⟩ {mean.energy:.1f} − S {mean.entropy:.2f}"
        marks += [
            Curve(number, free, name, role, low=free, high=energy),
            Curve(number, energy, "", role, dotted=True),
        ]
    return Panel(tr("F, and ⟨E⟩ above it by S, sorted by F"), tuple(marks), tr("image"), tr("nats"))


def _pixels(machines: list[Machine], contrasts: list[Contrast]) -> Panel:
    marks: list[Mark] = [
        Curve(np.array([0.0, 1.0]), np.array([0.0, 1.0]), tr("equal"), Role.TRUTH, dashed=True)
    ]
    for machine, of in zip(machines, contrasts, strict=True):
        marks.append(Points(of.near, of.exact, machine.way.title, machine.way.role))
    return Panel(
        tr("Means of the pixels"),
        tuple(marks),
        tr("⟨v⟩ one move from data"),
        tr("⟨v⟩ of exact samples"),
        square=True,
    )


def _samples(machines: list[Machine]) -> Panel:
    contrastive, equilibrium = machines
    rows = (
        (tr("data"), contrastive.data.training[:SHOWN]),
        (tr("{way}, near data", way=CONTRASTIVE.title), contrastive.near()[:SHOWN]),
        (tr("{way}, from noise", way=CONTRASTIVE.title), contrastive.fresh(SHOWN)),
        (tr("{way}, exact", way=CONTRASTIVE.title), contrastive.exact(SHOWN)),
        (tr("weighted, exact"), equilibrium.exact(SHOWN)),
    )
    images = torch.cat([images for _, images in rows]).double().numpy()
    title = tr(
        "Images: data, chains one move from them and {moves} from noise, exact samples",
        moves=FRESH_MOVES,
    )
    return Panel(title, (Images(images, SHOWN, 1.0, tuple(name for name, _ in rows)),))


def _weights(machine: Machine) -> Panel:
    weights = to_host(machine.model.weights.detach()).double().numpy().T
    largest = float(np.abs(weights).max()) or 1.0
    images = (weights + largest).reshape(-1, *SPACE.shape)
    title = tr(
        "Weights, {way}: ink +{largest:.1f}, paper −{largest:.1f} nats",
        way=machine.way.title,
        largest=largest,
    )
    return Panel(title, (Images(images, 6, 2 * largest),))
