//! What rows say of the pointers in control commands' parameters against the driver's own copying of what is behind
//! them (src/nvidia/src/kernel/rmapi/embedded_param_copy.c:embeddedParamCopyIn()).
//!
//! Headers say that a field is a pointer, and nothing of which way the bytes go, how many there are, or of what.

use crate::{Proxy, proxy};
use driver_differ::model::Domain;
use nvproxy::abi::row::{Direction, PARAMS_SIZE_MAX, Pointer};
use nvproxy::abi::{Param, Row, Table};
use std::collections::BTreeMap;
use version_tree::DriverVersion;

/// The file that has the function.
pub const FILE: &str = "src/nvidia/src/kernel/rmapi/embedded_param_copy.c";

/// What the driver copies for a command, by the command's name.
pub type Copies = BTreeMap<String, Vec<Copied>>;

/// What the driver copies for a pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// The pointer: the field's path.
    pub field: String,
    /// The field that holds the count; none where it is reckoned.
    pub count: Option<String>,
    /// The element, as C says it: a type's name, or none for bytes.
    pub element: Option<String>,
    /// Which way.
    pub direction: Direction,
    /// Whether the driver's limit applies.
    pub limited: bool,
}

/// Reads the function.
///
/// # Errors
/// It does not look as expected, so that something would not be compared.
pub fn parse(text: &str) -> Result<Copies, String> {
    let (_, function) = text.split_once("NV_STATUS embeddedParamCopyIn(").ok_or("there is no embeddedParamCopyIn()")?;
    let function = function.split("\nNV_STATUS ").next().unwrap_or(function);
    let mut copies = Copies::new();
    for case in function.split("\n        case ").skip(1) {
        let (name, body) = case.split_once(':').ok_or_else(|| format!("not a case: {:?}", case.lines().next()))?;
        let body = without_comments(body);
        // Some commands' bytes depend on what they are about; none of these is the proxy's.
        let found = inits(&body).map_err(|e| format!("{name}: {e}"))?;
        copies.insert(name.trim().to_string(), found);
    }
    if copies.is_empty() { Err("embeddedParamCopyIn() has no cases".into()) } else { Ok(copies) }
}

fn without_comments(text: &str) -> String {
    let mut parts = text.split("/*");
    let mut kept = parts.next().unwrap_or_default().to_string();
    parts.for_each(|part| kept.push_str(part.split_once("*/").map_or("", |(_, rest)| rest)));
    kept
}

fn inits(body: &str) -> Result<Vec<Copied>, String> {
    let mut found = Vec::new();
    for init in body.split("RMAPI_PARAM_COPY_INIT(").skip(1) {
        let (arguments, rest) = init.split_once(");").ok_or("no end")?;
        let arguments: Vec<&str> = arguments.split(',').map(str::trim).collect();
        let [target, field, _, count, size] = arguments.as_slice() else {
            return Err(format!("{} arguments", arguments.len()));
        };
        let member = |text: &str| text.rsplit_once("->").map(|(_, member)| member.trim().to_string());
        let field = member(field).ok_or_else(|| format!("no field: {field:?}"))?;
        let element = size.strip_prefix("sizeof(").and_then(|of| of.split(')').next()).map(|of| of.trim().to_string());
        let flags = rest.split("RMAPI_PARAM_COPY_INIT(").next().unwrap_or(rest);
        let flags: Vec<&str> = flags.lines().filter(|line| line.contains(&format!("{target}.flags"))).collect();
        let set = |flag: &str| flags.iter().any(|line| line.contains(flag));
        let direction = match (set("SKIP_COPYIN"), set("SKIP_COPYOUT")) {
            (false, false) => Direction::InOut,
            (true, false) => Direction::Out,
            (false, true) => Direction::In,
            (true, true) => return Err(format!("{field}: it is copied neither way")),
        };
        let limited = !set("DISABLE_MAX_SIZE_CHECK");
        found.push(Copied { field, count: member(count), element, direction, limited });
    }
    Ok(found)
}

/// Commands whose pointers the driver follows in src/nvidia/interface/deprecated/rmapi_deprecated_control.c: always, or
/// since the release named.
pub const DEPRECATED: &[(&str, Option<&str>)] = &[
    ("NV0000_CTRL_CMD_SYSTEM_GET_BUILD_VERSION", None),
    ("NV0080_CTRL_CMD_MSENC_GET_CAPS", Some("555.42.02")),
    ("NV2080_CTRL_CMD_BUS_GET_INFO", Some("555.42.02")),
    ("NV2080_CTRL_CMD_FB_GET_INFO", Some("555.42.02")),
];

fn deprecated(name: &str, proxy: &Proxy) -> bool {
    let since = |since: &str| since.parse().is_ok_and(|since: DriverVersion| proxy.version >= since);
    DEPRECATED.iter().any(|(other, at)| *other == name && at.is_none_or(since))
}

/// What the driver copies for a command, by the command's number.
pub type Numbered = BTreeMap<u32, Vec<Copied>>;

