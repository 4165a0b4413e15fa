# SPDX-License-Identifier: Apache-2.0
"""Runs what need not have the machine for itself as many at a time as it has CPUs."""
import concurrent.futures
import os
from collections.abc import Callable, Iterable

LANES = os.cpu_count() or 1


def side_by_side(job: Callable, arguments: Iterable) -> list:
    """What job(*each) returned, in the order of the arguments. When one throws, those that have not begun never do."""
    with concurrent.futures.ThreadPoolExecutor(LANES) as pool:
        jobs = [pool.submit(job, *each) for each in arguments]
        try:
            return [each.result() for each in jobs]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
