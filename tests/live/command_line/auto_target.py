# SPDX-License-Identifier: Apache-2.0
"""What mode auto has to adapt to: a process that is idle until it is told otherwise. One command a line on stdin, an
answer each: how many; ends with stdin. "hold N" keeps N blocks, one allocation each; "burn SECONDS" makes and drops all
the time; "keep SECONDS" keeps one text of a hundred; "stock N" keeps N blocks, which "sell" drops one by one."""
import itertools
import sys
import time

held, kept, stock = [], [], []


def hold(count):
    for _ in itertools.repeat(None, count):
        held.append(bytes(60))  # held
    return count


def burn(seconds):
    rounds, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        for number in range(100):
            f"burnt {number:060}"  # burnt
        rounds += 100
    return rounds


def keep(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        kept.append([f"kept {number:060}" for number in range(100)][0])  # kept
    return len(kept)


def fill(count):
    stock.extend(bytes(60) for _ in range(count))
    return count


def sell():
    count = len(stock)
    while stock:
        stock.pop()
    return count


def main():
    print("ready", flush=True)
    for line in sys.stdin:
        command, *words = line.split()
        if command == "hold":
            answer = hold(int(words[0]))
        elif command == "burn":
            answer = burn(float(words[0]))
        elif command == "keep":
            answer = keep(float(words[0]))
        elif command == "stock":
            answer = fill(int(words[0]))
        else:
            answer = sell()
        print(answer, flush=True)


if __name__ == "__main__":
    main()
