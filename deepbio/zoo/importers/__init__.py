"""Published weights of other programs, as the weights of deepbio's architectures."""
