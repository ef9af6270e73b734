"""BLAS on one thread inside the block, and as before after it, whoever else is in one."""

import threading

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from deepbio.devices.blas import one_blas_thread


def threads_of_blas():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_blas_uses_one_thread_inside_and_those_of_before_outside():
    with threadpool_limits(3, user_api="blas"):
        with one_blas_thread() as threads:
            assert (threads, threads_of_blas()) == (3, {1})
        assert threads_of_blas() == {3}


def test_a_process_that_is_limited_to_one_thread_divides_nothing():
    with threadpool_limits(1, user_api="blas"), one_blas_thread() as threads:
        assert threads == 1


def test_a_second_caller_divides_nothing_and_leaves_the_threads_to_the_first():
    entered, leave, seen = threading.Event(), threading.Event(), []

    def second():
        with one_blas_thread() as threads:
            seen.append(threads)
            entered.set()
            leave.wait(60)

    with threadpool_limits(3, user_api="blas"):
        thread = threading.Thread(target=second)
        with one_blas_thread() as threads:
            thread.start()
            assert entered.wait(60)
        assert (threads, seen, threads_of_blas()) == (3, [1], {3})
        leave.set()
        thread.join(60)
        assert threads_of_blas() == {3}
        with one_blas_thread() as threads:
            assert threads == 3


def test_an_error_inside_restores_the_threads():
    with threadpool_limits(2, user_api="blas"):
        with pytest.raises(ValueError, match="inside"), one_blas_thread():
            raise ValueError("inside")
        assert threads_of_blas() == {2}
