# SPDX-License-Identifier: Apache-2.0
"""Code made by exec, eval and compile: some dies at once (its blocks live on), some is kept."""

# Held here because stdlib tracemalloc, once it has seen a file name, holds it too.
DYING_NAMES = ["<dying %d>" % number for number in range(20)]

DYING = """
def make(count):
    kept = []
    for index in range(count):
        kept.append("block of %d %d" % (NUMBER, index))
    return kept

result = make(8)
"""

KEPT = """
class Made{number}:
    field = [{number}] * 5

    def method(self):
        return [{number} + 1000, "text " + str(self.field)]

def function(value):
    return [value, "made by {number}", Made{number}().method()]
"""


def run() -> object:
    blocks = []
    for number in range(160):
        namespace = {"NUMBER": number}
        exec(compile(DYING, DYING_NAMES[number % 20], "exec"), namespace)
        blocks.append(namespace["result"])
        del namespace["make"]
    functions = []
    for number in range(60):
        namespace = {}
        exec(compile(KEPT.format(number=number), "<kept %d>" % number, "exec"), namespace)
        functions.append(namespace["function"])
    answers = [function(index) for index, function in enumerate(functions)]
    evaluated = [eval("[%d, str(%d) * 3]" % (number, number + 5000)) for number in range(300)]
    return blocks, functions, answers, evaluated
