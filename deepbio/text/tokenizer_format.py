"""The form of `tokenizer.json`: the parts of the `tokenizers` library that deepbio uses, and none of its others.

The library's regular expressions and fixed paddings could take unbounded time and memory, so a file with them is refused.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from deepbio.documents import OpenPart, Part, Word

MAX_TOKENS = 2_000_000

_Vocabulary = Annotated[dict[Word, Annotated[int, Field(ge=0, lt=MAX_TOKENS)]], Field(max_length=MAX_TOKENS)]
_STEPS = {"Sequence", "NFKC", "Lowercase", "WhitespaceSplit", "Punctuation", "Metaspace", "WordPiece"}
_LISTS = ("normalizers", "pretokenizers", "decoders")


class TokenModel(OpenPart):
    """The vocabulary, and how unknown words are divided."""

    type: Literal["WordLevel", "WordPiece", "BPE"]
    vocab: _Vocabulary
    max_input_chars_per_word: Annotated[int, Field(ge=1, le=10_000)] | None = None
    merges: Annotated[list[Any], Field(max_length=MAX_TOKENS)] = []

    @model_validator(mode="after")
    def _ids_without_gaps(self) -> "TokenModel":
        if set(self.vocab.values()) != set(range(len(self.vocab))):
            raise ValueError("expected the ids 0, 1, 2 and so on, each once")
        return self


class OwnPart(Part):
    """What deepbio adds: text preparation, truncation and document counts."""

    clinical: bool = False
    negation: bool = False
    abbreviations: Annotated[dict[Word, Word], Field(max_length=100_000)] = {}
    mask_identifiers: bool = False
    findings: bool = False
    version: Literal[1, 2] = 1
    truncate: Literal["head", "tail", "both"] = "head"
    documents: Annotated[list[Annotated[int, Field(ge=0, le=2**53)]], Field(max_length=MAX_TOKENS + 1)] | None = None


class TokenizerFacts(Part):
    """`tokenizer.json`."""

    version: Word
    truncation: None = None
    padding: None = None
    added_tokens: Annotated[list[dict[str, Any]], Field(max_length=1000)] = []
    normalizer: dict[str, Any] | None = None
    pre_tokenizer: dict[str, Any] | None = None
    post_processor: None = None
    decoder: dict[str, Any] | None = None
    model: TokenModel
    deepbio: OwnPart | None = None

    @model_validator(mode="after")
    def _known_steps(self) -> "TokenizerFacts":
        steps = [step for step in (self.normalizer, self.pre_tokenizer, self.decoder) if step is not None]
        while steps:
            step = steps.pop()
            if not isinstance(step, dict) or str(step.get("type")) not in _STEPS:
                raise ValueError(f"expected steps of {', '.join(sorted(_STEPS))}")
            for key in _LISTS:
                inner = step.get(key) or []
                if not isinstance(inner, list):
                    raise ValueError(f"expected {key} as a list")
                steps += inner
        return self
