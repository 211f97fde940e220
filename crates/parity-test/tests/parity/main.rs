//! A test for each release: the proxy's tables and structs against its headers.
//!
//! `NVPROXY_DRIVER_REPO` names a clone of NVIDIA/open-gpu-kernel-modules; then every release's headers are also read
//! afresh, and the embedded catalogue is held against them.

mod damage;
mod firmware;
mod plain;
mod receivers;
mod release;
mod source;
mod tables;
mod world;

use libtest_mimic::{Arguments, Failed, Trial};
use version_tree::Headers;
use world::World;

/// A test that fails with everything it found.
fn trial(name: impl Into<String>, test: impl FnOnce(&World) -> Vec<String> + Send + 'static) -> Trial {
    Trial::test(name, move || match test(World::get()).as_slice() {
        [] => Ok(()),
        findings => Err(Failed::from(format!("{} findings:\n{}", findings.len(), findings.join("\n")))),
    })
}

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = tables::trials();
    trials.extend(damage::trials());
    trials.extend(plain::trials());
    trials.extend(firmware::trials());
    trials.extend(receivers::trials());
    for release in version_tree::Tree::embedded().iter() {
        let version = release.version;
        trials.push(match release.headers {
            Headers::Published => trial(format!("headers {version}"), move |world| release::published(world, version)),
            Headers::Measured | Headers::Unpublished => {
                trial(format!("inferred {version}"), move |world| release::inferred(world, version))
            }
        });
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if !arguments.list {
        World::get().summary();
        // A release that is not in the tree has no test; that it has none is no proof.
        if let (Some(name), 0) = (&arguments.filter, conclusion.num_passed + conclusion.num_failed) {
            eprintln!("no test is called {name:?}: is that release in crates/version-tree/releases.toml?");
            std::process::exit(101);
        }
    }
    conclusion.exit();
}
