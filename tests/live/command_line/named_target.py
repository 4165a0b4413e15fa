# SPDX-License-Identifier: Apache-2.0
"""Targets whose scripts have names that nothing else on the machine has."""
import os
import shutil

from support import TARGET, CommandLineTest, Target


class NamedTargetTest(CommandLineTest):
    def setUp(self) -> None:
        super().setUp()
        self.name = "shop" + os.path.basename(self.directory).replace("-", "_")  # a module's name, too
        self.script = os.path.join(self.directory, f"{self.name}.py")
        shutil.copy(TARGET, self.script)

    def named(self, *arguments: str) -> Target:
        return self.target(program=(self.script, *arguments))
