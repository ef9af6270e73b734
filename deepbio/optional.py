"""Optional packages: imported where they are used, missed with the name of the extra that brings them."""

from __future__ import annotations

import importlib
from types import ModuleType

from deepbio.errors import OptionalDependencyError


def require(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Import `module`, or raise `OptionalDependencyError` that names the extra to install.

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
