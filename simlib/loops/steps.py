"""What a program's steps do: a number for each, and the same in numpy; the compiled machine is in `machine`.

Operands are named a, b, c for figures that differ between futures, and x, y for numbers. Sums and products of three are
rounded after each operation, as if they were two steps.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["COUNTS", "LOAD", "MAKES", "STEPS", "STORE", "SUM"]

Step = tuple[str, Callable[..., Any]]  # its operands, and what it makes of them

STEPS: dict[str, Step] = {
    "a + b": ("ab", np.add),
    "a + x": ("ax", np.add),
    "a + b + c": ("abc", lambda a, b, c: (a + b) + c),
    "a + b * c": ("abc", lambda a, b, c: a + b * c),
    "a + b * x": ("abx", lambda a, b, x: a + b * x),
    "a - b": ("ab", np.subtract),
    "x - a": ("xa", np.subtract),
    "a - b * c": ("abc", lambda a, b, c: a - b * c),
    "a - b * x": ("abx", lambda a, b, x: a - b * x),
    "a * b": ("ab", np.multiply),
    "a * x": ("ax", np.multiply),
    "a * b * x": ("abx", lambda a, b, x: (a * b) * x),
    "a / b": ("ab", np.divide),
    "a / x": ("ax", np.divide),
    "x / a": ("xa", np.divide),
    "min(a, b)": ("ab", np.minimum),
    "min(a, x)": ("ax", np.minimum),
    "max(a, b)": ("ab", np.maximum),
    "max(a, x)": ("ax", np.maximum),
    "max(a + x, y)": ("axy", lambda a, x, y: np.maximum(a + x, y)),
    "max(x - a, y)": ("axy", lambda a, x, y: np.maximum(x - a, y)),
    "max(a - b, x)": ("abx", lambda a, b, x: np.maximum(a - b, x)),
    "a < b": ("ab", np.less),
    "a < x": ("ax", np.less),
    "x < a": ("xa", np.less),
    "a <= b": ("ab", np.less_equal),
    "a <= x": ("ax", np.less_equal),
    "x <= a": ("xa", np.less_equal),
    "a == b": ("ab", np.equal),
    "a == x": ("ax", np.equal),
    "a and b": ("ab", np.logical_and),
    "a or b": ("ab", np.logical_or),
    "not a": ("a", np.logical_not),
    "isfinite(a)": ("a", np.isfinite),
    "isnan(a)": ("a", np.isnan),
    "floor(a)": ("a", np.floor),
    "abs(a)": ("a", np.absolute),
    "b if a else c": ("abc", np.where),
    "b if a else x": ("abx", np.where),
    "x if a else b": ("axb", np.where),
    "x if a else y": ("axy", np.where),
}
COUNTS: dict[str, Step] = {
    "count a": ("a", lambda a: a != 0.0),
    "count a < b": ("ab", np.less),
    "count a < x": ("ax", np.less),
    "count x < a": ("xa", np.less),
    "count a == x": ("ax", np.equal),
    "count a and b": ("ab", np.logical_and),
}
SUM, STORE, LOAD = "sum a", "store a", "load"

MAKES = {
    "table of a": 0,  # held between x and y
    "a * x": 1,
    "to + a * x": 2,
    "a * x + y": 3,
    "to * a": 4,
    "x if a > y": 5,  # else infinity
    "x if a > y else to": 6,
    "isfinite(a)": 7,
}
"""What makes figures of scores, for the loop in `making`; ``to`` is what stands there already."""
