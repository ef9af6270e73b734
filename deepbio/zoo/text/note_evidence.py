"""Additive evidence: each word in its context has a term for or against each label."""

from collections.abc import Sequence

import keras
import numpy as np

from deepbio.errors import ModelError
from deepbio.layers import Bias, EvidenceTable, SumOverTime, ops, text_input, word_input
from deepbio.specs import ModelInput
from deepbio.text import PADDING, Tokenizer
from deepbio.zoo.registry import ADAMW, register


@register(
    "note_evidence",
    modality="text",
    summary="A convolution over phrases; each word's evidence for each label is added up over the note",
    paper="deepbio; sums of parts as in deep sets, Zaheer et al. 2017, arXiv:1703.06114; weight of evidence, Good 1985",
    reference={"input_shape": (128,), "outputs": 50, "vocabulary_size": 2000},
    parameters=354_482,
    training=dict(ADAMW, learning_rate=0.002, weight_decay=0.01, warmup=0.05, batch_size=256, epochs=6),
)
def note_evidence(
    input: ModelInput,
    outputs: int,
    *,
    vocabulary_size: int | None = None,
    embedding_dim: int = 96,
    filters: int = 256,
    kernel_size: int = 5,
    units: int = 128,
    word_dropout: float = 0.1,
    dropout: float = 0.2,
    prior: Sequence[float] | None = None,
    diseases: Sequence[str] | None = None,
    rate: float = 32.0,
) -> keras.Model:
    """Convolve phrases, and add up their evidence.

    If findings are independent given the disease, Bayes' rule is such a sum: each finding adds the logarithm of its likelihood
    ratio. So the logits of this network are a bias plus one term per word, which `deepbio.diagnose` shows. For a finding far
    from its "no", use a tokenizer that marks negation.

    Args:
        vocabulary_size: Number of token ids; that of the input's tokenizer by default.
        embedding_dim: Length of a word's vector.
        filters, kernel_size: Filters and kernel size of the convolution.
        units: Units of the dense layer after it.
        word_dropout: Fraction of the words that become unknown in training.
        dropout: Rate after the convolution.
        prior: Frequency of each label, whose logarithm the bias of the logits starts from; equal by default. Otherwise, if one label
            is much more frequent, the frequent words learn that, too, and are slow to forget it.
        diseases: Names of the diseases that the labels are, as Orphanet has them, for a tokenizer of findings; one more label than
            diseases is "none of these". The evidence is then a table with one row per finding that starts from the log-likelihood
            ratios of the ontology's frequencies (see `deepbio.datasets.vignettes.annotated_evidence`), without phrases: the options
            from `embedding_dim` to `dropout` have no effect.
        rate: How many times faster the table learns what the annotations do not state: other findings, and "none of these".

    Input shape: `(batch, tokens)` int32 ids, 0 for padding; padding does not change the output.
    Output shape: `(batch, outputs)` logits.
    """
    if diseases is not None:
        return _table(
            input, outputs, tuple(diseases), rate, np.zeros(outputs) if prior is None else _log_prior(prior, outputs)
        )
    inputs, words, mask = word_input(input, embedding_dim, vocabulary_size=vocabulary_size, word_dropout=word_dropout)
    x = keras.layers.Conv1D(filters, kernel_size, padding="same", activation="relu")(words)
    x = keras.layers.Dropout(dropout)(x)
    x = keras.layers.Dense(units, activation="relu", name="phrases")(x)
    x = SumOverTime(name="sum")(x, mask=mask)
    head = keras.layers.Dense(outputs, name="head")
    model = keras.Model(inputs, head(x), name="note_evidence")
    if prior is not None:
        kernel, _ = head.get_weights()
        head.set_weights([kernel, _log_prior(prior, outputs)])
    return model


def _log_prior(prior: Sequence[float], outputs: int) -> np.ndarray:
    frequency = np.asarray(prior, np.float64)
    if frequency.shape != (outputs,) or not (np.isfinite(frequency).all() and frequency.min() > 0):
        raise ModelError(
            f"The prior of note_evidence has one positive number per label, {outputs} in all; received shape {frequency.shape}."
        )
    return np.log(frequency) - np.log(frequency).mean()


def _table(input: ModelInput, outputs: int, diseases: tuple[str, ...], rate: float, prior: np.ndarray) -> keras.Model:
    """Build the table of evidence that starts from annotated frequencies."""
    from deepbio.datasets.vignettes.evidence import annotated_evidence

    if input.tokenizer is None or not (tokenizer := Tokenizer.from_json(input.tokenizer)).preparation.findings:
        raise ModelError(
            "note_evidence with diseases reads findings: build it with a data set whose tokenizer does, such as "
            "load_dataset('vignettes', style='mixed', tokenizer={'findings': True})."
        )
    if outputs not in (len(diseases), len(diseases) + 1):
        raise ModelError(
            f"note_evidence has one label per disease and at most one more, for none of these; received {len(diseases)} diseases "
            f"and {outputs} outputs."
        )
    if not rate >= 1:
        raise ModelError(f"The rate of note_evidence is 1 or more; received {rate!r}.")
    known = annotated_evidence(diseases, tokenizer.vocabulary)
    table, bias = np.zeros((tokenizer.vocabulary_size, outputs), np.float32), np.zeros(outputs)
    table[:, : len(diseases)], bias[: len(diseases)] = known.table, known.bias
    if outputs > len(diseases):  # at first as if it were any of them
        table[:, -1], bias[-1] = np.log(np.exp(known.table).mean(axis=1)), np.log(np.exp(known.bias).mean())
    rates = np.ones(len(table) + outputs, np.float32)
    rates[: len(table)][~known.stated] = rate
    rates[len(table) + len(diseases) :] = rate
    inputs, ids = text_input(input)
    rows, head = EvidenceTable(len(table), outputs, name="words"), Bias(name="head")
    x = SumOverTime(name="sum")(rows(ids), mask=ops.not_equal(ids, PADDING))
    model = keras.Model(inputs, head(x), name="note_evidence")
    rows.set_weights([table, rates])
    head.set_weights([bias + prior])
    return model
