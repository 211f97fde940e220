//! Which function of the driver handles an entry, read from the driver's own sources.
//!
//! Control commands stand in the method tables that NVIDIA generates (`g_*_nvoc.c`), classes in `resource_list.h`,
//! ioctls in the `switch`es that receive them. All of this is a help for who has to read on: what is not found is not
//! said.

use driver_differ::headers::{Error, Tree};
use nvproxy::abi::Table;
use std::collections::{BTreeMap, BTreeSet};

/// Where the generated method tables are.
const GENERATED: &str = "src/nvidia/generated";
/// Which classes can be allocated, and what comes with them.
const RESOURCES: [&str; 2] =
    ["src/nvidia/src/kernel/rmapi/resource_list.h", "src/nvidia/inc/kernel/rmapi/resource_list.h"];
/// Where frontend ioctls arrive.
const ESCAPES: [&str; 3] = [
    "src/nvidia/arch/nvalloc/unix/src/escape.c",
    "kernel-open/nvidia/nv.c",
    "src/nvidia/arch/nvalloc/unix/src/osapi.c",
];
/// Where classes are defined, each in a header that is called by its number.
const CLASSES: &str = "src/common/sdk/nvidia/inc/class";
/// Where those of nvidia-uvm arrive.
const UVM: &str = "kernel-open/nvidia-uvm/uvm.c";
/// Where functions are defined.
const SOURCES: [&str; 3] = ["src/nvidia/src", "src/nvidia/arch/nvalloc/unix/src", "kernel-open/nvidia-uvm"];
/// Most directories below those that are looked into (about 300).
const MAX_DIRECTORIES: usize = 10_000;

/// What the driver's sources say of entries.
#[derive(Debug, Default)]
pub(super) struct Functions {
    /// By number.
    controls: BTreeMap<u32, Method>,
    /// The names of classes, whether or not this driver has them.
    class_names: BTreeSet<String>,
    class_numbers: BTreeSet<i128>,
    /// Those that it has.
    classes: BTreeMap<String, Method>,
    uvm: BTreeMap<String, Method>,
    escapes: BTreeMap<String, String>,
    /// Where functions that were asked for are defined, as `path:line`.
    defined: BTreeMap<String, String>,
}

/// Who handles an entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Method {
    function: Option<String>,
    /// The type of its parameters.
    parameters: Option<String>,
}

impl Functions {
    /// Reads the tables of a release.
    pub(super) fn read(tree: &dyn Tree) -> Result<Self, Error> {
        let mut found = Self::default();
        let mut constructors = BTreeMap::new();
        for (name, directory) in tree.list(GENERATED)? {
            if !directory
                && name.ends_with("_nvoc.c")
                && let Some(text) = text(tree, &format!("{GENERATED}/{name}"))?
            {
                methods(&text, &mut found.controls, &mut constructors);
            }
        }
        for path in RESOURCES {
            if let Some(text) = text(tree, path)? {
                resources(&text, &constructors, &mut found.classes);
            }
        }
        for (name, directory) in tree.list(CLASSES)? {
            let number = name.strip_prefix("cl").and_then(|rest| i128::from_str_radix(rest.get(..4)?, 16).ok());
            if let Some(number) = number.filter(|_| !directory)
                && let Some(text) = text(tree, &format!("{CLASSES}/{name}"))?
            {
                found.class_numbers.insert(number);
                found.class_names.extend(text.lines().filter_map(|line| defines(line, number)));
            }
        }
        for path in ESCAPES {
            if let Some(text) = text(tree, path)? {
                for (index, line) in text.lines().enumerate() {
                    let name = line.trim().strip_prefix("case ").and_then(|rest| rest.split_once(':'));
                    if let Some((name, _)) = name.filter(|(name, _)| name.starts_with("NV_ESC_")) {
                        found.escapes.entry(name.to_string()).or_insert_with(|| format!("{path}:{}", index + 1));
                    }
                }
            }
        }
        if let Some(text) = text(tree, UVM)? {
            for line in text.lines().map(str::trim).filter(|line| line.starts_with("UVM_ROUTE_CMD")) {
                let Some((_, rest)) = line.split_once('(') else { continue };
                let words: Vec<&str> = rest.trim_end_matches([')', ';']).split(',').map(str::trim).collect();
                if let [name, function] = words[..] {
                    let method = Method { function: identifier(function), parameters: Some(format!("{name}_PARAMS")) };
                    found.uvm.insert(name.to_string(), method);
                }
            }
        }
        Ok(found)
    }

    fn method(&self, table: Table, number: i128, name: &str) -> Option<&Method> {
        match table {
            Table::Control => self.controls.get(&u32::try_from(number).ok()?),
            Table::Alloc => self.classes.get(name),
            Table::Uvm => self.uvm.get(name),
            Table::Frontend => None,
        }
    }

