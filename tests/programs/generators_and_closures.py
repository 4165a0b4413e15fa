# SPDX-License-Identifier: Apache-2.0
"""Suspended generators, coroutines and async generators; closures, partials, lambdas, cells."""
import functools


def numbers(start: int, step: int):
    value = "started at %d" % start
    while True:
        value = value[:12] + str(start)
        yield value
        start += step


def nested(depth: int):
    if depth:
        yield from nested(depth - 1)
    yield [depth] * 3


async def pause(number: int) -> list:
    return [number] * 4


async def ticks(number: int):
    for index in range(3):
        yield [number + 1000, index]


def step(asynchronous) -> object:
    """Drives one step of an async generator without an event loop."""
    try:
        asynchronous.__anext__().send(None)
    except StopIteration as done:
        return done.value
    return None


def adder(number: int):
    label = "adds %d" % number
    total = [number]

    def add(value: int) -> str:
        total.append(value)
        return label + str(value)

    return add


def run() -> object:
    generators = [numbers(index, 3) for index in range(1200)]
    first = [next(generator) for generator in generators]
    second = [next(generator) for generator in generators[::2]]
    chains = [nested(index % 25) for index in range(150)]
    heads = [next(chain) for chain in chains]
    closures = [adder(index) for index in range(1500)]
    answers = [closure(7) for closure in closures[::3]]
    coroutines = [pause(index) for index in range(50)]
    for coroutine in coroutines:
        coroutine.close()
    asynchronous = [ticks(index) for index in range(120)]
    ticked = [step(one) for one in asynchronous for _ in range(2)]
    partials = [functools.partial(numbers, index, step=index) for index in range(800)]
    lambdas = [lambda value=index: value + 1 for index in range(800)]
    return (generators, first, second, chains, heads, closures, answers, coroutines, asynchronous,
            ticked, partials, lambdas)
