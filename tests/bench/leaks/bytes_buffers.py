# SPDX-License-Identifier: Apache-2.0
"""Packets of 64 to 4,000 bytes that nobody takes out of the list."""
PACKETS = []


def step(number):
    PACKETS.append(bytes(64 + number * 37 % 3937))  # leaks
