"""A Keras model zoo for DNA, medical images, tables and clinical notes."""
