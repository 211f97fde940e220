//! C layouts of driver releases and their differences.
