//! Choosing types by name, with those they consist of.

use crate::extract::Names;
use crate::model::{Abi, Domain, DomainName, base_type};
use rustc_hash::FxHashSet;

/// Removes every record and alias that is neither wanted nor, in any of the ABIs, part of one that is.
///
/// All of them keep the same names, so that a type that one of them merely stopped using is not taken for removed.
pub fn keep(abis: &mut [Abi], names: &dyn Names) {
    for domain in DomainName::ALL {
        let mut domains: Vec<&mut Domain> = abis.iter_mut().map(|abi| abi.domain_mut(domain)).collect();
        let defined = domains.iter().flat_map(|d| d.records.keys().chain(d.aliases.keys()));
        let mut open: Vec<String> = defined.filter(|n| names.record(n)).cloned().collect();
        let mut kept: FxHashSet<String> = FxHashSet::default();
        while let Some(name) = open.pop() {
            if !kept.insert(name.clone()) {
                continue;
            }
            for domain in &domains {
                let mut part = |ty: &str| {
                    if !kept.contains(base_type(ty)) {
                        open.push(base_type(ty).to_string());
                    }
                };
                if let Some(record) = domain.records.get(&name) {
                    record.fields.iter().for_each(|f| part(&f.ty));
                }
                // A pointer to an unnamed struct gives its name to both.
                if let Some(alias) = domain.aliases.get(&name) {
                    part(&alias.ty);
                }
            }
        }
        for domain in &mut domains {
            domain.records.retain(|name, _| kept.contains(name));
            domain.aliases.retain(|name, _| kept.contains(name));
        }
    }
}
