"""Build a `Dataset` from your own files or arrays, with splits that cannot leak.

Example:
    >>> import numpy as np
    >>> from_arrays(np.random.default_rng(0).normal(size=(20, 3)), ["ill", "well"] * 10, positive="ill").labels
    ('well', 'ill')
"""

from deepbio.datasets.build.anndata import from_anndata, from_peaks
from deepbio.datasets.build.arrays import from_arrays
from deepbio.datasets.build.batches import from_batches
from deepbio.datasets.build.fasta import from_fasta
from deepbio.datasets.build.images import from_folder, from_manifest
from deepbio.datasets.build.intervals import from_bed, from_bigwig, from_genbank
from deepbio.datasets.build.npz import from_npz
from deepbio.datasets.build.table import from_csv
from deepbio.datasets.build.variants import from_vcf

__all__ = [
    "from_anndata",
    "from_arrays",
    "from_batches",
    "from_bed",
    "from_bigwig",
    "from_csv",
    "from_fasta",
    "from_folder",
    "from_genbank",
    "from_manifest",
    "from_npz",
    "from_peaks",
    "from_vcf",
]
