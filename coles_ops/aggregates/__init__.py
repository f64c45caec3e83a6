"""What a good analyst computes of a client's events without a neural network, in blocks."""
