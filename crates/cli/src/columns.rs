//! Text in aligned columns.

use crate::style::{FAINT, paint};

/// Which side of its column a cell keeps to.
#[derive(Clone, Copy, Debug)]
pub enum Side {
    /// The left one, as words do.
    Left,
    /// The right one, as numbers do.
    Right,
}

/// A column: its title and its cells' side.
pub type Column = (&'static str, Side);

/// A line of a table.
#[derive(Clone, Debug)]
pub enum Line {
    /// A cell for each column.
    Row(Vec<String>),
    /// More about the row above it, of any width.
    Below(String),
}

/// Rows below a heading, every line indented by two blanks; nothing where there are no rows. Each row may have lines of
/// its own below it.
#[must_use]
pub fn columns(titles: &[Column], rows: &[Line]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let cells: Vec<&Vec<String>> =
        rows.iter().filter_map(|line| if let Line::Row(cells) = line { Some(cells) } else { None }).collect();
    let widths: Vec<usize> = titles
        .iter()
        .enumerate()
        .map(|(i, (title, _))| cells.iter().filter_map(|row| row.get(i)).map(String::len).fold(title.len(), usize::max))
        .collect();
    let aligned = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = cells
            .zip(titles.iter().zip(&widths))
            .map(|(cell, ((_, side), width))| match side {
                Side::Left => format!("{cell:<width$}"),
                Side::Right => format!("{cell:>width$}"),
            })
            .collect();
        format!("  {}", padded.join("  ")).trim_end().to_string()
    };
    // Below the second column.
    let indent = widths.first().map_or(0, |width| width + 6);
    let mut out = paint(FAINT, &aligned(&mut titles.iter().map(|(title, _)| *title))) + "\n";
    for line in rows {
        match line {
            Line::Row(cells) => out.push_str(&aligned(&mut cells.iter().map(String::as_str))),
            Line::Below(text) => out.push_str(&format!("{:indent$}{}", "", paint(FAINT, text))),
        }
        out.push('\n');
    }
    out
}
