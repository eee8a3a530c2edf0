"""What the browser says of durations, settings and endings."""

from __future__ import annotations

from collections.abc import Sequence

from landscape_app.experiments import Experiment, Finding, Values
from landscape_app.gui.experiments.runner import Ending, Entry


def describe_seconds(seconds: float) -> str:
    """How long it took, such as "0.4 s", "12 s" or "3:05 min"."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d} min" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02d} h"


def describe_values(experiment: Experiment, values: Values) -> str:
    """The seed, and what differs from the quick setting; "full" where the rest is the paper's scale."""
    others = [p for p in experiment.parameters if p.name != "seed" and p.name in values]
    changed = [p for p in others if values[p.name] != p.default]
    parts = [f"seed {values['seed']:.0f}"] if "seed" in values else []
    if changed and all(values[p.name] == p.full for p in others):
        parts.append("full")
    else:
        parts += [f"{p.label.lower()} {values[p.name]:,g}" for p in changed]
    return " · ".join(parts) or "several settings"


def tell_apart(experiment: Experiment, settings: Sequence[Values]) -> list[str]:
    """What differs between settings, of each, the seed first; those that are alike get a number.

    Args:
        experiment: whose parameters they are.
        settings: parameters of results.
    """
    parameters = sorted(experiment.parameters, key=lambda p: p.name != "seed")
    differing = [p for p in parameters if len({values.get(p.name) for values in settings}) > 1]
    labels = [
        " · ".join(f"{p.label.lower()} {values[p.name]:,g}" for p in differing if p.name in values)
        or describe_values(experiment, values)
        for values in settings
    ]
    return [
        f"{label} ({labels[: i + 1].count(label)})" if labels.count(label) > 1 else label
        for i, label in enumerate(labels)
    ]


def describe_ending(entry: Entry) -> str:
    """How a result ended, and its verdict, in a few words with a sign."""
    if entry.ending is Ending.FAILED:
        return f"⚠ Failed at {entry.share:.0%}"
    if entry.ending is Ending.STOPPED:
        return f"■ Stopped at {entry.share:.0%}" if not entry.source else "■ Stopped early"
    return verdict_of(entry.result.findings)


def verdict_of(findings: tuple[Finding, ...]) -> str:
    """The verdicts together."""
    bad = sum(not finding.passed for finding in findings)
    if not findings:
        return "No verdict"
    if bad:
        return f"✗ {bad} of {len(findings)} bad"
    return f"✓ All {len(findings)} good" if len(findings) > 1 else "✓ Good"


def verdict_word(finding: Finding) -> str:
    """One verdict."""
    return "✓ good" if finding.passed else "✗ bad"
