"""Engines of the `tokenizers` library that `Tokenizer` wraps: words, words with characters, and byte-pair encoding."""

from collections.abc import Iterator, Sequence

from tokenizers import Tokenizer as Engine
from tokenizers import decoders, models, normalizers, pre_tokenizers, trainers

SPECIAL = ["[PAD]", "[UNK]"]
_CONTINUES = "##"  # before a character that does not begin a word
_MAX_WORD = 60  # a longer string is unknown as a whole


def trained_engine(kind: str, texts: Sequence[str], prepared: Iterator[str], *, size: int, min_count: int) -> Engine:
    """Return an engine trained on texts.

    Args:
        kind: `"word"`, `"word_letters"` or `"bpe"`.
        texts: Raw texts, for their number.
        prepared: Prepared texts.
        size, min_count: As for `Tokenizer.fit`.
    """
    if kind == "bpe":
        engine, trainer = _bpe_engine(), trainers.BpeTrainer
    else:
        engine, trainer = _word_engine(), trainers.WordLevelTrainer
    learn = trainer(vocab_size=size, min_frequency=min_count, special_tokens=SPECIAL, show_progress=False)
    engine.train_from_iterator(prepared, learn, length=len(texts))
    return _with_characters(engine, size) if kind == "word_letters" else engine


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
