//! Random declarations as C text that gcc takes.

use super::declarations::{Alignment, Base, Bound, Enum, Group, Item, Member, Pack, Record, Shape};
use std::fmt::Write;

/// C text of all groups.
pub(crate) fn render(groups: &[Group]) -> String {
    let mut r = Renderer::default();
    for Group(items) in groups {
        r.earlier.clear();
        r.items(items);
        // The next group begins with the default packing.
        for _ in 0..std::mem::take(&mut r.pushed) {
            r.text.push_str("#pragma pack(pop)\n");
        }
        r.text.push_str("#pragma pack()\n");
    }
    r.text
}

/// Integer types, words in any order, with the most bits that a bit-field of them can have.
const INTEGERS: [(&str, u32); 16] = [
    ("int", 32),
    ("char", 8),
    ("signed char", 8),
    ("unsigned char", 8),
    ("short", 16),
    ("int unsigned short", 16),
    ("unsigned", 32),
    ("signed", 32),
    ("long", 64),
    ("long unsigned int", 64),
    ("long long", 64),
    ("unsigned int long long", 64),
    ("_Bool", 1),
    ("__int128", 128),
    ("unsigned __int128", 128),
    ("int signed long", 64),
];

const FLOATS: [&str; 4] = ["float", "double", "long double", "_Float128"];

const CONDITIONS: [&str; 10] = [
    "1",
    "0",
    "defined(__LP64__) && !defined NOT_DEFINED",
    "__SIZEOF_LONG__ == 4",
    "-1 > 0u",
    "0 && 1 / 0",
    "(2 ? 3 : 1 / 0) == 3",
    "NOT_DEFINED",
    "'A' == 65 && (1 << 3 | 1) == 9",
    "__INT_MAX__ + 1 > 0",
];

/// A type that later declarations may use.
#[derive(Clone)]
struct Earlier {
    spelling: String,
    /// Most bits of a bit-field.
    bits: Option<u32>,
    /// Its alignment may not divide its size, so that C has no arrays of it.
    odd: bool,
    /// No function returns it.
    array: bool,
}

#[derive(Default)]
struct Renderer {
    text: String,
    names: usize,
    earlier: Vec<Earlier>,
    pushed: usize,
}

/// A specifier as text, and what may be done with it.
struct Written {
    text: String,
    bits: Option<u32>,
    odd: bool,
    array: bool,
    untagged_record: bool,
}

impl Written {
    /// `wanted`, if C has that shape of this type; else a plain one.
    fn fitting<'a>(&self, wanted: &'a Shape) -> &'a Shape {
        match wanted {
            Shape::Array(_) | Shape::PointerToArray(_) if self.odd => &Shape::Plain,
            Shape::Function if self.array => &Shape::Pointer,
            other => other,
        }
    }
}

impl Renderer {
    fn name(&mut self, kind: &str) -> String {
        self.names += 1;
        format!("{kind}{}", self.names)
    }

