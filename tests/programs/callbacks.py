# SPDX-License-Identifier: Apache-2.0
"""Python that C code calls: each way in makes frames of its own kind."""
import asyncio
import contextlib
import functools
import re
import weakref

kept = []


def keep(number: int) -> list:
    block = [number, bytes(number % 300)]
    kept.append(block)
    return block


class Meta(type):
    def __call__(cls, *arguments: object) -> object:
        keep(len(arguments))
        return super().__call__(*arguments)


class Every(metaclass=Meta):
    """Special methods: the interpreter enters them directly, by a shim frame, or through a slot."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.first = keep(number)

    def __getattr__(self, name: str) -> list:
        if name.startswith("__"):
            raise AttributeError(name)
        return keep(len(name))

    def __getitem__(self, index: int) -> list:
        return keep(index)

    def __lt__(self, other: "Every") -> bool:
        keep(self.number)
        return self.number < other.number

    def __add__(self, other: "Every") -> list:
        return keep(self.number + other.number)

    def __iter__(self):
        for index in range(3):
            yield keep(index)

    def __contains__(self, item: int) -> bool:
        return bool(keep(item))

    def __del__(self) -> None:
        keep(self.number + 200)

    @property
    def value(self) -> list:
        return keep(self.number + 1)

    @functools.lru_cache(maxsize=None)
    def cached(self, number: int) -> list:
        return keep(number)


@contextlib.contextmanager
def managed(number: int):
    keep(number)
    yield keep(number + 1)
    keep(number + 2)


async def child(number: int) -> list:
    await asyncio.sleep(0)
    return keep(number)


async def family(count: int) -> list:
    return await asyncio.gather(*(child(number) for number in range(count)))


def gone(_reference: object) -> None:
    keep(77)


def special_methods(number: int) -> None:
    one, other = Every(number), Every(number + 1)
    kept.append((one.value, one[number], one.missing, one + other, 5 in one, list(one), one.cached(number)))
    Every.cached.cache_clear()
    with managed(number) as block:
        kept.append(block)


def by_library(number: int) -> None:
    kept.append(sorted(range(20), key=lambda value: (keep(value), -value)[1]))
    kept.append(sorted([Every(20 - index) for index in range(10)])[0].number)
    kept.append(functools.reduce(lambda total, value: total + keep(value)[0], range(15)))
    kept.append(list(map(keep, range(10))) + list(filter(keep, range(10))))
    kept.append(re.sub("a.", lambda match: str(keep(match.start())[0]), "a1b" * 10))
    reference = weakref.ref(Every(number), gone)
    kept.append(max(range(9), key=lambda value: keep(value)[0]))
    del reference


def run() -> object:
    kept.clear()
    for number in range(40):
        special_methods(number)
        by_library(number)
    loop = asyncio.new_event_loop()
    kept.append(loop.run_until_complete(family(50)))
    loop.close()
    result = list(kept)
    kept.clear()
    return result
