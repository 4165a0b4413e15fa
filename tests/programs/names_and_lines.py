# SPDX-License-Identifier: Apache-2.0
"""Files and functions with names of every kind, and code whose lines jump: far, backwards, and many."""

# Each needs another width of character: ASCII, Latin-1, UCS-2, UCS-4. Held here because stdlib
# tracemalloc, once it has seen a file name, holds it too.
NAMES = ("<plain>", "<caf\xe9>", "<\u03bb \u2192 \u4e2d\u6587>", "<\U0001f40d tail>", "<" + "long/" * 60 + ">")

FUNCTIONS = """
def make(count):
    return [str(count + index + 1000) for index in range(count)]

def caf\xe9(count):
    return [make(index) for index in range(count)]

class \u039b:
    def \u4e2d(self, count):
        return caf\xe9(count)
"""

# Compiled only once: the compiler makes a new string "normalize" for identifiers that are not ASCII,
# and it depends on that string's address whether the cache of type attributes keeps it.
WITH_NAMES = [compile(FUNCTIONS, name, "exec") for name in NAMES]

JUMPS = """
def make(kept, number):
    kept.append([number, str(number + 1000)])
{gap}
    kept.append((
        bytes(number
              + 40),
        [
            number,
            str(number
                + 2000)],
        bytes(number + 50)))
{gap}
    for index in range(
            3):
        kept.append({{index: number}}); kept.append(bytes(index + 60))
    return kept
"""


def many_lines(count: int) -> str:
    lines = ["def make(kept):"]
    lines += [f"    kept.append([{number}, bytes({number % 90})])" for number in range(count)]
    return "\n".join(lines) + "\n"


def define(code) -> dict:
    space = {}
    exec(code, space)
    return space


def run() -> object:
    kept = []
    for name, code in zip(NAMES, WITH_NAMES):
        instance = define(code)["\u039b"]()
        kept.append(getattr(instance, "\u4e2d")(25))
        for gap in (0, 1, 100, 126, 127, 128, 254, 255, 256, 1000, 70000):
            space = define(compile(JUMPS.format(gap="\n" * gap), name, "exec"))
            kept.append([space["make"]([], number) for number in range(10)])
        for count in (10, 400, 1500):
            blocks = []
            define(compile(many_lines(count), name, "exec"))["make"](blocks)
            kept.append(blocks)
    return kept
