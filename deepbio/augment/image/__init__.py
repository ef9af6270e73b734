"""Operations on images. Importing the package registers them."""

from deepbio.augment.image import geometry, mixing, pixels, stains

__all__ = ["geometry", "mixing", "pixels", "stains"]
