//! Which objects take which control commands, against the driver's own classes.
//!
//! The driver's compiler generates for each internal class what it is derived from and which commands it exports
//! (`src/nvidia/generated/g_*_nvoc.c`); `resource_list.h` says which internal class stands for each class of clients. So
//! an object takes what its internal class or one above it exports, and [`nvproxy::abi::receivers`] has to say the same.

use nvproxy::abi::receivers;
use std::collections::{BTreeMap, BTreeSet};

/// Where the classes of clients are listed.
pub const LIST: &str = "src/nvidia/src/kernel/rmapi/resource_list.h";

/// What the generated files say of internal classes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Classes {
    /// What each is derived from, itself among it.
    pub ancestors: BTreeMap<String, Vec<String>>,
    /// The commands that each exports.
    pub exports: BTreeMap<String, BTreeSet<u32>>,
    /// The functions that take the place of the driver's looking for a command's method, or of what comes before it.
    pub controls: BTreeSet<String>,
}

impl Classes {
    /// What one file says.
    ///
    /// # Errors
    /// Something does not look as expected, which would otherwise be a class that is not compared.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut classes = Self::default();
        for piece in text.split("NVOC_CASTINFO __nvoc_castinfo_").skip(1) {
            let name = word(piece.trim_start_matches('_'));
            let rest = piece.trim_start_matches('_')[name.len()..].trim_start();
            // Else it is a declaration.
            if let Some(body) = rest.strip_prefix('=') {
                let ancestors = ancestors(name, body)?;
                classes.ancestors.insert(name.to_owned(), ancestors);
            }
        }
        for piece in text.split("/*methodId=*/").skip(1) {
            let number = piece.trim_start().strip_prefix("0x").and_then(|hex| {
                let digits = hex.split(|c: char| !c.is_ascii_hexdigit()).next()?;
                u32::from_str_radix(digits, 16).ok()
            });
            let class = piece.split_once("__nvoc_class_def_").map(|(_, class)| word(class));
            let (Some(number), Some(class)) = (number, class) else {
                return Err(format!("not a method's number and class: {:?}", piece.lines().next().unwrap_or_default()));
            };
            classes.exports.entry(class.to_owned()).or_default().insert(number);
        }
        for piece in text.split("__ = &").skip(1) {
            let function = word(piece);
            if ["Control_IMPL", "ControlLookup_IMPL"].iter().any(|end| function.ends_with(end))
                && !function.contains("Ctrl")
            {
                classes.controls.insert(function.to_owned());
            }
        }
        Ok(classes)
    }

    /// Takes in what another file says.
    pub fn extend(&mut self, other: &Self) {
        self.ancestors.extend(other.ancestors.clone());
        self.controls.extend(other.controls.iter().cloned());
        for (class, commands) in &other.exports {
            self.exports.entry(class.clone()).or_default().extend(commands);
        }
    }
}

fn word(text: &str) -> &str {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default()
}

fn ancestors(class: &str, body: &str) -> Result<Vec<String>, String> {
    let body = body.split("};").next().unwrap_or_default();
    let mut found = Vec::new();
    for relative in body.split('&').skip(1) {
        let path = relative.split([',', ' ', '\n']).next().unwrap_or_default();
        let old = path.strip_prefix("__nvoc_rtti_").and_then(|path| path.strip_prefix(class)?.strip_prefix('_'));
        // The newer form names the way there, and the class last.
        let new = path.strip_suffix(".rtti").and_then(|path| path.rsplit_once("metadata__")).map(|(_, last)| last);
        let ancestor = old.or(new).ok_or_else(|| format!("{class}: no relative: {path:?}"))?;
        found.push(ancestor.to_owned());
    }
    let count = body.split_once("numRelatives").map(|(_, rest)| {
        let digits = rest.trim_start_matches(|c: char| !c.is_ascii_digit());
        digits.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default().parse()
    });
    if count != Some(Ok(found.len())) || !found.iter().any(|ancestor| ancestor == class) {
        return Err(format!("{class}: derived from {found:?}, which is not what it counts"));
    }
    Ok(found)
}

