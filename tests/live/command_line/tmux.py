# SPDX-License-Identifier: Apache-2.0
"""A real terminal for the tests: a tmux of their own with a shell in it."""
import os
import shlex
import subprocess
import tempfile

from support import TIMEOUT, wait_until

PROMPT = "ready$"


class Tmux:
    """Its server, socket and session are the test's alone and end with it."""

    def __init__(self, columns: int = 80, lines: int = 24, environment: "dict | None" = None) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="tmbpf-tmux-")
        self._environment = {**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", **(environment or {})}
        self._environment.pop("TMUX", None)
        with open(settings := os.path.join(self._directory.name, "settings"), "w", encoding="utf-8") as file:
            file.write("set -g status off\nset -g escape-time 0\nset -g default-terminal screen-256color\n")
        shell = shlex.join(["env", f"PS1={PROMPT} ", f"LC_ALL={self._environment['LC_ALL']}", "bash", "--norc"])
        self.do("-f", settings, "new-session", "-d", "-x", str(columns), "-y", str(lines), shell)
        self.wait_for(PROMPT)

    def do(self, *words: str) -> str:
        words = ("tmux", "-S", os.path.join(self._directory.name, "socket"), *words)
        done = subprocess.run(words, env=self._environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=TIMEOUT, check=True)
        return done.stdout

    def press(self, *keys: str) -> None:
        """Keys as tmux names them: "Enter", "Up", "C-z", or a character."""
        self.do("send-keys", *keys)

    def type(self, text: str) -> None:
        self.do("send-keys", "-l", text)

    def run(self, *words) -> None:
        self.type(shlex.join(map(str, words)))
        self.press("Enter")

    def resize(self, columns: int, lines: int) -> None:
        self.do("resize-window", "-x", str(columns), "-y", str(lines))

    def lines(self) -> list:
        return self.do("capture-pane", "-p").split("\n")[:-1]

    def screen(self) -> str:
        return "\n".join(self.lines())

    def wait_until(self, condition, what: str) -> str:
        """The first screen for which it holds."""
        last = ""

        def holds() -> str:
            nonlocal last
            last = self.screen()
            return last if condition(last) else ""
        try:
            return wait_until(holds, what, 20)
        except AssertionError as error:
            raise AssertionError(f"{error}; the screen:\n{last}") from None

    def wait_for(self, text: str) -> str:
        return self.wait_until(lambda screen: text in screen, repr(text))

    def wait_while(self, text: str) -> str:
        return self.wait_until(lambda screen: text not in screen, f"{text!r} goes")

    def modes(self) -> str:
        """What stty says, of a terminal whose shell waits."""
        self.run("clear")
        self.type("stty -a; echo over=$?")
        self.press("Enter")
        screen = self.wait_for("over=0")
        return screen[screen.index("speed"):screen.index("over=0")]

    def alternate(self) -> bool:
        """Whether the full screen is shown."""
        return self.do("display-message", "-p", "#{alternate_on}").strip() == "1"

    def close(self) -> None:
        self.do("kill-server")
        self._directory.cleanup()
