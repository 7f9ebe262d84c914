"""What a file states of dependence: a figure under its key, and what correlation it means; nothing is grouped here."""

from dataclasses import dataclass

from simlib.sampling import GAUSSIAN, Dimension, concordance_to_normal, from_spearman, to_spearman

# Rank correlations that words stand for: a judgement, as authors draw the lines in different places.
STRENGTHS = {"none": 0.0, "low": 0.2, "medium": 0.5, "high": 0.8}


@dataclass(frozen=True, slots=True)
class Asked:
    """One figure of dependence: the key and the figure as stated, and what it means as a correlation.

    Attributes
    ----------
    form, stated
        Such as ``concordance`` and 0.7, ``strength`` and ``medium``.
    normal, rank_correlation
        Of the scores (before a t copula stretches them), and of ranks (Spearman's) where no value ties.
    """

    form: str
    stated: float | str
    normal: float
    rank_correlation: float


@dataclass(frozen=True, slots=True)
class Statement:
    """One figure of dependence among coordinates: all in one year, or all once, or one of a named year.

    Attributes
    ----------
    df
        Degrees of freedom of a t copula; infinite for the Gaussian one.
    factor
        A pattern's own stream; None where pairs are stated.
    firm
        Whether a repair must leave it as it is.
    """

    address: str
    members: tuple[Dimension, ...]
    asked: Asked
    df: float = GAUSSIAN
    factor: Dimension | None = None
    firm: bool = False

    @property
    def rank_correlation(self) -> float:
        """The rank correlation asked for."""
        return self.asked.rank_correlation

    @property
    def copula(self) -> str:
        """The word in the file."""
        return copula(self.df)


def copula(df: float) -> str:
    """Give the word for a copula."""
    return "gaussian" if df == GAUSSIAN else "t"


def asked(form: str, stated: float | str, df: float = GAUSSIAN) -> Asked:
    """Give what a figure of dependence means, by the key it stands under.

    >>> asked("concordance", 0.75)
    Asked(form='concordance', stated=0.75, normal=0.707106781186548, rank_correlation=0.6901603684878481)
    """
    figure = STRENGTHS[stated] if isinstance(stated, str) else stated
    if form in ("correlation", "correlations", "concordance"):
        normal = float(concordance_to_normal(figure)) if form == "concordance" else figure
        return Asked(form, stated, normal, float(to_spearman(normal, df)))
    return Asked(form, stated, float(from_spearman(figure, df)), figure)
