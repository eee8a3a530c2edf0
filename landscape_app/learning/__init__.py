"""What fits parameters: multipliers, observables, classifiers."""
