//! What the four tables are called, and how NVIDIA writes their numbers.

use nvproxy::abi::Table;

/// What the entries of a table are.
pub(crate) const fn subject(table: Table) -> &'static str {
    match table {
        Table::Frontend => "ioctls on /dev/nvidiactl and /dev/nvidia#, by _IOC_NR",
        Table::Uvm => "ioctls on /dev/nvidia-uvm",
        Table::Control => "commands of NV_ESC_RM_CONTROL",
        Table::Alloc => "classes of NV_ESC_RM_ALLOC",
    }
}

/// UVM's numbers count from zero up, but for the two that prepare and undo; all others are put together of digits.
pub(crate) fn number(table: Table, number: u32) -> String {
    const FIRST_COMPOSED: u32 = 0x3000_0000;
    if table == Table::Uvm && number < FIRST_COMPOSED { number.to_string() } else { format!("{number:#x}") }
}
