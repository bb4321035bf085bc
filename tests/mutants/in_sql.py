"""Mutants of the SQL that is applied: row security, protections, functions of the definer, guards, journal."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from recoupe.cli.deploy import ROOMS
from tests.mutants.mutant import PACKAGE, PROJECT, Mutant

_WORD = re.compile(r"[A-Za-z_]+")
# Where a WHERE or ON clause ends, at its own depth.
_ENDS = {
    "group", "order", "returning", "limit", "union", "for", "loop", "then", "on", "window", "having", "where", "join",
    "left", "inner", "cross", "using", "do", "into", "set", "fetch", "else", "end", "when", "except", "intersect",
}  # fmt: skip
_POLICY = re.compile(r"\bCREATE\s+POLICY\s+(\w+)\s+ON\s+([\w.%]+)", re.I)
_FUNCTION = re.compile(r"\bCREATE\s+OR\s+REPLACE\s+FUNCTION\s+([\w.]+)\s*\(", re.I)
_TRIGGER = re.compile(r"^[ ]*CREATE\s+TRIGGER\s+(\w+)[^;]*?\bON\s+([\w.%]+)[^;]*;", re.I | re.M)
_CALL = re.compile(r"^(?:CALL|SELECT)\s+(access\.\w+)\s*\([^;]*;", re.M)
_REVOKE = re.compile(r"^REVOKE\s[^;]*;", re.M)
# `x.id = y` says which row is meant, not who may: without it the function does another thing altogether.
_PICKS = re.compile(r"^(?:(?:\w+\.)?id\s*=\s*[\w.]+|[\w.]+\s*=\s*\w+\.id|(?:\w+\.)?id\s*=\s*ANY\s*\(\w+\))$")
# Who, whose, until when: what else a function of the definer picks, and how many, other tests hold.
_DECIDES = re.compile(
    r"access\.|readers|keys?\b|silent|tells|revoked|expires|valid_|active|unit|agent|author|role|court|magistrate|handling|h3"
    r"|state|told|content_allowed|recipient|owner|ended|spread_at|frame|voice|pid|xid|actor|session_user", re.I
)  # fmt: skip
_GRANT = re.compile(r"\bGRANT\s+([^;']+?)\s+(ON\s+[^;']+?)\s+TO\s+([\w, %]+)(?=[;'])", re.I)
# Somebody to whom almost nothing is granted, and who else where it is he.
_STRANGERS = ("recoupe_portal", "recoupe_signin", "recoupe_matcher", "recoupe_inspection", "recoupe_app")
_ENTRY = re.compile(r"\bPERFORM\s+audit\.(?:record|write)\b", re.I)


@dataclass(frozen=True)
class Sql:
    """One file; `bare` is the same text, of the same length, its comments blank."""

    relative: str
    text: str
    bare: str

    def change(self, kind: str, name: str, how: str, start: int, end: int, after: str) -> Mutant:
        return Mutant(kind, self.relative, name, how, start, end, after, self.text)


def files() -> list[Path]:
    """What the set-up applies, in its order."""
    rooms = (PACKAGE / room / name for name in ("policies.sql", "guards.sql") for room in ROOMS)
    return [path for path in (PACKAGE / "access" / "functions.sql", *rooms) if path.is_file()]


def mutants() -> Iterator[Mutant]:
    """Of every file that the set-up applies."""
    for path in files():
        yield from of_text(path.relative_to(PROJECT).as_posix(), path.read_text(encoding="utf-8"))


def of_text(relative: str, text: str) -> Iterator[Mutant]:
    """Of one file."""
    sql = Sql(relative, text, re.sub(r"--[^\n]*", lambda found: " " * len(found[0]), text))
    yield from _policies(sql)
    yield from _functions(sql)
    for found in _TRIGGER.finditer(sql.bare):
        kind = "journal" if "demand_entry" in found[0] else "guard"
        yield sql.change(kind, f"{found[2]}.{found[1]}", "no trigger", found.start(), found.end(), "")
    for found in _CALL.finditer(sql.bare):
        journal = found[1] in ("access.demand_journal", "access.journal_setup")
        target = re.search(r"'([\w.]+)'", found[0])
        name = f"{found[1]}({target[1] if target else ''})"
        yield sql.change("journal" if journal else "protection", name, "not called", found.start(), found.end(), "")
    yield from _grants(sql)
    for found in _REVOKE.finditer(sql.bare):
        yield sql.change("protection", " ".join(found[0].split())[:80], "not revoked", found.start(), found.end(), "")


def _grants(sql: Sql) -> Iterator[Mutant]:
    """A right that is given to one role more, to every column, to write as well."""
    for found in _GRANT.finditer(sql.bare):
        rights, on, to = (" ".join(part.split()) for part in found.groups())
        name = f"GRANT {rights} {on}"[:80]
        stranger = next(role for role in _STRANGERS if role not in to)
        yield sql.change("right", name, f"to {stranger} as well", found.start(3), found.end(3), f"{to}, {stranger}")
        if "(" in rights:
            columns = re.sub(r"\s*\([^)]*\)", "", rights)
            yield sql.change("right", name, "on every column", found.start(1), found.end(1), columns)
        elif not re.search(r"EXECUTE|UPDATE.*DELETE|SEQUENCE|SCHEMA", f"{rights} {on}", re.I):
            every = "SELECT, INSERT, UPDATE, DELETE"
            yield sql.change("right", name, "to write as well", found.start(1), found.end(1), every)


def conditions(sql: Sql, kind: str, name: str, start: int, finish: int) -> Iterator[Mutant]:
    """Of a piece of SQL that stands in another text: those of its conditions that decide who, whose, until when."""
    for mutant in _body(sql, kind, name, start, finish):
        if _DECIDES.search(mutant.before):
            yield mutant


def _closing(text: str, opening: int) -> int:
    """The parenthesis that closes the one at `opening`."""
    depth, at, quoted = 0, opening, False
    while at < len(text):
        char = text[at]
        if char == "'" and text[at + 1 : at + 2] == "'":
            at += 1
        elif char == "'":
            quoted = not quoted
        elif not quoted:
            depth += (char == "(") - (char == ")")
            if depth == 0:
                return at
        at += 1
    raise ValueError(f"unclosed parenthesis at {opening}")


def parts(text: str, start: int, end: int, word: str) -> list[tuple[int, int]]:
    """The operands of AND (or OR) at this depth; `BETWEEN x AND y` and CASE are one."""
    cuts, at, between, cases = [start], start, False, 0
    found = []
    while at < end:
        if text[at] == "(":
            at = _closing(text, at) + 1
            continue
        if text[at] == "'":
            # An empty string, or a quote within a string that is run later.
            at = at + 2 if text[at + 1] == "'" else text.index("'", at + 1) + 1
            continue
        match = _WORD.match(text, at)
        if match is None:
            at += 1
            continue
        said = match[0].lower()
        cases += (said == "case") - (said == "end" and cases > 0)
        if said == "between":
            between = True
        elif said == "and" and between:
            between = False
        elif said == word and not cases:
            found.append((cuts[-1], match.start()))
            cuts.append(match.end())
        at = match.end()
    found.append((cuts[-1], end))
    return [_trimmed(text, a, b) for a, b in found]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _clause(sql: Sql, kind: str, name: str, start: int, end: int) -> Iterator[Mutant]:
    """The parts of a condition, down to those of its parentheses."""
    start, end = _trimmed(sql.bare, start, end)
    for word, neutral in (("or", "false"), ("and", "true")):
        found = parts(sql.bare, start, end, word)
        if len(found) > 1:
            for a, b in found:
                if sql.bare[a:b].lower() not in ("true", "false") and not _PICKS.match(sql.bare[a:b]):
                    yield sql.change(kind, name, f"one part is {neutral}", a, b, neutral)
                yield from _clause(sql, kind, name, a, b)
            return
    inner = start + 3 if sql.bare[start : start + 4].lower() == "not " else start
    while sql.bare[inner : inner + 1].isspace():
        inner += 1
    if sql.bare[inner : inner + 1] == "(" and _closing(sql.bare, inner) == end - 1:
        yield from _clause(sql, kind, name, inner + 1, end - 1)


def _policies(sql: Sql) -> Iterator[Mutant]:
    for found in _POLICY.finditer(sql.bare):
        stop = re.compile(r"\b(?:CREATE|DROP|GRANT|LOOP|EXECUTE)\b|;").search(sql.bare, found.end())
        last = stop.start() if stop else len(sql.bare)
        name = f"{found[2]}.{found[1]}"
        clauses = []
        for said in re.finditer(r"\b(USING|WITH\s+CHECK)\s*(\()", sql.bare[found.end() : last], re.I):
            opening = found.end() + said.start(2)
            start, end = _trimmed(sql.bare, opening + 1, _closing(sql.bare, opening))
            clauses.append((said[1].upper(), start, end))
        said_twice = len(clauses) == 2 and len({" ".join(sql.text[a:b].split()) for _, a, b in clauses}) == 1
        if said_twice and clauses[0][2] - clauses[0][1] == clauses[1][2] - clauses[1][1]:
            for mutant in _policy(sql, name, *clauses[0]):
                yield _in_both(sql, mutant, clauses[1][1] - clauses[0][1])
        else:
            for clause in clauses:
                yield from _policy(sql, name, *clause)


def _policy(sql: Sql, name: str, clause: str, start: int, end: int) -> Iterator[Mutant]:
    if sql.bare[start:end].lower() == "true":
        return
    inner = list(_clause(sql, "row security", name, start, end))
    yield from inner
    # Whoever notices that a part is gone notices that the whole is.
    if not any(mutant.after == "true" for mutant in inner):
        yield sql.change("row security", name, f"{clause} always holds", start, end, "true")
    if not inner:
        yield sql.change("row security", name, f"{clause} never holds", start, end, "false")


def _in_both(sql: Sql, mutant: Mutant, apart: int) -> Mutant:
    """A rule said of the row before and of the row after goes in both: either would do the work of the other."""
    between = sql.text[mutant.end : mutant.start + apart]
    after = mutant.after + between + mutant.after
    return sql.change(
        mutant.kind, mutant.name, mutant.how + ", before and after", mutant.start, mutant.end + apart, after
    )


def _functions(sql: Sql) -> Iterator[Mutant]:
    for found in _FUNCTION.finditer(sql.bare):
        body = re.compile(r"\$(\w*)\$").search(sql.bare, found.end())
        if body is None:
            continue
        finish = sql.bare.index(body[0], body.end())
        header = sql.bare[found.end() : body.start()]
        kind = "definer" if "SECURITY DEFINER" in header.upper() else "function"
        if re.search(r"RETURNS\s+trigger", header, re.I):
            kind = "guard"
        elif re.search(r"RETURNS\s+bigint\[\]", header, re.I):
            kind = "reader keys"
        for mutant in _body(sql, kind, found[1], body.end(), finish):
            if kind not in ("definer", "function") or mutant.kind == "journal" or _DECIDES.search(mutant.before):
                yield mutant


def _body(sql: Sql, kind: str, name: str, start: int, finish: int) -> Iterator[Mutant]:
    for found in re.finditer(r"\b(WHERE|ON|IF|WHEN)\b", sql.bare[start:finish]):
        opening = start + found.end()
        word = found[1]
        if _is_quoted(sql.bare, start, opening):
            continue
        if word == "ON" and not re.search(r"\bJOIN\b[^;]*$", sql.bare[max(start, opening - 200) : opening - 2]):
            continue
        end = _end(sql.bare, opening, finish, word)
        first, last = _trimmed(sql.bare, opening, end)
        if (
            first >= last
            or _PICKS.match(sql.bare[first:last])
            or _is_no_condition(sql.bare, start + found.start(), first, last)
        ):
            continue
        if word in ("IF", "WHEN"):
            if re.match(r"(NOT\s+)?EXISTS\s+\w+\s*$", sql.bare[first:last], re.I):
                continue
            if not _composed(sql.bare, first, last):
                yield sql.change(kind, name, "condition never holds", first, last, "false")
            if word == "WHEN":
                yield sql.change(kind, name, "condition always holds", first, last, "true")
        elif word == "WHERE" and not _composed(sql.bare, first, last):
            yield sql.change(kind, name, "WHERE always holds", first, last, "true")
        yield from _clause(sql, kind, name, first, last)
    for found in _ENTRY.finditer(sql.bare, start, finish):
        end = _closing(sql.bare, sql.bare.index("(", found.end())) + 1
        yield sql.change("journal", name, "no entry", found.start(), end, "PERFORM 1")


def _composed(text: str, start: int, end: int) -> bool:
    return any(len(parts(text, start, end, word)) > 1 for word in ("and", "or"))


def _is_no_condition(text: str, word: int, start: int, end: int) -> bool:
    """A caught error, a value of a CASE, a row that was not found, an object that is not there yet."""
    said = text[start:end].lower()
    return (
        said in ("not found", "found") or (said.startswith(("'", "not exists", "exists")) and end - start < 12)
        or re.search(r"EXCEPTION\s+$", text[max(0, word - 20) : word], re.I) is not None
        or re.fullmatch(r"'[^']*'", said) is not None
    )  # fmt: skip


def _is_quoted(text: str, start: int, at: int) -> bool:
    """Whether a place of a function's body stands within a string that is run later."""
    return text.count("'", start, at) % 2 == 1


