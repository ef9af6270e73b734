"""Checkers of the exercises, one file per lesson."""
