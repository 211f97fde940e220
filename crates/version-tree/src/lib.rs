//! NVIDIA driver releases, their ancestry and installer checksums.
