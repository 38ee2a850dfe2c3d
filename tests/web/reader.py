"""What a page says, block by block, and in which language each says it is."""

from html.parser import HTMLParser
from typing import NamedTuple

INLINE = {"a", "abbr", "b", "bdi", "em", "i", "q", "small", "span", "strong", "time"}
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
UNREAD = {"head", "script", "style", "svg", "option"}


class Block(NamedTuple):
    """One paragraph, item, heading or label, blanks folded."""

    language: str
    words: str


class _Reader(HTMLParser):
    def __init__(self, language: str) -> None:
        super().__init__()
        self.blocks: list[tuple[str, str]] = [(language, "")]
        # Of each open element, the language of what stands in it; nothing where it is not read.
        self.open: list[tuple[str, str]] = [("", language)]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        language = "" if tag in UNREAD else self.open[-1][1] and (dict(attrs).get("lang") or self.open[-1][1])
        if tag not in INLINE or language != self.open[-1][1]:
            self.blocks.append((language, ""))
        if tag not in VOID:
            self.open.append((tag, language))

    def handle_endtag(self, tag: str) -> None:
        was = self.open[-1][1]
        if tag in (name for name, _language in self.open):
            while self.open.pop()[0] != tag:
                pass
        if tag not in INLINE or self.open[-1][1] != was:
            self.blocks.append((self.open[-1][1], ""))

    def handle_data(self, data: str) -> None:
        language, words = self.blocks[-1]
        self.blocks[-1] = (language, words + data)


def blocks(html: str, language: str) -> list[Block]:
    """Every block that is read; `language` is that of the page where the piece of HTML does not say it."""
    reader = _Reader(language)
    reader.feed(html)
    reader.close()
    return [Block(said, " ".join(words.split())) for said, words in reader.blocks if said and words.strip()]