    fn items(&mut self, items: &[Item]) {
        for item in items {
            self.item(item);
        }
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Record { record, typedef } => self.top_record(record, *typedef),
            Item::Alias { base, shape, aligned } => self.alias(base, shape, *aligned),
            Item::Pack(pack) => self.pack(*pack),
            Item::Macro { template, base } => self.macro_members(*template, base),
            Item::Conditional { conditions, groups } => {
                let condition = |i: usize| CONDITIONS[conditions[i] % CONDITIONS.len()];
                let lines = [format!("#if {}", condition(0)), format!("# elif {}", condition(1)), "#else".to_string()];
                for (line, items) in lines.iter().zip(groups) {
                    // What is declared here may not be there afterwards, and pushes would not be matched.
                    let (earlier, pushed) = (self.earlier.clone(), std::mem::take(&mut self.pushed));
                    let _ = writeln!(self.text, "{line}");
                    self.items(items);
                    for _ in 0..std::mem::replace(&mut self.pushed, pushed) {
                        self.text.push_str("#pragma pack(pop)\n");
                    }
                    self.earlier = earlier;
                }
                self.text.push_str("#endif\n");
            }
        }
    }

    fn top_record(&mut self, record: &Record, typedef: Option<Alignment>) {
        let tag = self.name("S");
        let written = self.record(record, Some(&tag));
        let keyword = if record.union { "union" } else { "struct" };
        let known = Earlier { spelling: format!("{keyword} {tag}"), bits: None, odd: false, array: false };
        match typedef {
            None => {
                let _ = writeln!(self.text, "{written};");
            }
            Some(aligned) => {
                let name = self.name("T");
                let asked = if aligned.exponent == u8::MAX { String::new() } else { attribute(aligned) };
                let _ = writeln!(self.text, "typedef {written} {name} {asked};");
                self.earlier.push(Earlier { spelling: name, odd: !asked.is_empty(), ..known.clone() });
            }
        }
        self.earlier.push(known);
    }

    fn alias(&mut self, base: &Base, shape: &Shape, aligned: Option<Alignment>) {
        let written = self.base(base);
        let name = self.name("T");
        let shape = written.fitting(shape);
        let declarator = self.shape(shape, &name);
        let asked = aligned.map_or(String::new(), attribute);
        let _ = writeln!(self.text, "typedef {} {declarator} {asked};", written.text);
        let plain = matches!(shape, Shape::Plain);
        let odd = aligned.is_some() || (plain && written.odd);
        let bits = written.bits.filter(|_| plain);
        let array = matches!(shape, Shape::Array(_) | Shape::ArrayOfPointers(_)) || (plain && written.array);
        self.earlier.push(Earlier { spelling: name, bits, odd, array });
    }

    fn pack(&mut self, pack: Pack) {
        let line = match pack {
            Pack::Set(n) => format!("#pragma pack({n})"),
            Pack::Reset => "#pragma pack()".to_string(),
            Pack::Push => "#pragma pack(push)".to_string(),
            Pack::PushSet(n) => format!("# pragma pack( push , {n} )"),
            Pack::Pop if self.pushed == 0 => return,
            Pack::Pop => "#pragma pack(pop)".to_string(),
        };
        match pack {
            Pack::Push | Pack::PushSet(_) => self.pushed += 1,
            Pack::Pop => self.pushed -= 1,
            _ => {}
        }
        let _ = writeln!(self.text, "{line}");
    }

    fn macro_members(&mut self, template: usize, base: &Base) {
        let written = self.base(base);
        let (ty, m, tag) = (written.text, self.name("M"), self.name("S"));
        let array = if written.odd { "" } else { "[2]" };
        let text = match template % 6 {
            0 => format!("#define {m} {ty} a; \\\n  char b;\nstruct {tag} {{ {m} struct {{ {m} }} n; }};"),
            1 => format!(
                "#define {m}(T, n, k) T n##_a; T n ## k /* joined */ {array}; _Static_assert(1, #n);\n\
                 struct {tag} {{ {m}({ty}, x, 7) {m}(char, y,) }};"
            ),
            2 => format!(
                "#define {m}(n, ...) struct {{ __VA_ARGS__ }} n;\nstruct {tag} {{ {m}(a, int x, y; {ty} z;) {m}(b) }};"
            ),
            3 => format!(
                "#define {m}_(n, T, rest...) T n, ## rest;\n#define {m}(x, ...) {m}_(x, __VA_ARGS__)\n\
                 struct {tag} {{ {m}(a, {ty}) {m}(b, short, c, *d) }};"
            ),
            4 => format!(
                "#define {m} {m}_f\n#define {m}_f(x) x {m}_n\n#define {m}_n {m}_n{array}\n\
                 struct {tag} {{ {m} ({ty}); }};"
            ),
            _ => format!(
                "#define {m}_2(a, b) a##b\n#define {m}_1(a, b) {m}_2(a, b)\n#define {m}_N 4\n\
                 struct {tag} {{ {ty} {m}_1(f, {m}_N); char {m}_2(g, {m}_N)[{m}_1({m}, _N) + __LINE__ - __LINE__]; }};"
            ),
        };
        let _ = writeln!(self.text, "{text}");
    }

    fn base(&mut self, base: &Base) -> Written {
        let plain = |text: &str, bits| Written {
            text: text.to_string(),
            bits,
            odd: false,
            array: false,
            untagged_record: false,
        };
        match base {
            Base::Integer(i) => {
                let (text, bits) = INTEGERS[i % INTEGERS.len()];
                plain(text, Some(bits))
            }
            Base::Float(i) => plain(FLOATS[i % FLOATS.len()], None),
            Base::Earlier(_) if self.earlier.is_empty() => plain("int", Some(32)),
            Base::Earlier(index) => {
                let e = index.get(&self.earlier);
                Written { odd: e.odd, array: e.array, ..plain(&e.spelling, e.bits) }
            }
            Base::Record(record) => Written { untagged_record: true, ..plain(&self.record(record, None), None) },
            Base::Enum(e) => self.enumeration(e),
        }
    }

    fn enumeration(&mut self, e: &Enum) -> Written {
        let negative = e.values.iter().flatten().any(|&v| v < 0);
        let packed = if e.packed { " __attribute__((packed))" } else { "" };
        let tag = if e.tagged { self.name("E") } else { String::new() };
        let mut text = format!("enum{packed} {tag} {{ ");
        let (mut before, mut least, mut most) = (-1i128, 0i128, 0i128);
        for &value in &e.values {
            let last = if negative { i128::from(i64::MAX) } else { i128::from(u64::MAX) };
            // Counting on from the last value of a type is an error.
            let overflows = [i128::from(i32::MAX), i128::from(u32::MAX), i128::from(i64::MAX), last].contains(&before);
            let name = self.name("V");
            let _ = match value.map(|v| v.min(last)).or(overflows.then_some(0)) {
                None => {
                    before += 1;
                    write!(text, "{name}, ")
                }
                Some(v) => {
                    before = v;
                    write!(text, "{name} = {}, ", literal(v))
                }
            };
            (least, most) = (least.min(before), most.max(before));
        }
        text.push('}');
        let holds =
            |bits: u32| most >> (bits - u32::from(least < 0)) == 0 && (least >= 0 || (-1 - least) >> (bits - 1) == 0);
        let smallest = if e.packed { 8 } else { 32 };
        let bits = [8, 16, 32, 64].into_iter().find(|&b| b >= smallest && holds(b));
        Written { text, bits, odd: false, array: false, untagged_record: false }
    }

    fn record(&mut self, record: &Record, tag: Option<&str>) -> String {
        let keyword = if record.union { "union" } else { "struct" };
        let mut attributes = String::new();
        if record.packed {
            attributes.push_str(" __attribute__((__packed__))");
        }
        if let Some(aligned) = record.aligned {
            let _ = write!(attributes, " {}", attribute(aligned));
        }
        let (early, late) = if record.early { (attributes.as_str(), "") } else { ("", attributes.as_str()) };
        let mut text = format!("{keyword}{early} {} {{ ", tag.unwrap_or_default());
        for member in &record.members {
            let written = self.member(member);
            text.push_str(&written);
        }
        // C has it after a named member of a struct.
        if record.flexible && !record.union {
            let (first, last) = (self.name("f"), self.name("f"));
            let _ = write!(text, "char {first}; short {last}[]; ");
        }
        format!("{text}}}{late}")
    }

    fn member(&mut self, member: &Member) -> String {
        let written = self.base(&member.base);
        let mut text = String::new();
        // gcc's DWARF loses an array typedef's name when it is qualified.
        if member.volatile && !written.array {
            text.push_str("volatile ");
        }
        let mut after = String::new();
        if member.packed {
            after.push_str(" __attribute__((packed))");
        }
        if let Some(aligned) = member.aligned {
            let _ = write!(after, " {}", attribute(aligned));
        }
        if let (Some(seed), Some(most)) = (member.bits, written.bits) {
            let width = seed % (most + 1);
            let unnamed = member.unnamed || width == 0;
            let name = if unnamed { String::new() } else { self.name("f") };
            let second = if member.second.is_some() {
                format!(", {} : {}", self.name("f"), width.max(1))
            } else {
                String::new()
            };
            return format!("{text}{} {name} : {width}{after}{second}; ", written.text);
        }
        if written.untagged_record && member.unnamed {
            return format!("{text}{}; ", written.text);
        }
        if member.alignas {
            // Never less than what the type asks for, which would be an error.
            text.push_str("_Alignas(64) ");
        }
        let name = self.name("f");
        let shape = self.shape(written.fitting(&member.shape), &name);
        let _ = write!(text, "{} {shape}{after}", written.text);
        if let Some(second) = &member.second {
            let name = self.name("f");
            let shape = self.shape(written.fitting(second), &name);
            let _ = write!(text, ", {shape}");
        }
        text + "; "
    }

    fn shape(&mut self, shape: &Shape, name: &str) -> String {
        match shape {
            Shape::Plain => name.to_string(),
            Shape::Pointer => format!("*{name}"),
            Shape::Array(bounds) => {
                let bounds: String = bounds.iter().map(|b| format!("[{}]", self.bound(b))).collect();
                format!("{name}{bounds}")
            }
            Shape::PointerToArray(b) => format!("(*{name})[{}]", self.bound(b)),
            Shape::ArrayOfPointers(b) => format!("*{name}[{}]", self.bound(b)),
            Shape::Function => format!("(*{name})(int, void *)"),
            Shape::FunctionReturningPointer => format!("*(*const {name})(struct unknown *x, ...)"),
        }
    }

    /// Constant expressions with the value wanted.
    fn bound(&self, bound: &Bound) -> String {
        let n = bound.value;
        let size = match self.earlier.get(bound.form / 16 % self.earlier.len().max(1)) {
            Some(e) => format!("sizeof({})", e.spelling),
            _ => "sizeof(void *)".to_string(),
        };
        match bound.form % 10 {
            0 => n.to_string(),
            1 => format!("0x{n:x}UL"),
            2 => format!("{size} % 3 + {n}"),
            3 => format!("((int) {n})"),
            4 => format!("(1 << {n}) >> 2"),
            5 => format!("{size} > 8 ? {n} : {n} + 1"),
            6 => format!("(unsigned char)(256 + {n})"),
            7 => format!("_Alignof(long double) / 16 * {n}"),
            8 => format!("-(-{n})"),
            _ => format!("({n} && {size} == {size}) + !{n} + (~{n} & 1)"),
        }
    }
}

fn literal(value: i128) -> String {
    match value {
        v if v == i128::from(i64::MIN) => "-9223372036854775807LL - 1".to_string(),
        v if v > i128::from(i64::MAX) => format!("{v}ULL"),
        v => v.to_string(),
    }
}

fn attribute(alignment: Alignment) -> String {
    let bytes = 1u32 << alignment.exponent;
    match alignment.form % 4 {
        0 => format!("__attribute__((aligned({bytes})))"),
        1 => format!("__attribute__((__aligned__(1 << {})))", alignment.exponent),
        2 if bytes == 16 => "__attribute__((aligned))".to_string(),
        2 => format!("__attribute__((unused, aligned({bytes})))"),
        _ => format!("__attribute__((aligned(sizeof(char[{bytes}]))))"),
    }
}
