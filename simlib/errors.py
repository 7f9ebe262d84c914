"""What can be wrong with a user's file or words; no checking is done here, and nothing is printed."""

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["ConfigError", "ModelError", "Problem", "ResultsError", "SimlibError"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where it stands, what it belongs to, and what was expected.

    Parameters
    ----------
    where : str
        Place in the user's text as ``file:line:column``; empty where there is none (``--set``).
    address : str
        Address of the entry, such as ``measures.transformation.realisation``; empty for a whole file.
    message : str
        The expectation and a quotation: ``expected a share such as 0.85 or 85%, got '140%'``.

    Examples
    --------
    >>> print(Problem("x.yaml:3:5", "seed", "expected a whole number, got 'abc'"))
    x.yaml:3:5: seed: expected a whole number, got 'abc'
    >>> print(Problem("", "seed", "expected a whole number, got 'abc'"))
    seed: expected a whole number, got 'abc'
    """

    where: str
    address: str
    message: str

    def __str__(self) -> str:
        """One line for the screen, without the parts that are empty."""
        return ": ".join(part for part in (self.where, self.address, self.message) if part)


class SimlibError(Exception):
    """The user's file or words are wrong: the message is all they should see, and the exit code is 2."""


class _ProblemsError(SimlibError):
    """A refusal that lists every problem at once, one to a line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        if not self.problems:
            raise ValueError(f"{type(self).__name__} needs at least one problem")
        # The problems, not the text, are the arguments: an exception that crosses to another
        # process is made again from its arguments.
        super().__init__(self.problems)

    def __str__(self) -> str:
        """Every problem, one to a line, in the order in which they were given."""
        return "\n".join(map(str, self.problems))


class ConfigError(_ProblemsError):
    """The document is wrong: unknown keys, values that cannot be read, statements that contradict.

    Parameters
    ----------
    problems : iterable of Problem
        At least one; kept as the tuple ``problems``.
    """


class ModelError(_ProblemsError):
    """The document is well formed and describes something impossible.

    Parameters
    ----------
    problems : iterable of Problem
        At least one; kept as the tuple ``problems``.
    """


class ResultsError(SimlibError):
    """A run's folder or file is not ours, or is damaged.

    Parameters
    ----------
    message : str
        What was found, and what was expected instead.
    """