def _end(text: str, at: int, finish: int, word: str) -> int:
    """Where the condition that starts at `at` is over."""
    while at < finish:
        if text[at] == "(":
            at = _closing(text, at) + 1
            continue
        if text[at] in ");":
            return at
        if text[at] == "'":
            at = text.index("'", at + 1) + 1
            continue
        match = _WORD.match(text, at)
        if match is None:
            at += 1
            continue
        said = match[0].lower()
        if said == "case":
            at = text.lower().index(" end", match.end()) + 4
            continue
        if said in _ENDS and not (said in ("on", "for", "set", "left", "end", "do", "when", "else") and word == "IF"):
            return match.start()
        at = match.end()
    return finish


_PROBE = """
CREATE FUNCTION probe.met_{key}() RETURNS void LANGUAGE plpgsql AS 'BEGIN END';
CREATE FUNCTION probe.at_{key}(said boolean) RETURNS boolean LANGUAGE plpgsql AS
    'BEGIN IF said IS DISTINCT FROM {neutral} THEN PERFORM probe.met_{key}(); END IF; RETURN said; END';
"""


def probes(mutants: Iterable[Mutant]) -> tuple[dict[str, str], str]:
    """The files of which each part that is a mutant passes through a function of its own, and those functions.

    `probe.met_KEY` is called when the part was not what the mutant makes of it. The server counts the calls.
    """
    places: dict[str, list[tuple[int, int, str]]] = {}
    texts: dict[str, str] = {}
    functions = ["CREATE SCHEMA probe; GRANT USAGE ON SCHEMA probe TO PUBLIC;"]
    for mutant in mutants:
        found = _spans(mutant)
        if found:
            places.setdefault(mutant.path, []).extend((start, end, mutant.key) for start, end in found)
            texts[mutant.path] = mutant.source
            functions.append(
                _PROBE.format(key=mutant.key, neutral="true" if mutant.after.startswith("true") else "false")
            )
    return {path: _through(text, places[path]) for path, text in texts.items()}, "".join(functions)


def is_probed(mutant: Mutant) -> bool:
    """Whether a count tells when it would show."""
    return bool(_spans(mutant))


def _spans(mutant: Mutant) -> list[tuple[int, int]]:
    """The condition of a room's SQL that it replaces; two where it goes before and after."""
    if not mutant.path.endswith(".sql"):
        return []
    if mutant.after in ("true", "false"):
        return [(mutant.start, mutant.end)]
    found = re.fullmatch(r"(true|false)(\W.*\W)\1", mutant.after, re.S)
    if found is None:
        return []
    length = (mutant.end - mutant.start - len(found[2])) // 2
    return [(mutant.start, mutant.start + length), (mutant.end - length, mutant.end)]


def _through(text: str, places: list[tuple[int, int, str]]) -> str:
    """The innermost closes first, the outermost opens first."""
    events = [(start, 1, -end, f"probe.at_{key}(") for start, end, key in places]
    events += [(end, 0, -start, ")") for start, end, _ in places]
    made, last = [], 0
    for at, _, _, said in sorted(events):
        made += [text[last:at], said]
        last = at
    return "".join([*made, text[last:]])
