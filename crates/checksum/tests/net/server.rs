//! A server that does what a test tells it to, well or badly.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What a client asked for.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// As in the first line: a path, or towards a proxy a whole URL.
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
}

impl Request {
    /// The first byte wanted, where a part is asked for.
    pub(crate) fn from(&self) -> Option<usize> {
        self.headers.get("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }

    pub(crate) fn read(stream: &mut impl Read) -> io::Result<Self> {
        let mut lines = BufReader::new(stream).lines();
        let first = lines.next().ok_or(io::ErrorKind::UnexpectedEof)??;
        let target = first.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut headers = BTreeMap::new();
        for line in lines {
            let line = line?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.insert(name.to_lowercase(), value.trim().to_owned());
        }
        Ok(Self { target, headers })
    }
}

/// A server on this machine, for as long as the test runs. Every connection is for one request.
pub(crate) struct Server {
    pub(crate) port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Answers requests, numbered from 0 in the order they come, by calling `answer`.
    pub(crate) fn new(
        answer: impl Fn(usize, &Request, &mut dyn Write) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self::raw(move |stream, requests| {
            let request = Request::read(stream)?;
            let number = {
                let mut requests = requests.lock().unwrap();
                requests.push(request.clone());
                requests.len() - 1
            };
            answer(number, &request, stream)
        })
    }

    /// Does with connections what `serve` does.
    pub(crate) fn raw(
        serve: impl Fn(&mut TcpStream, &Mutex<Vec<Request>>) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (serve, shared) = (Arc::new(serve), Arc::clone(&requests));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (serve, requests) = (Arc::clone(&serve), Arc::clone(&shared));
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    // A client that goes away is the client's business.
                    let _ = serve(&mut stream, &requests);
                });
            }
        });
        Self { port, requests }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

/// The beginning of an answer.
pub(crate) fn head(out: &mut dyn Write, status: &str, headers: &[(&str, &str)]) -> io::Result<()> {
    let mut text = format!("HTTP/1.1 {status}\r\nConnection: close\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    out.write_all((text + "\r\n").as_bytes())
}

/// A whole answer without a body.
pub(crate) fn bare(out: &mut dyn Write, status: &str) -> io::Result<()> {
    head(out, status, &[("Content-Length", "0")])
}

/// All of a file.
pub(crate) fn whole(out: &mut dyn Write, body: &[u8]) -> io::Result<()> {
    head(out, "200 OK", &[("Content-Length", &body.len().to_string())])?;
    out.write_all(body)
}

/// As a good server does: a part if one is asked for, else all of it; `sent` bytes of that before it hangs up.
pub(crate) fn part(out: &mut dyn Write, request: &Request, body: &[u8], tag: &str, sent: usize) -> io::Result<()> {
    let same = request.headers.get("if-range").is_none_or(|wanted| wanted == tag);
    let from = request.from().filter(|_| same);
    let rest = &body[from.unwrap_or(0)..];
    let length = rest.len().to_string();
    match from {
        None => head(out, "200 OK", &[("Content-Length", &length), ("ETag", tag)])?,
        Some(from) => {
            let range = format!("bytes {from}-{}/{}", body.len() - 1, body.len());
            head(out, "206 Partial Content", &[("Content-Length", &length), ("ETag", tag), ("Content-Range", &range)])?;
        }
    }
    out.write_all(&rest[..sent.min(rest.len())])
}
