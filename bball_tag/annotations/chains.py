"""Chains: one action soon after another, as pass and shot, by rules in a small text file.

A line is a rule: `NAME: LABEL -> LABEL within SECONDS s, by WHOM`. Seconds are counted from the end of one
action to the start of the next. A chain is found from its last action, and takes the latest action before it
that fits; no action is in two chains of one rule.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from bball_tag.errors import AnnotationError
from bball_tag.events import Event, in_order
from bball_tag.faults import Faults, FormError, shown
from bball_tag.files import why
from bball_tag.text_files import at_most, number_of, read_text
from bball_tag.timecode import LONGEST_S

By = Literal["anybody", "same player", "same team", "teammate"]
"""Whose the next action is: a teammate is another player of the same team."""
_ARROW = re.compile(r"\s*(?:->|→)\s*")
_WITHIN = re.compile(r"\s+within\s+(\S+)\s*s(?:econds?)?\s*(?:,\s*(?:by\s+)?(?:the\s+)?(.*))?", re.IGNORECASE)
_MOST_RULES = 100


@dataclass(frozen=True, slots=True)
class ChainRule:
    """Actions that follow each other."""

    name: str
    labels: tuple[str, ...]
    """Two or more."""
    within: float
    """Seconds from the end of one to the start of the next, at most."""
    by: By = "anybody"


@dataclass(frozen=True, slots=True)
class Chain:
    """One case of a rule."""

    rule: ChainRule
    events: tuple[Event, ...]
    """One for each label of the rule, in order."""

    @property
    def start(self) -> float:
        """Seconds at which the first action begins."""
        return self.events[0].start

    @property
    def end(self) -> float:
        """Seconds at which the last action to end ends."""
        return max(event.end for event in self.events)

    def as_event(self) -> Event:
        """Return the chain as one event of who did the last action, to be cut out or joined to a reel."""
        first, last = self.events[0], self.events[-1]
        sure = min(event.confidence for event in self.events)
        players = " → ".join(dict.fromkeys(event.player for event in self.events if event.player))
        return Event(
            label=self.rule.name,
            start=self.start,
            end=self.end,
            confidence=sure,
            peak_confidence=sure,
            peak=last.peak,
            num_clips=0,
            player=last.player,
            team=last.team,
            remark=f"by {players}" if "→" in players else "",
            game_time=first.game_time,
        )


@dataclass(frozen=True, slots=True)
class ChainCount:
    """How often a rule was found."""

    chain: str
    team: str | None
    """None for all teams together."""
    period: str | None
    """None for all periods together."""
    count: int


DEFAULT_CHAINS = (
    ChainRule("pass and shot", ("pass", "shoot"), 3.0, "teammate"),
    ChainRule("pick and shot", ("pick", "shoot"), 3.0, "same team"),
    ChainRule("dribble and pass", ("dribble", "pass"), 3.0, "same player"),
    ChainRule("dribble and shot", ("dribble", "shoot"), 3.0, "same player"),
)
"""What coaches ask for, where nobody gives rules."""


def read_chain_rules(path: Path) -> tuple[ChainRule, ...]:
    """Read the rules of a text file: one in a line; blank lines and those that begin with # are skipped.

    Raises:
        AnnotationError: It cannot be read; all lines that are wrong are named.
    """
    faults, rules = Faults(), []
    try:
        for number, line in enumerate(at_most(read_text(path).splitlines()), start=1):
            if line.strip() and not line.lstrip().startswith("#"):
                with faults.gathered(f"line {number}"):
                    rules.append(parse_chain_rule(line))
        for name, count in Counter(rule.name for rule in rules).items():
            if count > 1:
                faults.add(f"{count} rules are called {name!r}")
        faults.check()
        if not 0 < len(rules) <= _MOST_RULES:
            raise FormError(f"it has {len(rules)} rules, and 1 to {_MOST_RULES} make sense")
    except (FormError, OSError) as error:
        raise AnnotationError(f"Cannot read chains from {path}: {why(error)}.") from error
    return tuple(rules)


def parse_chain_rule(line: str) -> ChainRule:
    """Return the rule of a line such as `give and go: pass -> shoot within 3 s, by teammate`.

    Raises:
        FormError: It is none.
    """
    match = _WITHIN.search(line)
    example = "write LABEL -> LABEL within 3 s, by same team"
    if match is None or line[match.end() :].strip():
        raise FormError(f"{shown(line.strip())} says not within which time: {example}")
    name, colon, steps = line[: match.start()].rpartition(":")
    labels = tuple(label.strip() for label in _ARROW.split(steps.strip()))
    if len(labels) < 2 or not all(labels):
        raise FormError(f"{shown(steps.strip())} has no two labels with an arrow between them: {example}")
    within = number_of(match[1])
    if not 0 <= within <= LONGEST_S:
        raise FormError(f"{match[1]} s is not a time")
    by = " ".join((match[2] or "anybody").lower().split())
    if by not in get_args(By):
        raise FormError(f"by {shown(by)}: write {', '.join(get_args(By))}")
    title = name.strip() if colon and name.strip() else " → ".join(labels)
    return ChainRule(title, labels, within, by)  # type: ignore[arg-type]


def find_chains(events: Iterable[Event], rules: Iterable[ChainRule]) -> tuple[Chain, ...]:
    """Return every chain of every rule, sorted by start and rule.

    Where no event at all has a team, `same team` and `teammate` cannot be known and are not asked for; where
    none has a player, neither is `same player`.
    """
    ordered = in_order(events)
    known = any(event.player for event in ordered), any(event.team for event in ordered)
    by_label: dict[str, list[Event]] = defaultdict(list)
    for event in ordered:
        by_label[event.label].append(event)
    found = [chain for rule in rules for chain in _chains_of(rule, by_label, *known)]
    return tuple(sorted(found, key=lambda chain: (chain.start, chain.end, chain.rule.name)))


@dataclass(frozen=True, slots=True)
class _Actions:
    """The actions of one label."""

    events: Sequence[Event]
    """Sorted by start."""
    starts: Sequence[float]
    longest: float
    """Seconds."""

    @classmethod
    def of(cls, events: Sequence[Event]) -> _Actions:
        return cls(
            events,
            [event.start for event in events],
            max((event.end - event.start for event in events), default=0.0),
        )

    def before(self, seconds: float, within: float) -> Iterator[Event]:
        """Yield what begins before a time and ends at most `within` seconds before it, the latest first."""
        for index in range(bisect_left(self.starts, seconds) - 1, -1, -1):
            if self.starts[index] < seconds - within - self.longest:
                return
            if seconds - self.events[index].end <= within:
                yield self.events[index]


def _chains_of(
    rule: ChainRule, by_label: Mapping[str, Sequence[Event]], has_players: bool, has_teams: bool
) -> Iterator[Chain]:
    used: set[int] = set()
    # An action to which nothing leads now stays so, as more and more actions are used up.
    fruitless: set[tuple[int, int]] = set()
    actions = [_Actions.of(by_label.get(label, ())) for label in rule.labels]

    def before(step: int, following: Event) -> tuple[Event, ...] | None:
        """Return the actions of the steps up to `step` that lead to one, the latest that fit."""
        if step < 0:
            return ()
        if (step, id(following)) in fruitless:
            return None
        for event in actions[step].before(following.start, rule.within):
            if id(event) not in used and _is_by(rule.by, event, following, has_players, has_teams):
                earlier = before(step - 1, event)
                if earlier is not None:
                    return *earlier, event
        fruitless.add((step, id(following)))
        return None

    for last in actions[-1].events:
        if id(last) in used:
            continue
        earlier = before(len(rule.labels) - 2, last)
        if earlier is not None:
            used |= {id(event) for event in (*earlier, last)}
            yield Chain(rule, (*earlier, last))


def _is_by(by: By, first: Event, second: Event, has_players: bool, has_teams: bool) -> bool:
    same_player = bool(first.player) and first.player == second.player and first.team == second.team
    same_team = not has_teams or same_player or (bool(first.team) and first.team == second.team)
    if by == "same player":
        return same_player or not has_players
    if by == "teammate":
        return same_team and not same_player
    return by == "anybody" or same_team


def chain_counts(chains: Iterable[Chain], rules: Iterable[ChainRule]) -> tuple[ChainCount, ...]:
    """Return how often each rule was found: at all, by team, by period, and by both."""
    counts: Counter[tuple[str, str | None, str | None]] = Counter()
    numbers: dict[str | None, int] = {}
    for chain in chains:
        first, last = chain.events[0], chain.events[-1]
        periods = [None, first.game_time.period] if first.game_time else [None]
        if first.game_time:
            numbers[first.game_time.period] = first.game_time.number
        for team in [None, last.team] if last.team else [None]:
            counts.update((chain.rule.name, team, period) for period in periods)
    order = {rule.name: number for number, rule in enumerate(rules)}
    keys = {*counts, *((name, None, None) for name in order)}
    ordered = sorted(
        keys, key=lambda key: (order[key[0]], key[1] or "", numbers.get(key[2], 0), key[2] or "")
    )
    return tuple(ChainCount(*key, counts[key]) for key in ordered)
