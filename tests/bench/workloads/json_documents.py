# SPDX-License-Identifier: Apache-2.0
"""json: an order is written and read again"""
import json

ORDER = {"id": 7, "customer": {"name": "Ada", "address": ["12 Rue Haute", "1000 Brussels"], "vip": True},
         "lines": [{"product": f"product {number}", "quantity": number % 5 + 1, "price": number * 1.25,
                    "tags": ["new", f"shelf-{number}"]} for number in range(20)]}


def turn():
    for _ in range(40):
        json.loads(json.dumps(ORDER))
