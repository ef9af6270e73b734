"""Text: tokenizers that turn notes into int32 ids."""

from deepbio.text.tokenizer import PADDING, UNKNOWN, Tokenizer

__all__ = ["PADDING", "UNKNOWN", "Tokenizer"]
