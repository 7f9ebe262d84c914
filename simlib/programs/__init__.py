"""Formulas over futures as programs: traced once, run in short stretches; what is calculated is not known here."""

from simlib.programs.assembly import Program, assemble
from simlib.programs.bounds import Bounds
from simlib.programs.graph import Cell, Graph
from simlib.programs.machine import Ledger, pass_by, run
from simlib.programs.tracing import Traced, cells_of

__all__ = ["Bounds", "Cell", "Graph", "Ledger", "Program", "Traced", "assemble", "cells_of", "pass_by", "run"]
