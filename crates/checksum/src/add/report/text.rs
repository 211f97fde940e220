//! Text that comes from headers, tags, commits and servers, made harmless in Markdown.
//!
//! All of it stands in code spans. Forges look for `@somebody` and `#12` in what is left when escapes are undone, so
//! that no escape keeps a stranger's text from calling people; in code they do not look.

/// As code: a fence longer than any in the text, and one line.
pub(super) fn code(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // A space at each end is taken away again; it keeps a backquote of the text apart from the fence.
    let apart = text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) || text.is_empty();
    let space = if apart { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// As code in a cell of a table, which a bar would end even there.
pub(super) fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// A block of Rust; `text` is our own but for names, which are identifiers of C.
pub(super) fn rust(text: &str) -> String {
    format!("```rust\n{}\n```\n", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What CommonMark makes of a code span that is a whole paragraph: its text, if it is one span to its end.
    fn shown(markdown: &str) -> Option<String> {
        let fence = markdown.len() - markdown.trim_start_matches('`').len();
        let inner = markdown.get(fence..markdown.len() - fence)?;
        let runs = inner.split(|c| c != '`').map(str::len);
        if fence == 0 || markdown[markdown.len() - fence..] != markdown[..fence] || runs.into_iter().any(|n| n == fence)
        {
            return None;
        }
        let stripped = inner.strip_prefix(' ').and_then(|inner| inner.strip_suffix(' '));
        Some(stripped.filter(|_| !inner.trim().is_empty()).unwrap_or(inner).to_string())
    }

    #[test]
    fn nothing_from_outside_leaves_its_code_span() {
        for text in ["@all", "#12", "`@all`", "a ``b`` #1", "```", "<img> [x](y)", " @all ", "a\\", "GH-1", "x|y"] {
            let markdown = code(text);
            assert_eq!(shown(&markdown).as_deref(), Some(text), "{markdown}");
        }
        assert_eq!(code("a\n\n@all\u{1b}"), "` a  @all  `");
        assert_eq!(cell("a|b"), "`a\\|b`");
        assert_eq!(shown(&code("")).as_deref(), Some("  "));
    }
}
