# SPDX-License-Identifier: Apache-2.0
"""What Python's own tracemalloc says about snapshots: model_against_tracemalloc_test.cpp prints the same.

    model_against_tracemalloc.py PICKLES CASES

PICKLES holds two snapshots for each line of CASES, one pickle after the other; a line is the filters of
the case as JSON.
"""
import json
import pickle
import sys
import tracemalloc

GROUPINGS = (("lineno", False), ("filename", False), ("traceback", False), ("lineno", True), ("filename", True))
LIMITS = ((None, False), (2, False), (-1, True), (0, False), (-9, False), (9, True))


def frames_text(traceback):
    return " < ".join(map(str, traceback))


def print_statistics(new, old):
    for key, cumulative in GROUPINGS:
        print(key, int(cumulative))
        for stat in new.statistics(key, cumulative):
            print(stat, repr(stat), stat.size, stat.count, frames_text(stat.traceback), sep=" | ")
        for diff in new.compare_to(old, key, cumulative):
            print(diff, repr(diff), diff.size, diff.size_diff, diff.count, diff.count_diff,
                  frames_text(diff.traceback), sep=" | ")


def print_traces(snapshot):
    print("limit", snapshot.traceback_limit, "traces", len(snapshot.traces))
    for index, trace in enumerate(snapshot.traces):
        print(trace, repr(trace), trace.domain, trace.size, trace.traceback.total_nframe, sep=" | ")
        limit, recent_first = LIMITS[index % len(LIMITS)]
        for line in trace.traceback.format(limit, recent_first):
            print(line)


def make_filter(fields):
    if "pattern" not in fields:
        return tracemalloc.DomainFilter(fields["inclusive"], fields["domain"])
    return tracemalloc.Filter(fields["inclusive"], fields["pattern"], fields["lineno"], fields["all_frames"],
                              fields["domain"])


def main():
    sys.stdout.reconfigure(encoding="utf-8", errors="surrogatepass")
    with open(sys.argv[1], "rb") as pickles, open(sys.argv[2], encoding="utf-8", errors="surrogatepass") as cases:
        for line in cases:
            new, old = pickle.load(pickles), pickle.load(pickles)
            print_statistics(new, old)
            print_traces(new)
            filters = [make_filter(fields) for fields in json.loads(line)]
            for each in filters:
                print("filter", getattr(each, "filename_pattern", None))
            print_statistics(new.filter_traces(filters), old.filter_traces(filters))
            print_traces(old.filter_traces(filters))


main()
