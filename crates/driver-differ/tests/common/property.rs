//! How property tests run: repeatable, bounded, and showing the smallest failing text.

use super::setting;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

/// Runs `check` on `cases` random values. `DRIVER_DIFFER_CASES` and `DRIVER_DIFFER_SEED` set other numbers of
/// cases and other values; a failure shows what `show` makes of the smallest value that fails.
pub(crate) fn run<S: Strategy>(
    strategy: &S,
    cases: u64,
    show: impl Fn(&S::Value) -> String,
    check: impl Fn(&S::Value) -> Result<(), String>,
) {
    let (cases, seed) = (setting("DRIVER_DIFFER_CASES", cases), setting("DRIVER_DIFFER_SEED", 1));
    let config = Config { cases: cases as u32, failure_persistence: None, max_shrink_iters: 2000, ..Config::default() };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    match runner.run(strategy, |value| check(&value).map_err(TestCaseError::fail)) {
        Ok(()) => {}
        Err(TestError::Fail(reason, value)) => {
            panic!("seed {seed}: {reason}\nsmallest failing text:\n{}", show(&value))
        }
        Err(TestError::Abort(reason)) => panic!("seed {seed}: {reason}"),
    }
}
