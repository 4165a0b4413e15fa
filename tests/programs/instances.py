# SPDX-License-Identifier: Apache-2.0
"""Instances with attribute dicts: inline values, dicts made on demand, attributes added late."""


class Point:
    def __init__(self, x: int, y: int) -> None:
        self.x = x
        self.y = y
        self.label = "point %d" % x


class Open:
    pass


class Derived(Point):
    def __init__(self, x: int, y: int) -> None:
        super().__init__(x, y)
        self.offset = x * 1000003


def run() -> object:
    points = [Point(number, number + 100000) for number in range(4000)]
    for point in points[::5]:
        point.__dict__["late"] = point.x * 7919 + 100000
    derived = []
    for number in range(2500):
        derived.append(Derived(number, -number))
    opened = []
    for number in range(600):
        item = Open()
        for index in range(number % 40):
            setattr(item, "field_%d" % index, number)
        opened.append(item)
    del points[1000:3000]
    return points, derived, opened
