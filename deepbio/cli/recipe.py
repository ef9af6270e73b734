"""Recipes on the command line: reading recipe.yaml of a run to train it again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepbio.documents import Number, OpenPart, Part, Word, read_document
from deepbio.errors import DeepbioError
from deepbio.zoo.preset_format import Options

_HOW = ("method", "freeze", "layer_decay", "lora_rank", "lora_on", "batch_norm", "l2_sp", "average", "copies")


class _Model(OpenPart):
    name: Word
    config: Options | None = None
    seed: Number | None = None


class _Dataset(OpenPart):
    name: Word
    options: Options | None = None
    fingerprint: Word | None = None


class RecipeFacts(Part):
    """`recipe.yaml`."""

    model: _Model
    dataset: _Dataset
    training: Options
    finetune: Options | None = None


def read_recipe(path: Path) -> dict[str, Any]:
    """Read recipe.yaml of a run: model, data set, training and, of a fine-tuned run, how it was tuned.

    Raises:
        DeepbioError: The file cannot be read or is not a recipe.
    """
    file = path / "recipe.yaml" if path.is_dir() else path
    try:
        plan, _ = read_document(file, RecipeFacts, error=DeepbioError)
    except OSError as error:
        raise DeepbioError(f"Expected a recipe at {file}; {error.strerror}.") from error
    except DeepbioError as error:
        raise DeepbioError(
            f"{file} is not a recipe: expected model, dataset and training, as recipe.yaml of a run has them. {error}"
        ) from error
    plan["model"]["config"] = dict(plan["model"].get("config") or {})
    plan["dataset"]["options"] = dict(plan["dataset"].get("options") or {})
    return plan


def plan_of_recipe(entry: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the model that a fine-tuned run started from, and the keywords of `finetune`.

    Raises:
        DeepbioError: It started from a model in memory, which has no name.
    """
    origin = entry.get("origin")
    if not isinstance(origin, Mapping) or not origin.get("model"):
        raise DeepbioError(
            "This recipe fine-tunes a model that was in memory and has no name. Save that model as a preset and name it as "
            "finetune: origin: model: in the recipe."
        )
    schedule = entry.get("unfreeze_schedule")
    if isinstance(schedule, Mapping):
        try:
            schedule = {int(epoch): what for epoch, what in schedule.items()}
        except (TypeError, ValueError):
            raise DeepbioError("The recipe's unfreeze_schedule names epochs by numbers, such as 3: all.") from None
    how = {key: entry[key] for key in _HOW if key in entry}
    if how.get("method") == "custom":  # what freeze and the others say
        how.pop("method")
    if how.get("method") == "lora":
        how.pop("lora_rank", None)
    how |= {key: origin[key] for key in ("head", "adapter", "member") if key in origin}
    return str(origin["model"]), {**how, "unfreeze_schedule": schedule}
