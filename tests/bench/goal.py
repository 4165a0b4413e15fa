# SPDX-License-Identifier: Apache-2.0
"""A figure that is wanted, and whether it was reached."""
import dataclasses

from spread import Spread

AT_MOST = "<="
AT_LEAST = ">="


@dataclasses.dataclass(frozen=True)
class Goal:
    name: str
    measured: Spread  # its median counts
    limit: float
    unit: str
    bound: str = AT_MOST
    digits: int = 2

    @property
    def reached(self) -> bool:
        if self.bound == AT_LEAST:
            return self.measured.median >= self.limit
        return self.measured.median <= self.limit

    @property
    def text(self) -> str:
        return self.measured.text(self.digits, self.unit)

    @property
    def wanted(self) -> str:
        return f"{self.bound} {self.limit:g}{self.unit}"

    def as_json(self) -> dict:
        return {**dataclasses.asdict(self), "text": self.text, "reached": self.reached}
