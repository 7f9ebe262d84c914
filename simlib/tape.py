"""A figure laid out once and played in every format: what was drawn, not how it looks.

Laying out words and ticks is most of the time that a picture takes, and the same for each format.
"""

from typing import TYPE_CHECKING, Any

from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.figure import Figure
from matplotlib.transforms import Affine2D, Bbox, IdentityTransform

from simlib.inks import FAMILY, line_height, measured

if TYPE_CHECKING:
    from matplotlib.path import Path
    from matplotlib.transforms import Transform

__all__ = ["Played", "Tape"]

_DPI = 72.0  # a point is a pixel


class Tape(RendererBase):
    """Records paths and words in points, and plays them to another renderer.

    Only groups with an id are kept; groups of the same id that follow each other become one.

    Parameters
    ----------
    figure : Figure
        Drawn at once, at 72 dots an inch from then on.
    """

    def __init__(self, figure: Figure) -> None:
        super().__init__()
        figure.set_dpi(_DPI)
        self._size = figure.bbox.width, figure.bbox.height
        self._calls: list[tuple[str, tuple[Any, ...]]] = []
        self._open: list[str | None] = []
        figure.draw(self)

    def get_canvas_width_height(self) -> tuple[float, float]:
        """Give the size of the figure [point]."""
        return self._size

    def get_text_width_height_descent(self, s: str, prop: Any, ismath: Any) -> tuple[float, float, float]:
        """Measure words [point]; those of our type only once, whatever picture they are in."""
        if ismath or prop.get_family() != [FAMILY]:
            return super().get_text_width_height_descent(s, prop, ismath)
        return measured(s, prop.get_size_in_points(), prop.get_weight())

    def _get_font_height_metrics(self, prop: Any) -> tuple[float | None, float | None, float | None]:
        """Give how high our type is and how far below its line it reaches, and its leading [point]: once for a size.

        Asked for by the library where a renderer has it, and otherwise read from the font for every text again.
        """
        if prop.get_family() != [FAMILY]:
            return None, None, None
        return line_height(prop.get_size_in_points(), prop.get_weight())

    def flipy(self) -> bool:
        """Say that heights are counted from below."""
        return False

    def open_group(self, s: str, gid: str | None = None) -> None:  # noqa: ARG002 - only ids are kept
        """Begin a group, or go on with the last one."""
        self._open.append(gid)
        if gid and self._calls and self._calls[-1] == ("close", (gid,)):
            self._calls.pop()
        elif gid:
            self._calls.append(("open", (gid,)))

    def close_group(self, s: str) -> None:  # noqa: ARG002
        """End a group."""
        if gid := self._open.pop():
            self._calls.append(("close", (gid,)))

    def draw_path(
        self, gc: GraphicsContextBase, path: "Path", transform: "Transform", rgbFace: Any = None
    ) -> None:
        """Keep a path."""
        self._calls.append(("path", (_kept(gc), path, transform.frozen(), rgbFace)))

    def draw_text(
        self, gc: GraphicsContextBase, x: float, y: float, s: str, prop: Any, angle: float, ismath: Any = False,  # noqa: FBT002
        mtext: Any = None,
    ) -> None:  # fmt: skip
        """Keep words, and where they are held: on their left, in their middle or on their right."""
        held = None if mtext is None else _Held(mtext)
        self._calls.append(("text", (_kept(gc), x, y, s, prop, angle, ismath, held)))

    def play(self, renderer: RendererBase, dpi: float) -> None:
        """Draw all of it again.

        Parameters
        ----------
        renderer : RendererBase
            Of any format.
        dpi : float
            Its dots an inch.
        """
        scale, height = dpi / _DPI, renderer.get_canvas_width_height()[1]
        for kind, given in self._calls:
            if kind == "open":
                renderer.open_group("option", given[0])
            elif kind == "close":
                renderer.close_group("option")
            else:
                gc = _scaled(renderer.new_gc(), given[0], scale)
                if kind == "path":
                    _, path, transform, face = given
                    renderer.draw_path(gc, path, transform + Affine2D().scale(scale), face)
                else:
                    _, x, y, words, *rest = given
                    up = height - y * scale if renderer.flipy() else y * scale
                    renderer.draw_text(gc, x * scale, up, words, *rest)
                gc.restore()


def _kept(gc: GraphicsContextBase) -> GraphicsContextBase:
    """Give a copy: the original is used again."""
    copy = GraphicsContextBase()
    copy.copy_properties(gc)
    return copy


def _scaled(gc: GraphicsContextBase, kept: GraphicsContextBase, scale: float) -> GraphicsContextBase:
    """Give a renderer's own context what was kept, its clipping in the renderer's dots."""
    gc.copy_properties(kept)
    clip = kept.get_clip_rectangle()
    if clip is not None and scale != 1:
        gc.set_clip_rectangle(Bbox(clip.get_points() * scale))
    return gc


class _Held:
    """What a renderer asks of words, without the figure that they came from: it would be kept for their sake.

    Parameters
    ----------
    words : Text
        Drawn upon a figure of 72 dots an inch.
    """

    def __init__(self, words: Any) -> None:
        self._place = words.get_transform().transform(words.get_unitless_position())
        self._told = {name: getattr(words, name)() for name in _ASKED}

    def get_unitless_position(self) -> Any:
        """Give the place [point]."""
        return self._place

    def get_transform(self) -> "Transform":
        """Leave the place as it is."""
        return IdentityTransform()

    def __getattr__(self, name: str) -> Any:
        """Give what the words themselves would say."""
        if name not in _ASKED:
            raise AttributeError(name)
        return lambda: self._told[name]


_ASKED = ("get_ha", "get_va", "get_rotation_mode", "get_fontfeatures", "get_language")


class Played(Figure):
    """A figure that repeats what another one drew, in whatever format it is saved.

    Parameters
    ----------
    figure : Figure
        Drawn once, now.
    """

    def __init__(self, figure: Figure) -> None:
        super().__init__(figsize=figure.get_size_inches(), dpi=_DPI)  # type: ignore[arg-type]
        self._tape = Tape(figure)

    def draw(self, renderer: RendererBase) -> None:
        """Draw what was kept."""
        self._tape.play(renderer, self.dpi)
