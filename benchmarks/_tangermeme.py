"""Mutagenesis and DeepLIFT/SHAP of tangermeme, run by a Python with PyTorch: `_tangermeme.py NETWORK FOLDER ROUNDS`.

The networks are written in PyTorch as in their papers' descriptions, with the weights of deepbio's in `FOLDER/in.npz`.
"""

import json
import resource
import sys
import time

import numpy as np
import tangermeme.saturation_mutagenesis as mutagenesis
import torch
from tangermeme.deep_lift_shap import deep_lift_shap

REFERENCES, BATCHES = 20, (8, 32, 128)


class Flatten(torch.nn.Module):
    def forward(self, x):
        return x.permute(0, 2, 1).flatten(1)  # the order of Keras: positions, then channels


class Bpnet(torch.nn.Module):
    def __init__(self, take):
        super().__init__()
        self.first, self.relu = conv(take), torch.nn.ReLU()
        self.layers, self.relus = torch.nn.ModuleList(), torch.nn.ModuleList()
        for k in range(8):
            self.layers.append(conv(take, dilation=2 ** (k + 1)))
            self.relus.append(torch.nn.ReLU())
        self.head = dense(take)

    def forward(self, x):
        x = self.relu(self.first(x))
        for layer, relu in zip(self.layers, self.relus, strict=True):
            d = layer.dilation[0]
            x = x[:, :, d:-d] + relu(layer(x))
        return self.head(x.mean(dim=2))


def conv(take, dilation=1, padding=0):
    kernel, bias = take(2)
    layer = torch.nn.Conv1d(kernel.shape[1], kernel.shape[2], kernel.shape[0], dilation=dilation, padding=padding)
    layer.weight.data, layer.bias.data = torch.tensor(kernel).permute(2, 1, 0).contiguous(), torch.tensor(bias)
    return layer


def dense(take):
    kernel, bias = take(2)
    layer = torch.nn.Linear(*kernel.shape)
    layer.weight.data, layer.bias.data = torch.tensor(kernel).T.contiguous(), torch.tensor(bias)
    return layer


def norm(take):
    gamma, beta, mean, variance = map(torch.tensor, take(4))
    layer = torch.nn.BatchNorm1d(len(gamma), eps=1e-3)
    layer.weight.data, layer.bias.data, layer.running_mean, layer.running_var = gamma, beta, mean, variance
    return layer


def stacked(take, pools, padding=None):
    layers = []
    for pool in pools:
        layers += [conv(take, padding=padding or 0), norm(take), torch.nn.ReLU(), torch.nn.MaxPool1d(pool)]
    layers.append(Flatten())
    for _ in range(2):
        layers += [dense(take), norm(take), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers, dense(take))


NETWORKS = {
    "basset": lambda take: stacked(take, (3, 4, 4)),
    "deepstarr": lambda take: stacked(take, (2, 2, 2, 2), padding="same"),
    "bpnet": Bpnet,
}


def seconds(function, rounds):
    found, times = function(), []
    for _ in range(rounds):
        begin = time.process_time()
        function()
        times.append(time.process_time() - begin)
    return found, float(np.median(times))


def captured(net, x, start, end, size, rounds):
    """Return the seconds of the windows that `fast=True` recomputes, without capturing the model; infinity if it refuses to."""
    x = x.to(torch.int8)
    mutagenesis._FAST_MIN_SECONDS, mutagenesis._FAST_MAX_RELATIVE_TIME = 0.0, float("inf")  # always, whatever it gains
    fast = mutagenesis._fast_path(net, x, None, start, end, size, None, "cpu", None)[0]
    if fast is None:
        return float("inf")
    _, characters, positions = mutagenesis._single_edits(x[0], start, end)
    return seconds(lambda: fast.predict_edits(0, characters, positions, size, None), rounds)[1]


def main(name, folder, rounds):
    torch.set_num_threads(1)
    with np.load(f"{folder}/in.npz") as stored:
        arrays = dict(stored)
    weights = iter([arrays[f"w{i}"] for i in range(sum(key[0] == "w" for key in arrays))])
    net = NETWORKS[name](lambda n: [next(weights) for _ in range(n)]).eval()
    x = torch.tensor(np.eye(4, dtype=np.float32)[arrays["codes"]]).permute(0, 2, 1).contiguous()
    references = torch.tensor(arrays["references"]).permute(0, 1, 3, 2).contiguous()
    values, shap = seconds(
        lambda: deep_lift_shap(net, x, references=references, n_shuffles=REFERENCES, device="cpu"), int(rounds)
    )
    width = len(arrays["sample"])  # in the middle, where windows are widest
    start = (int(arrays["start"]) + int(arrays["end"]) - width) // 2

    def mutated(size):
        return mutagenesis.saturation_mutagenesis(
            net, x[:1], start=start, end=start + width, batch_size=size, fast=False, device="cpu"
        )

    plain = min(seconds(lambda size=size: mutated(size), int(rounds))[1] for size in BATCHES)
    fast = min(captured(net, x[:1], start, start + width, size, int(rounds)) for size in BATCHES)
    np.savez(f"{folder}/out.npz", values=values.numpy().transpose(0, 2, 1))
    scale = (int(arrays["end"]) - start) / width
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        json.dumps({"deep_lift": shap / len(x), "mutagenesis": plain * scale, "fast": fast * scale, "memory": memory})
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
