"""One model being trained, sampled and steered, without a window. `api` has the functions that scripts call."""
