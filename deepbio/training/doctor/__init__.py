"""The checks of `deepbio doctor`: what the machine has, and whether it computes correctly."""
