"""The text of a REAPER project: lines of words, and blocks of lines between ``<`` and ``>``."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Word = str | float | int


@dataclass(frozen=True)
class Block:
    """A block: the words behind its ``<``, then lines and blocks.

    Attributes:
        words: The first is its kind, for example ``TRACK``.
        content: A line is a tuple of words; a text line, which is written as it is, one of a single word led by ``|``.
    """

    words: tuple[Word, ...]
    content: tuple["Block | tuple[Word, ...]", ...] = ()

    def blocks(self, kind: str) -> list["Block"]:
        """Return the blocks of `kind` right inside this one."""
        return [item for item in self.content if isinstance(item, Block) and item.words[0] == kind]

    def lines(self, kind: str) -> list[tuple[Word, ...]]:
        """Return the lines right inside this block that begin with `kind`."""
        return [item for item in self.content if not isinstance(item, Block) and item[0] == kind]

    def text(self) -> str:
        """Return the block as a project has it."""
        return "\n".join(_written(self, 0)) + "\n"


def _written(block: Block, depth: int) -> Iterator[str]:
    indent = "  " * depth
    yield f"{indent}<{_line(block.words)}"
    for item in block.content:
        if isinstance(item, Block):
            yield from _written(item, depth + 1)
        else:
            yield f"{indent}  {_line(item)}"
    yield f"{indent}>"


def _line(words: Sequence[Word]) -> str:
    first = str(words[0])
    return first if first.startswith("|") else " ".join([first, *map(_word, words[1:])])


def _word(word: Word) -> str:
    """Return a word, quoted where it must be: with the first quotation mark that it does not hold itself."""
    if not isinstance(word, str):
        return f"{word:.12g}"
    plain = "".join(letter if letter.isprintable() else " " for letter in word)
    if plain and not set(plain) & set(" \"'`<>|#;"):
        return plain
    quote = next((mark for mark in "\"'`" if mark not in plain), "`")
    return f"{quote}{plain.replace(quote, chr(39))}{quote}"


def parse(text: str) -> Block:
    """Return the block that `text` is.

    Raises:
        ValueError: It is none.
    """
    open_blocks: list[tuple[tuple[Word, ...], list[Block | tuple[Word, ...]]]] = []
    for line in text.splitlines():
        stripped = line.strip()
        if stripped == ">" and open_blocks:
            words, content = open_blocks.pop()
            block = Block(words, tuple(content))
            if not open_blocks:
                return block
            open_blocks[-1][1].append(block)
        elif stripped.startswith("<"):
            open_blocks.append((_words(stripped[1:]), []))
        elif stripped and open_blocks:
            open_blocks[-1][1].append((stripped,) if stripped.startswith("|") else _words(stripped))
    raise ValueError("expected a block that ends")


def _words(line: str) -> tuple[Word, ...]:
    words: list[Word] = []
    rest = line.strip()
    while rest:
        if rest[0] in "\"'`":
            word, _, rest = rest[1:].partition(rest[0])
        else:
            word, _, rest = rest.partition(" ")
        words.append(word)
        rest = rest.lstrip()
    return tuple(words)
