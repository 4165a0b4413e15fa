# SPDX-License-Identifier: Apache-2.0
"""file_seeds.py FOLDER: small snapshots as JSON and as pprof profiles, FOLDER/<fuzzer>/<name>.

tests/fuzz/corpus/json and tests/fuzz/corpus/pprof were made by this program. (Python 3.6 must be
able to read this file.)
"""
import gzip
import json
import os
import sys

NAMES = ("a.py", "caf\u00e9.py", "\u20ac \udc80", "snake \U0001f40d", "", 'quote " \\ \x01 \x00')


def snapshot_json(**changes):
    document = {
        "format": "tmbpf-snapshot", "version": 1, "traceback_limit": 25,
        "metadata": {"pid": 42, "time": 1.5, "command": NAMES[2], "peak": {"real": "inf"},
                     "parts": ["\ud83d", "\udc0d"], "less": -1},
        "frames": [[name, 10 + i] for i, name in enumerate(NAMES)] + [["a.py", 4294967295, "f"],
                                                                      [["\ud83d", "\udc0d"], 0, ["g"]]],
        "tracebacks": [[1, [0]], [7, [1, 2, 3]], [65535, [4, 5, 6, 7]]],
        "traces": [[0, 0], [1, 64, 7], [2, 2 ** 64 - 1, 0, 2.5], [0, 5, 0, 1, -1, 140000000000],
                   [0, 5, 0, 1e+20, 1700000000000000000]]}
    document.update(changes)
    return document


def json_seeds():
    yield "whole", json.dumps(snapshot_json()).encode()
    yield "utf8", json.dumps(snapshot_json(metadata={}, frames=[["caf\u00e9 \U0001f40d", 1]] * 8),
                             ensure_ascii=False).encode()
    yield "empty", json.dumps(snapshot_json(metadata={}, frames=[], tracebacks=[], traces=[])).encode()


def varint(value):
    value &= (1 << 64) - 1
    result = b""
    while value > 127:
        result += bytes([value & 127 | 128])
        value >>= 7
    return result + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value)


def block(field, *parts):
    data = b"".join(parts)
    return varint(field << 3 | 2) + varint(len(data)) + data


class Profile:
    """Of profile.proto, with the field numbers of google/pprof."""

    def __init__(self):
        self.strings = {"": 0}
        self.parts = [block(6)]

    def string(self, text):
        if text not in self.strings:
            self.strings[text] = len(self.strings)
            self.parts.append(block(6, text.encode("utf-8", "surrogatepass")))
        return self.strings[text]

    def begin(self, *comments):
        for name, unit in (("inuse_objects", "count"), ("inuse_space", "bytes")):
            self.parts.append(block(1, number(1, self.string(name)), number(2, self.string(unit))))
        for comment in comments:
            self.parts.append(block(13, varint(self.string("tmbpf:" + comment))))
        self.parts += [number(9, 10 ** 18), number(10, 10 ** 9), block(3, number(1, 1))]

    def frame(self, key, name, line):
        self.parts.append(block(5, number(1, key), number(2, self.string(name)),
                                number(3, self.string(name)), number(4, self.string("a.py"))))
        self.parts.append(block(4, number(1, key), number(2, 1), block(4, number(1, key), number(2, line))))

    def sample(self, locations, values, **labels):
        made = []
        for key, value in labels.items():
            text = isinstance(value, str)
            made.append(block(3, number(1, self.string(key)),
                              number(2, self.string(value)) if text else number(3, value)))
        self.parts.append(block(2, block(1, *map(varint, locations)), block(2, *map(varint, values)),
                                *made))


def pprof_seeds():
    profile = Profile()
    profile.begin("traceback_limit=25", "pid=42", "time=1.5", "peak=inf", 'command="a\\u0001"')
    for key, name in enumerate(NAMES, 1):
        profile.frame(key, name, key)
    profile.sample([1, 2], [3, 30], size=10, domain=0, total_nframe=5)
    profile.sample([3], [3, 30], sizes="5 10 15", domain=7)
    profile.sample([4, 5, 6], [3, 25], size=10, weight="2.5", time=17 * 10 ** 17, address=1 << 40)
    profile.sample([], [1, 1])
    ours = b"".join(profile.parts)
    yield "ours", ours
    yield "ours.gz", gzip.compress(ours)
    profile = Profile()
    profile.begin()
    profile.frame(1, "main", 10)
    profile.sample([1, 1], [3, 100])
    profile.sample([1], [0, 0])
    yield "others", b"".join(profile.parts)


def seeds():
    for name, data in json_seeds():
        yield "json", name, data
    for name, data in pprof_seeds():
        yield "pprof", name, data


def main():
    for fuzzer, name, data in seeds():
        folder = os.path.join(sys.argv[1], fuzzer)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)


if __name__ == "__main__":
    main()