/// The classes of clients, by name, each with the internal class that stands for it.
///
/// # Errors
/// An entry does not look as expected.
pub fn list(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut found = Vec::new();
    for piece in text.split("RS_ENTRY(").skip(1) {
        // The list is included with several definitions of this; what says so is not followed by an entry.
        let Some((_, external)) = piece.split_once("/* External Class") else { continue };
        let after = |text: &'_ str| text.split_once("*/").map(|(_, rest)| word(rest.trim_start()).to_owned());
        let internal = external.split_once("/* Internal Class").and_then(|(_, rest)| after(rest));
        match (after(external), internal) {
            (Some(external), Some(internal)) if !external.is_empty() && !internal.is_empty() => {
                found.push((external, internal));
            }
            _ => return Err(format!("not a class: {:?}", external.lines().next().unwrap_or_default())),
        }
    }
    if found.is_empty() { Err("no class in the list".to_owned()) } else { Ok(found) }
}

/// Internal classes of which nothing is generated: the published driver lists them, and cannot make any.
pub const NOT_BUILT: &[&str] = &["CeUtilsApi"];

/// The functions that end in the driver's own looking for a command's method, whatever they do before.
const ASKING: &[&str] = &[
    "deviceControl_IMPL",
    "diagapiControl_IMPL",
    "dispapiControl_IMPL",
    "genapiControl_IMPL",
    "gpuresControl_IMPL",
    "gsyncapiControl_IMPL",
    "kchangrpapiControl_IMPL",
    "memControl_IMPL",
    "memoryexportControl_IMPL",
    "memoryfabricControl_IMPL",
    "memoryfabricimportv2Control_IMPL",
    "memorymulticastfabricControl_IMPL",
    "profilerControl_IMPL",
    "resControl_IMPL",
    "resControlLookup_IMPL",
];

/// Those that pass on what they do not look for, and the classes whose they are.
const FORWARDING: &[(&str, &str)] =
    &[("binapiControl_IMPL", "BinaryApi"), ("binapiprivControl_IMPL", "BinaryApiPrivileged")];

/// What releases say of objects and commands, taken together.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Releases.
    pub releases: usize,
    /// The classes of objects that take commands of a class.
    pub takes: BTreeMap<u32, BTreeSet<u32>>,
    /// The classes whose objects pass commands on.
    pub forwards: BTreeSet<u32>,
    /// The functions that were found, and the internal classes of which nothing is generated.
    names: BTreeSet<String>,
}

impl Seen {
    /// Takes in a release. `number` is a class's number by its name. Gives what makes no sense.
    pub fn add(
        &mut self,
        classes: &Classes,
        list: &[(String, String)],
        number: impl Fn(&str) -> Option<u32>,
    ) -> Vec<String> {
        let mut findings = Vec::new();
        self.releases += 1;
        for function in &classes.controls {
            let known = ASKING.contains(&function.as_str()) || FORWARDING.iter().any(|(name, _)| name == function);
            if !known {
                findings.push(format!("{function}: does it look for a method as others do, or pass commands on?"));
            }
            self.names.insert(function.clone());
        }
        for (external, internal) in list {
            let Some(object) = number(external) else {
                findings.push(format!("{external}: no header defines it"));
                continue;
            };
            let Some(ancestors) = classes.ancestors.get(internal) else {
                self.names.insert(internal.clone());
                if !NOT_BUILT.contains(&internal.as_str()) {
                    findings.push(format!("{external}: nothing says what {internal} is derived from"));
                }
                continue;
            };
            if ancestors.iter().any(|class| FORWARDING.iter().any(|(_, forwarding)| class == forwarding)) {
                self.forwards.insert(object);
            }
            for command in ancestors.iter().filter_map(|class| classes.exports.get(class)).flatten() {
                self.takes.entry(command >> 16).or_default().insert(object);
            }
        }
        findings
    }

