"""Weight files of Hugging Face by address: `hf://user/repo/file` or `hf://user/repo@revision/file`."""

from pathlib import Path

from deepbio.download import offline
from deepbio.errors import WeightsError
from deepbio.optional import require

_HUB = "hf://"


def is_hub_file(name: str) -> bool:
    """Return whether a name is the address of one file on Hugging Face, not of a whole preset.

    Example:
        >>> is_hub_file("hf://timm/resnet50.a1_in1k/model.safetensors"), is_hub_file("hf://user/preset")
        (True, False)
    """
    return name.startswith(_HUB) and name.removeprefix(_HUB).count("/") >= 2


def hub_file(name: str) -> Path:
    """Return the local copy of a file on Hugging Face; only that file is downloaded.

    Args:
        name: Address, such as `hf://timm/resnet50.a1_in1k/model.safetensors`.

    Raises:
        OptionalDependencyError: huggingface_hub is not installed.
        WeightsError: There is no such file, or no connection and no copy.
    """
    user, repository, file = name.removeprefix(_HUB).split("/", 2)
    repository, _, revision = repository.partition("@")
    hub = require("huggingface_hub", extra="hub", purpose="Downloading weights from Hugging Face")
    options = {"revision": revision or None, "local_files_only": offline()}
    try:
        return Path(hub.hf_hub_download(f"{user}/{repository}", file, **options))
    except (OSError, ValueError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        advice = "DEEPBIO_OFFLINE forbids downloads" if offline() else "check the name and the connection"
        raise WeightsError(f"{name} cannot be downloaded: {reason} ({advice}). Or pass the path of a copy.") from error
