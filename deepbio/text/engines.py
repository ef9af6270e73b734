"""Engines of the `tokenizers` library that `Tokenizer` wraps: words, words with characters, and byte-pair encoding."""

from collections.abc import Hashable, Iterable, Sequence

import numpy as np
from tokenizers import Tokenizer as Engine
from tokenizers import decoders, models, normalizers, pre_tokenizers, trainers

from deepbio.errors import DataError

PADDING = 0
SPECIAL = ["[PAD]", "[UNK]"]
_CONTINUES = "##"  # before a character that does not begin a word
_MAX_WORD = 60  # a longer string is unknown as a whole


def trained_engine(
    kind: str,
    texts: Sequence[str],
    prepared: Iterable[str],
    *,
    size: int,
    min_count: int,
    groups: Sequence[Hashable] | None = None,
    min_groups: int = 1,
) -> Engine:
    """Return an engine trained on texts.

    Args:
        kind: `"word"`, `"word_letters"` or `"bpe"`.
        texts: Raw texts, for their number.
        prepared: Prepared texts.
        size, min_count, groups, min_groups: As for `Tokenizer.fit`.

    Raises:
        DataError: No word occurs in `min_groups` groups.
    """
    if min_groups > 1:
        prepared = frequent_words(kind, prepared, range(len(texts)) if groups is None else groups, min_groups)
        if not any(map(str.strip, prepared)):
            raise DataError(
                f"No word occurs in {min_groups} groups. Pass a lower min_groups, such as tokenizer={{'min_groups': 2}} (on the "
                "command line --data tokenizer={min_groups: 2}); words of so few patients can then enter the vocabulary."
            )
    if kind == "bpe":
        engine, trainer = _bpe_engine(), trainers.BpeTrainer
    else:
        engine, trainer = _word_engine(), trainers.WordLevelTrainer
    learn = trainer(vocab_size=size, min_frequency=min_count, special_tokens=SPECIAL, show_progress=False)
    engine.train_from_iterator(prepared, learn, length=len(texts))
    return _with_characters(engine, size) if kind == "word_letters" else engine


def frequent_words(kind: str, prepared: Iterable[str], groups: Sequence[Hashable], min_groups: int) -> list[str]:
    """Return texts without the words that occur in fewer than `min_groups` groups, such as the names of one patient.

    Args:
        kind: As for `trained_engine`.
        prepared: Prepared texts.
        groups: Group of each text.
        min_groups: Minimum number of groups.

    Example:
        >>> frequent_words("word", ["Jane has fever.", "Joe has fever."], ["p1", "p2"], 2)
        [' has fever.', ' has fever.']
    """
    engine = _bpe_engine() if kind == "bpe" else _word_engine()
    normalizer, splitter = engine.normalizer, engine.pre_tokenizer
    assert normalizer is not None
    assert splitter is not None
    texts = [normalizer.normalize_str(text) for text in prepared]
    words = [splitter.pre_tokenize_str(text) for text in texts]
    found: dict[str, set[Hashable]] = {}
    for owner, parts in zip(groups, words, strict=True):
        for word, _ in parts:
            owners = found.setdefault(word, set())
            if len(owners) < min_groups:
                owners.add(owner)
    kept = []
    for text, parts in zip(texts, words, strict=True):
        left, end = [], 0
        for word, (start, stop) in parts:
            if len(found[word]) < min_groups:
                left.append(text[end:start])
                end = stop
        kept.append("".join([*left, text[end:]]))
    return kept


def _word_engine() -> Engine:
    engine = Engine(models.WordLevel(vocab={}, unk_token=SPECIAL[1]))
    engine.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    engine.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("isolated")]
    )
    return engine


def _bpe_engine() -> Engine:
    # A word's start is marked by Metaspace's character, which the trainer treats like any other. The library's end-of-word
    # suffix is treated differently: with it, two processes number the pieces differently.
    engine = Engine(models.BPE(unk_token=SPECIAL[1]))
    engine.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    engine.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation("isolated")])
    engine.decoder = decoders.Metaspace()
    return engine


def _with_characters(words: Engine, size: int) -> Engine:
    """Return an engine that spells an unknown word by its longest known prefix and characters: "fevers" as "fever" and "s"."""
    known = sorted(words.get_vocab().items(), key=lambda item: item[1])
    characters = sorted({character for word, id in known if id > 1 for character in word})
    pieces = [*characters, *(_CONTINUES + character for character in characters)]
    kept = [word for word, _ in known][: max(len(SPECIAL), size - len(pieces))]
    vocabulary = {word: i for i, word in enumerate(dict.fromkeys([*kept, *pieces]))}
    engine = Engine(
        models.WordPiece(
            vocab=vocabulary,
            unk_token=SPECIAL[1],
            continuing_subword_prefix=_CONTINUES,
            max_input_chars_per_word=_MAX_WORD,
        )
    )
    engine.normalizer, engine.pre_tokenizer = words.normalizer, words.pre_tokenizer
    engine.decoder = decoders.WordPiece(prefix=_CONTINUES, cleanup=False)
    return engine


def padded(rows: Iterable[np.ndarray], number: int, length: int) -> np.ndarray:
    """Return rows of ids as one array, truncated by the caller and padded at the end; int32 `(number, length)`."""
    if length < 1:
        raise DataError(f"The length of an encoded text is at least 1; received {length}.")
    ids = np.full((number, length), PADDING, np.int32)
    for row, tokens in enumerate(rows):
        ids[row, : len(tokens)] = tokens
    return ids
