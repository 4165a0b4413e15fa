# SPDX-License-Identifier: Apache-2.0
"""shop.py PORT: a small web service on the loopback that leaks in two places (docs/tutorial.md)."""
import http.server
import sys

import pages
import visits


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        visits.note(self.client_address[1])
        page = pages.page(self.path)
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_):
        pass


http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
