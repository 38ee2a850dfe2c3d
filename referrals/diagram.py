"""The state diagram and its tables, written from the code into docs/state-machine.md."""

from collections.abc import Iterator

from referrals.machine import OPENING, OWNERSHIP, STEPS, Step
from referrals.models import Case, State

INTRODUCTION = """# The case's states

Written by `manage.py state_diagram` from the transitions of `referrals.models.Case` and the table in
`referrals/machine.py`; `make check` fails when it differs. Do not edit.
"""


def edges() -> list[tuple[str, str, str]]:
    """Every (from, transition, to), sorted by the order of states and transitions in the code."""
    field = Case._meta.get_field("state")
    found: set[tuple[str, str, str]] = set()
    for transition in field.get_all_transitions(Case):
        targets = getattr(transition.target, "allowed_states", None) or [transition.target]
        found.update((str(transition.source), transition.name, str(target)) for target in targets)
    states, steps = list(State.values), list(STEPS)
    return sorted(found, key=lambda edge: (states.index(edge[0]), steps.index(edge[1]), states.index(edge[2])))


def document() -> str:
    """The whole page, Markdown with a Mermaid diagram."""
    return "\n".join([INTRODUCTION, *_diagram(), "", *_transitions(), "", *_owners(), ""])


def _diagram() -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield "    [*] --> received: open"
    yield "    [*] --> needs_info: open (a call cut short)"
    grouped: dict[tuple[str, str], list[str]] = {}
    for source, name, target in edges():
        grouped.setdefault((source, target), []).append(name)
    for (source, target), names in grouped.items():
        yield f"    {source} --> {target}: {' / '.join(names)}"
    yield "```"


def _transitions() -> Iterator[str]:
    yield "| transition | from | to | roles | text to the family |"
    yield "|---|---|---|---|---|"
    yield _row("open", [], ["received", "needs_info"], OPENING)
    for name, step in STEPS.items():
        mine = [edge for edge in edges() if edge[1] == name]
        sources = list(dict.fromkeys(source for source, _, _ in mine))
        targets = list(dict.fromkeys(target for _, _, target in mine))
        yield _row(name, sources, targets, step)


def _row(name: str, sources: list[str], targets: list[str], step: Step) -> str:
    roles = ", ".join(sorted(step.roles))
    return f"| {name} | {', '.join(sources) or '–'} | {', '.join(targets)} | {roles} | {step.text or '–'} |"


def _owners() -> Iterator[str]:
    yield "| state | owner, whose clock runs |"
    yield "|---|---|"
    for state in State.values:
        ownership = OWNERSHIP.get(state)
        yield f"| {state} | {ownership.owner.value if ownership else 'nobody: it is over'} |"
