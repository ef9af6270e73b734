"""Predictions in the intervals or along the chromosomes of a genome, written as they are computed."""
