"""Small pictures of figures, as SVG files of a few kilobytes: lines in a square, bars beside their names."""

from collections.abc import Iterable, Sequence
from html import escape

Points = Sequence[tuple[float, float]]
_INK = ("#1f3a5f", "#b3541e", "#5b7f3a", "#7a4a8c")
_SIDE, _EDGE = 360, 46
_ROW, _NAME, _WIDTH = 18, 190, 620


def lines(title: str, axes: tuple[str, str], curves: Iterable[tuple[str, Points]]) -> str:
    """Curves between 0 and 1 on both axes, each with its name."""
    place, middle = _SIDE - 2 * _EDGE, _SIDE // 2

    def at(point: tuple[float, float]) -> str:
        return f"{_EDGE + point[0] * place:.1f},{_SIDE - _EDGE - point[1] * place:.1f}"

    drawn = [
        f'<rect x="{_EDGE}" y="{_EDGE}" width="{place}" height="{place}" fill="none" stroke="#999"/>',
        f'<text x="{middle}" y="{_SIDE - 8}" text-anchor="middle">{escape(axes[0])}</text>',
        f'<text x="12" y="{middle}" text-anchor="middle" transform="rotate(-90 12 {middle})">{escape(axes[1])}</text>',
    ]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = at((tick, tick)).split(",")
        drawn.append(f'<text x="{x}" y="{_SIDE - _EDGE + 14}" text-anchor="middle">{tick:g}</text>')
        drawn.append(f'<text x="{_EDGE - 5}" y="{y}" text-anchor="end">{tick:g}</text>')
    for number, (name, points) in enumerate(curves):
        ink = _INK[number % len(_INK)]
        path = " ".join(at(point) for point in points)
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{ink}" stroke-width="2"/>')
        drawn.append(f'<text x="{_EDGE + 8}" y="{_SIDE - _EDGE - 8 - 15 * number}" fill="{ink}">{escape(name)}</text>')
    return _whole(title, (_SIDE, _SIDE), drawn)


def bars(title: str, rows: Sequence[tuple[str, float]], unit: str = "") -> str:
    """One bar a row, to the left of the line where it is below zero."""
    least, most = min(0.0, *(value for _, value in rows)), max(0.0, *(value for _, value in rows))
    scale = (_WIDTH - _NAME - 70) / ((most - least) or 1.0)
    zero = _NAME - least * scale
    drawn = []
    for number, (name, value) in enumerate(rows):
        y = 26 + _ROW * number
        left, width = min(zero, zero + value * scale), abs(value) * scale
        ink = _INK[0] if value >= 0 else _INK[1]
        drawn.append(f'<text x="{_NAME - 8}" y="{y + 12}" text-anchor="end">{escape(name)}</text>')
        drawn.append(f'<rect x="{left:.1f}" y="{y + 2}" width="{width:.1f}" height="{_ROW - 5}" fill="{ink}"/>')
        drawn.append(f'<text x="{max(left + width, zero) + 4:.1f}" y="{y + 12}">{value:.3g}{escape(unit)}</text>')
    drawn.append(f'<line x1="{zero:.1f}" y1="24" x2="{zero:.1f}" y2="{28 + _ROW * len(rows)}" stroke="#999"/>')
    return _whole(title, (_WIDTH, 36 + _ROW * len(rows)), drawn)


def _whole(title: str, size: tuple[int, int], drawn: Iterable[str]) -> str:
    width, height = size
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' role="img" font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="#fff"/>'
    )
    name = f'<title>{escape(title)}</title><text x="8" y="16" font-weight="bold">{escape(title)}</text>'
    return "\n".join((head, name, *drawn, "</svg>")) + "\n"
