"""The comparison as a picture: an SVG with a title and a description for who cannot see it. Pure."""

from collections.abc import Mapping, Sequence
from html import escape

# Colour and shape both tell the policies apart.
COLOURS = {
    "fifo": "#6b7280",
    "round-robin": "#8a5a00",
    "weighted-random": "#7c3aed",
    "ours": "#1d4ed8",
    "clairvoyant": "#b8c4d6",
}
BAR, GAP, LEFT, TOP, HEIGHT = 22, 34, 52, 64, 220


def draw(placed: Mapping[str, Mapping[int, float]], *, title: str) -> str:
    """Bars of the people placed in time: `placed[policy][seed]`; a group for each seed, its policies from left."""
    policies = [name for name in COLOURS if name in placed]
    seeds = sorted(placed[policies[0]])
    most = max(value for of_policy in placed.values() for value in of_policy.values()) or 1.0
    group = BAR * len(policies) + GAP
    width = LEFT + group * len(seeds) + GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {TOP + HEIGHT + 40}" role="img"',
        ' aria-labelledby="title description" font-family="sans-serif" font-size="11">',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="description">{escape(_in_words(placed, policies, seeds))}</desc>',
        f'<rect width="{width}" height="{TOP + HEIGHT + 40}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="18" font-size="13" font-weight="bold" fill="#111827">{escape(title)}</text>',
        *_legend(policies),
    ]
    for row, seed in enumerate(seeds):
        left = LEFT + GAP / 2 + row * group
        for column, name in enumerate(policies):
            parts += _bar(left + column * BAR, placed[name][seed], most, COLOURS[name])
        middle = left + BAR * len(policies) / 2
        parts.append(
            f'<text x="{middle:g}" y="{TOP + HEIGHT + 18}" text-anchor="middle" fill="#111827">seed {seed}</text>'
        )
    line = TOP + HEIGHT
    parts.append(f'<line x1="{LEFT}" y1="{line}" x2="{width - GAP}" y2="{line}" stroke="#111827"/>')
    return "\n".join([*parts, "</svg>", ""])


def _bar(left: float, value: float, most: float, colour: str) -> list[str]:
    high = HEIGHT * value / most
    top = TOP + HEIGHT - high
    return [
        f'<rect x="{left:g}" y="{top:.1f}" width="{BAR - 2}" height="{high:.1f}" fill="{colour}"/>',
        f'<text x="{left + BAR / 2 - 1:g}" y="{top - 4:.1f}" text-anchor="middle" font-size="9">{value:.0f}</text>',
    ]


def _legend(policies: Sequence[str]) -> list[str]:
    parts, left = [], float(LEFT)
    for name in policies:
        parts.append(f'<rect x="{left:g}" y="30" width="11" height="11" fill="{COLOURS[name]}"/>')
        parts.append(f'<text x="{left + 16:g}" y="40" fill="#111827">{escape(name)}</text>')
        left += 32 + 6.5 * len(name)
    return parts


def _in_words(placed: Mapping[str, Mapping[int, float]], policies: Sequence[str], seeds: Sequence[int]) -> str:
    said = (
        f"Seed {seed}: " + ", ".join(f"{name} {placed[name][seed]:.0f}" for name in policies) + "." for seed in seeds
    )
    return " ".join(said)
