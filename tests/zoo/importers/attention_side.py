"""Run by another Python that has PyTorch: a peer's network with random weights, its state dict and its outputs.

python attention_side.py FACTS.json RESULT.npz
"""

# pyright: reportMissingImports=false

import itertools
import json
import sys
from pathlib import Path

import numpy as np
import torch


def enformer(facts):
    from enformer_pytorch import Enformer

    model = Enformer.from_hparams(**facts["options"])
    return model, lambda x: torch.cat([model(x)[head] for head in model.output_heads], dim=-1)


def borzoi(facts):
    from borzoi_pytorch import Borzoi
    from borzoi_pytorch.pytorch_borzoi_transformer import Attention, get_positional_embed

    model = Borzoi.from_hparams(**facts["options"])
    for module in model.modules():
        if isinstance(module, Attention):  # the positions are made for 4,096 bins only
            module.positions = get_positional_embed(facts["length"] // 128, module.num_rel_pos_features, "cpu")

    def outputs(x):
        heads = [model(x.transpose(1, 2)), model(x.transpose(1, 2), is_human=False)]
        return torch.cat(heads, dim=1).transpose(1, 2)

    return model, outputs


class Gated(torch.nn.Module):
    """The first dense layer of version 2 of the Nucleotide Transformer, which transformers does not have itself."""

    def __init__(self, channels, units):
        super().__init__()
        self.dense = torch.nn.Linear(channels, 2 * units, bias=False)

    def forward(self, x):
        first, second = self.dense(x).chunk(2, dim=-1)
        return torch.nn.functional.silu(first) * second


def esm(facts):
    from transformers import EsmConfig, EsmForMaskedLM

    config = EsmConfig(
        **facts["options"], pad_token_id=1, mask_token_id=2, layer_norm_eps=1e-12, attn_implementation="eager"
    )
    model = EsmForMaskedLM(config)
    if facts["gated"]:
        for layer in model.esm.encoder.layer:
            layer.intermediate = Gated(config.hidden_size, config.intermediate_size)
            layer.output.dense = torch.nn.Linear(config.intermediate_size, config.hidden_size, bias=False)
    vocabulary = {"".join(kmer): 4 + i for i, kmer in enumerate(itertools.product("ATCG", repeat=6))}
    vocabulary |= {base: 4 + 4**6 + i for i, base in enumerate("ATCGN")}

    def outputs(x):
        ids = []
        for row in x.argmax(dim=-1).tolist():
            bases, cut = "".join("ACGT"[i] for i in row), len(row) // 6 * 6
            words = [bases[i : i + 6] for i in range(0, cut, 6)] + list(bases[cut:])
            ids.append([3] + [vocabulary[word] for word in words])
        ids = torch.tensor(ids)
        return model(ids, attention_mask=torch.ones_like(ids)).logits

    return model, outputs


def main(path, out):
    facts = json.loads(Path(path).read_text())
    torch.manual_seed(0)
    torch.set_num_threads(1)
    model, outputs = globals()[facts["network"]](facts)
    model.eval()
    with torch.no_grad():
        for name, values in model.state_dict().items():
            if values.dtype.is_floating_point and not name.startswith("_trunk.") and "inv_freq" not in name:
                # attention that is far from uniform, so that its scores matter
                gain = 2.0 if any(part in name for part in ("to_", "rel_", "query", "key", "value")) else 0.5
                noise = torch.randn(values.shape) * gain / max(1, values[0].numel() if values.ndim > 1 else 25) ** 0.5
                centre = 1.0 if "running_var" in name or (values.ndim == 1 and name.endswith("weight")) else 0.0
                values.copy_(centre + (noise.abs() if "running_var" in name else noise))
        codes = (
            np.random.default_rng(0)
            .integers(0, facts.get("codes", 5), (facts["examples"], facts["length"]))
            .astype(np.uint8)
        )
        x = torch.tensor(np.eye(5, 4, dtype=np.float32)[codes])
        found = outputs(x).numpy()
    np.savez(out, codes=codes, outputs=found)
    if facts["save"] == "save_pretrained":
        model.save_pretrained(Path(out).parent)
    else:
        torch.save(model.state_dict(), Path(out).with_name("model.pt"))


main(*sys.argv[1:])
