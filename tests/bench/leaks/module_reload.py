# SPDX-License-Identifier: Apache-2.0
"""A module that is loaded again and again, while something holds what the former ones made."""
import importlib

from leaks import reloaded_prices

LEAKING_FILE = reloaded_prices.__file__
FORMER = []


def step(_number):
    importlib.reload(reloaded_prices)
    FORMER.append(reloaded_prices.PRICES)
