# SPDX-License-Identifier: Apache-2.0
"""A figure that is wanted, and whether it was reached."""
import dataclasses

from spread import Spread

AT_MOST = "<="
AT_LEAST = ">="


@dataclasses.dataclass(frozen=True)
class Goal:
    name: str
    measured: "Spread | None"  # its median counts, unless worst; None: not measured
    limit: float
    unit: str
    bound: str = AT_MOST
    digits: int = 2
    doubt: str = ""  # why what was measured does not tell, or why nothing was
    worst: bool = False  # each time counts

    @property
    def reached(self) -> "bool | None":
        """None when it was not measured, or not as it must be."""
        if not self.measured or self.doubt:
            return None
        if self.bound == AT_LEAST:
            return (self.measured.low if self.worst else self.measured.median) >= self.limit
        return (self.measured.high if self.worst else self.measured.median) <= self.limit

    @property
    def verdict(self) -> str:
        if self.reached is None:
            return "not measured" + (f": {self.doubt}" if self.doubt else "")
        return "reached" if self.reached else "NOT reached"

    @property
    def text(self) -> str:
        return self.measured.text(self.digits, self.unit) if self.measured else "-"

    @property
    def wanted(self) -> str:
        return f"{self.bound} {self.limit:g}{self.unit}" + (" each time" if self.worst else "")

    def as_json(self) -> dict:
        return {**dataclasses.asdict(self), "text": self.text, "reached": self.reached, "verdict": self.verdict}


def sum_of(goals: list) -> str:
    reached = [goal.reached for goal in goals]
    return (f"{reached.count(True)} reached, {reached.count(False)} not reached, "
            f"{reached.count(None)} not measured, of {len(goals)} goals")
