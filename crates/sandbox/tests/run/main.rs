//! Programs behind the proxy, run as a user would.

mod attacks;
mod crowd;
mod ends;
mod filter;
mod guest;
mod inherited;
mod isolation;
mod neighbours;
mod releases;
mod simulated;
mod terminals;
