//! Memory of a guest, as the simulated GPU reaches it.

/// The memory of a guest process.
///
/// A GPU reads and writes memory of its clients at any time, not only during their calls; so does the simulated one,
/// from a thread of its own.
pub trait GuestMemory: Send + Sync {
    /// Copies from the guest's memory. `false` where not all of it can be read.
    fn read_at(&self, address: u64, into: &mut [u8]) -> bool;

    /// Copies to the guest's memory. `false` where not all of it can be written.
    fn write_at(&self, address: u64, bytes: &[u8]) -> bool;
}
