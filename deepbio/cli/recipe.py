"""Recipes on the command line: reading recipe.yaml of a run to train it again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepbio.errors import DeepbioError


def read_recipe(path: Path) -> dict[str, Any]:
    """Read recipe.yaml of a run: model, data set, training and, of a fine-tuned run, how it was tuned.

    Raises:
        DeepbioError: The file cannot be read or is not a recipe.
    """
    import yaml

    try:
        plan = yaml.safe_load(path.read_text(encoding="utf-8"))
        for part in ("model", "dataset", "training"):
            plan[part] = dict(plan[part])
        plan["model"]["config"] = dict(plan["model"].get("config") or {})
        plan["dataset"]["options"] = dict(plan["dataset"].get("options") or {})
        if not plan["model"]["name"] or not plan["dataset"]["name"]:
            raise KeyError("name")
    except OSError as error:
        raise DeepbioError(f"Expected a recipe at {path}; {error.strerror}.") from error
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise DeepbioError(
            f"{path} is not a recipe: expected model, dataset and training, as recipe.yaml of a run has them."
        ) from error
    return plan


def plan_of_recipe(entry: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the model that a fine-tuned run started from, and the keywords of `finetune`.

    Raises:
        DeepbioError: It started from a model in memory, which has no name.
    """
    origin = dict(entry.get("origin") or {})
    if not origin.get("model"):
        raise DeepbioError(
            "This recipe fine-tunes a model that was in memory and has no name. Save that model as a preset and name it as "
            "finetune: origin: model: in the recipe."
        )
    schedule = entry.get("unfreeze_schedule")
    if isinstance(schedule, Mapping):
        schedule = {int(epoch): what for epoch, what in schedule.items()}
    how = {key: entry[key] for key in ("freeze", "layer_decay", "lora_rank", "lora_on") if key in entry}
    how |= {key: origin[key] for key in ("head", "adapter") if key in origin}
    return str(origin["model"]), {**how, "unfreeze_schedule": schedule}
