"""Map the names of our layers to those of the published files, which SpliceAI's authors numbered in order of creation."""


def published_layers(blocks: int = 4, units: int = 4) -> dict[str, str]:
    convolutions, norms = ["stem", "skip_0"], []
    unit = 0
    for block in range(1, blocks + 1):
        for _ in range(units):
            unit += 1
            for half in ("a", "b"):
                norms.append(f"unit_{unit}{half}_norm")
                convolutions.append(f"unit_{unit}{half}_conv")
        convolutions.append(f"skip_{block}")
    convolutions.append("head")
    return {
        **{name: f"conv1d_{i}" for i, name in enumerate(convolutions, start=1)},
        **{name: f"batch_normalization_{i}" for i, name in enumerate(norms, start=1)},
    }
