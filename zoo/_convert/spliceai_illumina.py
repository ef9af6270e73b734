"""Write the preset `spliceai_10k.illumina`: no weights, only their paths in a user-supplied package `spliceai`."""

import sys
from pathlib import Path

from spliceai_layers import published_layers
from wheel_file import wheel_file

import deepbio
from deepbio.zoo.preset import PRESET_FORMAT, write_json

MEMBERS = {
    1: "e1fd5adcef7489d604b10e79c40078ef790d51ef048c4ce3869c9119ac5de42b",
    2: "6ab042b82ab966b6d3582cb31b96f0859ea08a864f168d69e83aa14450a3b66e",
    3: "e2e790bde53dfdf410c6dc434a86122a7d12f3f38dc2ef45d85986e9ecf22fad",
    4: "ca88ac9e58e69ba6fdeed319b72f063f164c9abf7392eaccef903e94c1d99dd6",
    5: "791cd22c62a80a08d2ca674615a93ce8159d7b55bd157cfef2983b1bd6b41391",
}
CARD = Path(__file__).with_name("cards") / "spliceai_10k.illumina.md"
NOTICE = (
    "The SpliceAI weights of the package spliceai 1.3.1 are licensed by Illumina under CC BY-NC 4.0: not for commercial use. "
    "spliceai_10k.ci has weights under CC BY 4.0."
)


def main(wheel: Path, catalog: Path) -> None:
    folder = catalog / "spliceai_10k.illumina"
    folder.mkdir(exist_ok=True)
    members = []
    for i, sha256 in MEMBERS.items():
        file = f"spliceai/models/spliceai{i}.h5"
        wheel_file(wheel, file, sha256)  # checks that the sums above are the wheel's
        source = {"distribution": "spliceai", "version": "1.3.1", "file": file}
        members.append({"installed": source, "sha256": sha256, "layers": published_layers()})
    write_json(folder / "preset.json", {
        "format": PRESET_FORMAT, "architecture": "spliceai_10k", "config": {},
        "input": {"modality": "dna", "shape": [10_101]}, "outputs": 3,
        "task": {"kind": "per_position", "outputs": 3, "labels": ["none", "acceptor", "donor"]},
        "dataset": None, "seed": None, "parameters": 698_787 * 5, "versions": {"deepbio": deepbio.__version__},
        "notice": NOTICE, "members": members,
    })  # fmt: skip
    (folder / "recipe.yaml").write_text(
        "# Found, not trained here.\nconversion:\n  script: zoo/_convert/spliceai_illumina.py\n  wheel: spliceai 1.3.1\n",
        encoding="utf-8",
    )
    (folder / "card.md").write_text(CARD.read_text(encoding="utf-8"), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).resolve().parents[1])
