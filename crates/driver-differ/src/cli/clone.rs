//! Releases that are neither built in nor in a repository at hand: fetched once into the user's cache directory.
//!
//! The `git` program does it, so that proxies, certificates and credentials are those the user has set up.

use anyhow::{Context, Result, bail};
use etcetera::BaseStrategy;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use version_tree::DriverVersion;

const ORIGIN: &str = "https://github.com/NVIDIA/open-gpu-kernel-modules.git";
/// Another origin: a mirror, or a directory.
const ORIGIN_VARIABLE: &str = "NVPROXY_DRIVER_ORIGIN";

/// The repository in the cache directory, whether or not it exists.
pub(crate) fn cache() -> Result<PathBuf> {
    let strategy = etcetera::choose_base_strategy().context("the user's cache directory is not known")?;
    Ok(strategy.cache_dir().join("driver-differ").join("open-gpu-kernel-modules.git"))
}

/// Fetches one release's tag, without history, into the cache; gives the repository.
pub(crate) fn fetch(release: DriverVersion) -> Result<PathBuf> {
    let origin = std::env::var(ORIGIN_VARIABLE).unwrap_or_else(|_| ORIGIN.to_string());
    let path = cache()?;
    if !path.join("HEAD").exists() {
        std::fs::create_dir_all(&path).with_context(|| format!("{} cannot be made", path.display()))?;
        git(&path, &["init", "--quiet", "--bare", "."], None)?;
    }
    let bar = ProgressBar::new(100).with_message(format!("fetching {release}"));
    let style = ProgressStyle::with_template("{msg} [{bar:30}] {prefix} {pos}%");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let tag = format!("+refs/tags/{release}:refs/tags/{release}");
    let fetched = git(&path, &["fetch", "--progress", "--depth", "1", "--no-tags", &origin, &tag], Some(&bar));
    bar.finish_and_clear();
    fetched.with_context(|| format!("release {release} cannot be fetched from {origin}"))?;
    Ok(path)
}

fn git(directory: &Path, arguments: &[&str], bar: Option<&ProgressBar>) -> Result<()> {
    let mut child = Command::new("git")
        .args(arguments)
        .current_dir(directory)
        // Neither a repository around us nor a question on the terminal.
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("the program 'git' cannot be run; it is needed to fetch a release")?;
    let mut last = String::new();
    if let Some(mut stderr) = child.stderr.take() {
        let mut line = Vec::new();
        let mut buffer = [0; 4096];
        while let Ok(n @ 1..) = stderr.read(&mut buffer) {
            for &byte in &buffer[..n] {
                if byte != b'\r' && byte != b'\n' {
                    if line.len() < 1000 {
                        line.push(byte);
                    }
                    continue;
                }
                let text = String::from_utf8_lossy(&line).trim().to_string();
                line.clear();
                match (progress(&text), bar) {
                    (Some((what, percent)), Some(bar)) => {
                        bar.set_prefix(what.to_string());
                        bar.set_position(percent);
                    }
                    _ if !text.is_empty() => last = text,
                    _ => {}
                }
            }
        }
        // Its last words need not end in a newline.
        let rest = String::from_utf8_lossy(&line).trim().to_string();
        if !rest.is_empty() {
            last = rest;
        }
    }
    let status = child.wait().context("'git' was lost")?;
    if !status.success() {
        let why = if last.is_empty() { status.to_string() } else { last };
        bail!("git says: {why}");
    }
    Ok(())
}

/// `Receiving objects:  45% (..` as its two parts.
fn progress(line: &str) -> Option<(&str, u64)> {
    let (what, rest) = line.split_once(':')?;
    let (percent, _) = rest.trim_start().split_once('%')?;
    Some((what.strip_prefix("remote: ").unwrap_or(what), percent.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_progress_is_read() {
        assert_eq!(progress("Receiving objects:  45% (12/27), 1 KiB"), Some(("Receiving objects", 45)));
        assert_eq!(progress("fatal: repository not found"), None);
    }
}
