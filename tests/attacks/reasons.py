"""What the catalogue may hold although a rule says otherwise, and why; the rest turns the tests red (R-21, R-24)."""

# Tables without forced row security.
OPEN_TABLES = {
    "django_migrations": "names of migrations, granted to no process",
}

# Functions that run with the definer's rights. What each may tell or do is bounded in its own body.
DEFINER_FUNCTIONS = {
    # the acting context
    "access.agent": "reads the context of this backend and transaction",
    "access.channel": "matcher alone: the name of the channel on which it is woken",
    "access.close": "ends the session whose token the caller holds",
    "access.credential_of": "sign-in alone: the hash of one login",
    "access.declare": "the purpose of the session whose token the caller holds",
    "access.enter": "writes the context; called by the three that open one, by no process",
    "access.failed_sign_in": "sign-in alone: counts a refusal",
    "access.feed": "lists by the keys of the context",
    "access.has_role": "reads the context",
    "access.join_cell": "joins a service to a cell, by whom its own body allows",
    "access.join_readers": "trigger: keys of joined services follow their cell's",
    "access.joined": "matcher alone: the keys that go with a cell's",
    "access.keys": "reads the context",
    "access.leave_cell": "ends what the former began",
    "access.open": "opens the context of the session whose token the caller holds",
    "access.open_mandate": "worker alone: the context of a mandate that an agent signed",
    "access.open_service": "worker, matcher and set-up: a context without reader keys",
    "access.republish": "matcher alone: lists its hits",
    "access.spread": "worker alone: recomputes readers, a few rows at a time",
    "access.spreads_to_do": "worker alone: which recomputations wait",
    "access.start_session": "sign-in alone: writes a session",
    "access.units": "reads the context",
    "access.wake": "wakes the matcher; called by the others, by no process",
    "access.without_joined": "takes the keys of joined services out of a list that the caller has",
    # the journal
    "audit.demand_entry": "trigger: reads whether this transaction was journaled",
    "audit.record": "writes one entry in the name of the context",
    "audit.touching": "the officer for data protection finds entries by reference",
    "audit.write": "writes one entry; called by the others, by no process",
    # rooms
    "cases.tell_magistrates": "trigger: who was and who is in charge of a procedure are told",
    "cases.keep_case": "trigger: who opens, moves and closes a procedure",
    "cases.magistrate_of": "who directs a procedure, to its readers and to processes",
    "cases.magistrates": "the magistrates of a court, for the form that names one",
    "cases.serves": "whether somebody is a magistrate of a court",
    "coordination.demand_decision": "trigger: no allocation without a validating decision",
    "coordination.keep_readers": "trigger: who reads an objective follows from its columns",
    "coordination.relist": "the list follows the readers of an objective",
    "crosscheck.announce": "trigger: wakes the matcher",
    "crosscheck.close_refused": "the magistrate's refusal closes the communication",
    "crosscheck.decided": "trigger: queues what was decided",
    "crosscheck.demand_voice": "refuses whoever is no party of a contact; called by the others",
    "crosscheck.escalate": "carries a contact to its authority, by a party",
    "crosscheck.follow_magistrate": "trigger: a question follows the magistrate in charge",
    "crosscheck.keep_question": "trigger: a question stays as it was put",
    "crosscheck.list": "lists an opened contact for its readers, by a party",
    "crosscheck.open_report": "gives a released report its reader, by its holder",
    "crosscheck.take_back": "matcher alone: takes back a hit that no longer stands",
    "crosscheck.tell": "a notice to the parties of a contact, by a party",
    "crosscheck.voices": "in which parts the context speaks in a contact",
    "dealpoints.bound_readers": "trigger: who reads a point or its evidence stays within its rule",
    "dealpoints.relist": "the list follows the readers of a point",
    "intelligence.audience": "the readers of a report by its own rule; called by the others, by no process",
    "intelligence.backlog": "the administrator's figure",
    "intelligence.blame": "matcher alone: parks the line that failed",
    "intelligence.cell_departments": "the departments of the context's own cells",
    "intelligence.check_changed_readers": "trigger: who reads a report is what the rule says",
    "intelligence.check_new_readers": "trigger: the same for a new one",
    "intelligence.deposit": "counts the deposits of the context's agent",
    "intelligence.discard_left": "worker alone: throws away the drafts of those who left, and says so in the journal",
    "intelligence.throw_away": "deletes drafts; called by the two others, by no process",
    "intelligence.discard": "throws away the context's own draft",
    "intelligence.end_silence": "worker alone: gives back the readers that the rule says when silence is over",
    "intelligence.is_parked": "whether a report that the caller names waits in vain",
    "intelligence.lines": "matcher alone: what waits for its cross-check",
    "intelligence.move": "states moved by processes; called by the others",
    "intelligence.parked": "the administrator's figure",
    "intelligence.pending": "whether a report that the caller names still waits",
    "intelligence.queue": "queues reports for their cross-check",
    "intelligence.recipients": "to whom a report was disclosed; called by the others",
    "intelligence.relist": "the list follows the readers of reports",
    "intelligence.search_text": "the one search of words, under the keys of the context",
    "intelligence.settle": "matcher alone: hit or no hit",
    "intelligence.silences_over": "worker alone: what is no longer silent",
    "intelligence.take": "matcher alone: the queue of former versions",
    "intelligence.take_lines": "matcher alone: takes lines of the queue",
    "intelligence.take_withdrawn": "matcher alone: takes what no longer counts",
    "intelligence.tells": "whether an agent may leave this notice about this report",
    "intelligence.unpark": "matcher alone: tries parked lines again",
    "intelligence.wake_matcher": "trigger: wakes the matcher",
    "intelligence.withdraw": "trigger: queues what no longer counts",
    "intelligence.works_on": "whether the context works on a report; called by the others",
    "plan.cells": "a part of the figures; called by plan.freeze alone",
    "plan.counts": "exact numbers that do not leave plan.freeze",
    "plan.figures": "the frozen figures above the threshold of small cells",
    "plan.freeze": "worker and set-up: freezes the figures of the day",
    "plan.parameter": "a part of the figures",
    "plan.points": "a part of the figures",
    "plan.reports": "a part of the figures",
    "public.procrastinate_defer_jobs_v1": "the library's own: the sites ask for a job, they read none",
    "worker.backlog": "the administrator's figure",
    "worker.check_asked": "trigger: a job is asked under one's own mandate alone",
    "worker.heard": "the administrator's figure",
}

# Unique keys whose collision with a hidden row may be told apart from no collision, over SQL alone.
TELLING_KEYS: dict[str, str] = {}
RANDOM_ID = "a random UUID of 122 bits that no form lets anybody choose: who can name it was told it"

# Foreign keys to a hidden row that may be told apart from one to no row, over SQL alone.
TELLING_LINKS: dict[str, str] = {}

# Sequences of which a process may draw the next number.
DRAWN_SEQUENCES = {"procrastinate": "the worker's own queue", "django_migrations": "the set-up's own bookkeeping"}
