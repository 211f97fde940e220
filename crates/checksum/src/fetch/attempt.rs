//! One request for a file, or for what is still missing of it.

use super::limits::{Limits, MIN_PER_STALL};
use super::{Fault, Progress, Sink, client};
use crate::hash::{Beside, Hasher};
use reqwest::StatusCode;
use reqwest::blocking::{Client, Response};
use reqwest::header::{CONTENT_RANGE, ETAG, HeaderMap, HeaderValue, IF_RANGE, LAST_MODIFIED, RANGE, TRANSFER_ENCODING};
use std::io::{ErrorKind, Read};
use std::mem;
use std::time::Instant;
use version_tree::Sha256;

/// How an installer begins: it is a shell script with an archive behind it.
const BEGINNING: &[u8] = b"#!";

/// How an attempt ended.
pub(super) enum Ended {
    /// All of the file is here.
    Complete,
    /// The server has no such file.
    Absent,
}

/// A file on its way, over as many attempts as it takes.
pub(super) struct Transfer<'s> {
    url: &'s str,
    sink: &'s mut dyn Sink,
    hasher: Hasher,
    received: u64,
    total: Option<u64>,
    /// What tells this file from another at the same place; without it nothing is resumed.
    validator: Option<HeaderValue>,
    /// Whether the rest may be asked for after a cut.
    resumes: bool,
    /// Whether pieces were put together on no more than a date.
    by_date: bool,
    largest: u64,
}

impl<'s> Transfer<'s> {
    pub(super) fn new(url: &'s str, sink: &'s mut dyn Sink, largest: u64) -> Self {
        Self {
            url,
            sink,
            hasher: Hasher::default(),
            received: 0,
            total: None,
            validator: None,
            resumes: true,
            by_date: false,
            largest,
        }
    }

    /// How much of the file is here.
    pub(super) const fn received(&self) -> u64 {
        self.received
    }

    /// The checksum and the length of the file, and whether its pieces are surely of one file.
    pub(super) fn finish(&self) -> (Sha256, u64, bool) {
        (self.hasher.clone().finish(), self.received, !self.by_date)
    }

    /// Begins again, and takes nothing that does not come in one piece.
    pub(super) fn whole(&mut self) -> Result<(), Fault> {
        self.resumes = false;
        self.void()
    }

    pub(super) fn attempt(
        &mut self,
        client: &Client,
        limits: &Limits,
        deadline: Instant,
        progress: &dyn Progress,
    ) -> Result<Ended, Fault> {
        let mut request = client.get(self.url);
        let resume = self.validator.clone().filter(|_| self.resumes && self.received > 0);
        let asked = resume.is_some();
        if let Some(validator) = resume {
            request = request.header(RANGE, format!("bytes={}-", self.received)).header(IF_RANGE, validator);
        }
        let response = request.send().map_err(|error| client::fault(self.url, &error))?;
        match response.status() {
            StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(Ended::Absent),
            // Without a question for a part this is no answer.
            StatusCode::PARTIAL_CONTENT if asked => self.resumed(response.headers())?,
            StatusCode::OK => self.begun(&response)?,
            StatusCode::RANGE_NOT_SATISFIABLE if asked => return Err(self.changed()?),
            status => return Err(Fault::Status { url: self.url.to_owned(), status }),
        }
        self.body(response, limits, deadline, progress)?;
        Ok(Ended::Complete)
    }

    /// All of it comes.
    fn begun(&mut self, response: &Response) -> Result<(), Fault> {
        self.void()?;
        self.total = response.content_length();
        if self.total.is_none() && !chunked(response.headers()) {
            return Err(Fault::NoLength { url: self.url.to_owned() });
        }
        if self.total.is_some_and(|total| total > self.largest) {
            return Err(self.too_long());
        }
        self.validator = validator(response.headers());
        Ok(())
    }

    /// The rest of it comes, if the server says just that.
    fn resumed(&mut self, headers: &HeaderMap) -> Result<(), Fault> {
        let range = headers.get(CONTENT_RANGE).and_then(|range| content_range(range.to_str().ok()?));
        // Whoever could tell the file by it before has to say it again.
        let same = validator(headers) == self.validator;
        match (range, self.total) {
            (Some((first, last, total)), Some(expected))
                if same && first == self.received && total == expected && last + 1 == total =>
            {
                self.by_date |= self.validator.as_ref() == headers.get(LAST_MODIFIED);
                Ok(())
            }
            _ => {
                // Whoever answers so once is not asked for parts again.
                self.resumes = false;
                Err(self.changed()?)
            }
        }
    }

