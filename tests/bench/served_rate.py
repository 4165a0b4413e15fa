# SPDX-License-Identifier: Apache-2.0
"""How fast a prefork server's workers serve while their master is traced without --follow.

    served_rate.py --tmbpf BINARY [--rounds N] [--requests N]

Debian's gunicorn with 4 workers on the loopback, one client, requests one after the other. In each
round the same server is measured untraced and traced; before each measurement all workers are
replaced, so that those of a traced master are forked with its breakpoints and have to be freed of
them. Prints requests per second and the workers' CPU per request, and the ratios within a round.
"""
import argparse
import contextlib
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path += [os.path.join(os.path.dirname(HERE), folder) for folder in ("oracle", os.path.join("live", "command_line"))]

from spread import Spread  # noqa: E402
from support import wait_until  # noqa: E402
from code_differences import code_differences  # noqa: E402
from course import cpu_seconds  # noqa: E402
from family import Gunicorn  # noqa: E402
from tmbpf_command import TmbpfCommand  # noqa: E402

WORKERS = 4
HEALING_SECONDS = 10


def measure(server: Gunicorn, requests: int) -> dict:
    for _ in range(WORKERS):
        server.replace_a_worker()
    workers = server.workers()
    begin = time.monotonic()
    wait_until(lambda: not any(map(code_differences, workers)), "every worker is healed", HEALING_SECONDS)
    healed = time.monotonic() - begin
    server.serve_until_each_has_answered(1)
    cpu, begin = sum(map(cpu_seconds, workers)), time.monotonic()
    for _ in range(requests):
        server.get()
    seconds = time.monotonic() - begin
    return {"rate": requests / seconds, "cpu": (sum(map(cpu_seconds, workers)) - cpu) / requests, "healed": healed}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tmbpf", required=True, metavar="BINARY")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--requests", type=int, default=2000)
    options = parser.parse_args()
    tmbpf = TmbpfCommand(os.path.abspath(options.tmbpf))
    ratios: dict = {"rate": [], "cpu": []}
    with contextlib.closing(Gunicorn(WORKERS)) as server:
        for number in range(1, options.rounds + 1):
            untraced = measure(server, options.requests)
            with tmbpf.session(server.pid):
                traced = measure(server, options.requests)
            for key, values in ratios.items():
                values.append(traced[key] / untraced[key])
            print(f"round {number}: untraced {untraced['rate']:.0f}/s, {untraced['cpu'] * 1e6:.0f} us CPU each; master "
                  f"traced {traced['rate']:.0f}/s, {traced['cpu'] * 1e6:.0f} us; healed in {traced['healed']:.2f} s",
                  flush=True)
    for key, values in ratios.items():
        print(f"traced / untraced, {key}: {Spread.of(values).text(3)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
