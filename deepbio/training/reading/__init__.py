"""Reading predictions: calibration, thresholds, sets that hold the truth, and how unusual an example is."""

from deepbio.training.reading.calibrate import calibrate
from deepbio.training.reading.long_notes import predict_long_notes
from deepbio.training.reading.sets import predict_intervals, predict_sets
from deepbio.training.reading.strangeness import strangeness

__all__ = ["calibrate", "predict_intervals", "predict_long_notes", "predict_sets", "strangeness"]
