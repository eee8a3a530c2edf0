"""The steering panel: layers of fields that are added to a trained model's Hamiltonian."""
