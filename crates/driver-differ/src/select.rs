//! Choosing, from everything a release defines, the names that are asked for and what they consist of.

use crate::extract::Names;
use crate::model::Domain;
use std::collections::BTreeSet;

/// The name of the record or alias that a field's type is made of: the type without its arrays and pointers.
pub fn base_type(ty: &str) -> &str {
    let ty = ty.split('[').next().unwrap_or(ty);
    ty.trim_end_matches(['*', ' '])
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
