"""The engines of the `tokenizers` library that `Tokenizer` wraps: whole words, words spelt by letters, pairs of letters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tokenizers import Tokenizer as Engine
from tokenizers import decoders, models, normalizers, pre_tokenizers, trainers

SPECIAL = ["[PAD]", "[UNK]"]
_CONTINUES = "##"  # before a letter that does not begin a word
_LONGEST_WORD = 60  # a longer string is unknown as a whole


def trained_engine(kind: str, texts: Sequence[str], prepared: Iterator[str], *, size: int, min_count: int) -> Engine:
    """Return an engine that has learnt the vocabulary of the texts.

    Args:
        kind: `"word"`, `"word_letters"` or `"bpe"`.
        texts: as they are, for their number.
        prepared: the texts as they are to be cut.
        size, min_count: see `Tokenizer.fit`.
    """
    if kind == "bpe":
        engine, trainer = _bpe_engine(), trainers.BpeTrainer
    else:
        engine, trainer = _word_engine(), trainers.WordLevelTrainer
    learn = trainer(vocab_size=size, min_frequency=min_count, special_tokens=SPECIAL, show_progress=False)
    engine.train_from_iterator(prepared, learn, length=len(texts))
    return _with_letters(engine, size) if kind == "word_letters" else engine


def _word_engine() -> Engine:
    engine = Engine(models.WordLevel(vocab={}, unk_token=SPECIAL[1]))
    engine.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    engine.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("isolated")]
    )
    return engine


def _bpe_engine() -> Engine:
    # A word's start is marked by Metaspace's character, which is a letter like any other to the trainer. The library's
    # end-of-word suffix is no such letter: with it, two processes number the pieces differently.
    engine = Engine(models.BPE(unk_token=SPECIAL[1]))
    engine.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    engine.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation("isolated")])
    engine.decoder = decoders.Metaspace()
    return engine


def _with_letters(words: Engine, size: int) -> Engine:
    """Spell an unknown word by its longest known beginning and letters: "fevers" is "fever" and "s"."""
    known = sorted(words.get_vocab().items(), key=lambda item: item[1])
    letters = sorted({letter for word, place in known if place > 1 for letter in word})
    pieces = [*letters, *(_CONTINUES + letter for letter in letters)]
    kept = [word for word, _ in known][: max(len(SPECIAL), size - len(pieces))]
    vocabulary = {word: i for i, word in enumerate(dict.fromkeys([*kept, *pieces]))}
    engine = Engine(
        models.WordPiece(
            vocab=vocabulary, unk_token=SPECIAL[1], continuing_subword_prefix=_CONTINUES,
            max_input_chars_per_word=_LONGEST_WORD,
        )
    )  # fmt: skip
    engine.normalizer, engine.pre_tokenizer = words.normalizer, words.pre_tokenizer
    engine.decoder = decoders.WordPiece(prefix=_CONTINUES, cleanup=False)
    return engine