    fn body(
        &mut self,
        response: Response,
        limits: &Limits,
        deadline: Instant,
        progress: &dyn Progress,
    ) -> Result<(), Fault> {
        let hasher = mem::take(&mut self.hasher);
        let (ended, hasher) =
            Beside::with(hasher, |beside| self.receive(response, &beside, limits, deadline, progress));
        self.hasher = hasher;
        ended?;
        match self.total {
            Some(total) if total != self.received => {
                Err(Fault::Cut { url: self.url.to_owned(), received: self.received, total: self.total })
            }
            _ if self.received < BEGINNING.len() as u64 => Err(Fault::NotAnInstaller { url: self.url.to_owned() }),
            _ => Ok(()),
        }
    }

    fn receive(
        &mut self,
        mut response: Response,
        beside: &Beside,
        limits: &Limits,
        deadline: Instant,
        progress: &dyn Progress,
    ) -> Result<(), Fault> {
        let (mut since, mut came) = (Instant::now(), 0);
        loop {
            let (mut piece, mut filled) = (beside.piece(), 0);
            // Small reads are passed on together: handing over costs more than they do.
            let ended = loop {
                let n = match response.read(&mut piece[filled..]) {
                    Ok(0) => break Some(Ok(())),
                    Ok(n) => n,
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    Err(error) => break Some(Err(self.broken(&error, limits))),
                };
                if let Err(fault) = self.took(&piece[filled..filled + n]) {
                    break Some(Err(fault));
                }
                filled += n;
                progress.at(self.received, self.total);
                came += n as u64;
                if came >= MIN_PER_STALL {
                    (since, came) = (Instant::now(), 0);
                } else if since.elapsed() > limits.stall {
                    break Some(Err(Fault::Stalled { url: self.url.to_owned(), after: limits.stall }));
                }
                if Instant::now() > deadline {
                    break Some(Err(Fault::TooSlow { url: self.url.to_owned(), after: limits.deadline }));
                }
                if filled > piece.len() / 2 {
                    break None;
                }
            };
            // Also before a fault: what is counted as received must be hashed.
            beside.pass(piece, filled);
            if let Some(ended) = ended {
                return ended;
            }
        }
    }

    /// Checks and keeps what came, and counts it if that went well.
    fn took(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let begin = usize::try_from(self.received).unwrap_or(usize::MAX);
        let expected = BEGINNING.get(begin..).unwrap_or_default();
        if expected.iter().zip(bytes).any(|(expected, found)| expected != found) {
            return Err(Fault::NotAnInstaller { url: self.url.to_owned() });
        }
        if self.received + bytes.len() as u64 > self.largest {
            return Err(self.too_long());
        }
        self.sink.write(bytes)?;
        self.received += bytes.len() as u64;
        Ok(())
    }

    /// What an error in the middle of a body means.
    fn broken(&self, error: &std::io::Error, limits: &Limits) -> Fault {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<reqwest::Error>());
        match inner {
            Some(error) if error.is_timeout() => Fault::Stalled { url: self.url.to_owned(), after: limits.stall },
            _ => Fault::Cut { url: self.url.to_owned(), received: self.received, total: self.total },
        }
    }

    fn too_long(&self) -> Fault {
        Fault::TooLong { url: self.url.to_owned(), limit: self.largest }
    }

    /// What came so far is of no use any more.
    fn changed(&mut self) -> Result<Fault, Fault> {
        self.void()?;
        Ok(Fault::Changed { url: self.url.to_owned() })
    }

    fn void(&mut self) -> Result<(), Fault> {
        (self.hasher, self.received, self.total, self.validator) = (Hasher::default(), 0, None, None);
        self.by_date = false;
        Ok(self.sink.restart()?)
    }
}

/// A strong entity tag, or a date; a weak tag does not tell bytes apart.
fn validator(headers: &HeaderMap) -> Option<HeaderValue> {
    let tag = headers.get(ETAG).filter(|tag| !tag.as_bytes().starts_with(b"W/"));
    tag.or_else(|| headers.get(LAST_MODIFIED)).cloned()
}

/// Whether the body has an end of its own: chunks, and nothing around them that was not asked for.
fn chunked(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match (codings.next().map(HeaderValue::as_bytes), codings.next()) {
        (Some(coding), None) => coding.trim_ascii().eq_ignore_ascii_case(b"chunked"),
        _ => false,
    }
}

/// `bytes FIRST-LAST/TOTAL`.
fn content_range(text: &str) -> Option<(u64, u64, u64)> {
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last, total) = (first.parse().ok()?, last.parse().ok()?, total.parse().ok()?);
    (first <= last && last < total).then_some((first, last, total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_range_is_read_only_if_it_makes_sense() {
        assert_eq!(content_range("bytes 5-9/10"), Some((5, 9, 10)));
        for text in
            ["bytes 5-10/10", "bytes 9-5/10", "bytes 5-9/*", "5-9/10", "bytes */10", "bytes 5-9/99999999999999999999"]
        {
            assert_eq!(content_range(text), None, "{text}");
        }
    }
}
