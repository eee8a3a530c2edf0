"""The command, run as `python -m tests.cli.quickly`, whose classifier and trainings take moments only."""

import sys
from functools import partialmethod

from landscape_app.cli import main
from landscape_app.session.session import Session
from tests.fresh_chains import few_fresh_chains, quick_measurements

PASSES = 12
"""Over the real images, instead of 60: nine in ten unseen ones are then told right."""

if __name__ == "__main__":
    few_fresh_chains()
    quick_measurements()
    Session.classifier_training = partialmethod(Session.classifier_training, epochs=PASSES)  # type: ignore[assignment, method-assign]
    sys.exit(main(sys.argv[1:]))
