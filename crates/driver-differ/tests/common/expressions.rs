//! Random integer constant expressions.
