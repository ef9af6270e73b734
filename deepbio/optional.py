"""Import optional packages where they are used, with an error that names their extra."""

import importlib
from types import ModuleType

from deepbio.errors import OptionalDependencyError


def require(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Import and return an optional module.

    Args:
        module: Name of the module.
        extra: Extra of deepbio-zoo that installs it.
        purpose: Beginning of the error message, such as "Reading DICOM".

    Raises:
        OptionalDependencyError: the module cannot be imported.

    Example:
        >>> require("json", extra="data", purpose="reading JSON").loads("1")
        1
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise OptionalDependencyError(
            f"{purpose} needs the package {module.split('.')[0]!r}, which could not be imported ({error}). "
            f"Install it with: pip install 'deepbio-zoo[{extra}]'"
        ) from error
