"""Architectures for tabular input, one a file."""
