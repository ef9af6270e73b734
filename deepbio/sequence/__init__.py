"""DNA in NumPy: codes, one-hot, reverse complement, shuffles, k-mers, GC content and translation.

A sequence is uint8 codes, one byte per base: A C G T = 0 1 2 3 and all else 4.

Example:
    >>> from deepbio.sequence import decode, encode, reverse_complement
    >>> decode(reverse_complement(encode("GATTACA")))
    'TGTAATC'
"""

from deepbio.sequence.codes import as_codes, decode, encode
from deepbio.sequence.gc import gc_content
from deepbio.sequence.kmers import kmer_counts, kmer_indices, kmer_names
from deepbio.sequence.one_hot import from_one_hot, one_hot
from deepbio.sequence.resize import resize
from deepbio.sequence.reverse_complement import reverse_complement, reverse_complement_one_hot
from deepbio.sequence.shuffle import dinucleotide_shuffle, shuffle
from deepbio.sequence.translate import translate

__all__ = [
    "as_codes",
    "decode",
    "dinucleotide_shuffle",
    "encode",
    "from_one_hot",
    "gc_content",
    "kmer_counts",
    "kmer_indices",
    "kmer_names",
    "one_hot",
    "resize",
    "reverse_complement",
    "reverse_complement_one_hot",
    "shuffle",
    "translate",
]
