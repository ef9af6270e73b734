"""Run by another Python that has PyTorch, tangermeme and shap: a network from the steps in an npz, explained by both.

python tangermeme_side.py STEPS.npz RESULT.npz [--threads 2] [--repeats 0]
"""

import json
import sys
import time

import numpy as np
import shap
import torch
from tangermeme.deep_lift_shap import deep_lift_shap
from tangermeme.saturation_mutagenesis import saturation_mutagenesis
from tangermeme.seqlet import recursive_seqlets


class Net(torch.nn.Module):
    """The steps of a model, each nonlinearity a module of its own so that tangermeme sees it."""

    def __init__(self, steps, arrays, target):
        super().__init__()
        self.steps, self.target = steps, target
        self.parts = torch.nn.ModuleDict()
        for i, step in enumerate(steps):
            kernel = torch.tensor(arrays[f"kernel_{i}"]) if f"kernel_{i}" in arrays else None
            bias = torch.tensor(arrays[f"bias_{i}"]) if f"bias_{i}" in arrays else None
            if step["kind"] == "convolution":
                part = torch.nn.Conv1d(*kernel.shape[1:], kernel.shape[0], dilation=step["dilation"])
                part.weight.data, part.bias.data = kernel.permute(2, 1, 0).contiguous(), bias
            elif step["kind"] == "dense":
                part = torch.nn.Linear(*kernel.shape)
                part.weight.data, part.bias.data = kernel.T.contiguous(), bias
            elif step["kind"] == "pool":
                part = torch.nn.MaxPool1d(step["span"], step["stride"])
            elif step["kind"] == "relu":
                part = torch.nn.ReLU()
            elif step["kind"] == "scale":
                self.register_buffer(f"factor_{i}", kernel)
                self.register_buffer(f"term_{i}", bias)
                continue
            else:
                continue
            self.parts[str(i)] = part

    def forward(self, x):
        values = [x]
        for i, step in enumerate(self.steps[1:], start=1):
            given = [values[j] for j in step["inputs"]]
            x = given[0]
            if step["kind"] == "convolution" and step["pad"]:
                x = torch.nn.functional.pad(x, step["pad"])
            if str(i) in self.parts:
                y = self.parts[str(i)](x)
            elif step["kind"] == "scale":
                shape = (1, -1) + (1,) * (x.ndim - 2)
                y = x * getattr(self, f"factor_{i}").reshape(shape) + getattr(self, f"term_{i}").reshape(shape)
            elif step["kind"] == "flatten":
                y = x.permute(0, 2, 1).reshape(len(x), -1)
            elif step["kind"] == "add":
                y = sum(given)
            elif step["kind"] == "shift":
                y = x[:, :, -step["left"] : -step["left"] + step["length"]]
            elif step["kind"] == "global_mean":
                y = x.mean(dim=2)
            values.append(y)
        y = values[-1]
        index, position = self.target
        return y[:, index : index + 1] if position is None else y[:, index : index + 1, position]


def timed(function, repeats):
    found, seconds = function(), []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return found, min(seconds, default=0.0)


def main(source, result, *options):
    chosen = dict(zip(options[::2], map(int, options[1::2]), strict=True))
    torch.set_num_threads(chosen.get("--threads", 2))
    repeats = chosen.get("--repeats", 0)
    arrays = dict(np.load(source))
    facts = json.loads(str(arrays["facts"]))
    net = Net(facts["steps"], arrays, facts["target"]).eval()
    x = torch.tensor(arrays["x"]).permute(0, 2, 1).contiguous()
    references = torch.tensor(arrays["references"]).permute(0, 1, 3, 2).contiguous()
    common = {"device": "cpu"}
    with torch.no_grad():
        outputs = net(x).numpy()
    out, times = {"outputs": outputs}, {}
    if facts["deep_lift"]:
        for name in ("hypothetical", "present"):
            found, times["deep_lift_shap"] = timed(
                lambda name=name: deep_lift_shap(
                    net, x, references=references, hypothetical=name == "hypothetical", **common
                ),
                repeats,
            )
            out[name] = found.numpy().transpose(0, 2, 1)
        explainer = shap.DeepExplainer(net, references[0])
        out["shap"] = explainer.shap_values(x[:1], check_additivity=False).reshape(x[:1].shape).transpose(0, 2, 1)
    start, end = facts["range"]
    found, times["saturation_mutagenesis"] = timed(
        lambda: saturation_mutagenesis(
            net, x[:1], start=start, end=end, hypothetical=True, batch_size=facts["batch_size"], **common
        ),
        repeats,
    )
    out["mutagenesis"] = found.numpy().transpose(0, 2, 1)
    if "present" in out:
        seqlets = recursive_seqlets(out["present"].sum(axis=-1).astype(np.float64), threshold=0.05)
        out["seqlets"] = seqlets[["example_idx", "start", "end"]].to_numpy()
    np.savez(result, times=json.dumps(times), **out)


if __name__ == "__main__":
    main(*sys.argv[1:])
