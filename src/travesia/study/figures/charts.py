"""Every question's Plotly figure, chosen by its kind; unknown kinds become sorted bars.

Figures hold the answer's numbers as they are; `customdata` of each mark is the JSON of its cell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from travesia.draw import words
from travesia.draw.labels import fit
from travesia.draw.tokens import Theme, colour
from travesia.locale import texts
from travesia.study.figures import cells
from travesia.study.figures.funnel_sides import group_name
from travesia.study.figures.labels import said
from travesia.study.figures.matrix_drawing import rows as matrix_rows
from travesia.study.figures.series import Point, Series, estimate, safe, series
from travesia.study.figures.theme import ROW, scale, shades, template
from travesia.study.flow import END
from travesia.study.question import Answer, Measure

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_ = texts("figures")

MOST_BARS, MOST_NODES, MOST_LINES = 20, 20, 6
PANELS = 116
"""Room above a chart with a legend or with titles of panels."""
_LEAST_SAID = 0.005
SEVEN = 7
"""The contacts that a rule of thumb says a purchase needs; drawn so that the data can deny it."""


def figure(answer: Answer, theme: Theme = "light") -> Figure:
    """The answer as a Plotly figure in one theme."""
    build = CHARTS.get(answer.question.kind, bars)
    found = build(answer, theme)
    found.update_layout(template={"layout": template(theme)})
    return found


# Bars


def bars(answer: Answer, theme: Theme) -> Figure:
    """The main estimate of every row, largest first, with its interval."""
    return _bars(answer, theme, estimate(answer))


def describe(answer: Answer, theme: Theme) -> Figure:
    """How many customers ever met each touchpoint."""
    shown = _measure(answer, "share")
    return _bars(answer, theme, shown, _("Share of customers who met each touchpoint"))


def paths(answer: Answer, theme: Theme) -> Figure:
    """The most frequent journeys."""
    return _bars(answer, theme, _measure(answer, "share"), _("The most frequent journeys"))


def funnel(answer: Answer, theme: Theme) -> Figure:
    """Steps from the first to the last."""
    shown = _measure(answer, "share_of_all")
    found = series(answer, shown)
    named = [_relabelled(one, lambda row: f"{row['step']}. {row['touchpoint']}") for one in found]
    return _bar_figure(answer, theme, shown, named, _("How far customers come"), ranked=False)


def frequent(answer: Answer, theme: Theme) -> Figure:
    """Sub-sequences by their lift towards the goal; without a goal, by their support."""
    lift = _measure(answer, "lift")
    if all(row is None for row in answer.table.column("lift").to_pylist()):
        return _bars(answer, theme, _measure(answer, "support"), _("What often comes together"))
    found = [_best(one, MOST_BARS) for one in series(answer, lift)]
    title = _("What comes before the goal more often than by chance")
    return _dots(answer, theme, lift, found, (title, 1.0))


def _bars(answer: Answer, theme: Theme, shown: Measure, title: str = "") -> Figure:
    found = series(answer, shown)
    return _bar_figure(answer, theme, shown, found, title or said(shown), ranked=True)


def _bar_figure(
    answer: Answer,
    theme: Theme,
    shown: Measure,
    found: Sequence[Series],
    title: str,
    *,
    ranked: bool,
) -> Figure:
    """Horizontal bars from zero, the first on top; figures stand at their end."""
    import plotly.graph_objects as go

    order = _order(found, ranked=ranked)
    made = go.Figure()
    for nth, (one, tone) in enumerate(zip(found, shades(theme, len(found)), strict=True)):
        points = sorted((p for p in one.points if p.label in order), key=lambda p: order[p.label])
        kept = Series(one.name, points)
        made.add_bar(
            orientation="h",
            name=safe(one.name),
            y=kept.values(lambda p: _short(p.label)),
            x=kept.values(lambda p: p.value),
            error_x=_errors(kept, theme),
            hovertext=kept.values(lambda p: p.hover),
            hoverinfo="text",
            customdata=kept.values(lambda p: p.cell),
            marker=_fill(theme, tone, hollow=len(found) == 2 and nth == 1),
        )
    if len(found) == 1:
        made.add_trace(_figures(found[0], order, shown))
    made.update_layout(
        title=_title(answer, title),
        margin={"t": PANELS if len(found) > 1 else 84},
        height=120 + (ROW + 12 * (len(found) > 1)) * max(len(order), 1),
        showlegend=len(found) > 1,
        xaxis=_axis(shown) | {"rangemode": "tozero", "range": _reach(found)},
        yaxis={"autorange": "reversed", "showgrid": False, "type": "category"},
    )
    return made


def _figures(one: Series, order: dict[str, int], shown: Measure) -> Any:
    """The figure of each bar, beyond the end of its interval."""
    import plotly.graph_objects as go

    points = [p for p in one.points if p.label in order and p.value is not None]
    return go.Scatter(
        mode="text",
        y=[_short(p.label) for p in points],
        x=[p.high or p.value for p in points],
        text=["  " + cells.written(p.row[shown.name], shown.role) for p in points],
        textposition="middle right",
        textfont={"size": 12},
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )


def _order(found: Sequence[Series], *, ranked: bool) -> dict[str, int]:
    """Labels in the order they are drawn: by value, with what is folded last."""
    best: dict[str, float] = {}
    folded = {p.label for one in found for p in one.points if "path" in p.row and not p.row["path"]}
    for one in found:
        for point in one.points:
            best[point.label] = max(best.get(point.label, 0.0), point.value or 0.0)
    labels = list(best)
    if ranked:
        labels.sort(key=lambda name: (name in folded, -best[name]))
        labels = labels[:MOST_BARS]
    return {name: nth for nth, name in enumerate(labels)}


def _best(one: Series, most: int) -> Series:
    known = [p for p in one.points if p.value is not None]
    return Series(one.name, sorted(known, key=lambda p: -(p.value or 0))[:most])


def _relabelled(one: Series, name: Callable[[Any], str]) -> Series:
    return Series(one.name, [replace(p, label=name(p.row)) for p in one.points])


def _reach(found: Sequence[Series]) -> list[float] | None:
    """From zero to a little beyond the longest bar, where its figure stands."""
    ends = [p.high or p.value or 0.0 for one in found for p in one.points]
    return [0.0, max(ends) * 1.16] if ends and max(ends) > 0 else None


def _errors(kept: Series, theme: Theme) -> dict[str, Any] | None:
    """An interval as Plotly wants it: its distances from the value."""
    if all(p.low is None for p in kept.points):
        return None

    def distance(point: Point, bound: float | None) -> float:
        return 0.0 if bound is None or point.value is None else abs(bound - point.value)

    return {
        "type": "data",
        "symmetric": False,
        "array": kept.values(lambda p: distance(p, p.high)),
        "arrayminus": kept.values(lambda p: distance(p, p.low)),
        "color": colour("ink", theme),
        "thickness": 1.5,
        "width": 4,
    }


def _fill(theme: Theme, tone: str, *, hollow: bool) -> dict[str, Any]:
    if not hollow:
        return {"color": tone, "opacity": 0.88}
    return {
        "color": colour("surface", theme),
        "line": {"color": colour("ink2", theme), "width": 1.5},
    }


# Points with intervals


def compare(answer: Answer, theme: Theme) -> Figure:
    """A minus B for each cell, a panel for each measure."""
    from plotly.subplots import make_subplots

    asked: Any = answer.question
    inner = {one.name: one for one in asked.of.measures}
    measures = list(dict.fromkeys(answer.table.column("measure").to_pylist()))[:MOST_LINES]
    rows = {name: [r for r in answer.to_pylist() if r["measure"] == name] for name in measures}
    made = make_subplots(
        rows=max(len(measures), 1),
        subplot_titles=[safe(said(inner[name])) for name in measures],
        row_heights=[len(rows[name]) + 1.5 for name in measures] or None,
        vertical_spacing=0.25 / max(len(measures), 1),
    )
    shown = _measure(answer, "difference")
    for nth, name in enumerate(measures, 1):
        found = next(iter(series(answer, shown)), Series(""))
        points = [p for p in found.points if p.row["measure"] == name][:MOST_BARS]
        kept = _relabelled(Series("", points), lambda row: _cell_label(asked, row["cell"]))
        if inner[name].role == "duration":
            kept = Series("", [_in_hours(one) for one in kept.points])
        made.add_trace(
            _dot_trace(kept, theme, _tones(kept, theme, share=inner[name].role == "share")),
            row=nth,
            col=1,
        )
        style = _axis(inner[name], signed=True)
        made.update_xaxes(**style, zeroline=True, zerolinewidth=1.5, row=nth, col=1)
        made.update_yaxes(autorange="reversed", type="category", row=nth, col=1)
    a, b = (group_name(lenses) for lenses in (asked.a, asked.b))
    count = sum(len(one) for one in rows.values())
    _panel_titles(made)
    made.update_layout(
        title=_title(answer, _("{a} minus {b}", a=a, b=b)),
        margin={"t": PANELS},
        height=160 + 72 * len(measures) + ROW * count,
    )
    return made


def _cell_label(asked: Any, written: str) -> str:
    """A cell of the compared question, by its touchpoint where it has only a number."""
    steps = getattr(asked.of, "steps", ())
    if isinstance(steps, tuple) and written.isdigit() and 0 < int(written) <= len(steps):
        return f"{written}. {steps[int(written) - 1]}"
    return written


def _in_hours(point: Point) -> Point:
    """A compared time, which is in seconds, on an axis of hours."""
    value, low, high = (
        None if one is None else one / 3600 for one in (point.value, point.low, point.high)
    )
    return replace(point, value=value, low=low, high=high)


def _tones(kept: Series, theme: Theme, *, share: bool) -> list[str]:
    """The corrected comparison decides the colour; whether less is worse is known of shares."""

    def tone(point: Point) -> str:
        if not point.row["different"] or point.value is None:
            return colour("ink2", theme)
        if not share:
            return colour("sea", theme)
        return colour("pain" if point.value < 0 else "good", theme)

    return [tone(point) for point in kept.points]


def _dots(
    answer: Answer, theme: Theme, shown: Measure, found: Sequence[Series], said_: tuple[str, float]
) -> Figure:
    """Points with intervals, and a line where nothing would be different."""
    import plotly.graph_objects as go

    title, nothing = said_
    made = go.Figure()
    for one, tone in zip(found, shades(theme, len(found)), strict=True):
        made.add_trace(_dot_trace(one, theme, [tone] * len(one.points)))
    rows = max((len(one.points) for one in found), default=0)
    made.add_vline(x=nothing, line={"color": colour("hair", theme), "width": 1.5})
    made.update_layout(
        title=_title(answer, title),
        margin={"t": PANELS if len(found) > 1 else 84},
        height=120 + ROW * max(rows, 1),
        showlegend=len(found) > 1,
        xaxis=_axis(shown),
        yaxis={"autorange": "reversed", "type": "category"},
    )
    return made


def _dot_trace(kept: Series, theme: Theme, tones: Sequence[str]) -> Any:
    import plotly.graph_objects as go

    errors = _errors(kept, theme)
    return go.Scatter(
        mode="markers",
        name=safe(kept.name),
        y=kept.values(lambda p: _short(p.label)),
        x=kept.values(lambda p: p.value),
        error_x=errors | {"color": colour("ink2", theme)} if errors else None,
        hovertext=kept.values(lambda p: p.hover),
        hoverinfo="text",
        customdata=kept.values(lambda p: p.cell),
        marker={"size": 9, "color": list(tones)},
    )


# Heat


def flow(answer: Answer, theme: Theme) -> Figure:
    """From which touchpoint to which: the share of what follows, one matrix a group."""
    kept = _most(answer, "source", "source_customers")
    columns = ("target", "source", "share_out")
    found = _only(_only(answer, "source", kept), "target", [*kept, END])
    return _heat(found, theme, columns, kept, _("What follows what"))


def _only(answer: Answer, column: str, kept: Sequence[Any]) -> Answer:
    """The answer without the rows that are not shown: there may be very many."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = answer.table
    values = pa.array(kept, table.schema.field(column).type)
    return replace(answer, table=table.filter(pc.is_in(table.column(column), value_set=values)))


