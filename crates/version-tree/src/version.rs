//! A driver version, exactly as NVIDIA prints it.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Most digits one component may have; NVIDIA has never used more than three.
const MAX_DIGITS: u8 = 4;
/// Most components a version has.
const MAX_COMPONENTS: usize = 3;
/// How much of a rejected text an error repeats.
const MAX_QUOTED: usize = 40;

/// A driver version such as `550.54.14` or `550.100`.
///
/// It prints the digits it was parsed from, leading zeros included, and compares by
/// number: `550.100`, `550.100.00` and `550.100.0` are equal and hash alike.
#[derive(Clone, Copy)]
pub struct DriverVersion {
    /// Component values; a missing third one is 0.
    numbers: [u16; MAX_COMPONENTS],
    /// Digits each component is written with; 0 for a missing one.
    widths: [u8; MAX_COMPONENTS],
}

impl DriverVersion {
    /// Parses a version; usable in constants. [`FromStr`] does the same with an error
    /// that repeats the text; [`version!`](crate::version) checks a literal at compile time.
    ///
    /// # Errors
    /// Says what about the text is not a driver version.
    pub const fn try_parse(text: &str) -> Result<Self, Malformed> {
        let bytes = text.as_bytes();
        let mut version = Self { numbers: [0; MAX_COMPONENTS], widths: [0; MAX_COMPONENTS] };
        let mut component = 0;
        let mut at = 0;
        while at < bytes.len() {
            match bytes[at] {
                b'.' if version.widths[component] == 0 => return Err(Malformed::EmptyComponent),
                b'.' if component + 1 == MAX_COMPONENTS => return Err(Malformed::ComponentCount),
                b'.' => component += 1,
                digit @ b'0'..=b'9' => {
                    if version.widths[component] == MAX_DIGITS {
                        return Err(Malformed::LongComponent);
                    }
                    // Four digits stay below u16::MAX.
                    version.numbers[component] = version.numbers[component] * 10 + (digit - b'0') as u16;
                    version.widths[component] += 1;
                }
                _ => return Err(Malformed::NotADigit),
            }
            at += 1;
        }
        if version.widths[component] == 0 {
            return Err(Malformed::EmptyComponent);
        }
        if component == 0 {
            return Err(Malformed::ComponentCount);
        }
        Ok(version)
    }

    /// The first component: the release branch, such as 550.
    #[must_use]
    pub const fn major(self) -> u16 {
        self.numbers[0]
    }

    /// The second component.
    #[must_use]
    pub const fn minor(self) -> u16 {
        self.numbers[1]
    }

    /// The third component, if there is one.
    #[must_use]
    pub const fn patch(self) -> Option<u16> {
        if self.widths[2] == 0 { None } else { Some(self.numbers[2]) }
    }

    /// The release branch: what NVIDIA calls R550 is branch 550.
    #[must_use]
    pub const fn branch(self) -> u16 {
        self.major()
    }

    /// The line within the branch. Releases that differ only in the third component
    /// continue each other: 515.49.05 and 515.49.06, but not 515.57.
    #[must_use]
    pub const fn line(self) -> (u16, u16) {
        (self.major(), self.minor())
    }
}

/// A [`DriverVersion`] from a literal, checked when the program is compiled.
///
/// ```
/// const V: version_tree::DriverVersion = version_tree::version!("550.54.14");
/// assert_eq!(V.branch(), 550);
/// ```
/// ```compile_fail
/// let _ = version_tree::version!("550.54.14-beta");
/// ```
#[macro_export]
macro_rules! version {
    ($text:literal) => {
        const {
            match $crate::DriverVersion::try_parse($text) {
                Ok(version) => version,
                Err(_) => panic!("not a driver version such as 550.54.14"),
            }
        }
    };
}

/// Why a text is not a driver version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// Something other than a digit or a dot.
    #[error("it has a character that is neither a digit nor a dot")]
    NotADigit,
    /// Nothing before, between or after the dots, or nothing at all.
    #[error("a number is missing")]
    EmptyComponent,
    /// More digits in one component than any driver has had.
    #[error("a number has more than {MAX_DIGITS} digits")]
    LongComponent,
    /// Fewer than two or more than three components.
    #[error("it does not have two or three numbers")]
    ComponentCount,
}

/// A text that is not a driver version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a driver version: {reason}; expected two or three numbers such as 550.54.14")]
pub struct VersionError {
    /// The beginning of the text.
    pub text: String,
    /// What is wrong with it.
    pub reason: Malformed,
}

impl VersionError {
    fn new(text: &str, reason: Malformed) -> Self {
        Self { text: text.chars().take(MAX_QUOTED).collect(), reason }
    }
}

impl FromStr for DriverVersion {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_parse(text).map_err(|reason| VersionError::new(text, reason))
    }
}

impl fmt::Display for DriverVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(MAX_COMPONENTS * (usize::from(MAX_DIGITS) + 1));
        for (number, width) in self.numbers.iter().zip(self.widths).filter(|(_, width)| *width > 0) {
            let dot = if text.is_empty() { "" } else { "." };
            let width = usize::from(width);
            fmt::write(&mut text, format_args!("{dot}{number:0width$}"))?;
        }
        f.pad(&text) // so that columns of versions can be aligned
    }
}

impl fmt::Debug for DriverVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for DriverVersion {
    fn eq(&self, other: &Self) -> bool {
        self.numbers == other.numbers
    }
}

impl Eq for DriverVersion {}

impl Hash for DriverVersion {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.numbers.hash(state);
    }
}

impl PartialOrd for DriverVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DriverVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers)
    }
}

impl Serialize for DriverVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DriverVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = DriverVersion;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a driver version such as \"550.54.14\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}
