"""Devices: which ones a run uses, and how replicas and processes share a batch and agree."""
