"""Architectures for dna input, one a file."""
