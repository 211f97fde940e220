//! Reading traces.

use super::{Header, LentValue, Record, SCHEMA_VERSION};
use std::io::BufRead;
use std::ops::Range;

/// Why a trace cannot be played back.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// It cannot be read.
    #[error("the trace cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// A line is not what it should be.
    #[error("line {line} of the trace: {source}")]
    Malformed {
        /// Which, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// It is of a later format.
    #[error("the trace has schema version {0}; this program reads {SCHEMA_VERSION}")]
    Version(u32),
    /// Bytes are not what the rest of the line says of them.
    #[error("line {line} of the trace: {what}")]
    Inconsistent {
        /// Which, from 1.
        line: usize,
        /// What does not fit.
        what: &'static str,
    },
    /// There is nothing in it.
    #[error("the trace is empty: it begins with a line that says of which driver it is")]
    Empty,
}

/// A recorded call, read and found consistent: every range lies in the bytes.
pub(super) struct Entry {
    pub(super) record: Record,
    pub(super) before: Vec<u8>,
    pub(super) after: Vec<u8>,
}

/// Reads a trace.
pub(super) fn read(reader: impl BufRead) -> Result<(Header, Vec<Entry>), TraceError> {
    let mut lines = reader.lines().enumerate().map(|(index, line)| line.map(|line| (index + 1, line)));
    let (line, first) = lines.next().ok_or(TraceError::Empty)??;
    let header: Header = serde_json::from_str(&first).map_err(|source| TraceError::Malformed { line, source })?;
    if header.schema_version != SCHEMA_VERSION {
        return Err(TraceError::Version(header.schema_version));
    }
    let mut entries = Vec::new();
    for line in lines {
        let (line, text) = line?;
        if !text.trim().is_empty() {
            let record = serde_json::from_str(&text).map_err(|source| TraceError::Malformed { line, source })?;
            entries.push(Entry::new(record).map_err(|what| TraceError::Inconsistent { line, what })?);
        }
    }
    Ok((header, entries))
}

impl Entry {
    fn new(record: Record) -> Result<Self, &'static str> {
        let bytes = |digits: &str| unhex(digits).ok_or("bytes are pairs of hexadecimal digits");
        let before = bytes(&record.before)?;
        let after = record.after.as_deref().map_or_else(|| Ok(before.clone()), bytes)?;
        if after.len() != before.len() {
            return Err("as many bytes after the call as before");
        }
        let within = |range: Range<usize>| before.get(range).is_some();
        let argument = record.argument.is_none_or(|(start, end)| within(start..end));
        let lent = record.lent.iter().all(|lent| {
            let leads = match lent.value {
                LentValue::Bytes(start, end) => within(start..end),
                LentValue::File(_) | LentValue::Mapped | LentValue::Number(_) => true,
            };
            let end = lent.at.checked_add(lent.width);
            leads && end.is_some_and(|end| within(lent.at..end))
        });
        if argument && lent { Ok(Self { record, before, after }) } else { Err("places lie within the bytes") }
    }
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    let value = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| Some(value(*pair.first()?)? << 4 | value(*pair.get(1)?)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = r#"{"schema_version":1,"driver":"535.261.03","gpus":[0]}"#;

    fn why(lines: &str) -> String {
        match read(format!("{HEADER}\n{lines}").as_bytes()) {
            Ok(_) => panic!("it was read"),
            Err(error) => error.to_string(),
        }
    }

    fn record(before: &str, argument: &str, lent: &str) -> String {
        format!(
            r#"{{"file":1,"node":"/dev/nvidiactl","request":1,"argument":{argument},"before":"{before}","lent":{lent},"result":0,"ns":1}}"#
        )
    }

    #[test]
    fn a_trace_is_read() {
        let (header, entries) = read(format!("{HEADER}\n{}\n", record("00ff", "[0,2]", "[]")).as_bytes()).unwrap();
        assert_eq!((header.driver.as_str(), entries[0].before.as_slice()), ("535.261.03", &[0, 0xff][..]));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        assert!(why(&record("0g", "null", "[]")).contains("line 2"));
        assert!(why(&record("000", "null", "[]")).contains("hexadecimal"));
        assert!(why(&record("00", "[0,2]", "[]")).contains("within"));
        assert!(why(&record("00", "[1,0]", "[]")).contains("within"));
        let far = r#"[{"at":18446744073709551615,"width":8,"value":{"bytes":[0,1]}}]"#;
        assert!(why(&record("00", "null", far)).contains("within"));
        assert!(why("{}").contains("line 2"));
    }

    #[test]
    fn no_header_is_no_trace() {
        assert!(matches!(read(&b""[..]), Err(TraceError::Empty)));
        assert!(matches!(read(&br#"{"schema_version":9,"driver":"1.2","gpus":[]}"#[..]), Err(TraceError::Version(9))));
    }
}
