# SPDX-License-Identifier: Apache-2.0
"""The README's table of supported Pythons, from measured rows."""
from row import Row, version_text

COLUMNS = ("CPython", "Build", "Probe sites", "Differs from tracemalloc: bytes, blocks", "with threads",
           "`--no-freelists`, from tracemalloc without free lists", "Coverage")
FAILED = "failed"


def share_text(share: float) -> str:
    return f"{share * 100:.3f} %" if share else "0 %"


def shares_text(shares: "tuple | None") -> str:
    return ", ".join(map(share_text, shares)) if shares else "-"


def cells_of(row: Row) -> tuple:
    measured = (str(row.sites()), shares_text(row.worst("tracemalloc", False)), shares_text(row.worst("tracemalloc", True)),
                shares_text(row.worst("allocator", False)), FAILED if row.problems else f"{row.coverage() * 100:.2f} %")
    return (version_text(row.python.version), row.python.build, *measured)


def line_of(cells: tuple) -> str:
    return f"| {' | '.join(cells)} |\n"


def write_table(path: str, rows: list, missing: list) -> None:
    """Rows ordered by version; what is missing at the end."""
    lines = [line_of(COLUMNS), line_of(("---",) * len(COLUMNS))]
    lines += [line_of(cells_of(row)) for row in sorted(rows, key=lambda row: row.python.version)]
    lines += [line_of((one.version, one.build, *("-",) * (len(COLUMNS) - 3), FAILED)) for one in missing]
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(lines)
