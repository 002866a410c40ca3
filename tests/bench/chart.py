"""The chart of the figures that have a target: how many times better than it they are, as SVG without a library."""

from collections.abc import Iterator, Sequence
from html import escape
from math import log2

from tests.bench.report import Finding

_LABELS, _PLOT, _TEXTS = 330, 290, 220  # widths: what is measured, the bars, the figures
_ROW, _TOP, _BOTTOM = 30, 58, 34
_LEAST, _MOST = -2, 5  # powers of two at the ends of the axis
_STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2937; }
  .head { font-weight: 600; font-size: 15px; }
  .small { font-size: 11px; fill: #4b5563; }
  .grid { stroke: #d1d5db; }
  .target { stroke: #1f2937; stroke-width: 2; }
  .range { stroke: #1f2937; stroke-width: 1.5; }
  .met { fill: #2f6fde; }
  .missed { fill: #d9580d; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e5e7eb; }
    .small { fill: #b6bcc6; }
    .grid { stroke: #3f4754; }
    .target, .range { stroke: #e5e7eb; }
    .met { fill: #6aa2f7; }
    .missed { fill: #fb923c; }
  }
"""


def chart(findings: Sequence[Finding]) -> str:
    """Draw a bar for each: to the right of the line where the target is met, to the left where it is missed."""
    width, height = _LABELS + _PLOT + _TEXTS, _TOP + _ROW * len(findings) + _BOTTOM
    space = f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
    lines = [
        f'<svg {space} role="img" aria-labelledby="title description">',
        '<title id="title">How far each figure is from its target</title>',
        f'<desc id="description">{escape(in_words(findings))}</desc>',
        f"<style>{_STYLE}</style>",
        '<text x="8" y="24" class="head">Times better than the target (median; the thin line is the range)</text>',
        *_axis(height),
    ]
    for position, finding in enumerate(findings):
        lines += _bar(finding, _TOP + _ROW * position)
    return "\n".join([*lines, "</svg>"]) + "\n"


def in_words(findings: Sequence[Finding]) -> str:
    """Say what the chart shows."""
    return "; ".join(f"{each.target.what}: {each.text}, target {each.target}" for each in findings) + "."


def _axis(height: int) -> Iterator[str]:
    for power in range(_LEAST, _MOST + 1):
        x = _x(2.0**power)
        kind = "target" if power == 0 else "grid"
        yield f'<line x1="{x:.1f}" y1="{_TOP - 8}" x2="{x:.1f}" y2="{height - _BOTTOM}" class="{kind}"/>'
        name = f"{2**power}x" if power >= 0 else f"1/{2**-power}"
        below = "target" if power == 0 else name
        yield f'<text x="{x:.1f}" y="{height - 12}" text-anchor="middle" class="small">{below}</text>'


def _bar(finding: Finding, top: int) -> Iterator[str]:
    is_met = finding.target.is_met(finding.middle)
    zero, end = _x(1.0), _x(finding.target.margin(finding.middle))
    low, high = sorted(_x(finding.target.margin(value)) for value in (finding.least, finding.most))
    middle = top + _ROW // 2
    what = escape(finding.target.what)
    yield f'<text x="{_LABELS - 12}" y="{middle + 4}" text-anchor="end">{what}</text>'
    yield (
        f'<rect x="{min(zero, end):.1f}" y="{top + 7}" width="{max(abs(end - zero), 1.0):.1f}" height="{_ROW - 14}"'
        f' class="{"met" if is_met else "missed"}"/>'
    )
    yield f'<line x1="{low:.1f}" y1="{middle}" x2="{high:.1f}" y2="{middle}" class="range"/>'
    text = escape(f"{finding.text.partition(' ')[0]}, target {finding.target}{'' if is_met else ': missed'}")
    yield f'<text x="{_LABELS + _PLOT + 12}" y="{middle + 4}" class="small">{text}</text>'


def _x(margin: float) -> float:
    """Give where a margin lies on the axis, at its end if it is beyond."""
    power = min(max(log2(margin) if margin > 0 else _LEAST, _LEAST), _MOST)
    return _LABELS + _PLOT * (power - _LEAST) / (_MOST - _LEAST)
