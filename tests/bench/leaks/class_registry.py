# SPDX-License-Identifier: Apache-2.0
"""Instances that their class keeps a list of."""


class Session:
    __slots__ = ("name", "token")
    known = []

    def __init__(self, name, token):
        self.name = name
        self.token = token
        Session.known.append(self)


def step(number):
    Session(f"user {number}", f"{number:0400x}")  # leaks
