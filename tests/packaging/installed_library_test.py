# SPDX-License-Identifier: Apache-2.0
"""The analysis half as a library: installed, found by CMake from outside the tree, used without libbpf. The tracer:
installed_tracer_test.py."""
import os
import sys
import tempfile
import tracemalloc
import unittest

from installed import HERE, Installed, run

SOURCE = os.path.dirname(os.path.dirname(HERE))
TRACERS = ("PkgConfig", "zydis")  # what only the tracer looks for
OTHERS = (*TRACERS, "Threads", "Protobuf", "ZLIB")


def without(packages: tuple) -> list:
    """The options with which CMake does not find them."""
    return [f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in packages]


class InstalledLibraryTest(unittest.TestCase):
    def setUp(self) -> None:
        # pylint: disable-next=consider-using-with
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = scratch.name
        self.installed = Installed(self.folder)

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
        program = self.installed.build("library_user", *without(TRACERS))
        printed = run(program, path).splitlines()
        self.assertEqual(printed, [str(statistic) for statistic in snapshot.statistics("lineno")])
        self.assertGreater(len(printed), 1)
        self.assert_no_libbpf(program)

    def test_the_model_alone_needs_no_other_component(self) -> None:
        program = self.installed.build("model_user", *without(OTHERS))
        self.assertEqual(run(program), "app.py:7: size=42 B, count=2, average=21 B\n")
        self.assert_no_libbpf(program)
        self.assertNotIn("libprotobuf", run("ldd", program))

    def test_the_documented_tracer_is_the_program_that_is_built(self) -> None:
        with open(os.path.join(HERE, "trace_user", "main.cpp"), encoding="utf-8") as file:
            program = file.read()
        with open(os.path.join(SOURCE, "docs", "library.md"), encoding="utf-8") as file:
            self.assertIn(f"```cpp\n{program[program.index('#include'):]}```\n", file.read())

    def test_nothing_installed_names_the_source_tree(self) -> None:
        for folder, _, names in os.walk(self.installed.prefix):
            for name in names:
                if name.endswith((".cmake", ".h")):
                    with open(os.path.join(folder, name), encoding="utf-8") as file:
                        self.assertNotIn(SOURCE, file.read(), name)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
