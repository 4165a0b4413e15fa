# SPDX-License-Identifier: Apache-2.0
"""pickle: records of a class, lists and dicts, there and back"""
import pickle


class Record:
    def __init__(self, number):
        self.number = number
        self.name = f"record {number}"
        self.values = [number / 7, number / 11]
        self.labels = {"group": number % 10, "kind": "even" if number % 2 == 0 else "odd"}


RECORDS = [Record(number) for number in range(100)]


def turn():
    for _ in range(20):
        pickle.loads(pickle.dumps(RECORDS, protocol=4))
