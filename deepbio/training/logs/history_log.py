"""Logs of a run in a folder: `history.jsonl`, `history.csv` and TensorBoard's event file, one entry an epoch.

MLflow and Weights & Biases come as Keras callbacks of their own: pass them to `fit(callbacks=[...])`.
"""

from __future__ import annotations

import csv
import io
import json
import os
from typing import Any

import keras
import tensorflow as tf

from deepbio.files import writable_folder, write_atomically


class HistoryLog(keras.callbacks.Callback):
    """Writes the figures of every epoch to a folder, each file whole at any moment.

    Args:
        folder: made where it does not exist.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        super().__init__()
        self.rows: list[dict[str, Any]] = []
        self._folder = writable_folder(folder)
        self._writer: Any = None

    def get_state(self) -> dict[str, Any]:
        """Return the rows so far, for a checkpoint."""
        return {"rows": self.rows}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on after the rows of a checkpoint: later ones, of a run that was cut off, are dropped."""
        self.rows = state["rows"]

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Add one epoch."""
        figures = {name: float(value) for name, value in (logs or {}).items()}
        self.rows = [*self.rows, {"epoch": epoch + 1, **figures}]
        with write_atomically(self._folder / "history.jsonl") as beside:
            beside.write_text("".join(json.dumps(row) + "\n" for row in self.rows), encoding="utf-8")
        with write_atomically(self._folder / "history.csv") as beside:
            beside.write_text(_csv(self.rows), encoding="utf-8")
        if self._writer is None:
            self._writer = tf.summary.create_file_writer(os.fspath(self._folder))
        with self._writer.as_default():
            for name, value in figures.items():
                _scalar(name, value, step=epoch + 1)
        self._writer.flush()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Close the event file."""
        if self._writer is not None:
            self._writer.close()


def _csv(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _scalar(name: str, value: float, *, step: int) -> None:
    # what tf.summary.scalar writes; that function needs the package tensorboard, which is for looking, not for writing
    from tensorflow.core.framework.summary_pb2 import SummaryMetadata

    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="scalars"))
    tf.summary.write(name, tf.constant(value, tf.float32), step=step, metadata=metadata)
