# SPDX-License-Identifier: Apache-2.0
"""What bash and zsh offer after Tab, asked of the shells themselves."""
import os
import pty
import re
import select
import shlex
import subprocess
import tempfile
import time
import unittest

TMBPF = os.environ["TMBPF"]
FOLDER = os.environ["TMBPF_MANUAL"]
COMMANDS = {"start", "stats", "status", "stop"}

# As readline calls a completion function: the words, where "=" is one of its own, and the current one.
BASH = """
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_tmbpf tmbpf "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
[[ ${#COMPREPLY[@]} -eq 0 ]] || printf '%s\\n' "${COMPREPLY[@]}"
"""

# Real completion in an interactive zsh; what is offered is also written to a file.
ZSH = """
PS1='ready> '
fpath=({folder} $fpath)
autoload -Uz compinit
compinit -u -D
setopt no_beep no_list_ambiguous
compadd() {{
  local -a hits
  if [[ -z ${{argv[(r)-[OAD]]}} ]]; then
    builtin compadd -O hits "$@"
    (( ! $#hits )) || print -rl -- $hits >>{offers}
  fi
  builtin compadd "$@"
}}
complete-and-say() {{ zle expand-or-complete; print done >>{offers}; }}
zle -N complete-and-say
bindkey '^I' complete-and-say
"""


class CompletionCase(unittest.TestCase):
    def setUp(self) -> None:
        # pylint: disable-next=consider-using-with
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = scratch.name
        for name in ("a.pickle", "b.pb.gz", "with space.pickle", "page.html", "notes.txt"):
            with open(os.path.join(self.folder, name), "wb"):
                pass
        os.mkdir(os.path.join(self.folder, "older"))


class CommonTests:
    """The same questions to both shells; offered() is theirs."""

    def test_subcommands_that_begin_so_are_offered(self) -> None:
        self.assertEqual(self.offered("tmbpf", "st"), COMMANDS)

    def test_all_subcommands_of_the_help_are_offered(self) -> None:
        text = subprocess.run([TMBPF, "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout
        listed = re.findall(r"^  ([a-z-]+) ", text.split("\nSubcommands:\n")[1].split("\n\n")[0], re.M)
        self.assertEqual(self.offered("tmbpf", ""), set(listed))

    def test_the_values_of_an_option_are_offered(self) -> None:
        four = {"lineno", "filename", "traceback", "function"}
        self.assertEqual(self.offered("tmbpf", "stats", "--group-by", ""), four)
        self.assertEqual(self.offered("tmbpf", "stats", "--group-by", "f"), {"filename", "function"})
        self.assertEqual(self.offered("tmbpf", "convert", "--pickle-compat", ""), {"3.9", "3.6", "3.4"})

    def test_options_of_the_subcommand_are_offered(self) -> None:
        self.assertEqual(self.offered("tmbpf", "stats", "--cu"), {"--cumulative", "--cumulative-unique"})
        self.assertEqual(self.offered("tmbpf", "stop", "--p"), {"--pid"})
        self.assertEqual(self.offered("tmbpf", "stop", "--fr"), set())
        self.assertEqual(self.offered("tmbpf", "--fr"), {"--frames"})

    def test_snapshot_files_and_folders_are_offered_for_files(self) -> None:
        files = {"a.pickle", "b.pb.gz", "with space.pickle", "older"}
        self.assertEqual(self.offered("tmbpf", "stats", ""), files)
        self.assertEqual(self.offered("tmbpf", "diff", "a.pickle", ""), files)
        self.assertEqual(self.offered("tmbpf", "snapshot", "--output", "b"), {"b.pb.gz"})
        self.assertEqual(self.offered("tmbpf", "report", "p"), {"page.html"})
        self.assertEqual(self.offered("tmbpf", "report", "--source-root", ""), {"older"})

    def test_processes_are_offered_for_a_pid(self) -> None:
        me = str(os.getpid())
        for words in (("tmbpf", "--pid"), ("tmbpf", "start", "--pid")):
            self.assertIn(me, self.offered(*words, me[:-1]))

    def test_a_value_is_no_subcommand(self) -> None:
        self.assertEqual(self.offered("tmbpf", "--mode", "exact", "st"), COMMANDS)


class BashTest(CommonTests, CompletionCase):
    def offered(self, *words: str) -> set:
        done = subprocess.run(["bash", "--norc", "-c", BASH, "bash", os.path.join(FOLDER, "tmbpf.bash"), *words],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=True, cwd=self.folder)
        self.assertEqual(done.stderr, "")
        return set(done.stdout.splitlines())

    def test_a_value_after_an_equals_sign_is_completed(self) -> None:
        self.assertEqual(self.offered("tmbpf", "stats", "--sort", "=", "c"), {"count", "count-diff"})
        self.assertEqual(self.offered("tmbpf", "stats", "--color", "="), {"auto", "always", "never"})
        self.assertEqual(self.offered("tmbpf", "stats", "--sort", "=", "count", "--fi"), {"--first", "--filename-parts"})

    def test_after_two_dashes_a_program_is_offered(self) -> None:
        self.assertIn("bash", self.offered("tmbpf", "--once", "--", "bas"))

    def test_the_script_is_clean(self) -> None:
        subprocess.run(["shellcheck", "--shell=bash", os.path.join(FOLDER, "tmbpf.bash")], check=True)


class ZshTest(CommonTests, CompletionCase):
    def setUp(self) -> None:
        super().setUp()
        # pylint: disable-next=consider-using-with
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.offers = os.path.join(scratch.name, "offers")
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(self.folder)
            os.environ.update(TERM="dumb", LC_ALL="C.UTF-8")
            os.execvp("zsh", ["zsh", "-f", "-i"])
        self.addCleanup(self.end)
        with tempfile.NamedTemporaryFile("w", suffix=".zsh") as script:
            script.write(ZSH.format(folder=shlex.quote(FOLDER), offers=shlex.quote(self.offers)))
            script.flush()
            self.type(f"source {script.name}; print started >>{self.offers}\n")
            self.wait_for("started")

    def end(self) -> None:
        os.close(self.terminal)
        os.waitpid(self.pid, 0)

    def type(self, keys: str) -> None:
        os.write(self.terminal, keys.encode())

    def wait_for(self, word: str) -> list:
        """The lines of the file of offers before `word`; the terminal is read meanwhile."""
        seen = b""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if select.select([self.terminal], [], [], 0.05)[0]:
                seen += os.read(self.terminal, 65536)
            if os.path.exists(self.offers):
                with open(self.offers, encoding="utf-8") as file:
                    lines = file.read().splitlines()
                if word in lines:
                    return lines[:lines.index(word)]
        raise AssertionError(f"no {word} in 60 s; the terminal shows {seen!r}")

    def offered(self, *words: str) -> set:
        os.remove(self.offers)
        self.type(" ".join(words) + "\t")
        lines = self.wait_for("done")
        self.type("\x15")  # Ctrl-U: an empty line again
        return {line.rstrip("/=").replace("\\ ", " ") for line in lines}

    def test_the_function_is_free_of_syntax_errors(self) -> None:
        subprocess.run(["zsh", "-n", os.path.join(FOLDER, "_tmbpf")], check=True)


if __name__ == "__main__":
    unittest.main()
