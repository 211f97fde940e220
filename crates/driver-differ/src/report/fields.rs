//! The rows of a record's comparison, as both text and Markdown show them.

use crate::diff::{FieldKind, Line, align};
use crate::model::{Field, Record};

/// One row. `mark` is `+`, `-`, `~` (both sides in one row) or a space (unchanged).
pub(super) struct Row {
    pub(super) mark: char,
    pub(super) cells: [String; 4],
}

impl Row {
    fn field(mark: char, field: &Field) -> Self {
        Self { mark, cells: [offset(field), size(field), field.ty.clone(), name(field)] }
    }

    fn words(words: String) -> Self {
        Self { mark: ' ', cells: [String::new(), String::new(), String::new(), words] }
    }
}

fn offset(field: &Field) -> String {
    match field.bit_offset {
        Some(bit) => format!("{}.{}", bit / 8, bit % 8),
        None => field.offset.to_string(),
    }
}

fn size(field: &Field) -> String {
    field.bits.map_or_else(|| field.size.to_string(), |bits| format!("{bits} bits"))
}

fn name(field: &Field) -> String {
    if field.name.is_empty() { "(unnamed)".into() } else { field.name.clone() }
}

fn both(a: &str, b: &str) -> String {
    if a == b { a.to_string() } else { format!("{a} -> {b}") }
}

/// The rows that show what changed, with the unchanged field before each change; what is left out is counted.
pub(super) fn rows(base: &Record, next: &Record) -> Vec<Row> {
    let lines = align(base, next);
    let mut rows = Vec::new();
    let mut left_out = 0usize;
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        if let Line::Same(field) = line {
            at += 1;
            if matches!(lines.get(at), None | Some(Line::Same(_))) {
                left_out += 1;
                continue;
            }
            flush(&mut rows, &mut left_out);
            rows.push(Row::field(' ', field));
            continue;
        }
        flush(&mut rows, &mut left_out);
        let moved = run_of_moves(&lines[at..]);
        if moved > MOST_MOVES {
            if let Line::Changed(_, b, n) = line {
                let by = i128::from(n.offset) - i128::from(b.offset);
                rows.push(Row { mark: '~', ..Row::words(format!("({moved} fields moved by {by:+})")) });
            }
            at += moved;
            continue;
        }
        push(&mut rows, line);
        at += 1;
    }
    flush(&mut rows, &mut left_out);
    let end = |r: &Record| r.fields.iter().map(|f| f.offset.saturating_add(f.size)).max().unwrap_or(0);
    for (mark, record, other) in [('-', base, next), ('+', next, base)] {
        let tail = |r: &Record| if r.union { 0 } else { r.size.saturating_sub(end(r)) };
        if tail(record) > 0 && tail(record) != tail(other) {
            let cells = [end(record).to_string(), tail(record).to_string(), String::new(), "(padding)".into()];
            rows.push(Row { mark, cells });
        }
    }
    rows
}

/// Fields moved one after the other by the same distance are one statement from this many on.
const MOST_MOVES: usize = 4;

fn run_of_moves(lines: &[Line<'_>]) -> usize {
    let shift = |l: &Line<'_>| match l {
        Line::Changed(FieldKind::Moved, b, n) => Some(i128::from(n.offset) - i128::from(b.offset)),
        _ => None,
    };
    let Some(first) = lines.first().and_then(shift) else { return 0 };
    lines.iter().take_while(|l| shift(l) == Some(first)).count()
}

fn flush(rows: &mut Vec<Row>, left_out: &mut usize) {
    if *left_out > 0 {
        let fields = if *left_out == 1 { "field" } else { "fields" };
        rows.push(Row::words(format!("({left_out} {fields} as before)")));
        *left_out = 0;
    }
}

fn push(rows: &mut Vec<Row>, line: &Line<'_>) {
    match *line {
        Line::Same(field) => rows.push(Row::field(' ', field)),
        Line::Removed(field) => rows.push(Row::field('-', field)),
        Line::Added(FieldKind::FilledPadding, field) => {
            let mut row = Row::field('+', field);
            row.cells[3].push_str("   (was padding)");
            rows.push(row);
        }
        Line::Added(_, field) => rows.push(Row::field('+', field)),
        Line::Changed(FieldKind::Renamed | FieldKind::Moved | FieldKind::Reordered, b, n) => {
            let cells =
                [both(&offset(b), &offset(n)), both(&size(b), &size(n)), both(&b.ty, &n.ty), both(&name(b), &name(n))];
            rows.push(Row { mark: '~', cells });
        }
        Line::Changed(_, b, n) => {
            rows.push(Row::field('-', b));
            rows.push(Row::field('+', n));
        }
    }
}
