# SPDX-License-Identifier: Apache-2.0
"""Compressors of an extension module that are never closed: its library's buffers, in the raw domain."""
import zlib

STREAMS = []


def step(number):
    STREAMS.append(zlib.compressobj(1 + number % 9, zlib.DEFLATED, -9, 1))  # leaks
