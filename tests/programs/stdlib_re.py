# SPDX-License-Identifier: Apache-2.0
"""The re module: patterns compiled past its cache, matches kept, splitting and substitution."""
import re

LOG = "\n".join("2024-01-%02d host%d service[%d]: event %d took %d ms"
                % (n % 28 + 1, n % 9, n, n * 7, n * 3) for n in range(900))
LINE = re.compile(r"(?P<day>\S+) (?P<host>\w+) (?P<name>\w+)\[(?P<pid>\d+)\]: event (\d+) took (\d+) ms")


def run() -> object:
    re.purge()
    matches = [LINE.match(line) for line in LOG.splitlines()]
    fields = [match.groupdict() for match in matches[::3]]
    found = re.findall(r"event (\d+) took (\d+)", LOG)
    replaced = re.sub(r"host(\d)", lambda match: "node-" + match.group(1), LOG)
    words = re.split(r"[\s:\[\]]+", LOG)
    compiled = [re.compile(r"(a{%d}|b+)[^x]*?(?:c|d%d)" % (number % 9 + 1, number)) for number in range(40)]
    spans = [match.span() for match in re.finditer(r"\d+ ms", LOG)]
    re.purge()
    return matches, fields, found, replaced, words, compiled, spans
