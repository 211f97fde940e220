//! What the proxy asks the driver on its own account.

use super::Proxy;
use super::scratch::Scratch;
use crate::abi::numbers::{NV_ESC_RM_ALLOC, NV_ESC_RM_CONTROL, NV_ESC_RM_FREE, NV01_ROOT_CLIENT};
use crate::abi::reflect::{FieldRef, field};
use crate::abi::structs::{NVOS00_PARAMETERS, NVOS21_PARAMETERS, NVOS54_PARAMETERS};
use crate::abi::types::NvHandle;
use crate::host::{Call, HostDriver, Value, frontend_request};
use nix::errno::Errno;
use std::ops::Range;

/// A call of the proxy's own.
pub(super) struct Question {
    scratch: Scratch,
    argument: Range<usize>,
    params: Range<usize>,
}

impl Question {
    /// A call with an argument of zeros.
    pub(super) fn new(size: usize) -> Self {
        let mut scratch = Scratch::take();
        let argument = scratch.zeros(size);
        Self { scratch, params: argument.clone(), argument }
    }

    /// A control command to a client itself.
    pub(super) fn command(client: NvHandle, number: u32, size: usize) -> Self {
        const PARAMS: FieldRef = field!(NVOS54_PARAMETERS, params);
        let mut question = Self::new(size_of::<NVOS54_PARAMETERS>());
        question.params = question.scratch.zeros(size);
        question.set(field!(NVOS54_PARAMETERS, hClient), u64::from(client.0));
        question.set(field!(NVOS54_PARAMETERS, hObject), u64::from(client.0));
        question.set(field!(NVOS54_PARAMETERS, cmd), u64::from(number));
        question.set(field!(NVOS54_PARAMETERS, paramsSize), size as u64);
        // It is the first thing lent, so nothing is in its way.
        let _ = question.scratch.lend(PARAMS.offset, PARAMS.size, Value::Bytes(question.params.clone()));
        question
    }

    /// Has the driver answer.
    pub(super) fn issue<D: HostDriver>(&mut self, driver: &D, file: &D::File, request: u32) -> Result<i32, Errno> {
        let (bytes, lent) = self.scratch.split();
        driver.ioctl(file, &mut Call::new(request, bytes, Some(self.argument.clone()), lent, &[]))
    }

    /// Has the driver answer a control command; `None` where it does not.
    pub(super) fn issue_command<D: HostDriver>(&mut self, driver: &D, file: &D::File) -> Option<()> {
        const STATUS: FieldRef = field!(NVOS54_PARAMETERS, status);
        self.issue(driver, file, frontend_request(NV_ESC_RM_CONTROL, self.argument.len())).ok()?;
        (self.number(STATUS.offset, STATUS.size) == 0).then_some(())
    }

    /// Writes into the argument.
    pub(super) fn set(&mut self, field: FieldRef, value: u64) {
        self.scratch.set(self.argument.start + field.offset, field.size, value);
    }

    /// A number in the argument.
    pub(super) fn number(&self, offset: usize, width: usize) -> u64 {
        self.scratch.number(self.argument.start + offset, width)
    }

    /// Writes into the parameters of the command.
    pub(super) fn set_param(&mut self, field: FieldRef, value: u32) {
        self.scratch.set(self.params.start + field.offset, field.size, u64::from(value));
    }

    /// A number in the parameters of the command.
    pub(super) fn param(&self, field: FieldRef) -> u32 {
        self.scratch.u32(self.params.start + field.offset)
    }

    /// The parameters of the command.
    pub(super) fn params(&self) -> &[u8] {
        self.scratch.bytes().get(self.params.clone()).unwrap_or(&[])
    }
}

impl<D: HostDriver> Proxy<D> {
    /// Makes a client to ask with.
    pub(super) fn ask_client(&self, file: &D::File) -> Result<NvHandle, Errno> {
        let mut question = Question::new(size_of::<NVOS21_PARAMETERS>());
        question.set(field!(NVOS21_PARAMETERS, hClass), u64::from(NV01_ROOT_CLIENT));
        let request = frontend_request(NV_ESC_RM_ALLOC, size_of::<NVOS21_PARAMETERS>());
        question.issue(&self.driver, file, request)?;
        let (new, status) = (field!(NVOS21_PARAMETERS, hObjectNew), field!(NVOS21_PARAMETERS, status));
        match question.number(status.offset, status.size) {
            0 => Ok(NvHandle(question.number(new.offset, new.size) as u32)),
            // What the handle is then, nobody says.
            _ => Err(Errno::EIO),
        }
    }

    /// Frees an object, or the client itself.
    pub(super) fn ask_free(&self, file: &D::File, client: NvHandle, object: NvHandle) {
        let mut question = Question::new(size_of::<NVOS00_PARAMETERS>());
        question.set(field!(NVOS00_PARAMETERS, hRoot), u64::from(client.0));
        question.set(field!(NVOS00_PARAMETERS, hObjectOld), u64::from(object.0));
        // Closing the file frees it, too.
        let _ = question.issue(&self.driver, file, frontend_request(NV_ESC_RM_FREE, size_of::<NVOS00_PARAMETERS>()));
    }
}
