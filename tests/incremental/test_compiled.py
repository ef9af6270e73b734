"""Compiled functions and threads: a copy for each thread, and the same outputs as one thread's."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tensorflow as tf

from deepbio.incremental.compiled import Compiled


def test_threads_inside_at_the_same_time_have_a_copy_each_and_later_calls_none_more():
    both = threading.Barrier(2, timeout=60)

    def meet(x):
        both.wait()
        return x

    def function(x, wait):
        return tf.cond(wait, lambda: tf.numpy_function(meet, [x], tf.float32), lambda: x)

    compiled, signature = Compiled(function), [tf.TensorSpec((), tf.float32), tf.TensorSpec((), tf.bool)]
    with ThreadPoolExecutor(2) as threads:
        assert sorted(float(y) for y in threads.map(lambda x: compiled(signature, x, True), [1.0, 2.0])) == [1.0, 2.0]
    assert compiled.traces == 2
    assert [float(compiled(signature, x, False)) for x in (3.0, 4.0)] == [3.0, 4.0]
    assert compiled.traces == 2


def test_a_copy_is_used_again_after_an_error():
    compiled = Compiled(lambda x: tf.debugging.check_numerics(x, "here"))
    for _ in range(10):
        with pytest.raises(tf.errors.InvalidArgumentError, match="here"):
            compiled([tf.TensorSpec((), tf.float32)], float("nan"))
    assert compiled.traces == 1


def test_convolutions_with_bias_and_sum_give_the_same_in_eight_threads():
    # One `tf.function` for all threads gives wrong outputs here, or ends the process (TensorFlow 2.21 with oneDNN).
    random = np.random.Generator(np.random.Philox(7))
    units = [
        [tf.constant(random.normal(0, 0.2, shape), tf.float32) for shape in ((1, 1, 16, 16), 16)] for _ in range(10)
    ]

    def function(x):
        y, kept = x, x * 2.0
        for filters, bias in units:
            y = tf.nn.bias_add(tf.nn.conv2d(tf.nn.relu(y), filters, 1, "VALID"), bias)
            y = tf.add_n([y, kept])
        return y, kept + 1.0

    compiled, signature = Compiled(function), [tf.TensorSpec((None, 1, None, 16), tf.float32)]
    inputs = [random.normal(size=(1, 1, int(n), 16)).astype(np.float32) for n in random.integers(50, 400, 32)]
    expected = [np.stack(function(tf.constant(x))) for x in inputs]

    def wrong(i):
        return not np.allclose(np.stack(compiled(signature, inputs[i])), expected[i], atol=1e-3)

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(wrong, np.arange(1000) % 32)) == 0
