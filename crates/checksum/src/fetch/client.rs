//! The HTTP client, and what its errors mean.

use super::fault::Fault;
use super::limits::{CONNECT, Limits, MAX_REDIRECTS};
use reqwest::blocking::Client;
use reqwest::redirect::{Attempt, Policy};
use std::error::Error;

/// Whether a text is the URL of a server.
pub(super) fn check_base(base: &str) -> Result<(), Fault> {
    match reqwest::Url::parse(base) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(()),
        _ => Err(Fault::Base(base.to_owned())),
    }
}

pub(super) fn client(limits: &Limits) -> Result<Client, Fault> {
    // Fails if there is one already, which then is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .user_agent(concat!("gpu-tools/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::custom(redirect))
        .connect_timeout(CONNECT.min(limits.stall))
        // Of a response's beginning, and of each piece of its body.
        .timeout(limits.stall)
        .build()
        .map_err(|error| Fault::Client(chain(&error)))
}

/// A few, and never from a connection that can be trusted to one that cannot.
fn redirect(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let secure = attempt.previous().iter().any(|url| url.scheme() == "https");
    if attempt.previous().len() > MAX_REDIRECTS {
        return attempt.error("redirected too often");
    }
    if secure && attempt.url().scheme() != "https" {
        return attempt.error("redirected from https to something less secure");
    }
    attempt.follow()
}

/// What a failed request or read means.
pub(super) fn fault(url: &str, error: &(dyn Error + 'static)) -> Fault {
    let may_pass = !sources(error).any(|cause| {
        let redirect = cause.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_redirect);
        redirect || is_tls(cause)
    });
    Fault::Connection { url: url.to_owned(), why: chain(error), may_pass }
}

/// A certificate does not become valid by waiting. An I/O error hides what it was made of from `source`, and that may
/// be another one.
fn is_tls(cause: &(dyn Error + 'static)) -> bool {
    let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    cause.is::<rustls::Error>() || inner.is_some_and(|inner| is_tls(inner))
}

fn sources<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// An error and all its causes, without those that only repeat.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    for cause in sources(error) {
        let next = match cause.downcast_ref::<reqwest::Error>() {
            // Its own text repeats the URL.
            Some(error) if error.is_timeout() => "no answer in time".to_owned(),
            Some(error) if error.is_redirect() => "redirect not followed".to_owned(),
            Some(error) if error.is_connect() => "no connection".to_owned(),
            Some(error) if error.source().is_some() => "the connection failed".to_owned(),
            _ => cause.to_string(),
        };
        if !text.contains(&next) {
            text += if text.is_empty() { "" } else { ": " };
            text += &next;
        }
    }
    text
}
