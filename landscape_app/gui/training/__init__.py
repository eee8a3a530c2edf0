"""Panel of the training: what is learned, epoch by epoch."""
