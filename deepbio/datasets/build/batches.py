"""A `Dataset` whose training batches come from the user's own pipeline: `tf.data`, `PyDataset` or a generator."""

from typing import Any

from deepbio.datasets.batches import StreamedSplit, first_batch, labelled, number_of_batches
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.split import Split
from deepbio.errors import DataError
from deepbio.specs import ModelInput, Task


def from_batches(
    train: Any,
    valid: Any,
    *,
    task: Task,
    input: ModelInput,
    test: Any = None,
    steps_per_epoch: int | None = None,
    name: str = "batches",
) -> Dataset:
    """Build a data set whose training batches stay in the user's own pipeline; the other splits are read into memory.

    The pipeline decides order, batch size and augmentation of training, so that seeds of `fit` do not. A run that goes on after
    it was stopped skips the batches that it has used, and is the same run only if the pipeline repeats itself. Without the whole
    split, nothing is checked for leakage, and classes cannot be counted.

    Args:
        train: `tf.data.Dataset`, `keras.utils.PyDataset` or generator of `(x, y)` or `(x, y, sample_weight)`. A generator continues
            where the last epoch ended.
        valid, test: The same, finite, or a `Split`. Without `test`, the test split is empty.
        task: Task of the labels, such as `Task.classify(["benign", "malignant"])`.
        input: Input of the model, such as `ModelInput("image", (28, 28, 1))`.
        steps_per_epoch: Number of batches per epoch; None takes what the stream says of itself.
        name: Name of the data set.

    Raises:
        DataError: The number of batches is not known, or a batch does not fit the input.

    Example:
        >>> import numpy as np
        >>> import tensorflow as tf
        >>> x, y = np.zeros((12, 3), np.float32), np.arange(12) % 2
        >>> stream = tf.data.Dataset.from_tensor_slices((x, y)).batch(4)
        >>> from_batches(stream, stream, task=Task.classify(["well", "ill"]), input=ModelInput("table", (3,)))
        Dataset('batches', binary, table (3,), train=3 batches valid=12 test=0)
    """
    steps = number_of_batches(train) if steps_per_epoch is None else steps_per_epoch
    if steps is None or steps < 1:
        raise DataError(
            "The stream does not say how many batches an epoch has. Pass steps_per_epoch=... with a number of 1 or more."
        )
    first, train = first_batch(train)
    if first.y is None:
        raise DataError("Expected batches (x, y); the first one has no labels.")
    held_out = valid if isinstance(valid, Split) else labelled(valid, weights=True)
    tested = held_out.take([]) if test is None else test if isinstance(test, Split) else labelled(test, weights=True)
    classes = task.num_classes if task.is_classification else None
    whole = StreamedSplit(first.x, first.y, None, None, first.sample_weight, train, int(steps), classes)
    return Dataset(name, task, input, whole, held_out, tested, options={"batches": int(steps)})
