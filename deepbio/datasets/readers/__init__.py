"""Readers of file formats: a path goes in, arrays or a source come out, and what is wrong is named with its place.

Example:
    >>> import tempfile
    >>> from pathlib import Path
    >>> path = Path(tempfile.mkdtemp()) / "a.fa"
    >>> _ = path.write_text(">first\\nACGT\\n>second\\nTTNA\\n")
    >>> read_fasta(path).ids
    ['first', 'second']
"""

from deepbio.datasets.readers.dicom import read_dicom
from deepbio.datasets.readers.fasta import FastaRecords, read_fasta
from deepbio.datasets.readers.fastq import FastqReads, read_fastq
from deepbio.datasets.readers.image_files import ImageFiles
from deepbio.datasets.readers.images import ImageFolder, read_image_folder, read_images
from deepbio.datasets.readers.nifti import read_nifti
from deepbio.datasets.readers.notes import Notes, read_notes
from deepbio.datasets.readers.npz import NpzSplit, read_npz
from deepbio.datasets.readers.table import Table, read_columns, read_table

__all__ = [
    "FastaRecords",
    "FastqReads",
    "ImageFiles",
    "ImageFolder",
    "Notes",
    "NpzSplit",
    "Table",
    "read_columns",
    "read_dicom",
    "read_fasta",
    "read_fastq",
    "read_image_folder",
    "read_images",
    "read_nifti",
    "read_notes",
    "read_npz",
    "read_table",
]
