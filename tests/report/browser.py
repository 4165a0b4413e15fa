# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, its console and what it asks the network for."""

import json
import pathlib
import shutil

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

WIDTH = 1280
HEIGHT = 800
ROW_HEIGHT = 19  # of the flame graph, in CSS pixels


def program(name):
    """Its path; an error that says how to get it when it is missing."""
    path = shutil.which(name)
    if path is None:
        raise FileNotFoundError(f"{name} is not installed: run scripts/setup")
    return path


class Browser:
    """Used as a context manager; one page at a time."""

    def __init__(self):
        options = webdriver.ChromeOptions()
        options.binary_location = program("chromium")
        # No sandbox: it does not start as root with it. /dev/shm is small in containers.
        for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage",
                         "--disable-background-networking", f"--window-size={WIDTH},{HEIGHT}"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service(program("chromedriver")), options=options)
        self.resize(WIDTH, HEIGHT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()

    def resize(self, width, height):
        """The size of the page's window, without borders."""
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def prefer(self, scheme):
        """"light" or "dark"."""
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                                    {"features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def open(self, path):
        """Forgets what earlier pages said and asked for."""
        self.driver.get("about:blank")
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        self.driver.get(pathlib.Path(path).as_uri())

    def console(self):
        """Every message since open(), of whatever level."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self):
        """The address of every request since open()."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [message["params"]["request"]["url"] for message in messages
                if message["method"] == "Network.requestWillBeSent"]

    def run(self, script, *arguments):
        """JavaScript in the page; its return value."""
        return self.driver.execute_script(script, *arguments)

    def find(self, selector):
        """The first element."""
        return self.driver.find_element("css selector", selector)

    def text(self, selector):
        """The visible text of the first element."""
        return self.find(selector).text

    def texts(self, selector):
        """The texts of all elements, visible or not."""
        return self.run("return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)", selector)

    def titles(self, selector):
        """The tooltips of all elements."""
        return self.run("return [...document.querySelectorAll(arguments[0])].map(e => e.title)", selector)

    def click(self, selector):
        """With the mouse, in the middle."""
        element = self.find(selector)
        self.run("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def choose(self, value):
        """The radio button of that value, by its label as a user does."""
        self.click(f"label:has(> input[value='{value}'])")

    def type(self, selector, text):
        """Replaces what an input holds."""
        element = self.find(selector)
        element.clear()
        element.send_keys(text)

    def click_graph(self, row, x):
        """In the flame graph: row 0 is the root; x in CSS pixels from the left."""
        canvas = self.find("#graph-canvas")
        self.run("document.getElementById('graph').scrollIntoView()")
        place = canvas.rect
        actions = webdriver.ActionChains(self.driver)
        actions.move_to_element_with_offset(canvas, x - int(place["width"] / 2),
                                            int((row + 0.5) * ROW_HEIGHT - place["height"] / 2))
        actions.click().perform()

    def press(self, selector, *keys):
        """Keys on the focused element."""
        element = self.find(selector)
        self.run("arguments[0].focus()", element)
        for key in keys:
            webdriver.ActionChains(self.driver).send_keys(key).perform()

    def screenshot(self, path):
        """As PNG."""
        self.driver.save_screenshot(str(path))
