# SPDX-License-Identifier: Apache-2.0
"""Visits shop.py: half of the requests ask for a page, half order. Standard library only; Python 3.8 and newer.

    shop_client.py PORT            reads numbers of requests from stdin, sends so many, says "done"; ends at an error
    shop_client.py PORT --always   one after the other, without pause, until stdin ends; after each SECONDS a JSON
                                   object of what there was so far: "answers", "errors", "last_error", "longest" (s)
"""
import http.client
import json
import select
import sys
import time

SECONDS = 0.5
TIMEOUT = 60  # of a request; it is served next door, so one that waits longer has gone wrong
ORDER = json.dumps({"items": [[product, product % 4] for product in range(30)]})
SHORTEST = 100  # bytes: no answer has less


def send(port, number):
    """AssertionError, OSError or HTTPException when it is not answered well."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        if number % 2:
            connection.request("POST", "/order", ORDER, {"Content-Type": "application/json"})
        else:
            connection.request("GET", "/?page=%d" % (number % 3))
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200 or len(body) <= SHORTEST:
            raise AssertionError("status %d, %d bytes" % (answer.status, len(body)))
    finally:
        connection.close()


def send_always(port):
    told = {"answers": 0, "errors": 0, "last_error": "", "longest": 0.0}
    next_time, number = time.monotonic(), 0
    while True:
        begin = time.monotonic()
        if begin >= next_time:
            print(json.dumps(told), flush=True)
            if select.select([sys.stdin], [], [], 0)[0]:
                return
            next_time = begin + SECONDS
        try:
            send(port, number)
            told["answers"] += 1
        except (AssertionError, OSError, http.client.HTTPException) as error:
            told["errors"] += 1
            told["last_error"] = repr(error)
        told["longest"] = max(told["longest"], time.monotonic() - begin)
        number += 1


def send_as_told(port):
    for line in sys.stdin:
        for number in range(int(line)):
            send(port, number)
        print("done", flush=True)


def main():
    port = int(sys.argv[1])
    if sys.argv[2:] == ["--always"]:
        send_always(port)
    else:
        send_as_told(port)


if __name__ == "__main__":
    main()
