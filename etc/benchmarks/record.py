"""Keeps the results of the last run in the documentation: a table as Markdown, and a plot of the targets as SVG."""

import datetime
import html
import math
import os
import re

from common import ROOT, shown, table

FOLDER = os.path.join(ROOT, "Sources", "Operations", "Operations.docc")
LABEL, PLOT, ROW, TOP = 370, 420, 20, 46
# The plot goes from so many times worse than the target to so many times better.
WORST, BEST = 1 / 8, 64


def record(name, title, about, names, bench):
    os.makedirs(os.path.join(FOLDER, "Resources"), exist_ok=True)
    picture = f"{name.lower()}-targets.svg"
    with open(os.path.join(FOLDER, "Resources", picture), "w", encoding="utf-8") as file:
        file.write(plot(title, bench.targets()))
    path = os.path.join(FOLDER, f"{name}Measured.md")
    with open(path, "w", encoding="utf-8") as file:
        file.write(page(title, about, names, bench, picture))
    print(f"recorded: {os.path.relpath(path, ROOT)}")


def page(title, about, names, bench, picture):
    day = datetime.date.today().isoformat()
    lines = [
        f"# {title}", "", f"The last recorded run of `etc/bench`, {day}. Written by `etc/bench --record`; not by hand.",
        "", *(f"- {line}" for line in about), "", "## Targets", "", f"![Measured against targets](Resources/{picture})",
        "", "| | measured | target | |", "|---|---:|---:|---|",
        *(f"| {what} | {shown('', value)} | {target_text(target)} | {'met' if met else '**not met**'} |"
          for what, value, target, met in bench.targets()),
        "", "## Figures", "", "| | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names),
        *(f"| {row} | " + " | ".join(values) + " |" for row, values in table(names, bench.figures)), ""]
    return "\n".join(lines)


def target_text(target):
    return target.replace("<=", "≤").replace(">=", "≥")


def advantage(value, target):
    """How many times better than its target a value is; below 1 it misses it."""
    limit = float(re.search(r"[0-9.]+", target)[0])
    if value is None:
        return None
    better = limit / value if target.startswith("<=") and value else value / limit
    return math.inf if target.startswith("<=") and not value else better


def place(better):
    share = math.log(min(max(better, WORST), BEST) / WORST) / math.log(BEST / WORST)
    return LABEL + share * PLOT


def plot(title, targets):
    """Bars from the line of the target: to the right as many times better, to the left as many times worse."""
    width, height = LABEL + PLOT + 170, TOP + ROW * len(targets) + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        'font-size="12">', f"<title>{html.escape(title)}: measured against targets</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="{place(1):.0f}" y="16" text-anchor="middle">target</text>',
        f'<text x="{place(1) + 12:.0f}" y="32" fill="#555">times better →</text>',
        f'<text x="{place(1) - 12:.0f}" y="32" fill="#555" text-anchor="end">← worse</text>']
    for tick in (1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16, 32, 64):
        x, color = place(tick), "#333" if tick == 1 else "#ddd"
        parts.append(f'<path d="M{x:.1f} {TOP - 8}V{height - 20}" stroke="{color}"/>')
        label = f"{tick:g}×" if tick >= 1 else f"1/{1 / tick:g}"
        parts.append(f'<text x="{x:.1f}" y="{height - 6}" text-anchor="middle" fill="#555">{label}</text>')
    for number, (what, value, target, met) in enumerate(targets):
        parts += bar(TOP + number * ROW, what, value, target, met)
    return "\n".join([*parts, "</svg>", ""])


def bar(y, what, value, target, met):
    yield f'<text x="{LABEL - 8}" y="{y + 11}" text-anchor="end">{html.escape(what)}</text>'
    better = advantage(value, target)
    if better is not None:
        start, end = sorted((place(1), place(better)))
        yield (f'<rect x="{start:.1f}" y="{y}" width="{max(1, end - start):.1f}" height="14" '
               f'fill="{"#2a7f4f" if met else "#c0392b"}"/>')
    text = f"{shown('', value)}, target {target_text(target)}"
    yield f'<text x="{LABEL + PLOT + 8}" y="{y + 11}">{html.escape(text)}</text>'
