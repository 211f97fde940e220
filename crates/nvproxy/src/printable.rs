//! Text of others in messages: of release packs, of a driver's sources, and names of files.
//!
//! Such text could end a line, move the cursor of a terminal, or turn the order of letters around. So what is not
//! printable is escaped, and of a long text only the beginning is shown.

use std::ffi::OsStr;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The longest text that is shown whole, in bytes.
const WHOLE: usize = 200;
/// The same of a message that has texts of others in it.
const MESSAGE: usize = 1000;
/// What stands behind the beginning of a longer text takes no more, in bytes.
const REST: usize = 40;

/// A text on one line, without characters that are not printable, and not long.
pub fn printable(text: &str) -> String {
    of_bytes(text.as_bytes(), WHOLE)
}

/// The same of a word that need not be text.
pub fn printable_os(word: &OsStr) -> String {
    of_bytes(word.as_bytes(), WHOLE)
}

/// The same of a path.
pub fn printable_path(path: &Path) -> String {
    printable_os(path.as_os_str())
}

/// The same of a message that has texts of others in it.
pub fn printable_message(message: &str) -> String {
    of_bytes(message.as_bytes(), MESSAGE)
}

/// Several texts in one line, at most ten of them.
pub fn printable_list(texts: &[String]) -> String {
    const SHOWN: usize = 10;
    let shown: Vec<String> = texts.iter().take(SHOWN).map(|text| printable(text)).collect();
    match texts.len().saturating_sub(SHOWN) {
        0 => shown.join("; "),
        more => format!("{}; and {more} more", shown.join("; ")),
    }
}

fn of_bytes(bytes: &[u8], whole: usize) -> String {
    let mut out = String::new();
    // Where the beginning ends that is shown of a long text. Shown again, it stays what it is.
    let mut beginning = 0;
    for chunk in bytes.utf8_chunks() {
        let pieces =
            chunk.valid().chars().map(escaped).chain(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
        for piece in pieces {
            out += &piece;
            if out.len() + REST <= whole {
                beginning = out.len();
            }
            if out.len() > whole {
                out.truncate(beginning);
                // Writing to a string cannot fail.
                let _ = write!(out, "... ({} bytes)", bytes.len());
                return out;
            }
        }
    }
    out
}

fn escaped(character: char) -> String {
    match character {
        '\'' | '"' | '\\' => character.to_string(),
        other => other.escape_debug().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_on_one_line() {
        for (text, expected) in [
            (&b"/etc/nvproxy/packs/620.50.02.toml"[..], "/etc/nvproxy/packs/620.50.02.toml"),
            ("größer und 'größer' \"\\".as_bytes(), "größer und 'größer' \"\\"),
            (b"two\nlines\r\x1b[31m\t\x00", "two\\nlines\\r\\u{1b}[31m\\t\\0"),
            (
                "\u{202e}gnp.exe\u{2028}\u{2029}\u{2066}\u{85}".as_bytes(),
                "\\u{202e}gnp.exe\\u{2028}\\u{2029}\\u{2066}\\u{85}",
            ),
            (b"no\xfftext\x80", "no\\xfftext\\x80"),
        ] {
            assert_eq!(of_bytes(text, WHOLE), expected);
        }
    }

    #[test]
    fn a_long_text_is_cut_once() {
        let whole = "x".repeat(WHOLE);
        assert_eq!(printable(&whole), whole);
        for long in [vec![b'x'; 131_072], vec![b'\n'; 5000], vec![0xff; 300], "ü".repeat(101).into_bytes()] {
            let shown = of_bytes(&long, WHOLE);
            assert!(shown.len() <= WHOLE && shown.ends_with(&format!("... ({} bytes)", long.len())), "{shown}");
            assert_eq!(printable(&shown), shown);
        }
        let many: Vec<String> = (0..12).map(|n| format!("{n}\n")).collect();
        assert!(printable_list(&many).ends_with("9\\n; and 2 more"), "{}", printable_list(&many));
    }
}
