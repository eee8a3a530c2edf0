"""Ways to fit parameters: multipliers, observables, classifiers."""
