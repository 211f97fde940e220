//! The proxy's ABI (crate `nvproxy`) against the headers of every driver release.
//!
//! `cargo test -p parity-test` has a test for each release. It needs nothing but the embedded catalogue of
//! `driver-differ`; with `NVPROXY_DRIVER_REPO` it reads every release's headers afresh too, and holds the catalogue
//! against them.
//!
//! Each check is a function of the data it checks, which gives a line for everything that is wrong. So a test can
//! damage the data and see that the check says so.
//!
//! | module | what it holds against what |
//! |---|---|
//! | [`numbers`] | entries against the constants of the headers, both ways |
//! | [`layouts`], [`c_type`] | structs against those of the headers: every field's place, size, type and name |
//! | [`indirect`], [`reviewed`] | what is passed as it is: no pointer or descriptor, by type, by name, by review |
//! | [`plain`] | the same of a struct that the headers have and the proxy does not |
//! | [`methods`] | control commands against the driver's own tables of them |
//! | [`receivers`] | which objects take which commands against the driver's own classes |
//! | [`firmware`] | numbers that would go to the firmware: each that is known has a row |
//! | [`params`] | what the rows say of fields against the structs they stand in |
//! | [`pointers`] | what rows say of pointers against the driver's copying of what is behind them |
//! | [`changes`] | every change of a release against what its parent has |
//! | [`forms`] | the forms of a struct against one another, and their names against the releases that brought them |
//! | [`mod@reference`], [`deviations`] | numbers, capabilities and structs against an independent record |
//! | [`measured`] | sizes, access and pointers of releases without headers against a record of what was measured |
//! | [`headers`] | which headers there are; the catalogue against headers read afresh |
//!
//! Left to the crates themselves: the catalogue against a C compiler (`driver-differ`), the releases' parents against
//! the driver's history (`version-tree`).

pub mod c_type;
pub mod changes;
pub mod deviations;
pub mod firmware;
pub mod forms;
pub mod headers;
pub mod indirect;
pub mod layouts;
pub mod measured;
pub mod methods;
pub mod numbers;
pub mod params;
pub mod plain;
pub mod pointers;
pub mod proxy;
pub mod receivers;
pub mod reference;
pub mod reviewed;

pub use proxy::Proxy;
