"""Readers of file formats: from a path to arrays or a source, with errors that name the file and the position in it.

Example:
    >>> import tempfile
    >>> from pathlib import Path
    >>> path = Path(tempfile.mkdtemp()) / "a.fa"
    >>> _ = path.write_text(">first\\nACGT\\n>second\\nTTNA\\n")
    >>> read_fasta(path).ids
    ['first', 'second']
"""

from deepbio.datasets.readers.cells import CellFormat, Censored, Missing
from deepbio.datasets.readers.dicom import read_dicom
from deepbio.datasets.readers.fasta import FastaRecords, FastqReads, SameNames, read_fasta, read_fastq
from deepbio.datasets.readers.images import ImageFiles, ImageFolder, read_image_folder, read_images
from deepbio.datasets.readers.nifti import read_nifti
from deepbio.datasets.readers.notes import Notes, read_notes
from deepbio.datasets.readers.npz import NpzSplit, read_npz
from deepbio.datasets.readers.table import MissingGroup, Table, read_columns, read_frame, read_table
from deepbio.datasets.readers.table_file import TableFile

__all__ = [
    "CellFormat",
    "Censored",
    "FastaRecords",
    "FastqReads",
    "ImageFiles",
    "ImageFolder",
    "Missing",
    "MissingGroup",
    "Notes",
    "NpzSplit",
    "SameNames",
    "Table",
    "TableFile",
    "read_columns",
    "read_dicom",
    "read_fasta",
    "read_fastq",
    "read_frame",
    "read_image_folder",
    "read_images",
    "read_nifti",
    "read_notes",
    "read_npz",
    "read_table",
]
