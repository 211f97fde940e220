//! Choosing, from everything a release defines, the names that are asked for and what they consist of.

use crate::extract::{Names, Wanted};
use crate::model::{Abi, Domain, DomainName};
use std::collections::BTreeSet;

/// The name of the record or alias that a field's type is made of: the type without its arrays and pointers.
pub fn base_type(ty: &str) -> &str {
    let ty = ty.split('[').next().unwrap_or(ty);
    ty.trim_end_matches(['*', ' '])
}

/// A choice of names, and more of records and aliases.
pub struct With<'a> {
    names: &'a dyn Names,
    more: BTreeSet<String>,
}

impl Names for With<'_> {
    fn record(&self, name: &str) -> bool {
        self.names.record(name) || self.more.contains(name)
    }

    fn constant(&self, name: &str) -> bool {
        self.names.constant(name)
    }
}

/// Reads two ABIs so that what the wanted records consist of on one side is read on both: a type is not new only
/// because a record that has it came to be wanted, or came to have it.
///
/// # Errors
/// What `read` answers.
pub fn on_both_sides<'a, T, E>(
    names: &'a dyn Names,
    mut read: impl FnMut(Wanted<'_>) -> Result<T, E>,
    sides: impl Fn(&T) -> [&Abi; 2],
) -> Result<(T, With<'a>), E> {
    let mut with = With { names, more: BTreeSet::new() };
    loop {
        let found = read(Wanted::Named(&with))?;
        let known = with.more.len();
        let [base, next] = sides(&found);
        for name in DomainName::ALL {
            let (base, next) = (base.domain(name), next.domain(name));
            for (a, b) in [(base, next), (next, base)] {
                let lacking = |n: &&String| !b.records.contains_key(*n) && !b.aliases.contains_key(*n);
                let parts = a.records.keys().chain(a.aliases.keys()).filter(lacking);
                let parts: Vec<String> = parts.filter(|n| !names.record(n)).cloned().collect();
                with.more.extend(parts);
            }
        }
        // Every round but the last adds a name that one of the sides has, so there is a last one.
        if with.more.len() == known {
            return Ok((found, with));
        }
    }
}

/// Removes every record and alias that is neither wanted nor part of one that is.
pub fn keep(domain: &mut Domain, names: &dyn Names) {
    let wanted = |n: &&String| names.record(n);
    let mut open: Vec<String> = domain.records.keys().chain(domain.aliases.keys()).filter(wanted).cloned().collect();
    let mut kept = BTreeSet::new();
    while let Some(name) = open.pop() {
        let parts: Vec<&str> = match (domain.records.get(&name), domain.aliases.get(&name)) {
            (Some(record), _) => record.fields.iter().map(|f| base_type(&f.ty)).collect(),
            (_, Some(alias)) => vec![base_type(&alias.ty)],
            _ => continue,
        };
        open.extend(parts.into_iter().filter(|p| !kept.contains(*p)).map(str::to_string));
        kept.insert(name);
    }
    domain.records.retain(|name, _| kept.contains(name));
    domain.aliases.retain(|name, _| kept.contains(name));
}
