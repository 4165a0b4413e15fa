# SPDX-License-Identifier: Apache-2.0
"""The options of `tmbpf stats`, `tmbpf diff` and `tmbpf convert`, in tracemalloc's terms."""
import argparse
import tracemalloc


def parse(words: list) -> argparse.Namespace:
    """words: the command, and what follows."""
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=("stats", "diff", "convert"))
    parser.add_argument("files", nargs="+")
    for name in ("--first", "--cumulative", "--all-frames", "--json"):
        parser.add_argument(name, action="store_true")
    for name in ("--include", "--exclude", "--hide"):
        parser.add_argument(name, action="append", default=[])
    for name in ("--domain", "--exclude-domain"):
        parser.add_argument(name, action="append", type=int, default=[])
    parser.add_argument("--group-by", default="lineno")
    parser.add_argument("--sort")
    parser.add_argument("--block", type=lambda text: int(text, 16))
    parser.add_argument("--limit", type=int, default=10)
    parser.add_argument("--filename-parts", type=int, default=3)
    parser.add_argument("--color", default="auto")
    parser.add_argument("--pickle-compat", default="3.9")
    options = parser.parse_args(words)
    options.hide = [part for text in options.hide for part in text.split(",")]
    return options


def filters(options: argparse.Namespace) -> list:
    result = []
    for text in options.include:
        for domain in options.domain or [None]:
            result.append(tracemalloc.Filter(True, *place(text), options.all_frames, domain))
    if not options.include:
        result += [tracemalloc.DomainFilter(True, domain) for domain in options.domain]
    result += [tracemalloc.Filter(False, *place(text), options.all_frames) for text in options.exclude]
    result += [tracemalloc.DomainFilter(False, domain) for domain in options.exclude_domain]
    return result


def place(text: str) -> tuple:
    """"FILE:LINE" -> (FILE, LINE)."""
    name, colon, line = text.rpartition(":")
    return (name, int(line)) if colon and line.isdigit() else (text, None)
