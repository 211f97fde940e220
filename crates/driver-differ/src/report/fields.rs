//! The rows of a record's comparison, as both text and Markdown show them.

use super::count;
use super::padding::{Item, items};
use crate::diff::{FieldKind, Line, extent};
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
    field.bits.map_or_else(|| field.size.to_string(), |bits| count(bits, "bit"))
}

fn name(field: &Field) -> String {
    if field.name.is_empty() { "(unnamed)".into() } else { field.name.clone() }
}

fn both(a: &str, b: &str) -> String {
    if a == b { a.to_string() } else { format!("{a} -> {b}") }
}

/// The rows that show what changed, with the unchanged field before each change; what is left out is counted. None
/// where no field changed.
pub(super) fn rows(base: &Record, next: &Record) -> Vec<Row> {
    let items = items(base, next);
    let mut rows = Vec::new();
    if items.iter().all(|i| matches!(i, Item::Line(Line::Same(_)))) {
        return rows;
    }
    let mut left_out = Vec::new();
    let mut at = 0;
    while let Some(item) = items.get(at) {
        if let Item::Line(Line::Same(field)) = item {
            at += 1;
            left_out.push(*field);
            if !matches!(items.get(at), None | Some(Item::Line(Line::Same(_)))) {
                let context = left_out.pop();
                flush(&mut rows, &mut left_out);
                rows.extend(context.map(|f| Row::field(' ', f)));
            }
            continue;
        }
        flush(&mut rows, &mut left_out);
        let (moved, by) = run_of_moves(&items[at..]);
        if moved > MOST_MOVES {
            rows.push(Row { mark: '~', ..Row::words(format!("({moved} fields moved by {by:+})")) });
            at += moved;
            continue;
        }
        match item {
            Item::Line(line) => push(&mut rows, line),
            Item::Padding(mark, (from, to)) => {
                let cells = [from.to_string(), (to - from).to_string(), String::new(), "(padding)".into()];
                rows.push(Row { mark: *mark, cells });
            }
        }
        at += 1;
    }
    flush(&mut rows, &mut left_out);
    rows
}

/// Fields moved one after the other by the same distance are one statement from this many on.
const MOST_MOVES: usize = 4;

/// How many fields moved by the same distance from here on, and that distance.
fn run_of_moves(items: &[Item<'_>]) -> (usize, i128) {
    let shift = |i: &Item<'_>| match i {
        Item::Line(Line::Changed(FieldKind::Moved, b, n)) => Some(i128::from(extent(n).0) - i128::from(extent(b).0)),
        _ => None,
    };
    let Some(first) = items.first().and_then(shift) else { return (0, 0) };
    (items.iter().take_while(|i| shift(i) == Some(first)).count(), first)
}

fn flush(rows: &mut Vec<Row>, left_out: &mut Vec<&Field>) {
    match left_out.as_slice() {
        [] => {}
        // The field itself says more than a row that counts it.
        [one] => rows.push(Row::field(' ', one)),
        more => rows.push(Row::words(format!("({} fields as before)", more.len()))),
    }
    left_out.clear();
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
