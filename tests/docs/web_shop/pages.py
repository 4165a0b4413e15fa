# SPDX-License-Identifier: Apache-2.0
"""The pages, each made once."""
CACHE = {}


def page(path):
    if path not in CACHE:
        CACHE[path] = render(path)
    return CACHE[path]


def render(path):
    title = path.partition("?")[0]
    return f"<h1>{title}</h1>{'<p>A good book.</p>' * 200}".encode()
