# SPDX-License-Identifier: Apache-2.0
"""The pickle and copy modules: C and Python picklers, shared objects, two protocols."""
import copy
import io
import pickle


class Item:
    def __init__(self, number: int) -> None:
        self.number = number + 100000
        self.name = "item %d" % number
        self.parts = [number, (number, str(number))]


def run() -> object:
    items = [Item(number) for number in range(500)]
    shared = {"all": items, "some": items[::4]}
    data = pickle.dumps(shared, protocol=5)
    loaded = pickle.loads(data)
    old = pickle.loads(pickle.dumps([vars(item) for item in items], protocol=2))
    stream = io.BytesIO()
    pickle._Pickler(stream, protocol=4).dump([item.parts for item in items[:60]])
    stream.seek(0)
    slow = pickle._Unpickler(stream).load()
    shallow = [copy.copy(item) for item in items[:200]]
    return data, loaded, old, slow, shallow
