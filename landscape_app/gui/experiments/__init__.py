"""The experiment browser. Only `window` may be imported before it is opened: the others load the experiments."""
