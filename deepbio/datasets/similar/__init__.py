"""Near duplicates: which examples are so alike that they must not stand in two splits."""

from deepbio.datasets.similar.dna import similar_sequences
from deepbio.datasets.similar.groups import near_groups, near_pairs
from deepbio.datasets.similar.images import similar_images

__all__ = ["near_groups", "near_pairs", "similar_images", "similar_sequences"]
