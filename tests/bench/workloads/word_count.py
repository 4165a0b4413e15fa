# SPDX-License-Identifier: Apache-2.0
"""words of a text split, lowered and counted"""
import collections
import random

WORDS = 5000
VOCABULARY = 800


def make_text():
    dice = random.Random(1)
    words = ["".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=dice.randrange(2, 12))) for _ in range(VOCABULARY)]
    return " ".join(dice.choice(words).capitalize() for _ in range(WORDS))


TEXT = make_text()


def turn():
    for _ in range(3):
        counts = collections.Counter(word.strip(".,").lower() for word in TEXT.split())
        counts.most_common(10)
