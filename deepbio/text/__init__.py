"""Text: tokenizers that turn notes into int32 ids, clinical spelling, negation, sections, word vectors."""

from deepbio.text.clinical import ABBREVIATIONS, normalise, read_abbreviations
from deepbio.text.context import MARK, Word, mark_context, mark_negated, words_of
from deepbio.text.preparation import Preparation
from deepbio.text.sections import Section, sections_of, windows_of
from deepbio.text.tokenizer import PADDING, UNKNOWN, Tokenizer
from deepbio.text.word_vectors import read_word_vectors

__all__ = [
    "ABBREVIATIONS",
    "MARK",
    "PADDING",
    "UNKNOWN",
    "Preparation",
    "Section",
    "Tokenizer",
    "Word",
    "mark_context",
    "mark_negated",
    "normalise",
    "read_abbreviations",
    "read_word_vectors",
    "sections_of",
    "windows_of",
    "words_of",
]
