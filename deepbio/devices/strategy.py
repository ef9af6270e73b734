"""The `tf.distribute` strategy of a run: which devices it uses."""

import os

import tensorflow as tf

from deepbio.devices.cluster import Member, member_from_environment, wait_for_workers
from deepbio.devices.machine import gpus_hidden, nvidia_gpus
from deepbio.errors import TrainingError, nearest

NAMES = ("auto", "one", "mirrored", "multiworker", "slurm", "cpu:N")
WORKER_SECONDS = 300.0  # to wait for the other workers, unless DEEPBIO_WORKER_TIMEOUT is set


def choose_strategy(strategy: str | tf.distribute.Strategy = "auto") -> tf.distribute.Strategy:
    """Return the `tf.distribute` strategy of a run.

    Several workers and `cpu:N` must be set up before TensorFlow creates its first tensor: call this function before
    `get_model`, and pass its result to `fit`. The command line does so.

    Args:
        strategy: A strategy of your own, or one of these names:
            `"auto"`: several workers if `TF_CONFIG` names them, else every GPU, else one device;
            `"one"`: the one device that TensorFlow chooses;
            `"mirrored"`: every GPU of this machine;
            `"multiworker"`: the workers of `TF_CONFIG`;
            `"slurm"`: the tasks of this Slurm job step;
            `"cpu:N"`: N logical devices on the processor, for several replicas without several GPUs.

    Returns:
        A strategy. One that was passed in is returned as it is.

    Raises:
        TrainingError: The name is unknown, a worker does not come, TensorFlow cannot use a GPU, or TensorFlow has started.

    Example:
        >>> choose_strategy("one").num_replicas_in_sync
        1
    """
    if isinstance(strategy, tf.distribute.Strategy):
        return strategy
    member = member_from_environment() if strategy in ("auto", "multiworker") else None
    if member is not None:
        return _several_workers(member, tf.distribute.cluster_resolver.TFConfigClusterResolver())
    if strategy == "multiworker":
        raise TrainingError(
            "'multiworker' needs TF_CONFIG with two workers or more. `deepbio launch --workers N -- fit ...` sets it on one machine."
        )
    gpus = tf.config.list_physical_devices("GPU") if strategy in ("auto", "mirrored") else []
    if strategy == "mirrored" and not gpus:
        raise TrainingError("'mirrored' uses every GPU, and TensorFlow sees none. Try 'cpu:2', or `deepbio doctor`.")
    if strategy == "auto" and not gpus and (unused := unused_gpus()):
        raise TrainingError(
            f"This machine has {', '.join(unused)}, and TensorFlow cannot use it. Run `deepbio doctor` for the reason; often "
            "pip install 'deepbio-zoo[cuda]' helps. To train on the processor anyway pass strategy='cpu:1' (--strategy cpu:1)."
        )
    if strategy == "mirrored" or len(gpus) > 1:
        return tf.distribute.MirroredStrategy()
    if strategy in ("auto", "one"):
        return tf.distribute.get_strategy()
    if strategy == "slurm":
        return _slurm()
    name, _, count = str(strategy).partition(":")
    if name == "cpu" and count.isdigit() and int(count) > 0:
        return _logical_processors(int(count))
    raise TrainingError(f"Unknown strategy {strategy!r}. {nearest(str(strategy), NAMES)}")


def _several_workers(member: Member, resolver) -> tf.distribute.Strategy:
    seconds = os.environ.get("DEEPBIO_WORKER_TIMEOUT", "")
    wait_for_workers(member, seconds=float(seconds) if seconds.replace(".", "", 1).isdigit() else WORKER_SECONDS)
    try:
        return tf.distribute.MultiWorkerMirroredStrategy(cluster_resolver=resolver)
    except RuntimeError as error:
        if "startup" not in str(error):
            raise TrainingError(f"The workers could not join: {str(error).splitlines()[0]}") from error
        raise TrainingError(_too_late("several workers")) from error


def _slurm() -> tf.distribute.Strategy:
    if "SLURM_PROCID" not in os.environ:
        raise TrainingError("'slurm' is for processes that srun started: SLURM_PROCID is not set.")
    resolver = tf.distribute.cluster_resolver.SlurmClusterResolver()
    cluster = resolver.cluster_spec().as_dict()
    addresses = tuple(address for job in sorted(cluster) for address in cluster[job])
    member = Member(addresses, int(os.environ["SLURM_PROCID"]))
    return _several_workers(member, resolver) if len(addresses) > 1 else tf.distribute.get_strategy()


def _logical_processors(count: int) -> tf.distribute.Strategy:
    processor = tf.config.list_physical_devices("CPU")[0]
    configured = tf.config.get_logical_device_configuration(processor) or []
    if len(configured) < count:
        try:
            tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * count)
        except RuntimeError as error:
            raise TrainingError(_too_late(f"cpu:{count}")) from error
    if count == 1:
        return tf.distribute.OneDeviceStrategy("/cpu:0")
    # TensorFlow's collectives allow one number of devices a process; adding up on one device allows any
    add_up = tf.distribute.ReductionToOneDevice()
    return tf.distribute.MirroredStrategy([f"/cpu:{i}" for i in range(count)], cross_device_ops=add_up)


def _too_late(wanted: str) -> str:
    return (
        f"TensorFlow has already started, so {wanted} cannot be set up any more. Call "
        "deepbio.devices.choose_strategy(...) first, before get_model, and pass its result as strategy=...."
    )


def unused_gpus() -> list[str]:
    """Return the NVIDIA GPUs of this machine that TensorFlow does not see, unless `CUDA_VISIBLE_DEVICES` hides them."""
    return [] if gpus_hidden() or tf.config.list_physical_devices("GPU") else nvidia_gpus()
