# SPDX-License-Identifier: Apache-2.0
"""What mode sampled is to see through: a process that makes and drops a lot and keeps a little of the same kind.
One command a line on stdin, an answer each; ends with stdin. "work SECONDS" churns, and in every PERIOD turns keeps one
text and, at another moment, two others of the same size class on another line; "drop" lets go of all. Answers: kept
so far, of both. "leak SECONDS" keeps LARGE bytes RATE times a second, by the clock, beside churn of the same size, and
answers with how often. "burst SECONDS" keeps MANY texts at once, twice a second, and answers with how many."""
import sys
import time

PERIOD = 6
LARGE = 2048
RATE = 600
MANY = 1000
often, seldom, large, bursts = [], [], [], []


def churn():
    return [f"row {number:060}" for number in range(200)]  # churned


def keep_one(turn):
    seldom.append(f"one {turn:060}")  # kept once


def keep_two(turn):
    for number in range(2):
        often.append(f"two {turn + number:060}")  # kept twice


def work(seconds):
    turn, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        churn()
        turn += 1
        if turn % PERIOD == 0:
            keep_one(turn)
        elif turn % PERIOD == PERIOD // 2:
            keep_two(turn)


def leak(seconds):
    begin, before = time.monotonic(), len(large)
    while (elapsed := time.monotonic() - begin) < seconds:
        while len(large) - before < elapsed * RATE:
            large.append(bytes(LARGE))  # kept by the clock
        [bytes(LARGE) for _ in range(50)]  # dropped
        churn()
    return len(large) - before


def burst(seconds):
    begin, before = time.monotonic(), len(bursts)
    while (elapsed := time.monotonic() - begin) < seconds:
        if len(bursts) - before < elapsed * 2:
            bursts.append([f"burst {number:070}" for number in range(MANY)])  # kept at once
        churn()
    return (len(bursts) - before) * MANY


def main():
    print("ready", flush=True)
    for line in sys.stdin:
        command, *words = line.split()
        if command == "work":
            work(float(words[0]))
        elif command == "leak":
            print(leak(float(words[0])), flush=True)
            continue
        elif command == "burst":
            print(burst(float(words[0])), flush=True)
            continue
        elif command == "drop":
            often.clear()
            seldom.clear()
        print(len(seldom), len(often), flush=True)


if __name__ == "__main__":
    main()
