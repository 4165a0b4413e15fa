# SPDX-License-Identifier: Apache-2.0
"""What the shop keeps."""
ENTRIES = {}


def keep(key: str, size: int) -> None:
    ENTRIES[key] = bytes(size)


def forget(share: int) -> None:
    """Every share-th entry."""
    for key in list(ENTRIES)[::share]:
        del ENTRIES[key]
