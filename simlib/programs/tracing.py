"""Arrays that write down what is done with them: formulas in numpy's words, run once, leave a graph of operations.

A traced array has the axes of the array it stands for, the simulation last and of length 1, with a cell of the graph
in each place. Formulas take it for a numpy array; what they need of numpy is listed here and refused where it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simlib.programs.graph import Cell, Graph

__all__ = ["Traced", "cells_of"]

Cells = NDArray[Any]  # of operands

_UFUNCS: dict[Any, tuple[str, ...]] = {
    np.add: ("add",),
    np.subtract: ("subtract",),
    np.multiply: ("multiply",),
    np.true_divide: ("divide",),
    np.minimum: ("minimum",),
    np.maximum: ("maximum",),
    np.less: ("less",),
    np.less_equal: ("less_equal",),
    np.greater: ("less", "swapped"),
    np.greater_equal: ("less_equal", "swapped"),
    np.equal: ("equal",),
    np.not_equal: ("equal", "not"),
    np.logical_and: ("logical_and",),
    np.logical_or: ("logical_or",),
    np.logical_not: ("logical_not",),
    np.bitwise_and: ("logical_and",),
    np.bitwise_or: ("logical_or",),
    np.invert: ("logical_not",),
    np.isfinite: ("isfinite",),
    np.isnan: ("isnan",),
    np.floor: ("floor",),
    np.absolute: ("absolute",),
}


class Traced(np.lib.mixins.NDArrayOperatorsMixin):
    """An array of figures that are written down instead of worked out.

    Parameters
    ----------
    graph
        Where what is done with them is written.
    cells
        (…, 1) operands: a cell, or a number where all futures have the same.
    """

    __slots__ = ("cells", "graph")

    def __init__(self, graph: Graph, cells: Cells) -> None:
        self.graph = graph
        self.cells = cells

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return self.cells.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.cells.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        """Whether it holds truths or numbers."""
        truths = all(isinstance(c, bool) or (isinstance(c, Cell) and c.truth) for c in self.cells.flat)
        return np.dtype(np.bool_ if truths else np.float64)

    def __len__(self) -> int:
        """Give the length of the first axis."""
        return len(self.cells)

    def __getitem__(self, where: Any) -> Traced:
        """Give a part."""
        return Traced(self.graph, np.asarray(self.cells[where], dtype=object))

    def __setitem__(self, where: Any, value: Any) -> None:
        """Put other figures in the place of some."""
        self.cells[where] = cells_of(value)

    def copy(self) -> Traced:
        """Give one whose places can be filled anew."""
        return Traced(self.graph, self.cells.copy())

    def all(self, axis: int) -> Traced:
        """Tell where all hold along an axis."""
        return self._folded("logical_and", axis)

    def any(self, axis: int) -> Traced:
        """Tell where one holds along an axis."""
        return self._folded("logical_or", axis)

    def max(self, axis: int) -> Traced:
        """Give the largest along an axis."""
        return self._folded("maximum", axis)

    def sum(self, axis: int) -> Traced:
        """Add up along an axis."""
        return self._folded("add", axis)

    def _folded(self, operation: str, axis: int) -> Traced:
        if axis != 0:
            raise NotImplementedError(f"expected axis 0, got {axis}")
        total = self[0]
        for k in range(1, len(self)):
            total = total._with(operation, total, self[k])
        return total

    def _with(self, operation: str, *arrays: Any) -> Traced:
        """Write down an operation on arrays, place by place."""
        parts = [cells_of(array) for array in arrays]
        largest = max(parts, key=_extent)
        alike = all(part.shape == largest.shape or part.size == 1 for part in parts)  # by far most are
        shape = largest.shape if alike else np.broadcast_shapes(*(part.shape for part in parts))
        found, apply = np.empty(shape, dtype=object), self.graph.apply
        each = [part.ravel() if part.shape == shape else np.broadcast_to(part, shape).ravel() for part in parts]
        found.ravel()[:] = [apply(operation, *operands) for operands in zip(*(e.tolist() for e in each), strict=True)]
        return Traced(self.graph, found)

    def __add__(self, other: Any) -> Traced:
        """Write down a sum; as of the others below, numpy would ask for no more, and take its time."""
        return self._with("add", self, other)

    def __sub__(self, other: Any) -> Traced:
        """Write down a difference."""
        return self._with("subtract", self, other)

    def __mul__(self, other: Any) -> Traced:
        """Write down a product."""
        return self._with("multiply", self, other)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
        """Write down what numpy would do element by element."""
        out, where = keywords.pop("out", None), keywords.pop("where", True)
        if method != "__call__" or ufunc not in _UFUNCS or keywords:
            raise NotImplementedError(f"{ufunc.__name__}.{method} of traced arrays ({', '.join(keywords)})")
        operation, *turn = _UFUNCS[ufunc]
        found = self._with(operation, *(reversed(inputs) if turn == ["swapped"] else inputs))
        if turn == ["not"]:
            found = self._with("logical_not", found)
        if out is None:
            return found
        if where is not True:
            found = self._with("where", where, found, out[0])
        if not isinstance(out[0], Traced):
            return found
        out[0].cells = np.broadcast_to(found.cells, np.broadcast_shapes(found.shape, out[0].shape)).copy()
        return out[0]

    def __array_function__(self, function: Any, _: Any, arrays: Any, keywords: Any) -> Any:
        """Give what a function of numpy's gives that goes beyond single elements."""
        if function not in _FUNCTIONS:
            raise NotImplementedError(f"numpy's {function.__name__} of traced arrays")
        return _FUNCTIONS[function](self.graph, *arrays, **keywords)


