# SPDX-License-Identifier: Apache-2.0
"""a Flask app that serves a second process on the loopback"""
import os
import subprocess
import sys

PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "programs")
sys.path.append(PROGRAMS)

from shop import shop_server  # noqa: E402

REQUESTS = 8  # of a turn
WAIT_SECONDS = 60  # for a request; its client is there, so one that waits longer has gone wrong
state = {}


def prepare():
    server = state["server"] = shop_server()
    server.timeout = WAIT_SECONDS
    command = [sys.executable, "-I", os.path.join(PROGRAMS, "shop_client.py"), str(server.server_port)]
    state["client"] = subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1)


def turn():
    client = state["client"]
    client.stdin.write(f"{REQUESTS}\n")
    for _ in range(REQUESTS):
        state["server"].handle_request()
    if client.stdout.readline() != "done\n":
        raise RuntimeError("the client of the Flask app ended")


def close():
    state["client"].stdin.close()
    state["client"].wait(WAIT_SECONDS)
    state["server"].server_close()
