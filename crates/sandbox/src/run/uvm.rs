//! Requests on `/dev/nvidia-uvm` that are told apart by number here.

/// `UVM_INITIALIZE`, kernel-open/nvidia-uvm/uvm_linux_ioctl.h.
pub(crate) const UVM_INITIALIZE: u32 = 0x3000_0001;
/// `UVM_DEINITIALIZE`, in the same place.
pub(crate) const UVM_DEINITIALIZE: u32 = 0x3000_0002;
/// `UVM_MM_INITIALIZE`, kernel-open/nvidia-uvm/uvm_ioctl.h.
pub(crate) const UVM_MM_INITIALIZE: u32 = 75;
