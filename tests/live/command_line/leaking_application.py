# SPDX-License-Identifier: Apache-2.0
"""A WSGI application that keeps 5,000 bytes of every request, and answers with its worker's pid."""
import os

kept = []


def application(_environ, start_response):
    kept.append(bytes(5000))  # leak
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%d" % os.getpid()]
