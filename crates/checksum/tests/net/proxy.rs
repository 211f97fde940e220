//! Proxies that the environment names.

use crate::run::{checksum, end, installer, sum};
use crate::server::{Server, whole};

const ONE: [&str; 4] = ["--arch", "x86_64", "--retries", "0"];

#[test]
fn http_goes_through_the_proxy_that_the_environment_names() {
    for name in ["http_proxy", "all_proxy", "ALL_PROXY"] {
        let proxy = Server::new(|_, _, out| whole(out, &installer(1000)));
        // A name that only the proxy could know.
        let mut command = checksum("http://mirror.invalid", &ONE);
        command.env(name, proxy.url());
        let ended = end(command);
        assert!(ended.stdout.contains(&sum(&installer(1000))), "{name}: {ended:?}");
        let target = proxy.requests()[0].target.clone();
        assert!(target.starts_with("http://mirror.invalid/tesla/"), "{target}");
    }
}

#[test]
fn https_asks_the_proxy_for_a_tunnel() {
    let proxy = Server::new(|_, _, out| crate::server::bare(out, "403 Forbidden"));
    let mut command = checksum("https://mirror.invalid", &ONE);
    command.env("https_proxy", proxy.url());
    let ended = end(command);
    assert_eq!(ended.status, 2, "{ended:?}");
    assert_eq!(proxy.requests()[0].target, "mirror.invalid:443");
}

#[test]
fn what_no_proxy_names_goes_directly() {
    let proxy = Server::new(|_, _, out| whole(out, b"#! the proxy's"));
    let server = Server::new(|_, _, out| whole(out, &installer(1000)));
    let mut command = checksum(&server.url(), &ONE);
    command.env("http_proxy", proxy.url()).env("no_proxy", "127.0.0.1");
    let ended = end(command);
    assert!(ended.stdout.contains(&sum(&installer(1000))), "{ended:?}");
    assert_eq!(proxy.requests().len(), 0);
}

#[test]
fn a_proxy_that_is_not_there_is_not_found_out() {
    let mut command = checksum("http://mirror.invalid", &ONE);
    command.env("http_proxy", "http://127.0.0.1:9");
    assert_eq!(end(command).status, 2);
}
