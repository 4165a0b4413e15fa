# SPDX-License-Identifier: Apache-2.0
"""files_by_python.py BASE: whether BASE.json, .speedscope.json, .csv, .folded and .count.folded tell
the same, as Python's json and csv read them; and BASE.json the same as tracemalloc reads from
BASE.pickle, when there is one. Prints how many traces there were.
"""
import collections
import csv
import io
import json
import os
import sys
import tracemalloc

MOST = (1 << 64) - 1
MOST_ESTIMATE = 9.2e18  # block_sum.h

Trace = collections.namedtuple("Trace", "domain size weight total frames address")  # most recent frame first


class Sum:
    """Blocks and bytes: exact while weights are whole numbers."""

    def __init__(self):
        self.exact = [0, 0]
        self.estimated = [0.0, 0.0]

    def add(self, trace):
        whole = trace.weight == int(trace.weight)
        into = self.exact if whole else self.estimated
        weight = int(trace.weight) if whole else trace.weight
        into[0] += weight
        into[1] += weight * trace.size

    def require(self, values, what):
        for value, exact, estimated in zip(values, self.exact, self.estimated):
            expected = min(exact + round(min(estimated, MOST_ESTIMATE)), MOST)
            allowed = 1 + 1e-12 * estimated if estimated else 0
            assert abs(value - expected) <= allowed, (what, value, expected)


def sums(traces, key):
    result = collections.defaultdict(Sum)
    for trace in traces:
        result[key(trace)].add(trace)
    return result


def added(rows):
    """{key: values} of (key, values), equal keys added up."""
    result = {}
    for key, values in rows:
        before = result.get(key, (0,) * len(values))
        result[key] = tuple(min(one + other, MOST) for one, other in zip(before, values))
    return result


def require_sums(expected, found, what):
    assert expected.keys() == found.keys(), (what, set(expected) ^ set(found))
    for key, values in found.items():
        expected[key].require(values, (what, key))


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


def text(value):
    return value if isinstance(value, str) else "".join(value)


def read_json(path):
    document = json.loads(read(path))
    assert document["format"] == "tmbpf-snapshot" and document["version"] == 1
    frames = [(text(row[0]), row[1], text(row[2]) if len(row) > 2 else "") for row in document["frames"]]
    tracebacks = [(total, tuple(frames[number] for number in stack))
                  for total, stack in document["tracebacks"]]
    traces = []
    for number, size, *rest in document["traces"]:
        domain, weight, _, address = rest + [0, 1, 0, 0][len(rest):]
        traces.append(Trace(domain, size, weight, *tracebacks[number], address))
    return document, traces


def require_pickle(path, document, traces):
    snapshot = tracemalloc.Snapshot.load(path)
    ours = [(trace.domain, trace.size, tuple(frame[:2] for frame in trace.frames), trace.total)
            for trace in traces]
    assert ours == list(snapshot.traces._traces)  # pylint: disable=protected-access
    assert document["traceback_limit"] == snapshot.traceback_limit


def joined(name):
    """As JSON knows it: two surrogates that could be one character are."""
    return name.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def require_speedscope(path, traces):
    document = json.loads(read(path))
    assert document["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    frames = [(frame["name"], frame["file"], frame.get("line", 0)) for frame in document["shared"]["frames"]]
    assert [(profile["name"], profile["type"], profile["unit"]) for profile in document["profiles"]] == [
        ("bytes", "sampled", "bytes"), ("blocks", "sampled", "none")]
    stacks = [[tuple(frames[number] for number in stack) for stack in profile["samples"]]
              for profile in document["profiles"]]
    assert stacks[0] == stacks[1]
    for profile in document["profiles"]:
        assert profile["startValue"] == 0
        assert profile["endValue"] == min(sum(profile["weights"]), MOST)
        assert len(profile["weights"]) == len(profile["samples"])
    weights = zip(document["profiles"][1]["weights"], document["profiles"][0]["weights"])

    def stack(trace):
        return tuple((joined(function or f"{file}:{line}"), joined(file), line)
                     for file, line, function in reversed(trace.frames))
    require_sums(sums(traces, stack), added(zip(stacks[0], weights)), "speedscope")


def one_line(name):
    def plain(char):
        code = ord(char)
        return (code >= 0x20 and not 0x7f <= code < 0xa0 and code not in (0x2028, 0x2029)
                and not 0xd800 <= code < 0xe000)
    return "".join(char if plain(char) else "\ufffd" for char in name)


def frame_text(frame):
    file, line, function = frame
    place = f"{one_line(file)}:{line}"
    return f"{one_line(function)} ({place})" if function else place


def read_folded(path):
    content = read(path)
    lines = content.splitlines()
    assert content == "".join(line + "\n" for line in lines)
    rows = []
    for line in lines:
        stack, value = line.rsplit(" ", 1)
        rows.append((tuple(stack.split(";")), int(value)))
    stacks = [stack for stack, _ in rows]
    assert stacks == sorted(set(stacks))
    return rows


def require_folded(base, traces):
    in_bytes, in_blocks = read_folded(base + ".folded"), read_folded(base + ".count.folded")
    assert [stack for stack, _ in in_bytes] == [stack for stack, _ in in_blocks]
    found = {stack: (blocks, size) for (stack, size), (_, blocks) in zip(in_bytes, in_blocks)}

    def stack_of(trace):
        return tuple(frame_text(frame).replace(";", ":") for frame in reversed(trace.frames))
    require_sums(sums(traces, stack_of), found, "folded")


def cell(name):
    return "'" + name if name[:1] in ("=", "+", "-", "@") else name


def require_csv(path, traces):
    content = read(path)
    header, *rows = csv.reader(io.StringIO(content, newline=""), strict=True)
    addresses = any(trace.address for trace in traces)
    assert header == ["blocks", "size", "bytes", "domain", *(["address"] if addresses else []),
                      "file", "line", "function", "traceback"]
    rows = [[each if name in ("address", "file", "function", "traceback") else int(each)
             for name, each in zip(header, row)] for row in rows]
    again = io.StringIO(newline="")
    csv.writer(again, quoting=csv.QUOTE_NONNUMERIC).writerows(rows)
    assert content == ",".join(header) + "\r\n" + again.getvalue()
    assert [row[2] for row in rows] == sorted((row[2] for row in rows), reverse=True)
    assert not any(str(each).startswith(("=", "+", "-", "@")) for row in rows for each in row)

    def key(trace):
        file, line, function = trace.frames[0]
        address = (hex(trace.address) if trace.address else "",) if addresses else ()
        return (trace.size, trace.domain, *address, cell(one_line(file)), line, cell(one_line(function)),
                cell("\n".join(map(frame_text, reversed(trace.frames)))))
    found = added(((row[1], *row[3:]), (row[0], row[2])) for row in rows)
    require_sums(sums(traces, key), found, "csv")


def main():
    base = sys.argv[1]
    document, traces = read_json(base + ".json")
    if os.path.exists(base + ".pickle"):
        require_pickle(base + ".pickle", document, traces)
    require_speedscope(base + ".speedscope.json", traces)
    require_folded(base, traces)
    require_csv(base + ".csv", traces)
    print(len(traces))


if __name__ == "__main__":
    main()
