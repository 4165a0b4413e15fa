# SPDX-License-Identifier: Apache-2.0
"""A process that makes children: does one command per line of its standard input and answers with
the pid of the child, or of whom it did it to.

    fork COUNT                a forked child
    grandchild COUNT          the forked child of a forked child
    fork-execute PROGRAM ...  a forked child that executes a program
    spawn PROGRAM ...         likewise, made by subprocess
    execute PROGRAM ...       becomes another program itself (no answer)
    thread-execute PROGRAM .. likewise, out of a thread that is not the main one
    daemonise COUNT           a forked child that stays; this process ends at once
    hold COUNT                holds that many blocks
    reap PID                  kills a child and waits for it

A child does the first of these that it finds, without a COUNT, in the file PID in the directory that
it is given; an empty file has it hold COUNT blocks, and "stay" no longer end when its parent does (but
when the directory is gone). Then it makes PID.held with the answer.
"""
import os
import signal
import subprocess
import sys
import threading
import time

kept = []


def hold(count):
    slots = [None] * count
    kept.append(slots)
    for i in range(count):
        slots[i] = bytes(3000)  # held


def live(directory, count, stays=False):
    parent = os.getppid()
    gate = os.path.join(directory, str(os.getpid()))
    # The directory goes with the test: no process outlives it, whoever its parent is by then.
    while os.path.isdir(directory) and (stays or os.getppid() == parent):
        if os.path.exists(gate):
            with open(gate, encoding="ascii") as file:
                words = file.read().split() or ["hold", count]
            os.unlink(gate)
            stays = stays or words == ["stay"]
            answer = os.getpid() if words == ["stay"] else obey(directory, words)
            with open(gate + ".new", "w", encoding="ascii") as file:
                file.write(str(answer))
            os.rename(gate + ".new", gate + ".held")
        time.sleep(0.01)


def forked(act, *arguments):
    child = os.fork()
    if child == 0:
        try:
            act(*arguments)
        finally:
            os._exit(0)
    return child


def fork(directory, count):
    return forked(live, directory, int(count))


def grandchild(directory, count):
    read, write = os.pipe()

    def middle():
        os.write(write, b"%d\n" % fork(directory, count))
        live(directory, 0)
    forked(middle)
    return int(os.read(read, 20))


def fork_execute(_directory, *words):
    return forked(os.execv, words[0], words)


def spawn(_directory, *words):
    return subprocess.Popen(words, stdin=subprocess.DEVNULL).pid


def execute(_directory, *words):
    os.execv(words[0], words)


def thread_execute(_directory, *words):
    threading.Thread(target=os.execv, args=(words[0], words)).start()
    time.sleep(60)  # ended by the exec


def daemonise(directory, count):
    os.write(1, b"%d\n" % forked(live, directory, int(count), True))
    os._exit(0)


def hold_here(_directory, count):
    hold(int(count))
    return os.getpid()


def reap(_directory, child):
    os.kill(int(child), signal.SIGKILL)
    return os.waitpid(int(child), 0)[0]


# By name, made once: what is freed after the blocks were held must not change what the free lists hold.
COMMANDS = {"fork": fork, "grandchild": grandchild, "fork-execute": fork_execute, "spawn": spawn, "execute": execute,
            "thread-execute": thread_execute, "daemonise": daemonise, "hold": hold_here, "reap": reap}


def obey(directory, words):
    """The answer, if it comes back."""
    return COMMANDS[words[0]](directory, *words[1:])


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
            words = line.decode().split()
            line = b""
            os.write(1, b"%d\n" % obey(directory, words))


if __name__ == "__main__":
    main()
