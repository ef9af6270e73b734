"""Keras layers shared by two or more models, and the input stages that own preprocessing."""

from deepbio.layers.inputs import dna_input, flat_input, image_input, table_input, text_input
from deepbio.layers.max_over_time import MaxOverTime
from deepbio.layers.one_hot import OneHot

__all__ = ["MaxOverTime", "OneHot", "dna_input", "flat_input", "image_input", "table_input", "text_input"]
