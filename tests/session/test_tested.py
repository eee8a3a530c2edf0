"""Words on the last convergence test of a model."""

from types import SimpleNamespace

from landscape_app.session.journal import BestKept, Entry, Finished, StartsTested
from landscape_app.session.tested import NOT_TESTED, describe_last_test


def test_a_model_is_said_to_be_untested_until_it_is_tested() -> None:
    finished, tested = Entry(800, Finished()), Entry(800, StartsTested(250))
    assert describe_last_test(None, [], 800) == NOT_TESTED
    assert describe_last_test(None, [Entry(700, StartsTested(250)), finished], 800) == NOT_TESTED
    assert describe_last_test(None, [tested, Entry(800, BestKept())], 800) == NOT_TESTED
    # Of a file that was opened again.
    assert describe_last_test(None, [finished, tested], 800).startswith(
        "Equilibrium tested before, over 250 steps"
    )
    record = SimpleNamespace(
        diagnosis=SimpleNamespace(sentence="mixed: R-hat 1.002"),
        match=SimpleNamespace(sentence="matched: all"),
    )
    said = describe_last_test(record, [finished, tested], 800)  # type: ignore[arg-type]
    assert said == "Equilibrium tested at epoch 800: mixed; matched"