def _most(answer: Answer, column: str, by: str) -> list[str]:
    """The labels of a column with most customers."""
    best: dict[str, int] = {}
    for row in answer.table.select([column, by]).to_pylist():
        best[row[column]] = max(best.get(row[column], 0), row[by])
    return sorted(best, key=lambda name: (-best[name], name))[:MOST_NODES]


def step_matrix(answer: Answer, theme: Theme) -> Figure:
    """Touchpoints by steps."""
    shown = matrix_rows(answer.table, MOST_NODES)
    kept = [row.members[0] for row in shown if len(row.members) == 1]
    title = _("Where customers stand at each step")
    found = _only(answer, "touchpoint", kept)
    return _heat(found, theme, ("step", "touchpoint", "share"), kept, title)


def retention(answer: Answer, theme: Theme) -> Figure:
    """Who comes back: lines while they are few, a matrix of cohorts by periods otherwise."""
    cohorts = list(dict.fromkeys(answer.table.column("cohort").to_pylist()))
    title = _("Who comes back")
    if len(cohorts) <= MOST_LINES and answer.question.by is None:
        return _lines(answer, theme, ("cohort", "period", "share"), title)
    if answer.question.by is not None and len(cohorts) == 1:
        return _lines(answer, theme, (answer.question.by, "period", "share"), title)
    return _heat(answer, theme, ("period", "cohort", "share"), cohorts, title)


