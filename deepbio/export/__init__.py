"""Export a trained model to formats that run without deepbio, with its predictions checked after each export."""

from deepbio.export.export import FORMATS, Exported, compare_exported, export
from deepbio.export.runtimes import load_exported

__all__ = ["FORMATS", "Exported", "compare_exported", "export", "load_exported"]
