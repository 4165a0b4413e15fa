# SPDX-License-Identifier: Apache-2.0
"""Which bytes of a process's Python code are not those of its file."""


def code_differences(pid: int) -> int:
    """How many bytes of the process's Python code differ from its file: a probe is such a byte.
    This is what the processor executes, so it is the kernel's own view of which probes are there."""
    differing = compared = 0
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            addresses, access, offset, _, _, *path = line.split()
            if "x" not in access or not path or "python" not in path[0]:
                continue
            start, end = (int(address, 16) for address in addresses.split("-"))
            memory.seek(start)
            here = memory.read(end - start)
            with open(f"/proc/{pid}/root{path[0]}", "rb") as file:
                file.seek(int(offset, 16))
                there = file.read(end - start)
            here = here[:len(there)]  # the last page reaches beyond the file's end
            compared += len(here)
            if here != there:
                differing += sum(left != right for left, right in zip(here, there))
    assert compared > 1 << 20, f"only {compared} bytes of Python's code were found"
    return differing
