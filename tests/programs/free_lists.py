# SPDX-License-Identifier: Apache-2.0
"""Objects that one line asks the allocator for and another line gets from a free list.

Stdlib tracemalloc gives them to the second line; a tracer that watches only the allocator to the
first. `give_*` fills a free list, `take_*` empties it again.
"""
import contextvars


def give_floats() -> None:
    floats = [number / 7 for number in range(90)]
    floats.clear()


def take_floats() -> list:
    return [number / 9 for number in range(70)]


def give_lists() -> None:
    lists = [[] for _ in range(70)]
    lists.clear()


def take_lists() -> list:
    return [[] for _ in range(60)]


def give_dicts() -> None:
    dicts = [{"a": number} for number in range(70)]
    dicts.clear()


def take_dicts() -> list:
    return [{"b": number} for number in range(50)]


def give_tuples(size: int) -> None:
    tuples = [(None,) * size + (number,) for number in range(40)]
    tuples.clear()


def take_tuples(size: int) -> list:
    return [(True,) * size + (number,) for number in range(30)]


def give_contexts() -> None:
    contexts = [contextvars.Context() for _ in range(40)]
    contexts.clear()


def take_contexts() -> list:
    return [contextvars.Context() for _ in range(30)]


def give_slice() -> None:
    held = [slice(number, None) for number in range(3)]
    held.clear()


def take_slice() -> list:
    return [slice(None, number) for number in range(3)]


def give_memory_errors() -> None:
    errors = [MemoryError() for _ in range(12)]
    errors.clear()


def take_memory_errors() -> list:
    return [MemoryError() for _ in range(9)]


async def ticks():
    yield 1


def give_awaitables() -> None:
    source = ticks()
    awaitables = [source.__anext__() for _ in range(30)]
    awaitables.clear()


def take_awaitables() -> list:
    source = ticks()
    return [source.__anext__() for _ in range(20)]


def run() -> object:
    kept = []
    for _ in range(25):
        give_floats()
        kept.append(take_floats())
        give_lists()
        kept.append(take_lists())
        give_dicts()
        kept.append(take_dicts())
        for size in (1, 2, 5, 12):
            give_tuples(size)
            kept.append(take_tuples(size))
        give_contexts()
        kept.append(take_contexts())
        give_slice()
        kept.append(take_slice())
        give_memory_errors()
        kept.append(take_memory_errors())
        give_awaitables()
        kept.append(take_awaitables())
    return kept
