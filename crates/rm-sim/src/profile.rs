//! What a simulated GPU is.

/// A GPU, as data.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {}

/// Why there is no such profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// No profile has this name.
    #[error("there is no GPU profile {0:?}; there are {1:?}")]
    Unknown(String, Vec<&'static str>),
    /// The text is not a profile.
    #[error("not a GPU profile: {0}")]
    Malformed(#[from] toml::de::Error),
}

impl Profile {
    /// A profile of this crate.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn named(name: &str) -> Result<Self, ProfileError> {
        if Self::names().any(|known| known == name) {
            Ok(Self {})
        } else {
            Err(ProfileError::Unknown(name.to_owned(), Self::names().collect()))
        }
    }

    /// The profiles of this crate.
    pub fn names() -> impl Iterator<Item = &'static str> {
        ["h100", "l4"].into_iter()
    }

    /// A profile from TOML, like the crate's own.
    ///
    /// # Errors
    /// The text is not TOML, or has not what a profile has.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        let _: toml::Table = toml::from_str(text)?;
        Ok(Self {})
    }
}
