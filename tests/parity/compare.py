"""compare.py PROGRAM: whether the scenarios happen in PROGRAM as they do in scenarios.py.

differences.md lists the scenarios that are to differ, and the docs have to give its reasons. A
scenario that is listed and does not differ is an error, as is one that differs and is not listed.
"""

import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "coming_from_asyncio.md"
SKIPPED = 77


def events_of(command):
    """What a program prints, by scenario; and the scenarios in their order."""
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=100)
    events = {}
    for line in run.stdout.splitlines():
        scenario, event = line.split(": ", 1)
        events.setdefault(scenario, []).append(event)
    return events


def deliberate_differences():
    """The reason for each scenario that is to differ."""
    text = (HERE / "differences.md").read_text()
    return {
        name: " ".join(reason.split())
        for name, reason in re.findall(r"^## (\w+)\n\n(.+?)(?=\n## |\Z)", text, re.M | re.S)
    }


def first_difference(theirs, ours):
    for i in range(max(len(theirs), len(ours))):
        their = theirs[i] if i < len(theirs) else "(the end)"
        our = ours[i] if i < len(ours) else "(the end)"
        if their != our:
            return f"event {i + 1}: asyncio: {their}; simul: {our}"
    return None


def main():
    if sys.version_info < (3, 11):
        print("asyncio has had task groups, timeout() and barriers since Python 3.11: skipped")
        return SKIPPED
    theirs = events_of([sys.executable, "-B", HERE / "scenarios.py"])
    ours = events_of([sys.argv[1]])
    reasons = deliberate_differences()
    page = " ".join(PAGE.read_text().split())

    problems = []
    if list(theirs) != list(ours):
        problems.append(f"not the same scenarios: {set(theirs) ^ set(ours) or 'another order'}")
    for scenario in theirs:
        difference = first_difference(theirs[scenario], ours.get(scenario, []))
        listed = scenario in reasons
        print(f"{'differs' if difference else 'same':8}{scenario}")
        if difference and not listed:
            problems.append(f"{scenario}: {difference}")
        if listed and not difference:
            problems.append(f"{scenario}: is listed in differences.md, but does not differ")
    for scenario, reason in reasons.items():
        if scenario not in theirs:
            problems.append(f"differences.md: there is no scenario {scenario}")
        if reason not in page:
            problems.append(f"{PAGE.name} does not say of {scenario}: {reason}")
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
