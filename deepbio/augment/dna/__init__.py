"""Operations on DNA. Importing the package registers them."""

from deepbio.augment.dna import index_maps

__all__ = ["index_maps"]