    /// What [`receivers`] say otherwise. `listed` and `forwards` stand for its functions.
    pub fn check(&self, listed: impl Fn(u32) -> Option<&'static [u32]>, forwards: impl Fn(u32) -> bool) -> Vec<String> {
        let mut findings = Vec::new();
        // Of classes that no release has commands of there may be a list, too.
        for class in (0..=0xffff).filter(|class| self.takes.contains_key(class) || listed(*class).is_some()) {
            let taken = self.takes.get(&class).cloned().unwrap_or_default();
            let own = BTreeSet::from([class]);
            let ours: BTreeSet<u32> = listed(class).map_or_else(|| own.clone(), |list| list.iter().copied().collect());
            if listed(class).is_some() && ours == own {
                findings.push(format!("commands of {class:#x}: the list says what holds without one"));
            }
            for object in taken.difference(&ours) {
                findings.push(format!("commands of {class:#x}: objects of {object:#x} take them in the driver"));
            }
            // Without a list, a class that is not to be made has no objects.
            if listed(class).is_some() {
                for object in ours.difference(&taken) {
                    findings.push(format!("commands of {class:#x}: at no release do objects of {object:#x} take them"));
                }
            }
        }
        for object in 0..=0xffff {
            match (self.forwards.contains(&object), forwards(object)) {
                (true, false) => findings.push(format!("objects of {object:#x} pass commands on in the driver")),
                (false, true) => findings.push(format!("objects of {object:#x} pass commands on at no release")),
                _ => {}
            }
        }
        let reviewed = ASKING.iter().chain(NOT_BUILT).copied().chain(FORWARDING.iter().map(|(function, _)| *function));
        findings.extend(
            reviewed.filter(|name| !self.names.contains(*name)).map(|name| format!("{name}: no release has it")),
        );
        findings
    }

    /// What the proxy's own functions say otherwise.
    pub fn findings(&self) -> Vec<String> {
        self.check(receivers::receivers, receivers::forwards)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_what_a_class_is_derived_from_are_read() {
        let old = "extern const struct NVOC_CASTINFO __nvoc_castinfo_A;\n\
                   static const struct NVOC_CASTINFO __nvoc_castinfo_A = {\n/*numRelatives=*/ 2,\n/*relatives=*/ {\n\
                   &__nvoc_rtti_A_A,\n&__nvoc_rtti_A_Base,\n},\n};\n\
                   pThis->__aControl__ = &aControl_IMPL;\npThis->__bControl__ = &__nvoc_thunk_bControl;\n";
        let new = "const struct NVOC_CASTINFO __nvoc_castinfo__A = {\n.numRelatives = 2,\n.relatives = {\n\
                   &__nvoc_metadata__A.rtti, // [0]: (a) this\n&__nvoc_metadata__A.metadata__Base.rtti, // [1]\n\
                   },\n};\n.vtable.__aControl__ = &aControl_IMPL,\n";
        for text in [old, new] {
            let classes = Classes::parse(text).unwrap();
            assert_eq!(classes.ancestors["A"], ["A", "Base"]);
            assert_eq!(classes.controls, BTreeSet::from(["aControl_IMPL".to_owned()]));
        }
    }

    #[test]
    fn methods_are_their_classes() {
        let text = "/*methodId=*/ 0x20800102u,\n/*pClassInfo=*/ &(__nvoc_class_def_Subdevice.classInfo),\n";
        let classes = Classes::parse(text).unwrap();
        assert_eq!(classes.exports["Subdevice"], BTreeSet::from([0x2080_0102]));
    }

    #[test]
    fn malformed_classes_are_errors() {
        for text in [
            "NVOC_CASTINFO __nvoc_castinfo_A = { 2, { &__nvoc_rtti_A_A, } };",
            "NVOC_CASTINFO __nvoc_castinfo_A = { /*numRelatives=*/ 2, { &__nvoc_rtti_A_A, } };",
            "NVOC_CASTINFO __nvoc_castinfo_A = { /*numRelatives=*/ 1, { &__nvoc_rtti_B_A, } };",
            "/*methodId=*/ 0x1u,\n",
        ] {
            assert!(Classes::parse(text).is_err(), "{text}");
        }
        assert!(list("RS_ENTRY(\n/* External Class */ A,\n)").is_err());
        assert!(list("").is_err());
    }

    #[test]
    fn classes_of_clients_are_read() {
        let text = "// RS_ENTRY\nRS_ENTRY(\n /* External Class  */ A_CLASS,\n /* Internal Class */ Inner,\n)\n";
        assert_eq!(list(text).unwrap(), [("A_CLASS".to_owned(), "Inner".to_owned())]);
    }
}
