# SPDX-License-Identifier: Apache-2.0
"""a module of 40 functions parsed and compiled"""
import ast

FUNCTION = '''
def area_{0}(shapes, scale={0}):
    """The area of all shapes of kind {0}."""
    total = 0.0
    for shape in shapes:
        if shape.kind == "circle" and shape.radius > {0}:
            total += 3.14159 * shape.radius ** 2 * scale
        elif shape.kind in ("square", "rectangle"):
            total += shape.width * shape.height
        else:
            raise ValueError(f"unknown shape {{shape!r}}: {{shape.kind}}")
    return {{"total": total, "count": len(shapes), "kinds": sorted({{shape.kind for shape in shapes}})}}
'''
SOURCE = "".join(FUNCTION.format(number) for number in range(40))


def turn():
    compile(ast.parse(SOURCE), "shapes.py", "exec")
