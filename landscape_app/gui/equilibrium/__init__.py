"""Panel of equilibrium: the convergence test, and the ladder of replicas."""