def _heat(
    answer: Answer,
    theme: Theme,
    columns: tuple[str, str, str],
    kept: Sequence[Any],
    title: str,
) -> Figure:
    """A matrix of shares: a panel for each value it was asked `by`, figures in the cells."""
    from plotly.subplots import make_subplots

    across, down, share = columns
    shown = _measure(answer, share)
    found = series(answer, shown)
    made = make_subplots(
        rows=max(len(found), 1),
        subplot_titles=[safe(one.name) for one in found] if found and found[0].name else None,
        vertical_spacing=0.3 / max(len(found), 1),
    )
    for nth, one in enumerate(found, 1):
        made.add_trace(_heat_trace(one, (across, down), kept, theme), row=nth, col=1)
        made.update_xaxes(type="category", showgrid=False, row=nth, col=1)
        made.update_yaxes(autorange="reversed", type="category", showgrid=False, row=nth, col=1)
    _panel_titles(made)
    made.update_layout(
        title=_title(answer, title),
        margin={"t": PANELS if len(found) > 1 else 84},
        height=(130 + 28 * max(len(kept), 1)) * max(len(found), 1),
    )
    return made


def _heat_trace(one: Series, columns: tuple[str, str], kept: Sequence[Any], theme: Theme) -> Any:
    import plotly.graph_objects as go

    across, down = columns
    at = {(p.row[down], p.row[across]): p for p in one.points}
    present = {row for row, _column in at}
    lines = [row for row in kept if row in present]
    found = {column for (row, column), p in at.items() if row in set(lines) and p.value is not None}
    ordered = sorted(found) if _numeric(found) else _by_mass(at, found)

    def grid(get: Callable[[Point], Any], nothing: Any = None) -> list[list[Any]]:
        return [[get(at[r, c]) if (r, c) in at else nothing for c in ordered] for r in lines]

    return go.Heatmap(
        x=[_short(_said(c), 90) for c in ordered],
        y=[_short(_said(r)) for r in lines],
        z=grid(lambda p: p.value),
        text=grid(_inside, ""),
        texttemplate="%{text}",
        textfont={"size": 11, "color": colour("ink", theme)},
        hovertext=grid(lambda p: p.hover),
        hoverinfo="text",
        hoverongaps=False,
        customdata=grid(lambda p: p.cell),
        colorscale=scale(theme),
        zmin=0,
        showscale=False,
        xgap=2,
        ygap=2,
    )


