"""Reads the plan and decides, call by call, which of its rules apply.

A plan is `{"seed": 1, "faults": [{"fault": "garbage", "call": "job create", "nth": [2, 5]}, ...]}`. Each rule counts
the calls that it is for, by all processes together. It befalls those that `nth` names (a number or a list, from 1),
else each with `probability`, else all; at most `times` altogether. Whatever else stands in a rule is an option of its
fault.
"""

import json
import zlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from reconciler.local.camber import pace
from reconciler.local.camber.commands import callable_words
from reconciler.local.camber.errors import EmulatorError
from reconciler.local.camber.faults.kinds import ANY, checked_options, kind_of
from reconciler.local.camber.home import Home
from reconciler.local.camber.ledger import Ledger
from reconciler.local.camber.service import Call, Handler, Reply

_OF_A_RULE = ("fault", "call", "nth", "probability", "times")


class Rule(NamedTuple):
    """One line of a plan."""

    fault: str
    options: Any
    call: str = "*"
    nth: tuple[int, ...] = ()
    probability: float = 1.0
    times: int | None = None

    def is_for(self, words: str) -> bool:
        """Whether a call is one that this rule counts."""
        calls = kind_of(self.fault).calls
        return (self.call in ("*", words)) and (calls == ANY or words in calls)


class Plan(NamedTuple):
    """All rules, and the name under which their calls are counted."""

    name: str
    seed: int
    rules: tuple[Rule, ...]

    def is_due(self, number: int, seen: int, fired: int) -> bool:
        """Whether the rule of that number befalls the call that is its `seen`th, after `fired` others."""
        rule = self.rules[number]
        if rule.times is not None and fired >= rule.times:
            return False
        return seen in rule.nth if rule.nth else pace.draw(self.seed, number, seen) < rule.probability


def befalling(home: Home, words: str, answer: Handler) -> Handler:
    """How the call is answered with the faults that are due; the plan's first stands outermost."""
    plan = load(home)
    concerned = [number for number, rule in enumerate(plan.rules) if rule.is_for(words)] if plan else []
    if plan is None or not concerned:
        return answer
    with Ledger(home) as ledger:
        due = ledger.count_faults(plan.name, plan.is_due, concerned)
    for number in reversed(due):
        answer = _around(answer, plan.rules[number])
    return answer


def load(home: Home) -> Plan | None:
    """The plan that is in force, or None."""
    try:
        content = home.faults.read_bytes()
    except FileNotFoundError:
        return None
    return read_plan(plan_text(content))


def plan_text(content: bytes) -> str:
    """A plan as text, from a file or a pipe."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EmulatorError("faults: the plan is not UTF-8") from error


def read_plan(text: str) -> Plan:
    """Check a plan, whole: a fault that is misspelt must not be one that never comes."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise EmulatorError(f"faults: the plan is not JSON: {error}") from error
    if not isinstance(given, dict) or set(given) - {"seed", "faults"} or not isinstance(given.get("faults"), list):
        raise EmulatorError('faults: a plan is {"seed": number, "faults": [rules]}')
    seed = given.get("seed", 1)
    if type(seed) is not int:
        raise EmulatorError(f"faults: seed must be a whole number, not {seed!r}")
    return Plan(f"{zlib.crc32(text.encode()):08x}", seed, tuple(map(_rule, given["faults"])))


def _around(answer: Handler, rule: Rule) -> Handler:
    def befallen(call: Call) -> Reply:
        return kind_of(rule.fault).befall(answer, call, rule.options)

    return befallen


def _rule(given: Any) -> Rule:
    if not isinstance(given, dict) or not isinstance(given.get("fault"), str):
        raise EmulatorError(f'faults: a rule is {{"fault": name, ...}}, not {given!r}')
    name = given["fault"]
    options = checked_options(name, {key: value for key, value in given.items() if key not in _OF_A_RULE})
    rule = Rule(name, options, call=_call(name, given), nth=_nth(given))
    times = _checked(given, "times", None, lambda value: type(value) is int and value >= 0)
    probability = _checked(given, "probability", 1.0, lambda value: isinstance(value, int | float) and 0 <= value <= 1)
    return rule._replace(times=times, probability=float(probability))


def _call(name: str, given: Mapping[str, Any]) -> str:
    calls, call = kind_of(name).calls, given.get("call", "*")
    if call != "*" and (call not in callable_words() or (calls != ANY and call not in calls)):
        allowed = callable_words() if calls == ANY else calls
        raise EmulatorError(f"faults: {name} cannot befall {call!r}, only {', '.join(allowed)}")
    return str(call)


def _nth(given: Mapping[str, Any]) -> tuple[int, ...]:
    nth = given.get("nth", [])
    numbers = nth if isinstance(nth, list) else [nth]
    if any(type(number) is not int or number < 1 for number in numbers):
        raise EmulatorError(f"faults: nth must be numbers from 1, not {nth!r}")
    return tuple(numbers)


def _checked(given: Mapping[str, Any], key: str, default: Any, is_right: Callable[[Any], bool]) -> Any:
    if key not in given:
        return default
    if not is_right(given[key]) or isinstance(given[key], bool):
        raise EmulatorError(f"faults: {key} cannot be {given[key]!r}")
    return given[key]
