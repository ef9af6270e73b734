"""Convert CI-SpliceAI's five networks from the frozen graph of its wheel to the preset `spliceai_10k.ci`."""

import gzip
import json
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf
from spliceai_layers import published_layers
from wheel_file import wheel_file

from deepbio.specs import ModelInput, Task
from deepbio.zoo import check_golden_outputs, get_model, save_preset
from deepbio.zoo.build import build
from deepbio.zoo.golden_outputs import golden_inputs
from deepbio.zoo.preset import write_json
from deepbio.zoo.record import ModelRecord

MEMBERS = 5
GRAPH = "34330c2fd844f73cbf2f8acef85f519cabc4350016e6f19ac2b935aa53b43d06"
TABLES = {
    "grch37": "6d09339de29ff92399aba33b49525e0deb56a7970cad36d6617725e1736c817e",
    "grch38": "2b6bcdc09bef85653070f994290772423b728f9efc2b9a9508a331c28822dbb1",
}
CARD = Path(__file__).with_name("cards") / "spliceai_10k.ci.md"


def parse_graph(content: bytes) -> tf.compat.v1.GraphDef:
    graph = tf.compat.v1.GraphDef()
    graph.ParseFromString(content)
    return graph


def run_graph(graph: tf.compat.v1.GraphDef):
    """Return the frozen graph as a function from one-hot windows to mean probabilities."""
    wrapped = tf.compat.v1.wrap_function(lambda: tf.compat.v1.import_graph_def(graph, name=""), [])
    return wrapped.prune(f"{graph.node[0].name}:0", f"{graph.node[-1].name}:0")


def member_weights(graph: tf.compat.v1.GraphDef, member: int) -> dict[str, list[np.ndarray]]:
    """Return each layer's weights in Keras's order. The graph has one copy per member, the first without a number."""
    constants = {node.name: node for node in graph.node if node.op == "Const"}
    copy = f"_{member}" if member else ""

    def value(name: str) -> np.ndarray:
        return tf.make_ndarray(constants[f"model_1/{name}/resource"].attr["value"].tensor)

    weights = {}
    for ours, theirs in published_layers().items():
        if theirs.startswith("conv"):
            kernel = value(f"{theirs}/conv1d{copy}/ExpandDims_1/ReadVariableOp")
            weights[ours] = [kernel, value(f"{theirs}/BiasAdd{copy}/ReadVariableOp")]
        else:
            norm = f"{theirs}/batchnorm{copy}"  # gamma, beta, mean, variance
            parts = ("mul/ReadVariableOp", "ReadVariableOp_2", "ReadVariableOp_1", "ReadVariableOp")
            weights[ours] = [value(f"{norm}/{part}") for part in parts]
    return weights


def main(wheel: Path, catalog: Path) -> None:
    graph = parse_graph(wheel_file(wheel, "cispliceai/data/CI-SpliceAI.pb", GRAPH))
    folder = catalog / "spliceai_10k.ci"
    task = Task("per_position", 3, ("none", "acceptor", "donor"))
    input = ModelInput("dna", (10_101,))
    model = build(ModelRecord("spliceai_10k", input=input, outputs=3, task=task, members=MEMBERS))
    for member in range(MEMBERS):
        trunk = model.get_layer(f"member_{member + 1}")
        for name, values in member_weights(graph, member).items():
            trunk.get_layer(name).set_weights(values)
    save_preset(model, folder)

    files = []
    for genome, sha256 in TABLES.items():
        table = wheel_file(wheel, f"cispliceai/data/{genome}.csv", sha256)
        path = folder / f"genes.{genome}.csv.gz"
        path.write_bytes(gzip.compress(table, 9, mtime=0))
        files.append(path)
    complete(folder, files)
    codes = golden_inputs(input, 3)
    predictions = run_graph(graph)(tf.one_hot(codes, 4)).numpy()
    write_json(folder / "expect.json", {
        "examples": 3, "inputs": "deepbio.zoo.golden_outputs.golden_inputs",
        "source": "CI-SpliceAI.pb of cispliceai 1.2.2, run as it is", "predictions": np.round(predictions, 9).tolist(),
    })  # fmt: skip
    (folder / "card.md").write_text(CARD.read_text(encoding="utf-8"), encoding="utf-8")
    print(folder, check_golden_outputs(get_model(folder), folder))


def complete(folder: Path, files: list[Path]) -> None:
    """Add further files to `preset.json`, and write the recipe."""
    from deepbio.files import sha256_of

    preset = json.loads((folder / "preset.json").read_text(encoding="utf-8"))
    preset["files"] = [{"file": file.name, "sha256": sha256_of(file)} for file in files]
    write_json(folder / "preset.json", preset)
    (folder / "recipe.yaml").write_text(
        "# Converted, not trained here.\n"
        "conversion:\n  script: zoo/_convert/spliceai_ci.py\n  wheel: cispliceai 1.2.2\n"
        f"  file: cispliceai/data/CI-SpliceAI.pb\n  sha256: {GRAPH}\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).resolve().parents[1])
