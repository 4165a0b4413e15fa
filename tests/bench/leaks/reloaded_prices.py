# SPDX-License-Identifier: Apache-2.0
"""What module_reload.py loads again."""
PRICES = [f"product {number}: {number * 1.25:.2f} EUR" for number in range(1000)]  # leaks
