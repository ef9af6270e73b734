"""Interpretation: the parts of an input on which a prediction depends, and the features inside a model."""

from deepbio.interpret.features import Feature, features_of, list_features
from deepbio.interpret.text import attention_weights, word_evidence

__all__ = ["Feature", "attention_weights", "features_of", "list_features", "word_evidence"]
