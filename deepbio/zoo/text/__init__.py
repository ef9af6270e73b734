"""Architectures for text input, one a file."""
