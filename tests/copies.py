"""Ways to copy a Keras model that keep what deepbio knows of it."""

import copy
import pickle

import keras


def through_a_file(ending):
    def copied(model, folder):
        model.save(folder / f"model.{ending}")
        return keras.models.load_model(folder / f"model.{ending}")

    return copied


COPIES = {
    "deepcopy": lambda model, folder: copy.deepcopy(model),
    "pickle": lambda model, folder: pickle.loads(pickle.dumps(model)),
    "keras": through_a_file("keras"),
    "h5": through_a_file("h5"),
}
