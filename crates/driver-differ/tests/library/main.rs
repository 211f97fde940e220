//! The library's answers: one module per question.

mod alignment;
mod catalogue_packed;
mod catalogue_text;
mod fixtures;
mod kinds;
mod origins;
mod padding;
mod rust;
mod selection;