def _inside(point: Point) -> str:
    """The figure in a cell, where it says something."""
    return cells.written(point.value, "share") if (point.value or 0) >= _LEAST_SAID else ""


def _numeric(values: set[Any]) -> bool:
    return all(isinstance(one, (int, float)) for one in values)


def _by_mass(at: dict[tuple[Any, Any], Point], found: set[Any]) -> list[Any]:
    """Columns with most in them first."""
    mass = dict.fromkeys(sorted(found, key=str), 0)
    for (_row, column), point in at.items():
        if column in mass:
            mass[column] += int(point.row.get("customers") or 0)
    return sorted(mass, key=lambda column: -mass[column])[:MOST_NODES]


def _said(value: Any) -> str:
    if isinstance(value, (int, float)):
        return words.number(value)
    return cells.moment(value) if hasattr(value, "year") else cells.name(value)


# Lines


def touches(answer: Answer, theme: Theme) -> Figure:
    """Above: who has reached the goal within so many touches. Below: how many had that many."""
    from plotly.subplots import make_subplots

    made = make_subplots(rows=2, shared_xaxes=True, row_heights=[0.6, 0.4], vertical_spacing=0.08)
    shown = _measure(answer, "km_share")
    found = series(answer, shown)
    for one, tone in zip(found, shades(theme, len(found)), strict=True):
        xs = one.values(lambda p: p.row["touches"])
        for trace in _line(one, xs, tone, hollow=len(found) == 2 and one is found[1]):
            made.add_trace(trace, row=1, col=1)
        made.add_trace(_counts(one, xs, tone), row=2, col=1)
    made.add_vline(
        x=SEVEN,
        line={"color": colour("ink2", theme), "width": 1, "dash": "dot"},
        annotation={"text": _("seven"), "font": {"size": 12, "color": colour("ink2", theme)}},
        row=1,
        col=1,
    )
    made.update_yaxes(**_axis(shown), rangemode="tozero", row=1, col=1)
    made.update_yaxes(title_text=said(_measure(answer, "converted")), row=2, col=1)
    made.update_xaxes(title_text=said(_measure(answer, "touches")), row=2, col=1)
    made.update_layout(
        title=_title(answer, _("How many contacts come before the goal")),
        margin={"t": PANELS if len(found) > 1 else 84},
        height=480,
        showlegend=len(found) > 1,
        barmode="group",
    )
    return made