def _extent(part: Cells) -> tuple[int, int]:
    return part.size, part.ndim


def cells_of(value: Any) -> Cells:
    """Give the operands of an array, or of a number: cells, floats, or truths."""
    if isinstance(value, Traced):
        return value.cells
    array = value if isinstance(value, np.ndarray) else np.asarray(value)
    return array.astype(object if array.dtype.kind in "bf" else float).astype(object, copy=False)


def _traced(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function of numpy's that only moves things about into one that moves operands."""

    def moved(graph: Graph, array: Any, *others: Any, **keywords: Any) -> Traced:
        several = isinstance(array, list | tuple)
        cells = [cells_of(each) for each in array] if several else cells_of(array)
        return Traced(graph, np.asarray(function(cells, *others, **keywords), dtype=object))

    return moved


def _where(graph: Graph, condition: Any, first: Any, second: Any) -> Traced:
    return Traced(graph, np.empty(0, dtype=object))._with("where", condition, first, second)


def _clip(graph: Graph, array: Any, low: Any, high: Any) -> Traced:
    return np.minimum(np.maximum(_as_traced(graph, array), low), high)  # type: ignore[call-overload, no-any-return]


def _as_traced(graph: Graph, array: Any) -> Traced:
    return array if isinstance(array, Traced) else Traced(graph, cells_of(array))


def _broadcast_arrays(graph: Graph, *arrays: Any) -> tuple[Traced, ...]:
    return tuple(Traced(graph, part) for part in np.broadcast_arrays(*map(cells_of, arrays)))


def _zeros_like(_: Graph, array: Traced, dtype: Any = float) -> NDArray[Any]:
    return np.zeros(array.shape, dtype=dtype)


def _folded(operation: str) -> Callable[..., Traced]:
    def fold(graph: Graph, arrays: Any, axis: int) -> Traced:
        parts: Iterable[Any] = arrays
        whole = arrays if isinstance(arrays, Traced) else Traced(graph, np.stack([cells_of(a) for a in parts]))
        return whole._folded(operation, axis)

    return fold


def _shape(_: Graph, array: Traced) -> tuple[int, ...]:
    return array.shape


_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.where: _where,
    np.clip: _clip,
    np.stack: _traced(np.stack),
    np.concatenate: _traced(np.concatenate),
    np.broadcast_to: _traced(np.broadcast_to),
    np.broadcast_arrays: _broadcast_arrays,
    np.atleast_1d: _traced(np.atleast_1d),
    np.atleast_2d: _traced(np.atleast_2d),
    np.zeros_like: _zeros_like,
    np.all: _folded("logical_and"),
    np.any: _folded("logical_or"),
    np.sum: _folded("add"),
    np.max: _folded("maximum"),
    np.min: _folded("minimum"),
    np.shape: _shape,
}
