"""ESM of Hugging Face's transformers, as the Nucleotide Transformer is published."""

from collections.abc import Mapping

from deepbio.errors import WeightsError
from deepbio.specs import ModelInput, Task
from deepbio.zoo.importers.formats._relative_transformer import count, joined_dense
from deepbio.zoo.importers.importer import Conversion, register_importer
from deepbio.zoo.importers.published_file import PublishedFile
from deepbio.zoo.importers.tables import Table, changed, dense, layer_norm, same

_HEADS = {320: 20, 512: 16, 768: 16, 1024: 16, 1280: 20, 2560: 20}  # of the published ones, by channels
_UNUSED = ("esm.contact_head.*", "esm.pooler.*", "*position_ids", "*rotary_embeddings.inv_freq", "lm_head.decoder.bias")
_POSITIONS = "esm.embeddings.position_embeddings.weight"


@register_importer(
    "esm",
    summary="Nucleotide Transformer, v1 or v2, as EsmForMaskedLM of Hugging Face",
    architectures=("nucleotide_transformer",),
    signature=("esm.encoder.layer.0.attention.self.query.weight", "lm_head.dense.weight"),
    repository="https://github.com/instadeepai/nucleotide-transformer",
    licence="CC BY-NC-SA 4.0",
    citation="Dalla-Torre et al. 2024, Nature Methods, doi:10.1038/s41592-024-02523-z",
    get="The weight file of InstaDeepAI/nucleotide-transformer-v2-100m-multi-species and its like on Hugging Face.",
)
def esm(file: PublishedFile, *, length: int = 6000, num_heads: int | None = None) -> Conversion:
    """Convert a masked language model of tokens of six bases, whose version is recognized by its arrays.

    Args:
        file: State dict of EsmForMaskedLM.
        length: Length of the windows.
        num_heads: Number of attention heads, for a file that is none of the published ones.
    """
    words = "esm.embeddings.word_embeddings.weight"
    vocabulary, channels = file.shape(words)
    heads = num_heads or _HEADS.get(channels)
    if heads is None:
        raise WeightsError(f"{file.path} has {channels} channels, which no published one has. Pass num_heads=....")
    first = "esm.encoder.layer.0.intermediate.dense"
    gated = f"{first}.bias" not in file  # version 2, which has positions that its rotary attention does not use
    layers = count(file, "esm.encoder.layer.{}.output.dense.weight")
    config: Mapping[str, object] = {
        "embedding_dim": channels, "num_layers": layers, "num_heads": heads, "gated": gated, "rotary": gated,
        "mlp_units": file.shape(f"{first}.weight")[0] // (1 + gated), "vocabulary_size": vocabulary, "token_dropout": not gated,
        "max_positions": 2050 if gated else file.shape(_POSITIONS)[0], "head": "masked_lm",
    }  # fmt: skip
    table = same("tokens", "embeddings", words) | _norm(file, "last_norm", "esm.encoder.emb_layer_norm_after")
    table |= {} if gated else same("positions", "embeddings", _POSITIONS)
    for i in range(layers):
        table |= _layer(file, f"layer_{i}", f"esm.encoder.layer.{i}", bias=not gated)
    table |= dense("lm_dense", "lm_head.dense") | _norm(file, "lm_norm", "lm_head.layer_norm")
    decoder = "lm_head.decoder.weight" if "lm_head.decoder.weight" in file else words  # or tied to the embedding
    table |= changed("head", "kernel", decoder, lambda w: w.T) | same("head", "bias", "lm_head.bias")
    unused = (*_UNUSED, *((_POSITIONS,) if gated else ()))
    return Conversion(
        "nucleotide_transformer", ModelInput("dna", (length,)), vocabulary, Task("per_position", vocabulary), table, config,
        unused=unused,
    )  # fmt: skip


def _layer(file: PublishedFile, path: str, name: str, *, bias: bool) -> Table:
    parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
    table = _norm(file, f"{path}_attention_norm", f"{name}.attention.LayerNorm")
    table |= joined_dense(f"{path}_attention/project", parts)
    table |= dense(f"{path}_attention/join", f"{name}.attention.output.dense")
    table |= _norm(file, f"{path}_mlp_norm", f"{name}.LayerNorm")
    table |= dense(f"{path}_mlp_in", f"{name}.intermediate.dense", bias=bias)
    return table | dense(f"{path}_mlp_out", f"{name}.output.dense", bias=bias)


def _norm(file: PublishedFile, path: str, name: str) -> Table:
    if f"{name}.gamma" in file:  # as version 5 of transformers writes it
        return same(path, "gamma", f"{name}.gamma") | same(path, "beta", f"{name}.beta")
    return layer_norm(path, name)