def _counts(one: Series, xs: Sequence[Any], tone: str) -> Any:
    import plotly.graph_objects as go

    return go.Bar(
        x=list(xs),
        y=one.values(lambda p: p.row["converted"]),
        marker={"color": tone, "opacity": 0.88},
        name=safe(one.name),
        showlegend=False,
        hovertext=one.values(lambda p: p.hover),
        hoverinfo="text",
        customdata=one.values(lambda p: p.cell),
    )


def _lines(answer: Answer, theme: Theme, columns: tuple[str, str, str], title: str) -> Figure:
    """A line with its interval for each value of the first column, labelled at its end."""
    import plotly.graph_objects as go

    of, along, share = columns
    shown = _measure(answer, share)
    points = [p for one in series(answer, shown) for p in one.points]
    names = list(dict.fromkeys(p.row[of] for p in points))
    made = go.Figure()
    for name, tone in zip(names, shades(theme, len(names)), strict=False):
        one = Series(_said(name), [p for p in points if p.row[of] == name])
        for trace in _line(one, one.values(lambda p: p.row[along]), tone, hollow=False):
            made.add_trace(trace)
        last = next((p for p in reversed(one.points) if p.value is not None), None)
        if last is not None and len(names) > 1:
            made.add_annotation(
                x=last.row[along],
                y=last.value,
                text=safe(one.name),
                xanchor="left",
                showarrow=False,
                xshift=6,
                font={"size": 12},
            )
    made.update_layout(
        title=_title(answer, title),
        height=380,
        yaxis=_axis(shown) | {"rangemode": "tozero"},
        xaxis={"title": {"text": said(_measure(answer, along))}},
    )
    return made


def _line(one: Series, xs: Sequence[Any], tone: str, *, hollow: bool) -> list[Any]:
    """The band of the interval, then the line; hollow is the second of two."""
    import plotly.graph_objects as go

    known = [(x, p) for x, p in zip(xs, one.points, strict=True) if p.low is not None]
    band = go.Scatter(
        x=[x for x, _p in known] + [x for x, _p in reversed(known)],
        y=[p.high for _x, p in known] + [p.low for _x, p in reversed(known)],
        fill="toself",
        fillcolor=tone,
        opacity=0.16,
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
        showlegend=False,
    )
    line = go.Scatter(
        x=list(xs),
        y=one.values(lambda p: p.value),
        mode="lines+markers",
        line={"color": tone, "width": 2, "dash": "dot" if hollow else "solid"},
        marker={"size": 6, "symbol": "circle-open" if hollow else "circle"},
        name=safe(one.name),
        hovertext=one.values(lambda p: p.hover),
        hoverinfo="text",
        customdata=one.values(lambda p: p.cell),
    )
    return [band, line] if known else [line]


# Words


def _panel_titles(made: Figure) -> None:
    """The titles of panels, small, at their left."""
    made.update_annotations(x=0, xanchor="left", font={"size": 13, "weight": 600})


def _measure(answer: Answer, name: str) -> Measure:
    """A column, described."""
    return next(one for one in cells.columns(answer) if one.name == name)


def _short(content: str, width: float = 260) -> str:
    return safe(fit(content, width, 12))


def _title(answer: Answer, title: str) -> dict[str, Any]:
    counted = answer.note.split(". ")[0].rstrip(".")
    return {"text": safe(title), "subtitle": {"text": safe(fit(counted, 700, 13))}}


def _axis(shown: Measure, *, signed: bool = False) -> dict[str, Any]:
    """How the axis of a measure is written."""
    plus = "+" if signed else ""
    if shown.role == "share":
        return {"tickformat": f"{plus}.0%"}
    if shown.role == "duration":
        return {"title": {"text": _("hours")}}
    return {"tickformat": f"{plus},~g"}


CHARTS: dict[str, Callable[[Answer, Theme], Figure]] = {
    "describe": describe,
    "flow": flow,
    "step_matrix": step_matrix,
    "paths": paths,
    "funnel": funnel,
    "touches": touches,
    "retention": retention,
    "frequent": frequent,
    "compare": compare,
}
