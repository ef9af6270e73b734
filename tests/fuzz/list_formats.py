"""All formats that the fuzzers change."""

from tests.fuzz.formats import DATA_FORMATS, Format
from tests.fuzz.image_formats import IMAGE_FORMATS
from tests.fuzz.model_formats import MODEL_FORMATS

FORMATS: dict[str, Format] = {**DATA_FORMATS, **IMAGE_FORMATS, **MODEL_FORMATS}
