"""Radii inside which no perturbation changes a prediction."""
