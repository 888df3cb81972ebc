"""Draws groups of bars as an SVG picture."""
from xml.sax.saxutils import escape

WIDTH = 860
LABEL = 230
BAR = 520
ROW = 20
HEAD = 44


def number(value):
    """Three digits that count, in tables and pictures."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def draw(groups):
    """`groups`: (title, unit, [(label, value)]); the first bar of each group is the one to see."""
    parts = []
    top = 10
    for title, unit, bars in groups:
        parts.append(f'<text x="10" y="{top + 22}" class="title">{escape(title)}'
                     f'<tspan class="unit">  {escape(unit)}</tspan></text>')
        longest = max(value for _, value in bars)
        for i, (label, value) in enumerate(bars):
            y = top + HEAD - 10 + i * ROW
            width = max(1, value / longest * BAR)
            kind = "ours" if label.startswith("simul") else "peer"
            parts.append(f'<text x="{LABEL - 8}" y="{y + 13}" class="label">{escape(label)}</text>'
                         f'<rect x="{LABEL}" y="{y + 2}" width="{width:.1f}" height="{ROW - 6}" '
                         f'class="{kind}"/>'
                         f'<text x="{LABEL + width + 6:.1f}" y="{y + 13}">{number(value)}</text>')
        top += HEAD + len(bars) * ROW
    style = ("text{font:12px sans-serif;fill:#222}.title{font-weight:bold;font-size:14px}"
             ".unit{font-weight:normal;font-size:12px;fill:#666}.label{text-anchor:end}"
             ".ours{fill:#1f6fb2}.peer{fill:#b8bec6}")
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" '
            f'width="{WIDTH}" height="{top}">\n<style>{style}</style>\n'
            f'<rect width="{WIDTH}" height="{top}" fill="#fff"/>\n'
            + "\n".join(parts) + "\n</svg>\n")
