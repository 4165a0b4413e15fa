# SPDX-License-Identifier: Apache-2.0
"""One text kept of about a thousand of the same type and size class that are made and dropped."""
KEPT = []


def churn(number):
    total = 0
    for index in range(200):
        text = f"{number + index:0440}"
        total += len(text)
    return total


def step(number):
    KEPT.append(f"{number:0440}")  # leaks
