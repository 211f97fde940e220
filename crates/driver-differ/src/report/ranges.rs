//! Sets of releases as ranges.

use std::collections::BTreeSet;
use version_tree::DriverVersion;

/// `515.43.04 – 545.29.06 (90 releases), 550.40.07`: consecutive among `all`, which is sorted.
pub fn ranges(all: &[DriverVersion], some: &BTreeSet<DriverVersion>) -> String {
    let mut parts = Vec::new();
    let mut run: Vec<DriverVersion> = Vec::new();
    for release in all.iter().map(Some).chain([None]) {
        match release.filter(|r| some.contains(r)) {
            Some(release) => run.push(*release),
            None => {
                match run.as_slice() {
                    [] => {}
                    [one] => parts.push(one.to_string()),
                    [first, .., last] => parts.push(format!("{first} – {last} ({} releases)", run.len())),
                }
                run.clear();
            }
        }
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_joined_and_gaps_are_kept() {
        let versions = |s: &str| s.split(' ').map(|v| v.parse().unwrap()).collect::<Vec<DriverVersion>>();
        let all = versions("1.1 1.2 1.3 1.4 1.5");
        let some = versions("1.1 1.2 1.3 1.5").into_iter().collect();
        assert_eq!(ranges(&all, &some), "1.1 – 1.3 (3 releases), 1.5");
        assert_eq!(ranges(&all, &BTreeSet::new()), "");
    }
}
