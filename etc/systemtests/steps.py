"""Steps of the test, told as TAP: in order, because each goes on with the machine as the one before left it."""

import sys
import time
import traceback

STEPS = []


class Failed(Exception):
    """What a step expected and didn't find."""


def step(title, essential=False):
    """Registers a function as a step; without an essential one, those after it would say nothing."""

    def register(function):
        STEPS.append((title, essential, function))
        return function

    return register


def expect(condition, otherwise):
    if not condition:
        raise Failed(otherwise)


def until(what, seconds, condition, pause=0.3):
    """Returns the first true answer of `condition`, which is asked again and again until the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise Failed(f"waited {seconds} s in vain for {what}; the last answer was {answer!r}")
        time.sleep(pause)


def run(world, wanted):
    """Runs all steps, or up to the last whose title holds `wanted`; returns how many failed."""
    last = max((i for i, (title, _, _) in enumerate(STEPS) if wanted in title), default=-1) if wanted else len(STEPS)
    steps = STEPS[: last + 1]
    print(f"1..{len(steps)}", flush=True)
    failed = 0
    for number, (title, essential, function) in enumerate(steps, 1):
        started = time.monotonic()
        try:
            function(world)
            verdict = "ok"
        except Exception as error:
            verdict = "not ok"
            failed += 1
            lines = [] if isinstance(error, Failed) else traceback.format_exc().splitlines()
            for line in [*str(error).splitlines(), *lines]:
                print(f"# {line}", flush=True)
        print(f"{verdict} {number} - {title} ({time.monotonic() - started:.1f} s)", flush=True)
        if verdict != "ok":
            world.explain()
            if essential:
                print(f"Bail out! {title}", flush=True)
                failed += len(steps) - number
                break
    print(f"{len(steps) - failed} passed, {failed} failed", flush=True)
    sys.stdout.flush()
    return failed
