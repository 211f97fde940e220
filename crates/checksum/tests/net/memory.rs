//! How much memory a whole installer takes.

use crate::run::{checksum, end, installer};
use crate::server::{Server, head};

/// As long as an installer.
const LENGTH: usize = 400 << 20;

#[test]
fn a_long_installer_takes_little_memory() {
    let server = Server::new(|_, _, out| {
        head(out, "200 OK", &[("Content-Length", &LENGTH.to_string())])?;
        let piece = installer(1 << 20);
        (0..LENGTH / piece.len()).try_for_each(|_| out.write_all(&piece))
    });
    let ended = end(checksum(&server.url(), &["--retries", "0", "--timeout", "60", "--format", "json"]));
    assert!(ended.stdout.lines().all(|line| line.contains(&format!("\"bytes\":{LENGTH}"))), "{ended:?}");
    assert_eq!(ended.stdout.lines().count(), 2, "{ended:?}");
    assert!((1..=32 << 10).contains(&ended.memory), "{} KiB", ended.memory);
}
