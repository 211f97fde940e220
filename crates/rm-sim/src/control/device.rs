//! Commands on devices and subdevices, about a GPU.

use super::Command;
use super::system::text;
use crate::frame::Frame;
use crate::gpu::now;
use crate::machine::Gpu;
use crate::simulator::Inner;
use nvproxy::abi::status::NV_STATUS;

/// `NV2080_ENGINE_TYPE_GRAPHICS`, and the first of `NV2080_ENGINE_TYPE_COPY`.
const GRAPHICS: u64 = 1;
const COPY: u64 = 9;

impl Inner {
    /// `None` for other commands.
    pub(super) fn device_command(&self, command: &Command, frame: &mut Frame<'_>) -> Option<Result<(), NV_STATUS>> {
        let gpu = self.gpus.get(command.gpu?)?;
        Some(match command.name {
            "NV0080_CTRL_CMD_GPU_GET_CLASSLIST" => class_list(gpu, command, frame),
            "NV0080_CTRL_CMD_GPU_GET_CLASSLIST_V2" => class_list_v2(gpu, command, frame),
            "NV2080_CTRL_CMD_GPU_GET_NAME_STRING" => name_string(gpu, command, frame),
            "NV2080_CTRL_CMD_GPU_GET_GID_INFO" => gid_info(gpu, command, frame),
            "NV2080_CTRL_CMD_GPU_GET_ENGINES_V2" => engines(gpu, command, frame),
            "NV2080_CTRL_CMD_CE_GET_ALL_CAPS" => {
                copy_engines(gpu, command, frame);
                Ok(())
            }
            "NV2080_CTRL_CMD_GR_GET_GLOBAL_SM_ORDER" => sm_order(gpu, command, frame),
            "NV2080_CTRL_CMD_TIMER_GET_TIME" => {
                frame.set(&command.params, "time_nsec", now());
                Ok(())
            }
            "NV2080_CTRL_CMD_TIMER_GET_GPU_CPU_TIME_CORRELATION_INFO" => correlation(command, frame),
            _ => return None,
        })
    }
}

/// Compare src/nvidia/src/kernel/gpu/device_ctrl.c:deviceCtrlCmdGpuGetClasslist_IMPL().
fn class_list(gpu: &Gpu, command: &Command, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
    let classes: Vec<u32> = gpu.profile.classes.values().copied().collect();
    let room = frame.get32(&command.params, "numClasses") as usize;
    frame.set(&command.params, "numClasses", classes.len() as u64);
    if frame.get(&command.params, "classList") == 0 {
        return Ok(());
    }
    if room < classes.len() {
        return Err(NV_STATUS::NV_ERR_INVALID_PARAM_STRUCT);
    }
    let list = frame.behind(&command.params, "classList", classes.len() * 4);
    let start = list.ok_or(NV_STATUS::NV_ERR_INVALID_POINTER)?.start;
    for (index, class) in classes.into_iter().enumerate() {
        frame.put(start + index * 4, 4, class.into());
    }
    Ok(())
}

fn class_list_v2(gpu: &Gpu, command: &Command, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
    let room = command.params.count("classList");
    frame.set_elements(&command.params, "classList", gpu.profile.classes.values().map(|class| u64::from(*class)));
    frame.set(&command.params, "numClasses", gpu.profile.classes.len().min(room) as u64);
    Ok(())
}

fn name_string(gpu: &Gpu, command: &Command, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
    // NV2080_CTRL_GPU_GET_NAME_STRING_FLAGS_TYPE 0:0: 1 is UNICODE.
    let name = &gpu.profile.name;
    if frame.get(&command.params, "gpuNameStringFlags") & 1 == 0 {
        frame.set_bytes(&command.params, "gpuNameString.ascii", name.as_bytes());
    } else {
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        frame.set_bytes(&command.params, "gpuNameString.unicode", &wide);
    }
    Ok(())
}

fn gid_info(gpu: &Gpu, command: &Command, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
    if frame.get(&command.params, "index") != 0 {
        return Err(NV_STATUS::NV_ERR_NOT_SUPPORTED);
    }
    // NV2080_GPU_CMD_GPU_GET_GID_FLAGS_FORMAT 1:0: 0 is ASCII, 2 is BINARY.
    let binary = frame.get(&command.params, "flags") & 3 == 2;
    let data = if binary { gpu.uuid.to_vec() } else { text(&gpu.uuid_text()) };
    frame.set(&command.params, "length", data.len() as u64);
    frame.set_bytes(&command.params, "data", &data);
    Ok(())
}

fn engines(gpu: &Gpu, command: &Command, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
    let copies = (0..u64::from(gpu.profile.copy_engines)).map(|index| COPY + index);
    let engines: Vec<u64> = [GRAPHICS].into_iter().chain(copies).take(command.params.count("engineList")).collect();
    frame.set(&command.params, "engineCount", engines.len() as u64);
    frame.set_elements(&command.params, "engineList", engines);
    Ok(())
}

/// `NV2080_CTRL_CE_CAPS_CE_GRCE` and `_SHARED`: what the first two have, which share their channels with graphics.
const WITH_GRAPHICS: u64 = 0x3;
/// `_SYSMEM_READ`, `_SYSMEM_WRITE`, `_SYSMEM` and `_P2P`.
const REACHES_ALL: u64 = 0x6c;

fn copy_engines(gpu: &Gpu, command: &Command, frame: &mut Frame<'_>) {
    let engines = (gpu.profile.copy_engines as usize).min(command.params.count("capsTbl"));
    for engine in 0..engines {
        let caps = if engine < 2 { REACHES_ALL | WITH_GRAPHICS } else { REACHES_ALL };
        frame.set(&command.params, &format!("capsTbl[{engine}][0]"), caps);
    }
    frame.set(&command.params, "present", (1 << engines) - 1);
}

/// Multiprocessors as they are spread over the clusters: one of each cluster after the other.
fn sm_order(gpu: &Gpu, command: &Command, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
    let (sms, tpcs, gpcs) = (gpu.profile.sms, gpu.profile.tpcs, gpu.profile.gpcs);
    let room = command.params.count("globalSmId") as u32;
    for sm in 0..sms.min(room) {
        let (tpc, local) = (sm % tpcs, sm / tpcs);
        for (field, value) in [
            ("gpcId", tpc % gpcs),
            ("localTpcId", tpc / gpcs),
            ("localSmId", local),
            ("globalTpcId", tpc),
            ("virtualGpcId", tpc % gpcs),
            ("migratableTpcId", tpc),
        ] {
            frame.set(&command.params, &format!("globalSmId[{sm}].{field}"), value.into());
        }
    }
    frame.set(&command.params, "numSm", sms.into());
    frame.set(&command.params, "numTpc", tpcs.into());
    Ok(())
}

fn correlation(command: &Command, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
    let samples = frame.get(&command.params, "sampleCount") as usize;
    for index in 0..samples.min(command.params.count("samples")) {
        let time = now();
        frame.set(&command.params, &format!("samples[{index}].cpuTime"), time);
        frame.set(&command.params, &format!("samples[{index}].gpuTime"), time);
    }
    Ok(())
}
