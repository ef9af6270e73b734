"""The tab *Images*: probabilities, where the model looked, whether the picture is like its training images, and an attack."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepbio.app.collection import Collection, Preset
from deepbio.app.jobs import Job
from deepbio.app.tables_of import predictions_of
from deepbio.errors import DataError, ModelError
from deepbio.png import png_address, png_bytes
from deepbio.uploads import Upload

OOD_WARNING = 0.99  # fraction of validation images with a lower score from which the page warns
ATTACKS = {"fgsm": "FGSM, one step", "pgd": "PGD, 20 steps"}
_SHOWN = 280  # pixels of the longer side on the page


def predict_picture(
    job: Job, collection: Collection, *, model: str, upload: Upload, target: str, window: str
) -> dict[str, Any]:
    """Predict one picture or DICOM file, draw where the model looked, and say whether it is like the training images.

    Args:
        job: Job, for progress.
        collection: Presets.
        model: Name of a preset of images.
        upload: PNG, JPEG, TIFF, BMP, DICOM or another file that `deepbio.datasets` reads.
        target: Label of the heat map; empty for the predicted one.
        window: Grey values of DICOM to show: `"center, width"`, `"full"`, or empty for those that the file names.

    Returns:
        JSON-able result with pictures as `data:` addresses.

    Raises:
        DataError: The file is no image.
    """
    from deepbio.inference import ood_score, predict
    from deepbio.interpret.grad_cam import grad_cam
    from deepbio.zoo import describe

    preset = collection.find(model, "image")
    with collection.using(preset, job) as built:
        job.step("Reading the picture")
        image, frames = _read(built, upload, window)
        record = describe(built)
        if record.task is None or not record.task.answers_once:
            raise ModelError(
                f"The app shows models of whole pictures; {preset.name} predicts something for each pixel."
            )
        job.step("Predicting")
        found = predictions_of(record, [upload.name], predict(built, image))[0]
        rank, fitted = None, record.postprocessing
        if fitted is not None and fitted.ood_quantiles:
            rank = float(ood_score(built, image, rank=True)[0])
        label = target or found["label"] or None
        if record.task.kind == "multilabel" and not target:
            label = found["outputs"][0]["name"]
        job.step("Drawing where the model looked")
        try:
            heat: np.ndarray | None = grad_cam(built, image, target=label if record.task.labels else None)[0]
        except ModelError:
            heat = None  # a model without feature maps
    return {
        "model": preset.name,
        "file": upload.name,
        "frames": frames,
        "prediction": found,
        "picture": as_data(image[0]),
        "heat_map": None if heat is None else as_data(_overlay(image[0], heat)),
        "heat_map_of": label,
        "out_of_distribution": None if rank is None else {"rank": rank, "warning": rank >= OOD_WARNING},
        "calibrated_on": None if fitted is None or fitted.calibration is None else fitted.examples,
        "aim": "" if fitted is None else fitted.aim,
        "shape": list(image.shape[1:]),
    }


def attack_picture(
    job: Job, collection: Collection, *, model: str, upload: Upload, epsilon: float, attack: str, window: str = ""
) -> dict[str, Any]:
    """Search an adversarial example of one picture within a radius.

    Args:
        job: Job, for progress.
        collection: Presets.
        model: Name of a preset of images.
        upload: The picture.
        epsilon: Largest change of a pixel, in grey values of 255.
        attack: `"fgsm"` or `"pgd"`.
        window: As for `predict_picture`.

    Returns:
        JSON-able result: both pictures, the change magnified, and the predictions of both after rounding to bytes.

    Raises:
        DataError: epsilon is not 0 to 64, or the attack is unknown.
        ModelError: The model has no classes.
    """
    from deepbio.inference import predict
    from deepbio.robustness import attack_images
    from deepbio.zoo import describe

    if not 0 <= epsilon <= 64 or attack not in ATTACKS:
        raise DataError(
            f"epsilon is 0 to 64 grey values and the attack {' or '.join(ATTACKS)}; received {epsilon}, {attack[:20]!r}."
        )
    preset = collection.find(model, "image")
    with collection.using(preset, job) as built:
        image, _ = _read(built, upload, window)
        record = describe(built)
        if record.task is None or record.task.kind not in ("binary", "multiclass"):
            raise ModelError(f"The attack needs a model of classes; {preset.name} predicts {preset.kind}.")
        job.step("Predicting")
        p = predict(built, image, calibrated=False)
        clean = int(p[0] >= 0.5) if record.task.kind == "binary" else int(p[0].argmax())
        job.step("Searching the change of pixels")
        steps: dict[str, Any] = {} if attack == "fgsm" else {"steps": 20}
        found = attack_images(built, image, np.array([clean], np.int32), attack=attack, epsilon=epsilon / 255, **steps)
        pixels = found.pixels[:1]
        job.step("Predicting the changed picture")
        before, after = predict(built, image), predict(built, pixels)
    change = pixels[0].astype(np.float64) - image[0]
    magnified = np.clip(128 + 127 * change / max(epsilon, 1), 0, 255).astype(np.uint8)
    labels = list(record.task.labels) or ["0", "1"]
    return {
        "model": preset.name,
        "file": upload.name,
        "attack": attack,
        "epsilon": epsilon,
        "largest_change": float(np.abs(change).max()),
        "flipped": bool(found.success_as_bytes[0]),
        "from": labels[clean],
        "to": labels[int(found.predicted_as_bytes[0])],
        "before": predictions_of(record, ["before"], before)[0],
        "after": predictions_of(record, ["after"], after)[0],
        "picture": as_data(image[0]),
        "changed": as_data(pixels[0]),
        "change": as_data(magnified),
        "notes": list(found.notes),
    }


def is_shown(preset: Preset) -> bool:
    """Return whether the tab shows a preset: one of whole pictures."""
    return preset.kind in ("binary", "multiclass", "multilabel", "regression")


def as_data(pixels: np.ndarray) -> str:
    """Return pixels `(height, width, channels)` as the `data:` address of a PNG, enlarged without smoothing."""
    times = max(1, _SHOWN // max(pixels.shape[:2]))
    return png_address(png_bytes(pixels[..., :3].repeat(times, axis=0).repeat(times, axis=1)))


def _overlay(pixels: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Return a picture in grey with the heat map over it, from transparent over yellow to red."""
    grey = np.repeat(pixels.astype(np.float64).mean(axis=-1, keepdims=True), 3, axis=-1)
    strength = np.clip(heat, 0, 1)[..., None]
    color = np.concatenate([np.full_like(strength, 255), 220 * (1 - strength), np.full_like(strength, 30)], axis=-1)
    alpha = 0.7 * strength
    return (grey * (1 - alpha) + color * alpha).round().astype(np.uint8)


def _read(model: Any, upload: Upload, window: str) -> tuple[np.ndarray, int]:
    """Return the picture as the model reads it, `(1, height, width, channels)`, and how many the file has."""
    from deepbio.inference.inputs import as_source
    from deepbio.zoo import describe

    options = {"window": _window(window)} if window.strip() else {}
    with upload.as_path() as path:
        source, ids = as_source(describe(model), path, **options)
        return np.asarray(source[np.arange(1)]), len(ids)


def _window(text: str) -> Any:
    from deepbio.datasets.readers.grey_window import check_window

    try:
        return check_window("full" if text.strip() == "full" else [float(part) for part in text.split(",")])  # type: ignore[arg-type]
    except ValueError as error:
        raise DataError(f"A window is center, width, such as 40, 400, or full; received {text[:40]!r}.") from error
