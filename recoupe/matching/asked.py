"""A question about two rows whose one side is known: what depends on that side alone is worked out once for many."""

from collections.abc import Callable, Mapping, Sequence

Value = str | float | tuple[str, ...] | None
Row = Mapping[str, Value]
Asked = Callable[[Row], bool]


def never(_: Row) -> bool:
    """What holds beside nobody."""
    return False


def always(_: Row) -> bool:
    """What holds beside everybody."""
    return True


def every(parts: Sequence[Asked]) -> Asked:
    """All of these."""
    if never in parts:
        return never
    left = [part for part in parts if part is not always]
    if len(left) < 2:
        return left[0] if left else always
    if len(left) == 2:
        one, two = left
        return lambda right: one(right) and two(right)
    return lambda right: all(part(right) for part in left)


def one_of(parts: Sequence[Asked]) -> Asked:
    """At least one of these."""
    if always in parts:
        return always
    left = [part for part in parts if part is not never]
    if len(left) < 2:
        return left[0] if left else never
    if len(left) == 2:
        one, two = left
        return lambda right: one(right) or two(right)
    return lambda right: any(part(right) for part in left)


def remembered(asked: Asked) -> Asked:
    """The same, answered once for the row that is looked at, however often it is asked of it."""
    if asked is never or asked is always:
        return asked
    last: Row | None = None
    answer = False

    def again(right: Row) -> bool:
        nonlocal last, answer
        if right is not last:
            last, answer = right, asked(right)
        return answer

    return again


def like(text: str, pattern: str) -> bool:
    """SQL's LIKE without escapes, linear in practice: greedy on the last %."""
    if "_" not in pattern and "%" not in pattern:
        return text == pattern
    at = place = mark = 0
    star = -1
    while at < len(text):
        if place < len(pattern) and pattern[place] == "%":
            star, mark, place = place, at, place + 1
        elif place < len(pattern) and pattern[place] in ("_", text[at]):
            at, place = at + 1, place + 1
        elif star >= 0:
            mark += 1
            at, place = mark, star + 1
        else:
            return False
    return all(char == "%" for char in pattern[place:])
