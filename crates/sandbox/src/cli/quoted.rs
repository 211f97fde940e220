//! Words of the user's in a message.

use std::ffi::OsStr;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;

/// How much of a word a message shows, in bytes.
const SHOWN: usize = 200;

/// A word in quotation marks, on one line: what is no printable character is escaped, and of a long word its beginning is
/// shown.
pub(super) fn quoted(word: &OsStr) -> String {
    let mut text = String::from("\"");
    let mut left_out = false;
    for chunk in word.as_bytes().utf8_chunks() {
        let escaped = chunk.valid().chars().map(|character| match character {
            '\'' => "'".to_owned(),
            other => other.escape_debug().to_string(),
        });
        let bytes = chunk.invalid().iter().fold(String::new(), |mut bytes, byte| {
            let _ = write!(bytes, "\\x{byte:02x}");
            bytes
        });
        for piece in escaped.chain([bytes]) {
            left_out |= text.len() + piece.len() > SHOWN;
            if !left_out {
                text += &piece;
            }
        }
        if left_out {
            break;
        }
    }
    if left_out { format!("{text}\"... ({} bytes)", word.len()) } else { text + "\"" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stays_on_one_line_and_is_not_long() {
        for (word, expected) in [
            (&b"/usr/bin/nvidia-smi"[..], "\"/usr/bin/nvidia-smi\""),
            ("größer und 'größer'".as_bytes(), "\"größer und 'größer'\""),
            (b"two\nlines\x1b[31m \"quoted\" \\", "\"two\\nlines\\u{1b}[31m \\\"quoted\\\" \\\\\""),
            ("\u{202e}gnp.exe".as_bytes(), "\"\\u{202e}gnp.exe\""),
            (b"no\xfftext\x80\x80", "\"no\\xfftext\\x80\\x80\""),
        ] {
            assert_eq!(quoted(OsStr::from_bytes(word)), expected);
        }
        for long in [vec![b'x'; 131_072], vec![b'\n'; 5000], vec![0xff; 300], "ü".repeat(101).into_bytes()] {
            let shown = quoted(OsStr::from_bytes(&long));
            assert!(shown.len() < 240 && shown.ends_with(&format!("\"... ({} bytes)", long.len())), "{shown}");
        }
    }
}
