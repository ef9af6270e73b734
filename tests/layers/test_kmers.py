"""Tokens of several bases from one-hot DNA."""

import numpy as np
import pytest

from deepbio.layers import KmerEmbedding, LearnedPositions, RotaryAttention


def token_ids(sequence: str, k: int) -> list[int]:
    """Return the ids that the layer gives to a sequence, read off an embedding whose rows are their own numbers."""
    layer = KmerEmbedding(1, 4 + 4**k + 5, k=k)
    one_hot = np.eye(5, 4, dtype=np.float32)[["ACGTN".index(base) for base in sequence]][None]
    layer(one_hot)
    layer.embeddings.assign(np.arange(layer.vocabulary_size, dtype=np.float32)[:, None])
    return np.asarray(layer(one_hot))[0, :, 0].astype(int).tolist()


@pytest.mark.parametrize(
    ("sequence", "ids"),
    [
        # the published vocabulary: AAAAAA is 4, then AAAAAT, AAAAAC, AAAAAG; GGGGGG is 4099, A 4100, N 4104
        ("AAAAAA", [3, 4]),
        ("AAAAATAAAAACAAAAAG", [3, 5, 6, 7]),
        ("GGGGGGATCG", [3, 4099, 4100, 4101, 4102, 4103]),
        ("AANAAATTTTTTN", [3, 4104, 1369, 4104]),
    ],
)
def test_tokens_have_the_ids_of_the_published_vocabulary(sequence, ids):
    assert token_ids(sequence, 6) == ids


def test_a_mixture_of_bases_is_the_mixture_of_its_tokens():
    layer, random = KmerEmbedding(3, 25, k=2), np.random.Generator(np.random.Philox(0))
    mixed = random.dirichlet([1, 1, 1, 1], (1, 2)).astype(np.float32)
    expected = np.zeros(3)
    for first in range(4):
        for second in range(4):
            token = np.asarray(layer(np.eye(4, dtype=np.float32)[[first, second]][None]))[0, 1]
            expected += mixed[0, 0, first] * mixed[0, 1, second] * token
    np.testing.assert_allclose(np.asarray(layer(mixed))[0, 1], expected, rtol=1e-4, atol=1e-6)


def test_positions_start_at_the_offset():
    layer = LearnedPositions(5, offset=2)
    layer(np.zeros((1, 3, 1), np.float32))
    layer.embeddings.assign(np.arange(5.0)[:, None])
    assert np.asarray(layer(np.zeros((1, 3, 1), np.float32)))[0, :, 0].tolist() == [2, 3, 4]


def test_attention_without_a_base_does_not_see_positions():
    x = np.random.Generator(np.random.Philox(0)).normal(size=(1, 6, 8)).astype(np.float32)
    order = [3, 1, 5, 0, 2, 4]
    for base, same in ((None, True), (10_000.0, False)):
        layer = RotaryAttention(2, base=base, use_bias=True)
        difference = np.abs(np.asarray(layer(x))[:, order] - np.asarray(layer(x[:, order]))).max()
        assert (difference < 1e-5) == same
