"""Augmentation: random changes of training examples that keep their meaning.

Changes are a function of `(seed, epoch, step, replica)`, so a run repeats from its seed however its data are fed. Labels of pixels
and positions move with them.
"""

from deepbio.augment import dna, image, keras_image
from deepbio.augment.augmentation import Augmentation, Augmented, augmentation
from deepbio.augment.operation import Operation, list_operations, operation
from deepbio.augment.policies import POLICIES
from deepbio.augment.random_stream import RandomStream
from deepbio.augment.some_of import RandAugment, SomeDna, SomeImage

__all__ = [
    "POLICIES",
    "Augmentation",
    "Augmented",
    "Operation",
    "RandAugment",
    "RandomStream",
    "SomeDna",
    "SomeImage",
    "augmentation",
    "dna",
    "image",
    "keras_image",
    "list_operations",
    "operation",
]
