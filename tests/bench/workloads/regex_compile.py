# SPDX-License-Identifier: Apache-2.0
"""re: patterns compiled, the cache emptied before"""
import re

PATTERNS = (r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})", r"^\s*([A-Za-z_]\w*)\s*=\s*(.*?)\s*$",
            r"\b(?:https?|ftp)://[^\s/$.?#].[^\s]*\b", r"(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?")


def turn():
    for _ in range(5):
        re.purge()
        for pattern in PATTERNS:
            re.compile(pattern)
