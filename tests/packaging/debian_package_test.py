# SPDX-License-Identifier: Apache-2.0
"""The Debian package in a fresh Debian 12: installed with what it depends on, used, and purged.

TMBPF_PACKAGE: the .deb; TMBPF_ROOT: a bare root folder (scripts/targets bookworm), of which a copy is used.
"""
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import tracemalloc
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "oracle"))
from python_root import command_in  # noqa: E402  pylint: disable=wrong-import-position

PACKAGE = os.path.abspath(os.environ["TMBPF_PACKAGE"])


def proxy_of_apt() -> dict:
    """What apt was told out here holds for apt in the root too."""
    said = subprocess.run(["apt-config", "shell", "proxy", "Acquire::http::Proxy"], stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    words = shlex.split(said.removeprefix("proxy=")) if said.strip() else []
    return {"http_proxy": words[0]} if words and words[0] != "DIRECT" else {}


class DebianPackageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        # Not below /tmp, which may be small or in memory.
        cls.folder = tempfile.mkdtemp(prefix="tmbpf-package-", dir="/var/tmp")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.root = os.path.join(cls.folder, "root")
        cls.brought = os.path.join(cls.folder, "brought")
        os.mkdir(cls.brought)
        os.chmod(cls.folder, 0o755)
        subprocess.run(["cp", "-a", os.environ["TMBPF_ROOT"], cls.root], check=True)
        shutil.copy(PACKAGE, os.path.join(cls.brought, "tmbpf.deb"))
        cls.run_inside("apt-get", "update", "-q")
        cls.run_inside("apt-get", "install", "-y", "-q", "--no-install-recommends", "man-db", "bash")
        cls.before = cls.files()
        cls.run_inside("apt-get", "install", "-y", "-q", "--no-install-recommends", "/mnt/brought/tmbpf.deb")

    @classmethod
    def run_inside(cls, *words: str) -> str:
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8",
                       "DEBIAN_FRONTEND": "noninteractive", "MANWIDTH": "100", **proxy_of_apt()}
        done = subprocess.run(command_in(cls.root, {cls.brought: "brought"}, list(words)), env=environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(words)}: status {done.returncode}\n{done.stdout}")
        return done.stdout

    @classmethod
    def files(cls) -> set:
        """The paths in the root, without what apt and man-db write about every package, and caches."""
        found = set()
        for folder, folders, names in os.walk(cls.root):
            inner = "/" + os.path.relpath(folder, cls.root)
            if inner in ("/var/cache", "/var/log", "/var/lib/apt", "/proc", "/mnt"):
                folders.clear()
                continue
            found |= {os.path.join(inner, name) for name in folders + names}
        return found

    def test_1_the_program_says_its_version(self) -> None:
        version = self.run_inside("dpkg-query", "-W", "-f=${Version}", "tmbpf")
        self.assertEqual(self.run_inside("tmbpf", "--version"), f"tmbpf {version}\n")

    def test_2_it_shows_what_a_snapshot_holds(self) -> None:
        tracemalloc.start()
        kept = [bytes(1000 + i) for i in range(100)]
        snapshot = tracemalloc.take_snapshot()
        tracemalloc.stop()
        self.assertEqual(len(kept), 100)
        snapshot.dump(os.path.join(self.brought, "now.pickle"))
        largest = snapshot.statistics("lineno")[0]
        shown = self.run_inside("tmbpf", "stats", "--json", "/mnt/brought/now.pickle")
        first = json.loads(shown)["statistics"][0]
        self.assertEqual((first["size"], first["count"]), (largest.size, largest.count))
        self.assertEqual(first["traceback"], [[largest.traceback[0].filename, largest.traceback[0].lineno]])

    def test_3_a_snapshot_is_converted_and_reported(self) -> None:
        self.run_inside("tmbpf", "convert", "/mnt/brought/now.pickle", "/srv/now.pb.gz")
        self.run_inside("tmbpf", "report", "/srv/now.pb.gz", "/srv/now.html")
        self.assertEqual(self.run_inside("tmbpf", "stats", "--json", "/srv/now.pb.gz").count('"statistics"'), 1)
        for name in ("now.pb.gz", "now.html"):
            os.remove(os.path.join(self.root, "srv", name))

    def test_4_the_manual_is_shown_by_man(self) -> None:
        page = self.run_inside("man", "tmbpf")
        self.assertRegex(page, r"(?m)^TMBPF\(1\)")
        self.assertIn("--no-freelists", page)
        self.assertRegex(self.run_inside("man", "tmbpf", "stats"), r"(?m)^TMBPF-STATS\(1\)")
        self.assertIn("tmbpf-diff", self.run_inside("man", "-k", "tmbpf"))

    def test_5_the_completions_are_where_shells_look(self) -> None:
        said = self.run_inside("bash", "-c", "source /usr/share/bash-completion/completions/tmbpf; complete -p tmbpf")
        self.assertEqual(said, "complete -F _tmbpf tmbpf\n")
        self.assertTrue(os.path.exists(f"{self.root}/usr/share/zsh/vendor-completions/_tmbpf"))

    def test_6_license_and_changes_can_be_read(self) -> None:
        folder = f"{self.root}/usr/share/doc/tmbpf"
        self.assertEqual(set(os.listdir(folder)), {"CHANGELOG.md", "README.md", "changelog.gz", "copyright", "examples"})
        self.assertEqual(os.listdir(f"{folder}/examples"), ["tmbpf-record@.service"])

    def test_7_a_purge_leaves_nothing(self) -> None:
        ours = set(self.run_inside("dpkg", "-L", "tmbpf").split())
        self.assertIn("/usr/bin/tmbpf", ours)
        self.run_inside("apt-get", "purge", "-y", "-q", "--autoremove", "tmbpf")
        self.assertFalse(os.path.exists(f"{self.root}/usr/bin/tmbpf"))
        self.assertEqual(sorted(self.files() - self.before), [])


if __name__ == "__main__":
    unittest.main()
