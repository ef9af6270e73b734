"""Readers of public data sets, one file a publisher."""
