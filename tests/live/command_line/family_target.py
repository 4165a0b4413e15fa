# SPDX-License-Identifier: Apache-2.0
"""A process that makes children: does one command per line of its standard input and answers with
the child's pid. In the directory that it is given, a child holds COUNT blocks when the file PID is
there and then makes PID.held. It ends when its parent does.

    fork COUNT                a forked child
    grandchild COUNT          the forked child of a forked child
    fork-execute PROGRAM ...  a forked child that executes a program
    spawn PROGRAM ...         likewise, made by subprocess
    execute PROGRAM ...       becomes another program itself (no answer)
"""
import os
import subprocess
import sys
import time

kept = []


def hold(count):
    slots = [None] * count
    kept.append(slots)
    for i in range(count):
        slots[i] = bytes(3000)  # held


def live(directory, count):
    parent = os.getppid()
    gate = os.path.join(directory, str(os.getpid()))
    while os.getppid() == parent:
        if os.path.exists(gate):
            os.unlink(gate)
            hold(count)
            with open(gate + ".held", "wb"):
                pass
        time.sleep(0.01)


def forked(act):
    child = os.fork()
    if child == 0:
        try:
            act()
        finally:
            os._exit(0)
    return child


def grandchild(directory, count):
    read, write = os.pipe()

    def middle():
        os.write(write, b"%d\n" % forked(lambda: live(directory, count)))
        live(directory, 0)
    forked(middle)
    return int(os.read(read, 20))


def make_child(directory, command, words):
    if command == "fork":
        return forked(lambda: live(directory, int(words[0])))
    if command == "grandchild":
        return grandchild(directory, int(words[0]))
    if command == "fork-execute":
        return forked(lambda: os.execv(words[0], words))
    return subprocess.Popen(words, stdin=subprocess.DEVNULL).pid


def main():
    directory = sys.argv[1]
    if len(sys.argv) > 2:
        live(directory, int(sys.argv[2]))
        return
    os.write(1, b"ready\n")
    # Unbuffered: what an executed program is to read must not be taken by this one.
    line = b""
    while True:
        byte = os.read(0, 1)
        if not byte:
            return
        line += byte
        if byte == b"\n":
            command, *words = line.decode().split()
            line = b""
            if command == "execute":
                os.execv(words[0], words)
            os.write(1, b"%d\n" % make_child(directory, command, words))


if __name__ == "__main__":
    main()
