//! Text in aligned columns.

use super::output::{FAINT, paint};

/// Which side of its column a cell keeps to.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    Left,
    Right,
}

/// A column: its title and its cells' side.
pub(crate) type Column = (&'static str, Side);

/// Rows below a heading, every line indented by two blanks; nothing where there are no rows.
pub(crate) fn columns(titles: &[Column], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let widths: Vec<usize> = titles
        .iter()
        .enumerate()
        .map(|(i, (title, _))| rows.iter().filter_map(|row| row.get(i)).map(String::len).fold(title.len(), usize::max))
        .collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = cells
            .zip(titles.iter().zip(&widths))
            .map(|(cell, ((_, side), width))| match side {
                Side::Left => format!("{cell:<width$}"),
                Side::Right => format!("{cell:>width$}"),
            })
            .collect();
        format!("  {}", padded.join("  ")).trim_end().to_string()
    };
    let heading = paint(FAINT, &line(&mut titles.iter().map(|(title, _)| *title)));
    let rows = rows.iter().map(|row| line(&mut row.iter().map(String::as_str)));
    std::iter::once(heading).chain(rows).map(|line| line + "\n").collect()
}
