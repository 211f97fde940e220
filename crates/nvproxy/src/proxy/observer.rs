//! What somebody who watches is told of the calls that the driver never sees.
//!
//! Those that it does see are seen by whoever wraps the [`HostDriver`](crate::HostDriver).

use super::{File, Proxy, Refusal};
use crate::abi::status::NV_STATUS;
use crate::abi::{Capabilities, Row, Table};

/// Watches what becomes of guests' calls, for a tracer.
///
/// It is told within the call, on its thread: it must not take long, and must not call the proxy.
pub trait Observer: Send + Sync {
    /// A call was refused: one word for one call, about the innermost thing that was asked for.
    fn refused(&self, asked: &Asked<'_>, refused: &Refused);

    /// The guest's own call goes to the driver, unchanged ([`Outcome::Native`](crate::Outcome)).
    fn native(&self, asked: &Asked<'_>);
}

/// What a guest asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The file it asked on.
    pub file: &'a File,
    /// The request number, as the kernel takes it.
    pub request: u32,
    /// Whether it is an ioctl, a control command or a class.
    pub table: Table,
    /// Which.
    pub number: u32,
    /// What is known of that at this release.
    pub row: Option<&'a Row>,
    /// The ioctl's own parameters; empty where they were not read.
    pub argument: &'a [u8],
}

/// Why it was refused, and what the guest was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub why: Refusal,
    /// The status that the call was answered with; `None` where it failed, with [`Refusal::errno`].
    pub status: Option<NV_STATUS>,
}

impl Asked<'_> {
    /// The capabilities of which each would have allowed it, if that is what it was refused for.
    pub fn lacking(&self, refusal: &Refusal) -> Option<Capabilities> {
        match refusal {
            Refusal::Capability(any) => Some(*any),
            // The driver has one status for both, and so has the proxy.
            Refusal::NoClass => {
                self.row.map(|row| row.capabilities).filter(|any| !any.intersects(self.file.sandbox.capabilities()))
            }
            _ => None,
        }
    }
}

impl<D> Proxy<D> {
    /// Tells the observer of a refusal, if there is one.
    pub(super) fn tell_refused(&self, subject: &Subject<'_>, why: Refusal, status: Option<NV_STATUS>) {
        if let Some(observer) = &self.observer {
            observer.refused(&self.asked(subject), &Refused { why, status });
        }
    }

    /// Tells the observer of a call that is the guest's own.
    pub(super) fn tell_native(&self, subject: &Subject<'_>) {
        if let Some(observer) = &self.observer {
            observer.native(&self.asked(subject));
        }
    }

    fn asked<'a>(&'a self, subject: &Subject<'a>) -> Asked<'a> {
        let Subject { file, request, table, number, argument } = *subject;
        Asked { file, request, table, number, row: self.abi.table(table).get(number), argument }
    }
}

/// What a call is about, before it is looked up for an observer.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub file: &'a File,
    pub request: u32,
    pub table: Table,
    pub number: u32,
    pub argument: &'a [u8],
}
