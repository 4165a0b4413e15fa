# SPDX-License-Identifier: Apache-2.0
"""visitors.py PORT COUNT: so many visits to the shop, at most 100 in a second."""
import http.client
import sys
import time

port, count = int(sys.argv[1]), int(sys.argv[2])
begin = time.monotonic()
for number in range(count):
    time.sleep(max(0, begin + number / 100 - time.monotonic()))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", f"/books/{number % 20}?visitor={number}")
    connection.getresponse().read()
    connection.close()
