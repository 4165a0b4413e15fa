# SPDX-License-Identifier: Apache-2.0
"""Who was here, without telling who."""
import hashlib

SEEN = []


def note(number):
    SEEN.append(anonymous(str(number).encode()))


def anonymous(text):
    """Takes many blocks of one size, of which one stays."""
    for _ in range(50):
        text = hashlib.sha256(text).digest()
    return text