    /// Whether a name is that of a class.
    pub(super) fn is_class(&self, name: &str) -> bool {
        self.class_names.contains(name) || self.classes.contains_key(name)
    }

    /// Whether a number is that of a command of some class.
    pub(super) fn is_command(&self, number: i128) -> bool {
        self.class_numbers.contains(&(number >> 16))
    }

    /// Whether nvidia-uvm takes an ioctl of that name.
    pub(super) fn is_uvm(&self, name: &str) -> bool {
        self.uvm.contains_key(name)
    }

    /// The type of an entry's parameters.
    pub(super) fn parameters(&self, table: Table, number: i128, name: &str) -> Option<&str> {
        self.method(table, number, name)?.parameters.as_deref()
    }

    /// The function to read, if it is known, and where it is once that was looked for.
    pub(super) fn place(&self, table: Table, number: i128, name: &str) -> Option<(String, Option<String>)> {
        if table == Table::Frontend {
            return self.escapes.get(name).map(|place| (format!("case {name}"), Some(place.clone())));
        }
        let function = self.method(table, number, name)?.function.clone()?;
        let place = self.defined.get(&function).cloned();
        Some((function, place))
    }

    /// Looks for where functions are defined.
    pub(super) fn find(&mut self, tree: &dyn Tree, functions: &BTreeSet<String>) -> Result<(), Error> {
        let mut open: Vec<String> = SOURCES.iter().map(ToString::to_string).collect();
        let mut looked_into = 0;
        while let Some(directory) = open.pop() {
            looked_into += 1;
            if looked_into > MAX_DIRECTORIES || self.defined.len() == functions.len() {
                break;
            }
            for (name, is_directory) in tree.list(&directory)? {
                let path = format!("{directory}/{name}");
                if is_directory {
                    open.push(path);
                } else if name.ends_with(".c")
                    && let Some(text) = text(tree, &path)?
                {
                    for (index, line) in text.lines().enumerate() {
                        if let Some(function) = defined(line).filter(|function| functions.contains(*function)) {
                            let place = || format!("{path}:{}", index + 1);
                            self.defined.entry(function.to_string()).or_insert_with(place);
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// The function whose definition a line begins, as NVIDIA writes them: its name at the line's beginning, or after its
/// type.
fn defined(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("NV_STATUS ").unwrap_or(line);
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    let definition = matches!(after.trim_start().chars().next(), None | Some('(')) && !line.trim_end().ends_with(';');
    (definition && !name.is_empty()).then_some(name)
}

fn identifier(text: &str) -> Option<String> {
    let name: String = text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    (!name.is_empty() && name != "NULL").then_some(name)
}

/// The name that a line defines as a number.
fn defines(line: &str, number: i128) -> Option<String> {
    let mut words = line.strip_prefix("#define ")?.split_whitespace();
    let name = identifier(words.next()?)?;
    let value = words.next()?.trim_matches(['(', ')', 'u', 'U']);
    let value = i128::from_str_radix(value.strip_prefix("0x").or_else(|| value.strip_prefix("0X"))?, 16).ok()?;
    (value == number).then_some(name)
}

fn text(tree: &dyn Tree, path: &str) -> Result<Option<String>, Error> {
    let Some(content) = tree.find(path)? else { return Ok(None) };
    Ok(Some(String::from_utf8_lossy(&tree.read(path, content)?).into_owned()))
}

/// The methods and constructors of one generated file.
fn methods(text: &str, controls: &mut BTreeMap<u32, Method>, constructors: &mut BTreeMap<String, String>) {
    let mut function = None;
    let mut number = None;
    let mut class = None;
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("/*pFunc=*/") {
            let rest = rest.trim().trim_start_matches("(void (*)(void))").trim().trim_start_matches('&');
            function = identifier(rest).or(function);
        } else if let Some(rest) = line.strip_prefix("/*methodId=*/") {
            let digits = rest.trim().trim_start_matches("0x").trim_end_matches([',', 'u', 'U']);
            number = u32::from_str_radix(digits, 16).ok();
            if let Some(number) = number {
                controls.insert(number, Method { function: function.take(), parameters: None });
            }
        } else if let Some(rest) = line.strip_prefix("/*paramSize=*/") {
            let parameters = rest.trim().strip_prefix("sizeof(").and_then(|rest| identifier(rest.trim()));
            if let Some(method) = number.take().and_then(|number| controls.get_mut(&number)) {
                method.parameters = parameters;
            }
        } else if let Some(rest) = line.strip_prefix("NV_STATUS __nvoc_ctor_") {
            class = identifier(rest).filter(|_| !line.ends_with(';'));
        } else if let Some(rest) = line.strip_prefix("status = __nvoc_")
            && let Some(constructor) = identifier(rest).filter(|name| name.ends_with("Construct"))
            && let Some(class) = class.take()
        {
            constructors.insert(class, format!("{constructor}_IMPL"));
        }
    }
}

/// The entries of `resource_list.h`.
fn resources(text: &str, constructors: &BTreeMap<String, String>, classes: &mut BTreeMap<String, Method>) {
    let mut name = None;
    for line in text.lines().map(str::trim) {
        let Some((what, value)) = line.strip_prefix("/*").and_then(|rest| rest.split_once("*/")) else { continue };
        match what.trim() {
            "External Class" => name = identifier(value.trim()),
            "Internal Class" => {
                if let (Some(name), Some(internal)) = (&name, identifier(value.trim())) {
                    let function = constructors.get(&internal).cloned();
                    classes.insert(name.clone(), Method { function, parameters: None });
                }
            }
            "Alloc Param Info" => {
                let parameters = value.trim().split_once('(').and_then(|(_, rest)| identifier(rest.trim()));
                if let Some(method) = name.as_ref().and_then(|name| classes.get_mut(name)) {
                    method.parameters = parameters;
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use driver_differ::source::Memory;

    #[test]
    fn each_kind_of_entry_is_found_with_its_function() {
        let generated = "    {               /*  [0] */\n        /*pFunc=*/      (void (*)(void)) NULL,\n        \
             /*pFunc=*/      (void (*)(void)) &carCtrlCmdHonk_IMPL,\n        /*methodId=*/   0x12340102u,\n        \
             /*paramSize=*/  sizeof(NV1234_CTRL_HONK_PARAMS),\n\
             NV_STATUS __nvoc_ctor_Car(Car *pThis) {\n    status = __nvoc_carConstruct(pThis);\n";
        let resources = "RS_ENTRY(\n    /* External Class         */ ROAD_CAR,\n    \
             /* Internal Class         */ Car,\n    /* Alloc Param Info       */ RS_REQUIRED(ROAD_CAR_PARAMS),\n)\n";
        let tree = Memory::new([
            ("src/nvidia/generated/g_car_nvoc.c", generated),
            ("src/nvidia/src/kernel/rmapi/resource_list.h", resources),
            ("src/nvidia/arch/nvalloc/unix/src/escape.c", "\n        case NV_ESC_PARK:\n"),
            ("kernel-open/nvidia-uvm/uvm.c", "UVM_ROUTE_CMD_STACK_INIT_CHECK(UVM_ROLL,  uvm_api_roll);\n"),
            ("kernel-open/nvidia-uvm/uvm_roll.c", "NV_STATUS uvm_api_roll(int);\n\nNV_STATUS uvm_api_roll(int way)\n"),
            (
                "src/common/sdk/nvidia/inc/class/cl1234.h",
                "#define ROAD_CAR (0x1234U) /* a class */\n#define WHEELS 4\n",
            ),
            ("src/nvidia/src/kernel/car.c", "NV_STATUS\ncarCtrlCmdHonk_IMPL\n(\n"),
        ]);
        let tree = tree.expect("files");
        let mut functions = Functions::read(&tree).expect("readable");
        let wanted = ["carCtrlCmdHonk_IMPL", "uvm_api_roll"].map(str::to_string).into();
        functions.find(&tree, &wanted).expect("readable");

        let place = |table, number, name| functions.place(table, number, name);
        let at = |name: &str, place: &str| Some((name.to_string(), Some(place.to_string())));
        assert_eq!(place(Table::Control, 0x1234_0102, ""), at("carCtrlCmdHonk_IMPL", "src/nvidia/src/kernel/car.c:2"));
        assert_eq!(functions.parameters(Table::Control, 0x1234_0102, ""), Some("NV1234_CTRL_HONK_PARAMS"));
        assert_eq!(place(Table::Alloc, 0, "ROAD_CAR"), Some(("carConstruct_IMPL".to_string(), None)));
        assert_eq!(functions.parameters(Table::Alloc, 0, "ROAD_CAR"), Some("ROAD_CAR_PARAMS"));
        let escape = at("case NV_ESC_PARK", "src/nvidia/arch/nvalloc/unix/src/escape.c:2");
        assert_eq!(place(Table::Frontend, 0, "NV_ESC_PARK"), escape);
        assert_eq!(place(Table::Uvm, 0, "UVM_ROLL"), at("uvm_api_roll", "kernel-open/nvidia-uvm/uvm_roll.c:3"));
        assert_eq!(place(Table::Control, 1, ""), None);
        assert!(functions.is_class("ROAD_CAR") && !functions.is_class("WHEELS"));
        assert!(functions.is_command(0x1234_0102) && !functions.is_command(0x1235_0102));
    }
}
