//! Two domains, record by record.

use driver_differ::model::{Domain, Field};

/// What was compared.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Compared {
    pub(crate) records: usize,
    pub(crate) fields: usize,
    pub(crate) aliases: usize,
}

impl std::ops::AddAssign for Compared {
    fn add_assign(&mut self, other: Self) {
        self.records += other.records;
        self.fields += other.fields;
        self.aliases += other.aliases;
    }
}

/// Names that gcc itself declares where `va_list` is used.
fn is_builtin(name: &str) -> bool {
    name == "__va_list_tag" || name.starts_with("__builtin_") || name == "max_align_t"
}

/// Holds what the front end says (`ours`) against gcc (`truth`), both ways. Gives at most a handful of differences.
pub(crate) fn compare(ours: &Domain, truth: &Domain) -> (Compared, Vec<String>) {
    let mut compared = Compared::default();
    let mut differences = Vec::new();
    for (name, theirs) in truth.records.iter().filter(|r| !is_builtin(r.0)) {
        let Some(record) = ours.records.get(name) else {
            differences.push(format!("record {name}: missing"));
            continue;
        };
        compared.records += 1;
        compared.fields += record.fields.len();
        let (us, them) = ((record.size, record.union), (theirs.size, theirs.union));
        if us != them {
            differences.push(format!("record {name}: (size, union) {us:?}, gcc {them:?}"));
        }
        let theirs: Vec<_> = theirs.fields.iter().map(|f| facts(f, normal(&f.ty))).collect();
        let mut us: Vec<_> = record.fields.iter().map(|f| facts(f, normal(&f.ty))).collect();
        for (field, theirs) in us.iter_mut().zip(&theirs).filter(|(a, b)| a.1 != b.1) {
            // Qualifying a typedef of an array, or of a qualified type, costs its name in gcc's DWARF.
            if expands_to(&field.1, &theirs.1, ours) {
                field.1.clone_from(&theirs.1);
            }
        }
        let ours = us;
        if let Some(at) = (0..ours.len().max(theirs.len())).find(|&i| ours.get(i) != theirs.get(i)) {
            differences.push(format!("record {name}, field {at}: {:?}, gcc {:?}", ours.get(at), theirs.get(at)));
        }
    }
    for (name, theirs) in truth.aliases.iter().filter(|a| !is_builtin(a.0)) {
        compared.aliases += 1;
        let us = ours.aliases.get(name).map(|a| (normal(&a.ty), a.size));
        let them = Some((normal(&theirs.ty), theirs.size));
        // What an alias of no object stands for has no size to compare.
        if us != them && !theirs.ty.ends_with("fn") {
            differences.push(format!("alias {name}: {us:?}, gcc {them:?}"));
        }
    }
    let extra = ours.records.keys().filter(|n| !truth.records.contains_key(*n) && !is_builtin(n));
    differences.extend(extra.map(|name| format!("record {name}: gcc has none of this name")));
    let extra = ours.aliases.keys().filter(|n| !truth.aliases.contains_key(*n) && !is_builtin(n));
    differences.extend(extra.map(|name| format!("alias {name}: gcc has none of this name")));
    differences.truncate(8);
    (compared, differences)
}

fn facts(field: &Field, ty: String) -> (&str, String, u64, u64, Option<u64>, Option<u64>) {
    (&field.name, ty, field.offset, field.size, field.bits, field.bit_offset)
}

/// Whether a type becomes `wanted` when its typedef, and that one's, is replaced by what it stands for.
fn expands_to(ty: &str, wanted: &str, domain: &Domain) -> bool {
    let mut ty = ty.to_string();
    for _ in 0..domain.aliases.len() {
        let (base, rest) = ty.split_at(ty.find(['*', '[']).unwrap_or(ty.len()));
        let Some(target) = domain.aliases.get(base).map(|a| normal(&a.ty)) else { return false };
        // An array's dimensions stand last in a type, behind any star.
        let stars = target.rfind('*').map_or(0, |star| star + 1);
        let (element, inner) = target.split_at(target[stars..].find('[').map_or(target.len(), |at| stars + at));
        // The outer dimensions come first: T[2] with T an int[3] is int[2][3].
        let (outer, others) = rest.split_at(rest.find('*').unwrap_or(rest.len()));
        ty = format!("{element}{outer}{inner}{others}");
        if ty == wanted {
            return true;
        }
    }
    false
}

/// One spelling per type: C allows several, and gcc's DWARF uses its own.
fn normal(ty: &str) -> String {
    // Spaces around stars and brackets say nothing.
    let text = ty.replace('*', " * ").replace('[', " [ ");
    let words: Vec<&str> = text.split_whitespace().collect();
    let (mut base, mut rest) = (Vec::new(), String::new());
    for word in words {
        match word {
            "const" | "volatile" | "struct" | "union" | "enum" => {}
            _ if rest.is_empty() && !matches!(word, "*" | "[") => base.push(word),
            _ => rest.push_str(word),
        }
    }
    let base = base.join(" ");
    let one = match base.as_str() {
        "unsigned" => "unsigned int",
        "short int" => "short",
        "long int" => "long",
        "long long int" => "long long",
        "short unsigned int" => "unsigned short",
        "long unsigned int" => "unsigned long",
        "long long unsigned int" => "unsigned long long",
        "__int128 unsigned" => "unsigned __int128",
        "__float128" => "_Float128",
        other => other,
    };
    format!("{one}{rest}")
}
