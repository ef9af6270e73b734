"""Augmentation: random changes of training examples that leave their meaning.

Changes are a function of `(seed, epoch, step, replica)`, so a run repeats from its seed however its data are fed. What is said of
pixels or positions moves with them.
"""

from deepbio.augment.augmentation import Augmentation, Augmented, augmentation
from deepbio.augment.dna import index_maps as _index_maps  # noqa: F401 - puts its operations into the register
from deepbio.augment.draws import Draws
from deepbio.augment.image import geometry as _geometry  # noqa: F401
from deepbio.augment.image import mixing as _mixing  # noqa: F401
from deepbio.augment.image import pixels as _pixels  # noqa: F401
from deepbio.augment.image import stains as _stains  # noqa: F401
from deepbio.augment.operation import Operation, list_operations, operation
from deepbio.augment.policies import POLICIES
from deepbio.augment.some_of import RandAugment, SomeDna, SomeImage

__all__ = [
    "POLICIES",
    "Augmentation",
    "Augmented",
    "Draws",
    "Operation",
    "RandAugment",
    "SomeDna",
    "SomeImage",
    "augmentation",
    "list_operations",
    "operation",
]
