//! The SHA-256 of an installer.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A SHA-256 checksum; written as 64 lower-case hexadecimal digits, and read only so.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256(pub [u8; 32]);

/// A text that is not a SHA-256 checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 checksum: expected exactly 64 lower-case hexadecimal digits")]
pub struct Sha256Error;

impl FromStr for Sha256 {
    type Err = Sha256Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        fn nibble(digit: u8) -> Result<u8, Sha256Error> {
            match digit {
                b'0'..=b'9' => Ok(digit - b'0'),
                b'a'..=b'f' => Ok(digit - b'a' + 10),
                _ => Err(Sha256Error),
            }
        }
        let digits: &[u8; 64] = text.as_bytes().try_into().map_err(|_| Sha256Error)?;
        let mut bytes = [0; 32];
        for (byte, [high, low]) in bytes.iter_mut().zip(digits.as_chunks().0) {
            *byte = nibble(*high)? << 4 | nibble(*low)?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Sha256 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "3e875a4d350e4b2316f2bb5db5a6c89122ec920cc0ca64327d3a0d970c4f3dc7";

    #[test]
    fn a_checksum_prints_as_it_was_read() {
        assert_eq!(TEXT.parse::<Sha256>().map(|sum| sum.to_string()), Ok(TEXT.to_owned()));
    }

    #[test]
    fn upper_case_wrong_length_and_other_characters_are_refused() {
        let bad =
            [TEXT.to_uppercase(), TEXT[1..].to_owned(), format!("{TEXT}0"), TEXT.replace('3', "g"), String::new()];
        for text in bad {
            assert_eq!(text.parse::<Sha256>(), Err(Sha256Error), "{text}");
        }
    }
}
