# SPDX-License-Identifier: Apache-2.0
"""A web shop with Flask, which holds nothing of a request. Serves on the loopback, a thread for each connection, until
stdin ends; prints its port first. shop_client.py is who visits it. Python 3.8 and newer.

    shop.py          compiles the page's template for each visitor: new code all the time
    shop.py --once   compiles it once
"""
import sys
import threading

from flask import Flask, jsonify, render_template, request
from werkzeug.serving import WSGIRequestHandler, make_server

PAGE = """<h1>{{ title }}</h1><ul>{% for product in products %}
<li class="{{ loop.cycle('odd', 'even') }}">{{ product.name }}: {{ '%.2f' % product.price }}</li>{% endfor %}</ul>"""
PRODUCTS = [{"id": number, "name": f"product {number}", "price": 10 + number / 4} for number in range(60)]


class QuietHandler(WSGIRequestHandler):
    def log(self, *_args, **_words):
        pass


def make_app(once):
    app = Flask("shop")
    compiled = app.jinja_env.from_string(PAGE) if once else None

    @app.get("/")
    def index():
        begin = 20 * int(request.args["page"])
        template = compiled or app.jinja_env.from_string(PAGE)
        return render_template(template, title="Products", products=PRODUCTS[begin:begin + 20])

    @app.post("/order")
    def order():
        lines = [{"product": PRODUCTS[number], "quantity": quantity, "price": quantity * PRODUCTS[number]["price"]}
                 for number, quantity in request.get_json()["items"]]
        return jsonify({"lines": lines, "total": sum(line["price"] for line in lines)})

    return app


def shop_server(threaded=False, once=False):
    """On a free port: server_port. It listens already."""
    return make_server("127.0.0.1", 0, make_app(once), request_handler=QuietHandler, threaded=threaded)


def main():
    server = shop_server(threaded=True, once="--once" in sys.argv)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
