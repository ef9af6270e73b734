"""Attacks on inputs of symbols and columns: DNA, notes and tables."""
