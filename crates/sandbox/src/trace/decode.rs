//! What a call is, by the tables of the release.

use super::called::Called;
use super::elsewhere::Elsewhere;
use super::event::{Asked, Ending, Event, Translated, Why};
use super::fields::{Bytes, field_at, shown, status};
use super::value::Value;
use nvproxy::abi::{Abi, Effect, Parameters, Shape, Table, XFER_CMD};
use nvproxy::{Lent, Refusal, Refused, Value as LentValue};
use std::ops::Range;
use std::sync::Mutex;

/// Reads calls by the tables of a release.
pub struct Decoder {
    abi: Abi,
    elsewhere: Mutex<Elsewhere>,
}

/// Parameters that were found: what they are, and where they begin.
#[derive(Clone, Copy)]
struct Found {
    shape: &'static Shape,
    start: usize,
}

/// The parameters of a call, from the outside in.
struct Parts {
    ioctl: Option<&'static str>,
    asked: Asked,
    size: usize,
    found: Vec<Found>,
    more: Option<(Vec<super::Shown>, usize)>,
}

impl Decoder {
    /// For that release.
    pub fn new(abi: &Abi) -> Self {
        Self { abi: abi.clone(), elsewhere: Mutex::default() }
    }

    /// The tables that it reads by.
    pub fn abi(&self) -> &Abi {
        &self.abi
    }

    /// A call that the driver had.
    pub fn called(&self, called: &Called<'_>) -> Event {
        let bytes = Bytes { before: called.before, after: called.after, lent: called.lent };
        let parts = self.parts(called.node.is_frontend(), called.request, called.argument.clone(), &bytes);
        let ending = match called.result {
            Err(errno) => Ending::Failed(errno),
            Ok(_) => {
                let outermost = parts.found.first();
                Ending::Status(outermost.and_then(|found| status(found.shape.layout, called.after.get(found.start..)?)))
            }
        };
        let translated = called.lent.iter().filter_map(|lent| translation(lent, &parts.found, called)).collect();
        let event = self.event(called.file, called.node, called.request, parts, &bytes);
        Event { translated, ending, took: Some(called.took), ..event }
    }

    /// A call that the proxy refused.
    pub fn refused(&self, asked: &nvproxy::Asked<'_>, refused: &Refused) -> Event {
        let lacking = asked.lacking(&refused.why);
        let unknown = lacking.is_none() && asked.row.is_none();
        let known_at = unknown.then(|| {
            let mut elsewhere = self.elsewhere.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            elsewhere.find(self.abi.version(), asked.table, asked.number)
        });
        let known_at = known_at.flatten().filter(|_| matches!(refused.why, Refusal::NotListed | Refusal::NoClass));
        let why = Why { refusal: refused.why, status: refused.status, lacking, known_at };
        self.not_forwarded(asked, Ending::Refused(why))
    }

    /// A call that is the guest's own.
    pub fn native(&self, asked: &nvproxy::Asked<'_>) -> Event {
        self.not_forwarded(asked, Ending::Native)
    }

    fn not_forwarded(&self, asked: &nvproxy::Asked<'_>, ending: Ending) -> Event {
        let nvproxy::Asked { file, request, table, number, row, argument } = *asked;
        let bytes = Bytes { before: argument, after: argument, lent: &[] };
        let mut parts = self.parts(file.node().is_frontend(), request, Some(0..argument.len()), &bytes);
        // The proxy knows best what it refused; of a class or a command the parameters are not at hand.
        parts.asked = Asked { table, number, name: row.map(|row| row.name) };
        Event { ending, ..self.event(file.id(), file.node(), request, parts, &bytes) }
    }

    fn event(&self, file: u64, node: nvproxy::Node, request: u32, parts: Parts, bytes: &Bytes<'_>) -> Event {
        let (mut fields, mut more) = parts.more.unwrap_or_default();
        for Found { shape, start } in &parts.found {
            let (some, others) = shown(shape, *start, bytes);
            fields.extend(some);
            more += others;
        }
        for field in &mut fields {
            self.name_class(field);
        }
        Event {
            thread: None,
            file,
            node,
            request,
            ioctl: parts.ioctl,
            asked: parts.asked,
            size: parts.size,
            fields,
            more,
            translated: Vec::new(),
            ending: Ending::Native,
            took: None,
        }
    }

