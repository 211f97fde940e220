//! Where NVIDIA publishes the installer of a release.

use version_tree::{Architecture, DriverVersion};

/// NVIDIA's server.
pub const NVIDIA: &str = "https://us.download.nvidia.com";

/// The file name of an installer.
#[must_use]
pub fn file_name(version: DriverVersion, architecture: Architecture) -> String {
    format!("NVIDIA-Linux-{architecture}-{version}.run")
}

/// What a file name says an installer is.
#[must_use]
pub fn from_file_name(name: &str) -> Option<(DriverVersion, Architecture)> {
    let (architecture, version) = name.strip_prefix("NVIDIA-Linux-")?.strip_suffix(".run")?.split_once('-')?;
    Some((version.parse().ok()?, architecture.parse().ok()?))
}

/// Where to look for an installer under a server or mirror, most likely first: data centre drivers are in one
/// directory, those for everyone in another, and many releases are in both.
#[must_use]
pub fn urls(base: &str, version: DriverVersion, architecture: Architecture) -> [String; 2] {
    let (base, name) = (base.trim_end_matches('/'), file_name(version, architecture));
    let tesla = format!("{base}/tesla/{version}/{name}");
    match architecture {
        Architecture::X86_64 => [tesla, format!("{base}/XFree86/Linux-x86_64/{version}/{name}")],
        Architecture::Aarch64 => [format!("{base}/XFree86/aarch64/{version}/{name}"), tesla],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use version_tree::version;

    #[test]
    fn versions_stand_in_urls_as_nvidia_writes_them() {
        let [tesla, xfree86] = urls("https://mirror/", version!("550.100"), Architecture::X86_64);
        assert_eq!(tesla, "https://mirror/tesla/550.100/NVIDIA-Linux-x86_64-550.100.run");
        assert_eq!(xfree86, "https://mirror/XFree86/Linux-x86_64/550.100/NVIDIA-Linux-x86_64-550.100.run");
        let [xfree86, tesla] = urls(NVIDIA, version!("570.86.15"), Architecture::Aarch64);
        let base = "https://us.download.nvidia.com";
        assert_eq!(xfree86, format!("{base}/XFree86/aarch64/570.86.15/NVIDIA-Linux-aarch64-570.86.15.run"));
        assert_eq!(tesla, format!("{base}/tesla/570.86.15/NVIDIA-Linux-aarch64-570.86.15.run"));
    }

    #[test]
    fn a_file_name_is_read_back() {
        for architecture in Architecture::ALL {
            let version = version!("550.100");
            let read = from_file_name(&file_name(version, architecture));
            assert_eq!(read, Some((version, architecture)));
        }
        for name in ["NVIDIA-Linux-x86_64.run", "NVIDIA-Linux-riscv-550.100.run", "NVIDIA-Linux-x86_64-550.100-no.run"]
        {
            assert_eq!(from_file_name(name), None, "{name}");
        }
    }
}
