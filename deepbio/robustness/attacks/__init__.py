"""Attacks on images, each one compiled step of a batch."""
