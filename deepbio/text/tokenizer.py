"""`Tokenizer`: text to int32 ids and back, fitted on the training split only, kept as one JSON string."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal

import numpy as np
from tokenizers import Tokenizer as _Engine
from tokenizers import decoders, models, normalizers, pre_tokenizers, trainers

from deepbio.errors import DataError, nearest

PADDING = 0
UNKNOWN = 1
_SPECIAL = ["[PAD]", "[UNK]"]
_CHUNK = 4096  # texts in one call of the engine, so that a long corpus is never held twice

Kind = Literal["word", "bpe"]
Truncate = Literal["head", "tail", "both"]


class Tokenizer:
    """Words or pieces of words as int32 ids; 0 is padding, 1 is anything unknown.

    Text is lowercased, put into Unicode's NFKC form and cut at spaces and around each punctuation mark. `kind="word"`
    keeps whole words. `kind="bpe"` joins the most frequent pairs of letters (byte-pair encoding, Sennrich et al. 2016,
    doi:10.18653/v1/P16-1162), so that a new word becomes known pieces. Nothing here writes text to a log or an error.

    >>> tokenizer = Tokenizer.fit(["Fever and cough.", "No fever.", "A cough."])
    >>> tokenizer.encode(["Cough, no fever"], 6).tolist()
    [[3, 1, 1, 4, 0, 0]]
    >>> Tokenizer.from_json(tokenizer.to_json()) == tokenizer
    True
    """

    def __init__(self, engine: _Engine) -> None:
        """Wrap a tokenizer of the `tokenizers` library; `fit` and `from_json` are the usual ways in."""
        first = [engine.id_to_token(PADDING), engine.id_to_token(UNKNOWN)]
        if first != _SPECIAL:
            raise DataError(
                f"A tokenizer keeps id 0 for {_SPECIAL[0]} and id 1 for {_SPECIAL[1]}; this one has {first[0]} and "
                f"{first[1]}. Make it with Tokenizer.fit."
            )
        # a note that happens to contain "[PAD]" is text like any other
        engine.encode_special_tokens = True
        self._engine = engine

    @classmethod
    def fit(cls, texts: Sequence[str], *, size: int = 20_000, kind: Kind = "word", min_count: int = 2) -> Tokenizer:
        """Learn the vocabulary of `texts`: the same texts in any order give the same tokenizer.

        Args:
            texts: of the training split, never of the others.
            size: most tokens to keep, padding and unknown included. The most frequent words stay; among equally
                frequent ones the alphabet decides.
            kind: `"word"` or `"bpe"`.
            min_count: a word (or a pair to join) that occurs less often is left out.

        Raises:
            DataError: no texts, something that is not text, or an option out of range.

        >>> Tokenizer.fit(["b a", "b a"], size=3).encode(["a b"], 2).tolist()
        [[2, 1]]
        """
        _check_texts(texts)
        if kind not in ("word", "bpe"):
            raise DataError(f"Unknown kind of tokenizer {kind!r}. {nearest(str(kind), ('word', 'bpe'))}")
        if len(texts) == 0:
            raise DataError("A tokenizer is fitted on at least one text; received none.")
        if size <= len(_SPECIAL) or min_count < 1:
            raise DataError(f"Expected a size above 2 and a min_count of at least 1; received {size} and {min_count}.")
        engine = _word_engine() if kind == "word" else _bpe_engine()
        trainer = trainers.WordLevelTrainer if kind == "word" else trainers.BpeTrainer
        learn = trainer(vocab_size=size, min_frequency=min_count, special_tokens=_SPECIAL, show_progress=False)
        engine.train_from_iterator(texts, learn, length=len(texts))
        return cls(engine)

    def encode(self, texts: Sequence[str], length: int, *, truncate: Truncate = "head") -> np.ndarray:
        """Give the ids of each text, cut or padded at the end to `length`.

        Args:
            texts: any number, each a string.
            length: tokens kept of a text.
            truncate: what is kept of a longer text: its `"head"`, its `"tail"`, or `"both"` (the first half of the
                length from its head, the rest from its tail).

        Returns:
            int32 `(n, length)`.

        >>> Tokenizer.fit(["a b c d", "a b c d"]).encode(["a b c d"], 3, truncate="both").tolist()
        [[2, 4, 5]]
        """
        _check_texts(texts)
        if truncate not in ("head", "tail", "both"):
            raise DataError(f"Unknown truncate {truncate!r}. {nearest(str(truncate), ('head', 'tail', 'both'))}")
        if length < 1:
            raise DataError(f"The length of an encoded text is at least 1; received {length}.")
        head = {"head": length, "tail": 0, "both": length // 2}[truncate]
        ids = np.full((len(texts), length), PADDING, np.int32)
        for first in range(0, len(texts), _CHUNK):
            batch = self._engine.encode_batch(list(texts[first : first + _CHUNK]), add_special_tokens=False)
            for row, encoding in enumerate(batch, start=first):
                tokens = encoding.ids
                if len(tokens) > length:
                    tokens = tokens[:head] + tokens[len(tokens) - (length - head) :]
                ids[row, : len(tokens)] = tokens
        return ids

    def decode(self, ids: np.ndarray) -> list[str]:
        """Give the text of each row of ids, `(n, length)`, without the padding; unknown words read `[UNK]`.

        Case and runs of spaces are gone, and a word tokenizer puts a space around punctuation.

        >>> tokenizer = Tokenizer.fit(["No fever."], min_count=1)
        >>> tokenizer.decode(tokenizer.encode(["No FEVER, no cough."], 8))
        ['no fever [UNK] no [UNK] .']
        """
        rows = np.asarray(ids)
        if rows.ndim != 2:
            raise DataError(f"Expected ids of shape (n, length); received {rows.shape}.")
        kept = [[int(token) for token in row if token != PADDING] for row in rows]
        return self._engine.decode_batch(kept, skip_special_tokens=False)

    @property
    def vocabulary_size(self) -> int:
        """Number of ids, padding and unknown included."""
        return self._engine.get_vocab_size()

    def to_json(self) -> str:
        """Give the tokenizer as the JSON of the `tokenizers` library: what `InputSpec.tokenizer` holds."""
        return self._engine.to_str()

    @classmethod
    def from_json(cls, text: str) -> Tokenizer:
        """Build a tokenizer from what `to_json` gave.

        Raises:
            DataError: it is not such JSON, or its ids 0 and 1 are not padding and unknown.
        """
        try:
            json.loads(text)
            engine = _Engine.from_str(text)
        except Exception as error:  # the engine raises bare Exception
            raise DataError(
                f"Expected the JSON that Tokenizer.to_json wrote; reading it failed with: {type(error).__name__}. "
                "Fit the tokenizer again, or take the JSON from the preset's input."
            ) from error
        return cls(engine)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tokenizer) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash(self.to_json())

    def __repr__(self) -> str:
        return f"Tokenizer({type(self._engine.model).__name__}, vocabulary_size={self.vocabulary_size})"


def _word_engine() -> _Engine:
    engine = _Engine(models.WordLevel(vocab={}, unk_token=_SPECIAL[UNKNOWN]))
    engine.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    engine.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("isolated")]
    )
    return engine


def _bpe_engine() -> _Engine:
    # A word's start is marked by Metaspace's character, which is a letter like any other to the trainer. The library's
    # end-of-word suffix is no such letter: with it, two processes number the pieces differently.
    engine = _Engine(models.BPE(unk_token=_SPECIAL[UNKNOWN]))
    engine.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    engine.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation("isolated")])
    engine.decoder = decoders.Metaspace()
    return engine


def _check_texts(texts: Sequence[str]) -> None:
    if isinstance(texts, str):
        raise DataError("Expected a sequence of texts; received one string. Put it into a list.")
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            raise DataError(
                f"Expected text; entry {number} is {type(text).__name__}. Drop or fill missing notes first."
            )
