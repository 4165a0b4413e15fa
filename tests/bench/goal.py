# SPDX-License-Identifier: Apache-2.0
"""A figure that is wanted, and whether it was reached."""
import dataclasses

from spread import Spread

AT_MOST = "<="
AT_LEAST = ">="


@dataclasses.dataclass(frozen=True)
class Goal:
    name: str
    measured: "Spread | None"  # its median counts; None: not measured
    limit: float
    unit: str
    bound: str = AT_MOST
    digits: int = 2
    without: str = "not there yet"  # said when it is not measured

    @property
    def reached(self) -> "bool | None":
        """None when it was not measured."""
        if not self.measured:
            return None
        if self.bound == AT_LEAST:
            return self.measured.median >= self.limit
        return self.measured.median <= self.limit

    @property
    def verdict(self) -> str:
        if self.reached is None:
            return self.without
        return "reached" if self.reached else "NOT reached"

    @property
    def text(self) -> str:
        return self.measured.text(self.digits, self.unit) if self.measured else "-"

    @property
    def wanted(self) -> str:
        return f"{self.bound} {self.limit:g}{self.unit}"

    def as_json(self) -> dict:
        return {**dataclasses.asdict(self), "text": self.text, "reached": self.reached, "verdict": self.verdict}