/// What headers say which numbers the commands have. A command that they do not define has none.
pub fn numbered(copies: &Copies, headers: &Domain) -> Numbered {
    let mut numbered = Numbered::new();
    for (name, copied) in copies {
        let number = headers.constants.get(name).and_then(|number| u32::try_from(*number).ok());
        if let Some(number) = number {
            // Of two names of a number, the first counts.
            numbered.entry(number).or_insert_with(|| copied.clone());
        }
    }
    numbered
}

/// Every pointer of every control command. Gives how many were compared, too.
pub fn check(proxy: &Proxy, copies: &Numbered, headers: &Domain) -> (usize, Vec<String>) {
    let mut compared = 0;
    let mut findings = Vec::new();
    for (table, row) in proxy.rows.iter().filter(|(table, _)| *table == Table::Control) {
        let pointers: Vec<&Pointer> = pointers(row).collect();
        let mut differs = |what: String| findings.push(format!("{}: {what}", proxy::subject(*table, row)));
        let Some(theirs) = copies.get(&row.number) else {
            if !pointers.is_empty() && !deprecated(row.name, proxy) {
                differs("the driver does not copy what its pointers lead to".into());
            }
            continue;
        };
        for copy in theirs {
            match pointers.iter().find(|pointer| pointer.field.path == copy.field) {
                None => differs(format!("{}: the driver follows it", copy.field)),
                Some(pointer) => {
                    compared += 1;
                    of_pointer(pointer, copy, headers).into_iter().for_each(&mut differs);
                }
            }
        }
        for pointer in &pointers {
            if !theirs.iter().any(|copy| copy.field == pointer.field.path) {
                differs(format!("{}: the driver does not follow it", pointer.field.path));
            }
        }
    }
    (compared, findings)
}

/// The pointers of a row.
pub fn pointers(row: &Row) -> impl Iterator<Item = &'static Pointer> + use<> {
    row.handling.shapes().iter().flat_map(|shape| shape.params).filter_map(|param| match param {
        Param::Pointer(pointer) => Some(pointer),
        _ => None,
    })
}

fn of_pointer(ours: &Pointer, theirs: &Copied, headers: &Domain) -> Vec<String> {
    let mut findings = Vec::new();
    let mut differs = |what: String| findings.push(format!("{}: {what}", theirs.field));
    if ours.direction != theirs.direction {
        differs(format!("{:?}, in the driver {:?}", ours.direction, theirs.direction));
    }
    match &theirs.count {
        Some(count) if ours.count.path != count || ours.squared => {
            differs(format!("counted by {}, in the driver by {count}", ours.count.path));
        }
        None if !ours.squared => differs(format!("counted by {}, in the driver it is reckoned", ours.count.path)),
        _ => {}
    }
    let size = match &theirs.element {
        None => Some(1),
        Some(name) => {
            let record = headers.records.get(name).map(|record| record.size);
            record.or_else(|| headers.aliases.get(name).map(|alias| alias.size))
        }
    };
    if size != Some(ours.element.size() as u64) {
        differs(format!("elements of {} bytes, in the driver {size:?}", ours.element.size()));
    }
    if (ours.limit <= PARAMS_SIZE_MAX) != theirs.limited {
        differs(format!("at most {} bytes, which is not as the driver limits it", ours.limit));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
NV_STATUS embeddedParamCopyIn(int x)
{
    switch (cmd)
    {
        case A:
        {
            RMAPI_PARAM_COPY_INIT(paramCopies[0], ((T*)pParams)->list, ((T*)pParams)->list,
                            ((T*)pParams)->count, sizeof(NvU32));
            paramCopies[0].flags |= RMAPI_PARAM_COPY_FLAGS_SKIP_COPYIN;
            RMAPI_PARAM_COPY_INIT(paramCopies[1], p->bytes, p->bytes, n, 1 /* each */);
            paramCopies[1].flags |= RMAPI_PARAM_COPY_FLAGS_DISABLE_MAX_SIZE_CHECK;
            break;
        }
        case B:
            break;
    }
}

NV_STATUS embeddedParamCopyOut(int x)
{
        case C:
            break;
}
";

    #[test]
    fn copies_are_read_as_they_stand() {
        let copy = |field: &str, count: Option<&str>, element: Option<&str>, direction, limited| Copied {
            field: field.into(),
            count: count.map(Into::into),
            element: element.map(Into::into),
            direction,
            limited,
        };
        let a = vec![
            copy("list", Some("count"), Some("NvU32"), Direction::Out, true),
            copy("bytes", None, None, Direction::InOut, false),
        ];
        assert_eq!(parse(SOURCE), Ok(Copies::from([("A".into(), a), ("B".into(), vec![])])));
    }

    #[test]
    fn what_is_not_understood_is_said() {
        assert!(parse("").is_err());
        assert!(parse("NV_STATUS embeddedParamCopyIn(int x) { }").is_err());
        assert!(parse(&SOURCE.replace(", n, 1", ", n")).is_err());
        assert!(parse(&SOURCE.replace("p->bytes", "bytes")).is_err());
    }
}
