//! Text that comes from headers, tags and commits, made harmless in Markdown.

/// Plain text: nothing in it begins markup, ends a line or a table's cell, or refers to anybody.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '|' | '*' | '_' | '`' | '[' | ']' | '~' | '#' | '!' => out.extend(['\\', c]),
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '@' => out.push_str("&#64;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// The same with what stands between backquotes left as code.
pub(super) fn note(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts.map(|(index, part)| if index % 2 == 1 { code(part) } else { escape(part) }).collect()
}

/// As code, where only a backquote and, in a table, a bar mean anything.
pub(super) fn code(text: &str) -> String {
    let plain = |c: char| if c == '`' || c.is_control() { '\u{fffd}' } else { c };
    format!("`{}`", text.chars().map(plain).collect::<String>().replace('|', "\\|"))
}

/// A block of Rust; `text` is our own but for names, which are identifiers of C.
pub(super) fn rust(text: &str) -> String {
    format!("```rust\n{}\n```\n", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_is_markup() {
        assert_eq!(escape("a|b <img> @all\n[x](y) `z`"), "a\\|b &lt;img> &#64;all \\[x\\](y) \\`z\\`");
        assert_eq!(code("a`b|c\n"), "`a\u{fffd}b\\|c\u{fffd}`");
        assert_eq!(note("see `a_b` and c_d"), "see `a_b` and c\\_d");
    }
}
