"""`Tokenizer`: text to int32 ids and back, fitted on the training split only, stored as one JSON string."""

from __future__ import annotations

import functools
import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, get_args

import numpy as np
from tokenizers import Tokenizer as _Engine

from deepbio.documents import check_content, parse_json
from deepbio.errors import DataError, nearest
from deepbio.text.clinical import ABBREVIATIONS
from deepbio.text.engines import PADDING, SPECIAL, padded, trained_engine
from deepbio.text.preparation import Preparation, check_texts
from deepbio.text.sections import windows_of
from deepbio.text.tokenizer_format import OwnPart, TokenizerFacts

UNKNOWN = 1
MIN_GROUPS = 5
_CHUNK = 4096  # texts in one call of the engine, so that a long corpus is never in memory twice
_OWN = "deepbio"  # key of what the engine does not know in the JSON

Kind = Literal["word", "word_letters", "bpe"]
Truncate = Literal["head", "tail", "both"]


class Tokenizer:
    """Words or pieces of words as int32 ids; 0 is padding, 1 is anything unknown.

    Text is prepared (see `Preparation`), lowercased, converted to Unicode's NFKC form and split at spaces and around each
    punctuation mark. `kind="word"` keeps whole words. `kind="word_letters"` spells an unknown word by its longest known prefix
    and characters. `kind="bpe"` joins the most frequent pairs of characters (byte-pair encoding, Sennrich et al. 2016,
    doi:10.18653/v1/P16-1162), so that a new word becomes known pieces. No text is ever written to a log or an error message.

    Example:
        >>> tokenizer = Tokenizer.fit(["Fever and cough.", "No fever.", "A cough."])
        >>> tokenizer.encode(["Cough, no fever"], 6).tolist()
        [[3, 1, 1, 4, 0, 0]]
        >>> Tokenizer.from_json(tokenizer.to_json()) == tokenizer
        True
    """

    def __init__(
        self,
        engine: _Engine,
        *,
        preparation: Preparation | None = None,
        truncate: Truncate = "head",
        document_frequency: np.ndarray | None = None,
    ) -> None:
        if (first := [engine.id_to_token(PADDING), engine.id_to_token(UNKNOWN)]) != SPECIAL:
            raise DataError(
                f"A tokenizer keeps id 0 for {SPECIAL[0]} and id 1 for {SPECIAL[1]}; this one has {first[0]} and "
                f"{first[1]}. Make it with Tokenizer.fit."
            )
        # a note that happens to contain "[PAD]" is text like any other
        engine.encode_special_tokens = True
        self._engine = engine
        self.preparation = preparation or Preparation()
        if self.preparation.findings:
            self.preparation = replace(self.preparation, known=frozenset(engine.get_vocab()))
        self.truncate: Truncate = truncate
        self.document_frequency = document_frequency

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        *,
        size: int = 20_000,
        kind: Kind = "word",
        min_count: int = 2,
        truncate: Truncate = "head",
        clinical: bool = False,
        negation: bool = False,
        abbreviations: Mapping[str, str] = ABBREVIATIONS,
        groups: Sequence[Hashable] | None = None,
        min_groups: int | None = None,
        mask_identifiers: bool | None = None,
        findings: bool = False,
        version: int = 2,
    ) -> Tokenizer:
        """Fit a tokenizer to texts; their order does not matter.

        Args:
            texts: Texts of the training split, never of the others.
            size: Maximum number of tokens, with padding and unknown. The most frequent words are kept; equally frequent ones
                in alphabetical order.
            kind: `"word"`, `"word_letters"` or `"bpe"`.
            min_count: Minimum frequency of a word (or of a pair to join).
            truncate: Part of a longer text that `encode` keeps.
            clinical, negation, abbreviations, findings, version: See `Preparation`.
            groups: Group of each text, such as its patient.
            min_groups: Minimum number of groups (texts, without `groups`) with a word; 5 by default if there are groups. Words of
                fewer patients, such as their names, do not enter the vocabulary.
            mask_identifiers: See `Preparation`; on by default if there are groups.

        Raises:
            DataError: There are no texts, something is not text, or an option is out of range.

        Example:
            >>> Tokenizer.fit(["b a", "b a"], size=3).encode(["a b"], 2).tolist()
            [[2, 1]]
        """
        check_texts(texts)
        _check_choice("kind of tokenizer", kind, get_args(Kind))
        _check_choice("truncate", truncate, get_args(Truncate))
        if len(texts) == 0:
            raise DataError("A tokenizer is fitted on at least one text; received none.")
        if size <= len(SPECIAL) or min_count < 1:
            raise DataError(f"Expected a size above 2 and a min_count of at least 1; received {size} and {min_count}.")
        known = groups is not None
        preparation = Preparation(
            clinical,
            negation,
            abbreviations,
            known if mask_identifiers is None else mask_identifiers,
            findings,
            version,
        )
        needed = min_groups or (MIN_GROUPS if known else 1)
        prepared = map(preparation, texts)
        engine = trained_engine(kind, texts, prepared, size=size, min_count=min_count, groups=groups, min_groups=needed)
        fitted = cls(engine, preparation=preparation, truncate=truncate)
        counts = np.zeros(fitted.vocabulary_size + 1, np.int64)  # of all texts, then of the texts that contain each id
        counts[0] = len(texts)
        for tokens in fitted._ids(texts):
            counts[1 + np.unique(tokens)] += 1
        fitted.document_frequency = counts
        return fitted

    def encode(self, texts: Sequence[str], length: int, *, truncate: Truncate | None = None) -> np.ndarray:
        """Return the ids of each text, truncated or padded at the end to `length`.

        Args:
            texts, length: Texts, and the number of tokens kept of each.
            truncate: Part of a longer text to keep: its `"head"`, its `"tail"`, or `"both"` (the first half of the length from
                its head, the rest from its tail). The tokenizer's own setting by default.

        Returns:
            int32 `(n, length)`.

        Example:
            >>> Tokenizer.fit(["a b c d", "a b c d"]).encode(["a b c d"], 3, truncate="both").tolist()
            [[2, 4, 5]]
        """
        rows = (tokens[self._kept(len(tokens), length, truncate)] for tokens in self._ids(texts))
        return padded(rows, len(texts), length)

    def with_findings(self, findings: bool = True) -> Tokenizer:
        """Return a tokenizer with this vocabulary that reads the findings of a note, or encodes `TermFinder.tokens` as they are."""
        options: dict[str, Any] = {"truncate": self.truncate, "document_frequency": self.document_frequency}
        return Tokenizer(self._engine, preparation=Preparation(findings=findings), **options)

    def encode_windows(
        self, texts: Sequence[str], length: int, *, stride: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return overlapping windows of each text's ids, which together contain the whole text.

        Args:
            texts, length: Texts, and the number of tokens per window.
            stride: Number of tokens from one window's start to the next; half a window by default.

        Returns:
            Ids, int32 `(windows, length)`, and the index of each window's text, int64 `(windows,)`.

        Example:
            >>> Tokenizer.fit(["a b c d", "a b c d"]).encode_windows(["a b c d"], 3, stride=2)
            (array([[2, 3, 4],
                   [3, 4, 5]], dtype=int32), array([0, 0]))
        """
        rows, owners = [], []
        for number, tokens in enumerate(self._ids(texts)):
            for start in windows_of(len(tokens), length, stride):
                rows.append(tokens[start : start + length])
                owners.append(number)
        return padded(rows, len(rows), length), np.array(owners, np.int64)

    def pieces(self, text: str, length: int) -> list[str]:
        """Return the words behind the ids of one text, unknown ones as they are written.

        Example:
            >>> Tokenizer.fit(["A fever."], min_count=1).pieces("A zebra!", 2)
            ['a', 'zebra']
        """
        check_texts([text])
        prepared = self.preparation(text)
        found = self._engine.encode(prepared, add_special_tokens=False)
        words = [prepared[a:b].lower() for a, b in found.offsets]
        return [words[i] for i in self._kept(len(words), length, None)]

    def decode(self, ids: np.ndarray | Sequence[Sequence[int]]) -> list[str]:
        """Return the text of each row of ids, `(n, length)`, without padding. Unknown words are `[UNK]`.

        Case and repeated spaces are lost, and a word tokenizer puts spaces around punctuation.

        Example:
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
        """Number of ids, with padding and unknown."""
        return self._engine.get_vocab_size()

    @functools.cached_property
    def vocabulary(self) -> dict[str, int]:
        """Id of each token, in the order of ids."""
        return dict(sorted(self._engine.get_vocab().items(), key=lambda item: item[1]))

    def inverse_document_frequency(self) -> np.ndarray:
        """Compute `ln((1 + n) / (1 + texts with the token)) + 1` of each id over the `n` training texts; 0 for padding.

        Returns:
            float32 `(vocabulary_size,)`, all 1 for a tokenizer without document counts.
        """
        weights = np.ones(self.vocabulary_size, np.float32)
        if self.document_frequency is not None:
            n, counts = self.document_frequency[0], self.document_frequency[1:]
            weights = (np.log((1 + n) / (1 + counts)) + 1).astype(np.float32)
        weights[PADDING] = 0
        return weights

    def to_json(self) -> str:
        """Return the JSON of the `tokenizers` library and deepbio's own entry, as `ModelInput.tokenizer` stores it."""
        content, own = json.loads(self._engine.to_str()), self.preparation.to_dict()
        if self.truncate != "head":
            own["truncate"] = self.truncate
        if self.document_frequency is not None:
            own["documents"] = self.document_frequency.tolist()
        if own:
            content[_OWN] = own
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Tokenizer:
        """Build a tokenizer from the JSON of `to_json`.

        Raises:
            DataError: The text is no such JSON, or has other ids than 0 for padding and 1 for unknown.
        """
        where = "Expected the JSON of Tokenizer.to_json; it"
        content = parse_json(text, where)
        own = check_content(content, TokenizerFacts, where).deepbio or OwnPart()
        content.pop(_OWN, None)
        try:
            engine = _Engine.from_str(json.dumps(content))
        except BaseException as error:  # the engine raises bare Exception, and PanicException, which is none
            if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
                raise
            raise DataError(f"{where} failed with {type(error).__name__}. Fit the tokenizer again.") from error
        options = own.model_dump(exclude={"truncate", "documents"}, exclude_unset=True)
        preparation, truncate, documents = Preparation.from_dict(options), own.truncate, own.documents
        found = cls(engine, preparation=preparation, truncate=truncate)
        if documents is not None:
            found.document_frequency = np.array(documents, np.int64)
            if found.document_frequency.shape != (found.vocabulary_size + 1,):
                raise DataError("The tokenizer's document counts do not fit its vocabulary. Fit the tokenizer again.")
        return found

    def _ids(self, texts: Sequence[str]) -> Iterator[np.ndarray]:
        check_texts(texts)
        for first in range(0, len(texts), _CHUNK):
            prepared = [self.preparation(text) for text in texts[first : first + _CHUNK]]
            for encoding in self._engine.encode_batch(prepared, add_special_tokens=False):
                yield np.array(encoding.ids, np.int32)

    def _kept(self, tokens: int, length: int, truncate: Truncate | None) -> np.ndarray:
        """Return the indices of the tokens that are kept of a text."""
        how = self.truncate if truncate is None else truncate
        _check_choice("truncate", how, get_args(Truncate))
        if tokens <= length:
            return np.arange(tokens)
        head = {"head": length, "tail": 0, "both": length // 2}[how]
        return np.concatenate([np.arange(head), np.arange(tokens - (length - head), tokens)])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tokenizer) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash(self.to_json())

    def __repr__(self) -> str:
        return f"Tokenizer({type(self._engine.model).__name__}, vocabulary_size={self.vocabulary_size})"


def _check_choice(what: str, value: str, valid: Sequence[str]) -> None:
    if value not in valid:
        raise DataError(f"Unknown {what} {value!r}. {nearest(str(value), valid)}")