    /// Numbers of classes are shown by their names.
    fn name_class(&self, field: &mut super::Shown) {
        if field.name.rsplit('.').next() == Some("hClass")
            && let Some(Value::Number(class) | Value::Hex(class)) = field.before
            && let Some(row) = u32::try_from(class).ok().and_then(|class| self.abi.alloc().get(class))
        {
            field.before = Some(Value::Named(row.name.to_owned()));
        }
    }

    fn parts(&self, frontend: bool, request: u32, argument: Option<Range<usize>>, bytes: &Bytes<'_>) -> Parts {
        let (table, number) = if frontend { (Table::Frontend, request & 0xff) } else { (Table::Uvm, request) };
        let row =
            if frontend && number == XFER_CMD.number { Some(&XFER_CMD) } else { self.abi.table(table).get(number) };
        let name = row.map(|row| row.name);
        let size = argument.as_ref().map_or(0, ExactSizeIterator::len);
        let mut parts =
            Parts { ioctl: name, asked: Asked { table, number, name }, size, found: Vec::new(), more: None };
        let Some((row, argument)) = row.zip(argument) else { return parts };
        if let Parameters::Repeated(layout) = row.handling.parameters {
            let list = |all: &[u8]| {
                all.get(argument.clone()).map(|bytes| Value::list(&nvproxy::abi::Type::Record(layout), "", bytes))
            };
            let (before, after) = (list(bytes.before), list(bytes.after));
            let after = after.filter(|after| Some(after) != before.as_ref());
            let before = before.filter(|before| !matches!(before, Value::List(all, _) if all.is_empty()));
            let some = before.is_some() || after.is_some();
            parts.more = some.then(|| (vec![super::Shown { name: layout.name.to_owned(), before, after }], 0));
            return parts;
        }
        let Some(outer) = row.handling.shapes().iter().find(|shape| shape.layout.size == argument.len()) else {
            return parts;
        };
        parts.found.push(Found { shape: outer, start: argument.start });
        let (table, number, pointer) = match row.handling.effect {
            Some(Effect::Alloc) => (Table::Alloc, "hClass", IMPLIED[0]),
            Some(Effect::Control) => (Table::Control, "cmd", IMPLIED[1]),
            _ => return parts,
        };
        let at = |field| outer.layout.field(field).map(|field| argument.start + field.offset);
        let Some(number) = at(number).and_then(|at| lent_number(bytes, at).or_else(|| bytes.number(at, 4))) else {
            return parts;
        };
        let number = number as u32;
        let inner = self.abi.table(table).get(number);
        parts.asked = Asked { table, number, name: inner.map(|row| row.name) };
        let block = at(pointer).and_then(|at| bytes.follow(at));
        parts.size = block.as_ref().map_or(0, ExactSizeIterator::len);
        if let Some((inner, block)) = inner.zip(block)
            && let Some(shape) = inner.handling.shapes().iter().find(|shape| shape.layout.size == block.len())
        {
            parts.found.push(Found { shape, start: block.start });
        }
        parts
    }
}

/// What the driver found for a number of the guest's, if that was another.
fn lent_number(bytes: &Bytes<'_>, at: usize) -> Option<u64> {
    bytes.lent.iter().find_map(|lent| match lent.value {
        LentValue::Number(number) if lent.at == at => Some(number),
        _ => None,
    })
}

/// Pointers to the parameters of classes and commands.
const IMPLIED: [&str; 2] = ["pAllocParms", "params"];

/// A value that stood in for the guest's, in words. What the proxy always says of sizes is not worth any.
fn translation(lent: &Lent, found: &[Found], called: &Called<'_>) -> Option<Translated> {
    let holder = found.iter().find(|found| (found.start..found.start + found.shape.layout.size).contains(&lent.at))?;
    let field = field_at(holder.shape.layout, lent.at - holder.start)?;
    let guest = called.before.get(lent.at..lent.at + lent.width).map_or(0, super::value::unsigned);
    let how = match &lent.value {
        LentValue::Bytes(range) => format!("pointer to a copy of {} bytes", range.len()),
        LentValue::File(index) => {
            let node = called.files.get(*index).map(|(_, node)| node.to_string()).unwrap_or_default();
            format!("descriptor {} as the host's of {node}", guest as u32 as i32)
        }
        LentValue::Mapped(_) => "the guest's memory, where the driver reaches it".to_owned(),
        LentValue::Number(number) if *number == guest || field == "paramsSize" => return None,
        LentValue::Number(number) => format!("{guest:#x} as {number:#x}"),
    };
    // The number of the class or the command says that there are some.
    let implied = IMPLIED.contains(&field.as_str());
    Some(Translated { field, how, implied })
}
