"""Where the rows of a CSV begin and end: one pass over the bytes."""

# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators
# mypy: disable-error-code="assignment"

from __future__ import annotations

import numpy as np

from travesia.engines.compiling import compiled

BROKEN = -1  # instead of a number of fields: quotes that do not close as they should


@compiled
def cut_rows(
    data, delimiter, quote, escape, expected, final, longest, line, starts, stops, fields, lines
):
    """Cut bytes into rows; gives (rows, bytes used, next line).

    A quote means something only at the start of a field and must close before a delimiter or the
    end of a line. A row that breaks this, or that spans lines and has not the expected number of
    fields, ends at its first line: a quote that never closes costs its own line, not those after.
    `quote` and `escape` are -1 if there are none. Without `final` the last, perhaps unfinished row
    is left for the next call, unless it is longer than `longest`.
    """
    n, rows, position = data.size, 0, 0
    plain = np.ones(256, np.bool_)  # letters that mean nothing inside a field
    plain[delimiter] = plain[10] = plain[13] = False
    if quote >= 0:
        plain[quote] = False
    if escape >= 0:
        plain[escape] = False
    while position < n:
        start, count, state = position, 1, 0  # state: 0 field starts, 1 in field, 2 quoted, 3 after
        newline, inner, i, next_position, stop = -1, 0, position, -1, -1
        while i < n:
            c = data[i]
            if state == 2:
                if c == escape:
                    i += 1
                elif c == quote:
                    state = 3
                elif c == 10:
                    inner += 1
                    if newline < 0:
                        newline = i
            elif c == 10:
                stop, next_position = i, i + 1
                break
            elif c == 13:
                if i + 1 < n:
                    stop, next_position = i, i + 1 + (data[i + 1] == 10)
                elif final:
                    stop, next_position = i, n
                break
            elif c == delimiter:
                count += 1
                state = 0
            elif state == 3:
                if c != quote:
                    count = BROKEN
                    break
                state = 2
            elif state == 0 and c == quote:
                state = 2
            else:
                if c == escape:
                    i += 1
                state = 1
            i += 1
            if state in (1, 2):
                while i < n and plain[data[i]]:
                    i += 1
        if count != BROKEN and stop < 0:  # the bytes ended first
            if not final and n - start <= longest:
                return rows, start, line
            if state == 2 or not final:
                count = BROKEN
            else:
                stop, next_position = n, n
        if count == BROKEN or (inner > 0 and count != expected):
            i = newline if newline >= 0 else i
            while i < n and data[i] != 10:
                i += 1
            if i == n and not final and n - start <= longest:
                return rows, start, line
            stop, next_position, inner = i, min(i + 1, n), 0
        if stop > start:
            starts[rows], stops[rows], fields[rows], lines[rows] = start, stop, count, line
            rows += 1
        line += 1 + inner
        position = next_position
    return rows, position, line
