# SPDX-License-Identifier: Apache-2.0
"""The analysis half as a library: installed, found by CMake from outside the tree, used without libbpf."""
import os
import subprocess
import sys
import tempfile
import tracemalloc
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))


def run(*words: str) -> str:
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(words)}: status {done.returncode}\n{done.stdout}")
    return done.stdout


class InstalledLibraryTest(unittest.TestCase):
    def setUp(self) -> None:
        # pylint: disable-next=consider-using-with
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = scratch.name
        self.prefix = os.path.join(self.folder, "prefix")
        run("cmake", "--install", os.environ["TMBPF_BUILD"], "--component", "devel", "--prefix", self.prefix)

    def build(self, project: str) -> str:
        """Returns the path of the program."""
        build = os.path.join(self.folder, project)
        run("cmake", "-S", os.path.join(HERE, project), "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}",
            f"-DCMAKE_CXX_COMPILER={os.environ['CXX']}", f"-DTMBPF_HEADERS={self.prefix}/include/tmbpf",
            "-DCMAKE_CXX_FLAGS=-Wall -Wextra")
        run("cmake", "--build", build)
        return os.path.join(build, project)

    def assert_no_libbpf(self, program: str) -> None:
        needed = run("ldd", program)
        self.assertIn("libfmt", needed)
        self.assertNotIn("libbpf", needed)

    def test_a_program_prints_the_statistics_of_a_file_as_python_does(self) -> None:
        tracemalloc.start(5)
        kept = [bytes(1000 + i) for i in range(50)]
        kept += [[i] for i in range(30)]
        snapshot = tracemalloc.take_snapshot()
        tracemalloc.stop()
        self.assertEqual(len(kept), 80)
        path = os.path.join(self.folder, "now.pickle")
        snapshot.dump(path)
        program = self.build("library_user")
        printed = run(program, path).splitlines()
        self.assertEqual(printed, [str(statistic) for statistic in snapshot.statistics("lineno")])
        self.assertGreater(len(printed), 1)
        self.assert_no_libbpf(program)

    def test_the_model_alone_needs_no_other_component(self) -> None:
        program = self.build("model_user")
        self.assertEqual(run(program), "app.py:7: size=42 B, count=2, average=21 B\n")
        self.assert_no_libbpf(program)
        self.assertNotIn("libprotobuf", run("ldd", program))

    def test_nothing_installed_names_the_source_tree(self) -> None:
        source = os.path.dirname(os.path.dirname(HERE))
        for folder, _, names in os.walk(self.prefix):
            for name in names:
                if name.endswith((".cmake", ".h")):
                    with open(os.path.join(folder, name), encoding="utf-8") as file:
                        self.assertNotIn(source, file.read(), name)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
