"""Architectures for image input, one a file."""
