//! Servers that cannot prove who they are.

use crate::run::{checksum, end, installer, sum};
use crate::server::{Request, Server, head, whole};
use rustls::pki_types::PrivateKeyDer;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

const ONE: [&str; 2] = ["--arch", "x86_64"];

/// A server with a certificate of its own making, and a file with that certificate.
fn server(
    answer: impl Fn(&Request, &mut dyn Write) -> std::io::Result<()> + Send + Sync + 'static,
) -> (Server, TempDir) {
    let issued = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(trusted(&directory), issued.cert.pem()).unwrap();
    let key = PrivateKeyDer::try_from(issued.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![issued.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let server = Server::raw(move |stream, requests| {
        let mut connection = rustls::ServerConnection::new(Arc::clone(&config)).map_err(std::io::Error::other)?;
        let mut tls = rustls::Stream::new(&mut connection, stream);
        let request = Request::read(&mut tls)?;
        requests.lock().unwrap().push(request.clone());
        answer(&request, &mut tls)?;
        tls.conn.send_close_notify();
        tls.flush()
    });
    (server, directory)
}

fn trusted(directory: &TempDir) -> PathBuf {
    directory.path().join("certificate.pem")
}

fn url(server: &Server) -> String {
    format!("https://localhost:{}", server.port)
}

#[test]
fn a_certificate_that_the_system_trusts_is_good() {
    let (server, directory) = server(|_, out| whole(out, &installer(200_000)));
    let mut command = checksum(&url(&server), &ONE);
    command.env("SSL_CERT_FILE", trusted(&directory));
    let ended = end(command);
    assert!(ended.stdout.contains(&sum(&installer(200_000))), "{ended:?}");
}

#[test]
fn a_certificate_that_nobody_trusts_is_refused_at_once() {
    let (server, _) = server(|_, out| whole(out, &installer(1000)));
    let (_, another) = self::server(|_, out| whole(out, &installer(1000)));
    let mut command = checksum(&url(&server), &ONE);
    command.env("SSL_CERT_FILE", trusted(&another));
    let ended = end(command);
    assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{ended:?}");
    assert!(ended.stderr.contains("certificate"), "{ended:?}");
    assert!(!ended.stderr.contains("trying again"), "{ended:?}");
    assert_eq!(server.requests().len(), 0, "nothing was asked of it");
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    let (server, directory) = server(|_, out| whole(out, &installer(1000)));
    let mut command = checksum(&format!("https://127.0.0.1:{}", server.port), &ONE);
    command.env("SSL_CERT_FILE", trusted(&directory));
    assert_eq!(end(command).status, 2);
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_server_that_speaks_no_tls_is_refused_at_once() {
    let server = Server::raw(|stream, _| stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
    let ended = end(checksum(&url(&server), &ONE));
    assert_eq!(ended.status, 2);
    assert!(!ended.stderr.contains("trying again"), "{ended:?}");
}

#[test]
fn nothing_leads_from_https_to_http() {
    let plain = Server::new(|_, _, out| whole(out, &installer(1000)));
    let target = plain.url();
    let (server, directory) =
        server(move |_, out| head(out, "302 Found", &[("Location", &target), ("Content-Length", "0")]));
    let mut command = checksum(&url(&server), &ONE);
    command.env("SSL_CERT_FILE", trusted(&directory));
    let ended = end(command);
    assert_eq!((ended.status, plain.requests().len()), (2, 0), "{ended:?}");
    assert!(ended.stderr.contains("less secure"), "{ended:?}");
}
