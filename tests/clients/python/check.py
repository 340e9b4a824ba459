"""Runs the checks of a program one after another, a line for each."""

import asyncio
import os
import signal
import sys
import time
import traceback

# No check takes longer, in seconds.
LIMIT = 30


def run(checks):
    """Runs each of (words, check) with what the ones before returned, and stops at the first that fails."""
    signal.signal(signal.SIGALRM, _late)
    known = {}
    for words, check in checks:
        signal.alarm(LIMIT)
        try:
            found = check(known)
            if asyncio.iscoroutine(found):
                found = asyncio.run(found)
        except Exception:
            print(f"FAILED  {words}\n{traceback.format_exc()}", file=sys.stderr, flush=True)
            # Connections that stay open keep a program alive.
            os._exit(1)
        signal.alarm(0)
        known.update(found or {})
        print(f"ok  {words}", flush=True)
    print(f"{len(checks)} checks passed")


def _late(*_):
    raise TimeoutError(f"nothing happened within {LIMIT} s")


def eventually(attempt):
    """Polls until `attempt` returns something other than None; the check's own limit ends it."""
    while True:
        value = attempt()
        if value is not None:
            return value
        time.sleep(0.2)


def refusal(kind, action):
    """The error that an action is refused with; fails when it is not refused, or otherwise."""
    try:
        value = action()
    except kind as error:
        return error
    raise AssertionError(f"it should have been refused, but gave {value}")


def equal(found, wanted):
    """`assert` that shows both sides."""
    if found != wanted:
        raise AssertionError(f"{found!r} is not {wanted!r}")
