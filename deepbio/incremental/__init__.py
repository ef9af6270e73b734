"""Incremental inference: recompute only what a substitution or an indel reaches."""
