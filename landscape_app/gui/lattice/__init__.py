"""The lattice window: Ising spins that are heated, magnetised and measured, and sweeps over temperature or field."""
