# SPDX-License-Identifier: Apache-2.0
"""a Flask app that serves a second process on the loopback"""
import subprocess
import sys

from flask import Flask, jsonify, render_template_string, request
from werkzeug.serving import WSGIRequestHandler, make_server

REQUESTS = 8  # of a turn
WAIT_SECONDS = 60  # for a request; its client is there, so one that waits longer has gone wrong
PAGE = """<h1>{{ title }}</h1><ul>{% for product in products %}
<li class="{{ loop.cycle('odd', 'even') }}">{{ product.name }}: {{ '%.2f' % product.price }}</li>{% endfor %}</ul>"""
PRODUCTS = [{"id": number, "name": f"product {number}", "price": 10 + number / 4} for number in range(60)]
# Reads numbers of requests from stdin, and sends them, half of each kind.
CLIENT = """
import http.client, json, sys
for line in sys.stdin:
    for number in range(int(line)):
        connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=60)
        if number % 2:
            body = json.dumps({"items": [[product, product % 4] for product in range(30)]})
            connection.request("POST", "/order", body, {"Content-Type": "application/json"})
        else:
            connection.request("GET", "/?page=%d" % (number % 3))
        answer = connection.getresponse()
        assert answer.status == 200 and len(answer.read()) > 100, answer.status
        connection.close()
    print("done", flush=True)
"""
state = {}


class QuietHandler(WSGIRequestHandler):
    def log(self, *_args, **_words):
        pass


def make_app():
    app = Flask("shop")

    @app.get("/")
    def index():
        begin = 20 * int(request.args["page"])
        return render_template_string(PAGE, title="Products", products=PRODUCTS[begin:begin + 20])

    @app.post("/order")
    def order():
        lines = [{"product": PRODUCTS[number], "quantity": quantity, "price": quantity * PRODUCTS[number]["price"]}
                 for number, quantity in request.get_json()["items"]]
        return jsonify({"lines": lines, "total": sum(line["price"] for line in lines)})

    return app


def prepare():
    server = state["server"] = make_server("127.0.0.1", 0, make_app(), request_handler=QuietHandler)
    server.timeout = WAIT_SECONDS
    state["client"] = subprocess.Popen([sys.executable, "-I", "-c", CLIENT, str(server.server_port)], text=True,
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1)


def turn():
    client = state["client"]
    client.stdin.write(f"{REQUESTS}\n")
    for _ in range(REQUESTS):
        state["server"].handle_request()
    if client.stdout.readline() != "done\n":
        raise RuntimeError("the client of the Flask app ended")


def close():
    state["client"].stdin.close()
    state["client"].wait(WAIT_SECONDS)
    state["server"].server_close()
