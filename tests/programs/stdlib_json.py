# SPDX-License-Identifier: Apache-2.0
"""The json module: documents made, encoded (also by the Python encoder) and decoded."""
import json


def document(number: int) -> dict:
    return {"id": number, "name": "item %d" % number, "price": number * 1.25 + 0.125,
            "tags": ["t%d" % (number % 13), "common"], "nested": {"depth": [number, [number + 1000]],
            "flag": number % 2 == 0, "none": None}}


def run() -> object:
    documents = [document(number) for number in range(500)]
    text = json.dumps(documents)
    indented = json.dumps(documents[:120], indent=2, sort_keys=True)
    decoded = json.loads(text)
    streamed = [json.loads(json.dumps(one)) for one in documents[::3]]
    try:
        json.loads("[1, 2")
    except json.JSONDecodeError as error:
        problem = str(error)
    del documents[100:]
    return documents, text, indented, decoded, streamed, problem
