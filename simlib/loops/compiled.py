"""How every loop is compiled: once, into numba's cache, strictly as IEEE 754 has it, without the interpreter's lock.

Nothing is reordered or contracted, so that a loop gives what numpy gives, to the byte.
"""

from numba import njit

__all__ = ["compiled"]

compiled = njit(cache=True, nogil=True, error_model="numpy", fastmath=False)
"""Compile a function when it is first called."""
