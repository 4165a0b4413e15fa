# SPDX-License-Identifier: Apache-2.0
"""What the ```console blocks of a page in docs/ show: commands, and what they print."""
import dataclasses
import os
import re

import doc_page

UNIT = r"(?:B|KiB|MiB|GiB)"
NUMBER = r"[-+]?[\d,]*\.?\d+"


@dataclasses.dataclass(frozen=True)
class Shown:
    command: str
    lines: list  # of the output; "..." stands for any lines


def shown(name: str) -> list:
    """Of docs/NAME, in its order."""
    found = []
    text = doc_page.read(os.path.join(doc_page.ROOT, "docs", name))
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.M | re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append(Shown(line.removeprefix("$ "), []))
            else:
                found[-1].lines.append(line)
    return found


def pattern_of(lines: list, own_files: tuple) -> str:
    """Fits the whole output, whatever its numbers and widths; only lines of `own_files`, and that no event was
    lost, must be as shown."""
    return "".join("(?:.*\n)*?" if line == "..." else rf" *{line_pattern(line, own_files)} *\n" for line in lines)


def line_pattern(line: str, own_files: tuple) -> str:
    words = line.split()  # which stand farther apart where others are longer
    before = ["", *words]
    return r"\s+".join(re.escape(word) if last in ("line", "events") else word_pattern(word, own_files)
                       for last, word in zip(before, words))


def word_pattern(word: str, own_files: tuple) -> str:
    place = re.fullmatch(r'("?)\S*?([\w.-]+\.py)(:?)(\d*)(\S*)', word)
    if place:
        quote, file, colon, number, rest = place.groups()
        number = number if file in own_files else r"\d+" if number else ""
        return rf"{quote}\S*{re.escape(file)}{colon}{number}{re.escape(rest)}"
    word = re.sub(rf"\b{UNIT}\b", "\0", word)
    word = re.sub(NUMBER, "\1", word)
    return re.escape(word).replace("\\\0", "\0").replace("\\\1", "\1").replace("\0", UNIT).replace("\1", NUMBER)
