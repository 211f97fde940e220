//! The tables of the oldest published release, 515.43.04, from which all others descend.

pub(super) mod alloc;
pub(super) mod control;
pub(super) mod frontend;
pub(super) mod uvm;

use super::Table;
use super::row::Row;

/// By [`Table`].
pub(super) static TABLES: [&[Row]; 4] = {
    let mut tables: [&[Row]; 4] = [&[]; 4];
    tables[Table::Frontend as usize] = frontend::ROWS;
    tables[Table::Uvm as usize] = uvm::ROWS;
    tables[Table::Control as usize] = control::ROWS;
    tables[Table::Alloc as usize] = alloc::ROWS;
    tables
};
