# SPDX-License-Identifier: Apache-2.0
"""A service's daily work: requests are parsed, looked up, answered and forgotten."""
import collections
import json

RECENT = 100
recent = collections.deque(maxlen=RECENT)


def serve(number):
    request = json.loads('{"id": %d, "product": %d, "client": {"agent": "shop/2.1", "ip": "192.0.2.7"}}'
                         % (number, number % 400))
    row = {"id": request["id"], "name": f"product {request['product']}", "price": request["product"] * 1.25}
    rates = [row["price"] * (1 - step / 100) for step in range(20)]
    page = "".join(f"<li>{row['name']}: {rate:.2f}</li>" for rate in rates)
    recent.append((row, page[:200], round(sum(rates), 2)))
