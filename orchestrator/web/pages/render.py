"""Turns pictures into HTML by the templates: the whole page, or the pieces that changed.

Page and live stream use the same templates. Everything is escaped by the engine; no template
switches that off.
"""

from collections.abc import Callable, Iterator
from functools import partial

from jinja2 import Environment, PackageLoader, StrictUndefined

from orchestrator.station.settings_screen import ScreenSection
from orchestrator.web.pages.layout import Layout, layout
from orchestrator.web.pages.view import Head, Next, Picture, Tile
from orchestrator.web.texts import Texts

Pieces = dict[str, str]
"""HTML by the id of the element that it replaces."""


class Renderer:
    """The templates of the panel. `static` returns the address of a shipped file.

    `screen` is where tiles are shown.
    """

    def __init__(self, static: Callable[[str], str], screen: ScreenSection | None = None) -> None:
        self._screen = screen or ScreenSection()
        self._environment = Environment(
            loader=PackageLoader("orchestrator.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals["static"] = static

    def page(self, template: str, **values: object) -> str:
        """Return a whole page, or a part of one that is asked for by itself."""
        return self._environment.get_template(template).render(**values)

    def layout(self, picture: Picture) -> Layout:
        """Return how the tiles of `picture` stand."""
        return layout(len(picture.tiles), self._screen, whole=not picture.head.part)

    def pieces(self, texts: Texts, old: Picture | None, new: Picture) -> Pieces:
        """Return the pieces of `new` that look other than in `old`; all without `old`."""
        found: Pieces = {}
        for name, draw in self._changed(texts, old, new):
            found[name] = draw().strip()
        return found

    def _changed(
        self, texts: Texts, old: Picture | None, new: Picture
    ) -> Iterator[tuple[str, Callable[[], str]]]:
        draw = partial(self._draw, texts)
        if old is None or old.head != new.head:
            yield "head", partial(draw, "head.html", head=new.head)
            yield "stands", partial(draw, "stands.html", head=new.head)
        if old is None or old.next != new.next:
            yield "next", partial(draw, "next.html", next=new.next)
            yield "next-keys", partial(draw, "next_keys.html", next=new.next)
        if old is None or _names(old) != _names(new):
            yield "tiles", partial(draw, "tiles.html", tiles=new.tiles, layout=self.layout(new))
            return
        for before, now in zip(old.tiles, new.tiles, strict=True):
            if before != now:
                yield now.key, partial(draw, "tile.html", tile=now)

    def _draw(self, texts: Texts, template: str, **values: Head | Next | Tile | object) -> str:
        return self._environment.get_template(template).render(texts=texts.sections, **values)


def _names(picture: Picture) -> list[str]:
    return [tile.key for tile in picture.tiles]
