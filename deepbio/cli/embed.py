"""`deepbio embed`: embeddings of a data set, their map, and the nearest-neighbour baseline."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from deepbio.cli.console import load_tensorflow, note, show_json
from deepbio.cli.options import Json, Model, with_groups
from deepbio.cli.own_data import DataOptions, load_data
from deepbio.cli.trained import trained
from deepbio.errors import DeepbioError


@with_groups
def embed(
    model: Model,
    dataset: Annotated[str | None, typer.Argument(help="Data set; `deepbio datasets` lists them.")] = None,
    *,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the results; default runs/MODEL-DATASET-embeddings.")
    ] = None,
    member: Annotated[int | None, typer.Option(help="Member of an ensemble, from 1.", min=1)] = None,
    method: Annotated[str, typer.Option(help="Method of the map: pca, or umap with the package umap-learn.")] = "pca",
    neighbors: Annotated[
        int, typer.Option(help="Number of neighbours of the baseline, at most all training examples.", min=1)
    ] = 10,
    json: Json = False,
    data: DataOptions,
) -> None:
    """Write the embeddings of a data set and a map of them, and print what its nearest neighbours predict on validation.

    The trunk sees the data as `deepbio finetune` would show them to it, at the same size. `embeddings.npz` has `x_train`, `y_train`
    and so on; the test split is embedded and not looked at.
    """
    name, options = data.read(dataset)
    if name is None:
        raise DeepbioError("Expected a data set by name or your own files, for example: deepbio embed MODEL uci_splice")
    folder = out or Path("runs") / f"{Path(trained(model)).name}-{name}-embeddings"
    loaded = load_data(name, options)
    load_tensorflow()
    from deepbio.files import writable_folder, write_atomically
    from deepbio.inference.embeddings import extract_embeddings, nearest_neighbors
    from deepbio.inference.evaluate import compare
    from deepbio.interpret.embedding_map import draw_embeddings, project
    from deepbio.training.finetuning.start import starting_point

    trunk = starting_point(model, loaded, head="new", adapter="auto", seed=0, member=member).model
    found = {part: extract_embeddings(trunk, split) for part, split in loaded.splits() if len(split)}
    writable_folder(folder)
    arrays = {f"{what}_{part}": values for part in found for what, values in
              (("x", found[part]), ("y", np.asarray(getattr(loaded, part).y)))}  # fmt: skip
    with write_atomically(folder / "embeddings.npz") as beside, beside.open("wb") as stream:
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
    points, share = project(np.concatenate([found["train"], found["valid"]]), method=method)
    y = np.concatenate([np.asarray(loaded.train.y), np.asarray(loaded.valid.y)])
    single = loaded.task.kind in ("binary", "multiclass")
    title = f"{loaded.name}, {model}: " + (
        f"two components, {share:.0%} of the variance" if method == "pca" else "UMAP"
    )
    draw_embeddings(points, y, folder / "embeddings.png", labels=loaded.task.labels if single else (), title=title)
    neighbors = min(neighbors, len(found["train"]))
    p = nearest_neighbors(found["train"], np.asarray(loaded.train.y), found["valid"], loaded.task, k=neighbors)
    result = compare(loaded.task, np.asarray(loaded.valid.y), p, groups=loaded.valid.groups)
    if json:
        shape = list(found["train"].shape)
        show_json(
            {"folder": str(folder), "train": shape, "variance": None if method == "umap" else share, **result.to_dict()}
        )
        return
    note(f"{found['train'].shape[1]} features per example. {neighbors} nearest neighbours, validation split:")
    typer.echo(str(result))
    note(f"Written to {folder}: embeddings.npz and embeddings.png.")
