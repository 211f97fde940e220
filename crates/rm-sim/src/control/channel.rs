//! Commands about channels.

use super::Command;
use crate::frame::Frame;
use crate::rm::Body;
use crate::simulator::Inner;
use nvproxy::abi::status::NV_STATUS;

/// As many channels as one query may ask about.
const MOST_CHANNELS: usize = 4096;
/// `NV2080_ENGINE_TYPE_GRAPHICS` and `NV2080_ENGINE_TYPE_COPY0`.
const GRAPHICS: u64 = 1;
const COPY: u64 = 9;

impl Inner {
    /// `None` for other commands.
    pub(super) fn channel_command(&self, command: &Command, frame: &mut Frame<'_>) -> Option<Result<(), NV_STATUS>> {
        Some(match command.name {
            "NV0080_CTRL_CMD_FIFO_GET_CHANNELLIST" => self.channel_list(command, frame),
            "NVC36F_CTRL_CMD_GPFIFO_GET_WORK_SUBMIT_TOKEN" => token(command, frame),
            "NVC36F_CTRL_GET_CLASS_ENGINEID" | "NV906F_CTRL_GET_CLASS_ENGINEID" => self.engine_of(command, frame),
            _ => return None,
        })
    }

    /// The numbers of channels by their handles.
    fn channel_list(&self, command: &Command, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
        let count = frame.get32(&command.params, "numChannels") as usize;
        if count > MOST_CHANNELS {
            return Err(NV_STATUS::NV_ERR_INVALID_ARGUMENT);
        }
        let list = |field| frame.behind(&command.params, field, count * 4).ok_or(NV_STATUS::NV_ERR_INVALID_POINTER);
        let (handles, numbers) = (list("pChannelHandleList")?, list("pChannelList")?);
        let rm = self.rm.lock();
        for index in 0..count {
            let handle = frame.number(handles.start + index * 4, 4) as u32;
            let number = match rm.body(command.client, handle) {
                Some(Body::Channel(channel)) => u64::from(channel.0.id),
                // NV0080_CTRL_FIFO_GET_CHANNELLIST_INVALID_CHANNEL
                _ => 0xffff_ffff,
            };
            frame.put(numbers.start + index * 4, 4, number);
        }
        Ok(())
    }

    fn engine_of(&self, command: &Command, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
        let handle = frame.get32(&command.params, "hObject");
        let class = self.rm.lock().class(command.client, handle).ok_or(NV_STATUS::NV_ERR_OBJECT_NOT_FOUND)?;
        let engine = if class & 0xff == 0xb5 { COPY } else { GRAPHICS };
        for (field, value) in
            [("classEngineID", engine << 16 | u64::from(class)), ("classID", class.into()), ("engineID", engine)]
        {
            frame.set(&command.params, field, value);
        }
        Ok(())
    }
}

/// What a client writes to the doorbell.
fn token(command: &Command, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
    let Body::Channel(channel) = &command.body else { return Err(NV_STATUS::NV_ERR_INVALID_CHANNEL) };
    frame.set(&command.params, "workSubmitToken", channel.0.id.into());
    Ok(())
}
