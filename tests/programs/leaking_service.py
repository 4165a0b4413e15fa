# SPDX-License-Identifier: Apache-2.0
"""A small service with a leak, for people who try tmbpf: scripts/run watches it.

It plays a web shop's price service: two worker threads answer requests (parse JSON, look a
product up, render a page, log a line), which is steady churn that holds nothing, and one line
leaks: the page cache is keyed by a request id that never comes twice, and nothing evicts.

    leaking_service.py [--seconds 600] [--rate 500] [--pages 0]

With --pages the cache evicts, and nothing leaks. Ends by itself after --seconds, or at once on SIGTERM or SIGINT.
"""
import argparse
import collections
import json
import os
import queue
import random
import signal
import sys
import threading
import time

PRODUCTS = 400
RECENT_LINES = 200
PAGE_BYTES = 2000  # what one leaked page takes, about


class Catalogue:
    """Products and prices; holds the same amount of memory all the time."""

    def __init__(self) -> None:
        self._products = {number: self._make(number) for number in range(PRODUCTS)}

    @staticmethod
    def _make(number: int) -> dict:
        return {"id": number, "name": f"product {number}", "price": 10 + number / 4,
                "tags": ["new" if number % 3 else "sale", f"shelf-{number % 20}"]}

    def find(self, number: int) -> dict:
        return self._products[number % PRODUCTS]

    def reprice(self, number: int) -> None:
        self._products[number % PRODUCTS] = self._make(number % PRODUCTS)


class PageCache:
    """Looks like a cache, is a leak: its keys never come again and nothing is ever evicted, unless
    `most` pages are all that it may hold (0: no limit)."""

    def __init__(self, most: int) -> None:
        self._pages: dict = {}
        self._most = most
        self.size = 0

    def render(self, request_id: str, product: dict) -> str:
        page = self._pages.get(request_id)
        if page is None:
            page = self._pages[request_id] = f"<h1>{product['name']}</h1>".ljust(PAGE_BYTES)  # leaks
            self.size += len(page)
        while 0 < self._most < len(self._pages):
            self.size -= len(self._pages.pop(next(iter(self._pages))))
        return page


class Service:
    def __init__(self, pages: int) -> None:
        self.catalogue = Catalogue()
        self.cache = PageCache(pages)
        self.answered = 0
        self._log: collections.deque = collections.deque(maxlen=RECENT_LINES)

    def answer(self, body: str) -> str:
        request = json.loads(body)
        product = self.catalogue.find(request["product"])
        if request["product"] % 50 == 0:
            self.catalogue.reprice(request["product"])
        page = self.cache.render(request["id"], product)
        answer = json.dumps({"id": request["id"], "page": page[:100], "price": self._price(request, product)})
        self._log.append(f"{request['id']} {product['name']} {len(answer)} bytes")
        self.answered += 1
        return answer

    @staticmethod
    def _price(request: dict, product: dict) -> float:
        rates = [product["price"] * (1 - step / 100) for step in range(20)]
        return round(sum(rates) / len(rates) * request["quantity"], 2)


def work(service: Service, requests: queue.Queue) -> None:
    while True:
        body = requests.get()
        if body is None:
            return
        service.answer(body)


def make_request(number: int, dice: random.Random) -> str:
    return json.dumps({"id": f"request-{number:09}", "product": dice.randrange(PRODUCTS),
                       "quantity": dice.randrange(1, 5), "client": {"agent": "shop/2.1", "ip": "192.0.2.7"}})


def serve(service: Service, rate: int, seconds: float, stop: threading.Event) -> None:
    """Sends `rate` requests a second to the workers, in batches every 20 ms, until told to stop."""
    requests: queue.Queue = queue.Queue(maxsize=10 * rate)
    workers = [threading.Thread(target=work, args=(service, requests), daemon=True) for _ in range(2)]
    for worker in workers:
        worker.start()
    dice = random.Random(1)
    start = time.monotonic()
    sent = 0
    while not stop.wait(0.02) and time.monotonic() - start < seconds:
        due = int((time.monotonic() - start) * rate)
        while sent < due and not requests.full():
            requests.put(make_request(sent, dice))
            sent += 1
    for _ in workers:
        requests.put(None)
    for worker in workers:
        worker.join(timeout=5)


def main() -> int:
    parser = argparse.ArgumentParser(description="A demo service that leaks memory.")
    parser.add_argument("--seconds", type=float, default=600, help="end after so long (default 600)")
    parser.add_argument("--rate", type=int, default=500, help="requests a second (default 500)")
    parser.add_argument("--pages", type=int, default=0, help="pages to hold at most (default 0: no limit, the leak)")
    options = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    service = Service(options.pages)
    cache = (f"{options.pages} pages are held" if options.pages else
             f"a page cache that never evicts leaks about {options.rate * PAGE_BYTES / 1e6:.1f} MB a second")
    print(f"leaking_service: pid {os.getpid()}: {options.rate} requests a second for at most "
          f"{options.seconds:.0f} s; {cache}", file=sys.stderr, flush=True)
    serve(service, options.rate, options.seconds, stop)
    print(f"leaking_service: {service.answered} requests answered, {service.cache.size / 1e6:.1f} MB in its cache",
          file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
