//! Deliberate damage: whatever is wrong, a check must say so and name it. One thing is damaged at a time, everything in
//! turn.

mod measured;
mod rows;
mod structs;
mod words;

use crate::trial;
use crate::world::World;
use libtest_mimic::Trial;
use version_tree::{DriverVersion, version};

pub(crate) fn trials() -> Vec<Trial> {
    [structs::trials(), rows::trials(), words::trials(), measured::trials()].into_iter().flatten().collect()
}

/// The oldest release, one in the middle and the newest with headers.
const RELEASES: [DriverVersion; 3] = [version!("515.43.04"), version!("550.54.14"), version!("595.45.04")];

/// What damage went unseen, and how often it was seen.
#[derive(Default)]
struct Outcome {
    seen: usize,
    unseen: Vec<String>,
}

impl Outcome {
    /// Damage was done to `what`: the findings must have `name` in one of them.
    fn expect(&mut self, what: impl FnOnce() -> String, name: &str, findings: &[String]) {
        if findings.iter().any(|finding| finding.contains(name)) {
            self.seen += 1;
        } else {
            self.unseen.push(format!("{}: unseen, but {findings:?}", what()));
        }
    }

    /// What was undamaged must have no findings, or nothing that follows means anything.
    fn expect_sound(&mut self, what: &str, findings: &[String]) {
        self.unseen.extend(findings.iter().map(|finding| format!("{what}, undamaged: {finding}")));
    }
}

fn damage(name: &'static str, test: impl Fn(&World, &mut Outcome) + Send + 'static) -> Trial {
    trial(format!("damage {name}"), move |world| {
        let mut outcome = Outcome::default();
        test(world, &mut outcome);
        world.damaged(name, outcome.seen);
        if outcome.seen == 0 {
            outcome.unseen.push("nothing was damaged".into());
        }
        outcome.unseen
    })
}

/// Structs of the ABI are static, so damaged ones are, too.
fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}
