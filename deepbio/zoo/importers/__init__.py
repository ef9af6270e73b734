"""Importers: weights as their authors publish them, read without running code.

`import_weights(FORMAT, FILE, out=PRESET)` and `deepbio import FORMAT FILE --out PRESET`. A format is one file in `formats/`: a
function from the arrays of a file to the options of a model of the zoo and a table from its variables to these arrays.
"""

from deepbio.zoo.importers.import_weights import import_weights
from deepbio.zoo.importers.importer import Conversion, Entry, Importer, importer, importers, register_importer
from deepbio.zoo.importers.published_file import PublishedFile, read_published_file

__all__ = [
    "Conversion",
    "Entry",
    "Importer",
    "PublishedFile",
    "import_weights",
    "importer",
    "importers",
    "read_published_file",
    "register_importer",
]
