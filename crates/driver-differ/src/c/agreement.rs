//! Tests that hold macro expansion and `#if` against gcc's preprocessor, token by token.

use super::intern::Symbol;
use super::macros::{Definition, Macros};
use super::preprocess::{Headers, Unit, preprocess};
use super::scan::{ItemKind, scan};
use super::token::lex_line;
use super::{Error, limits};
use rayon::prelude::*;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;

/// The tokens that `text`, of definitions and what uses them, expands to.
fn expand(text: &str) -> Result<Vec<String>, String> {
    let bytes: Arc<[u8]> = text.as_bytes().into();
    let scan = scan(&bytes).map_err(|e| e.message)?;
    let mut macros = Macros::new();
    let mut out = Vec::new();
    for item in &scan.items {
        match &item.kind {
            ItemKind::Define { name, function_like, body, value } => {
                let name = macros.interner.intern(&text[name.start as usize..name.end as usize]);
                macros.definitions.push(Definition {
                    bytes: bytes.clone(),
                    body: *body,
                    line: item.line,
                    function_like: *function_like,
                    value: *value,
                    parsed: None,
                    system: false,
                });
                macros.define(name, macros.definitions.len() as u32 - 1);
            }
            ItemKind::Text(range) => {
                let raw = &scan.tokens[range.start as usize..range.end as usize];
                let tokens: Vec<_> = raw.iter().map(|t| t.resolve(&bytes, &mut macros.interner)).collect();
                macros.expand_into(&tokens, None, limits::UNIT_TOKENS, &mut out).map_err(|e| e.message)?;
            }
            other => return Err(format!("{other:?} in a test of expansion")),
        }
    }
    Ok(out.iter().map(|t| macros.interner.str(t.symbol).to_string()).collect())
}

/// What the whole preprocessor makes of `text`.
fn preprocessed(text: &str) -> Result<Vec<String>, String> {
    struct One(Arc<[u8]>);
    impl Headers for One {
        fn open(&mut self, path: &str, macros: &mut Macros) -> Result<Option<Arc<Unit>>, Error> {
            let scan = scan(&self.0).map_err(|e| e.within(&path.into()))?;
            Ok((path == "a.h").then(|| Arc::new(Unit::new(self.0.clone(), scan, false, macros))))
        }
    }
    let mut macros = Macros::new();
    let mut headers = One(text.as_bytes().into());
    let out = preprocess(&mut macros, &mut headers, &["a.h".to_string()], &[]).map_err(|e| e.to_string())?;
    let spell = |symbol: Symbol| macros.interner.str(symbol).to_string();
    Ok(out.tokens.iter().map(|t| spell(t.symbol)).collect())
}

/// gcc's answer; None if there is no gcc here.
fn gcc(text: &str) -> Option<Result<Vec<String>, String>> {
    let mut command = Command::new("gcc");
    command.args(["-E", "-P", "-std=gnu17", "-x", "c", "-"]).env("LC_ALL", "C");
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.ok()?;
    child.stdin.take()?.write_all(text.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    if !output.status.success() {
        return Some(Err(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let lines = output.stdout.split(|&b| b == b'\n');
    let tokens = lines.flat_map(|l| lex_line(l, 0, 1).unwrap().into_iter().map(move |t| t.bytes(l)));
    Some(Ok(tokens.map(|t| String::from_utf8_lossy(t).into_owned()).collect()))
}

type Ours = fn(&str) -> Result<Vec<String>, String>;

/// Compares all cases; each is refused by both or comes to the same tokens.
fn agree(cases: &[String], ours: Ours, same: fn(&[String], &[String]) -> bool) {
    if gcc("").is_none() {
        println!("skipped: there is no gcc to compare with");
        return;
    }
    let differences: Vec<String> = cases
        .par_iter()
        .filter_map(|case| {
            let (ours, theirs) = (ours(case), gcc(case)?);
            let agreed = match (&ours, &theirs) {
                (Ok(a), Ok(b)) => same(a, b),
                (Err(_), Err(_)) => true,
                _ => false,
            };
            (!agreed).then(|| format!("{case}\n  ours: {ours:?}\n  gcc:  {theirs:?}\n"))
        })
        .collect();
    let shown: String = differences.iter().take(5).cloned().collect();
    assert!(differences.is_empty(), "{} of {} differ:\n{shown}", differences.len(), cases.len());
    println!("{} cases agree", cases.len());
}

fn equal(a: &[String], b: &[String]) -> bool {
    a == b
}

/// Where an argument came from nothing or from another macro, C does not say what white space a string gets.
fn equal_but_for_space_in_strings(a: &[String], b: &[String]) -> bool {
    let plain = |s: &String| if s.starts_with('"') { s.replace(' ', "") } else { s.clone() };
    a.iter().map(plain).eq(b.iter().map(plain))
}

/// Definitions, each on a line, then uses.
const EXPANSIONS: &str = include_str!("agreement_cases.txt");

#[test]
fn expansion_agrees_with_gcc() {
    let cases: Vec<String> = EXPANSIONS.split("\n\n").map(|c| format!("{}\n", c.trim())).collect();
    assert!(cases.len() > 100, "only {} cases", cases.len());
    agree(&cases, expand, equal);
}

/// A small generator of numbers, so that a case can be had again by its number.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % n
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    fn new(number: u64) -> Self {
        Self(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }
}

fn random_macros(number: u64) -> String {
    let mut r = Random::new(number);
    let mut text = String::new();
    for name in ["A", "B", "C", "D", "E"] {
        let parameters = r.pick(&["", "", "()", "(x)", "(x)", "(x, y)", "(x, ...)", "(...)", "(x, r...)"]);
        let mut words =
            vec!["A", "B", "C", "D", "E", "A(", "B(", "C(1)", "D(E)", "1", "q", "+", "(", ")", ",", "x", "x"];
        for word in ["y", "__VA_ARGS__", "r"] {
            if parameters.contains(word)
                || (word == "__VA_ARGS__" && parameters.contains("(...") | parameters.contains(" ..."))
            {
                words.extend([word; 3]);
            }
        }
        let mut body = String::new();
        for i in 0..r.below(7) {
            let word = r.pick(&words);
            match r.below(12) {
                0 if i > 0 => body += &format!(" ## {word}"),
                1 if parameters.contains('x') => body += " #x ",
                2 if i > 0 && parameters.contains("x, ...") => {
                    body += " , ## __VA_ARGS__";
                    break;
                }
                _ => body += &format!("{}{word}", r.pick(&["", " ", " "])),
            }
        }
        text += &format!("#define {name}{parameters} {body}\n");
    }
    for _ in 0..3 {
        let words = ["A", "B", "C(", "D(", "E(", "A()", "B(2)", "C(1, 2)", "(", ")", ")", ",", "3", "(4)", "\n"];
        for _ in 0..r.below(9) + 1 {
            text += r.pick(&words);
            text += r.pick(&["", " "]);
        }
        text += "\n;\n";
    }
    text
}

#[test]
fn random_macros_expand_as_gcc_expands_them() {
    let cases: Vec<String> = (1..=600).map(random_macros).collect();
    agree(&cases, expand, equal_but_for_space_in_strings);
}

fn random_condition(r: &mut Random, depth: usize) -> String {
    let leaves =
        ["0", "1", "2", "7", "1u", "0u", "0x7fffffff", "0x80000000", "0xffffffff", "4294967296", "'a'", "'\\377'"];
    let more =
        ["0x7fffffffffffffff", "0x8000000000000000", "18446744073709551615u", "defined A", "A", "B", "none", "3ull"];
    if depth == 0 {
        return if r.below(2) == 0 { r.pick(&leaves) } else { r.pick(&more) }.to_string();
    }
    let part = |r: &mut Random| random_condition(r, depth - 1);
    match r.below(8) {
        0 => format!("{}{}", r.pick(&["-", "~", "!", "+"]), format_args!(" {}", part(r))),
        1 => format!("({} ? {} : {})", part(r), part(r), part(r)),
        2 => format!("({} {} {})", part(r), r.pick(&["<<", ">>"]), r.below(64)),
        3 => format!("({} {} ({} | 1))", part(r), r.pick(&["/", "%"]), part(r)),
        4 => format!("{} {} {}", part(r), r.pick(&["&&", "||"]), part(r)),
        _ => {
            let operator = r.pick(&["+", "-", "*", "<", ">", "<=", ">=", "==", "!=", "&", "|", "^"]);
            format!("{} {operator} {}", part(r), part(r))
        }
    }
}

#[test]
fn conditions_have_the_truth_gcc_gives_them() {
    let mut cases: Vec<String> = include_str!("agreement_conditions.txt").lines().map(str::to_string).collect();
    assert!(cases.len() > 50, "only {} conditions", cases.len());
    for number in 1..=300 {
        let mut r = Random::new(number);
        cases.push(random_condition(&mut r, 3));
    }
    let define = "#define A 5\n#define B (A - 7)\n#define F(x) x + x\n#define D defined A\n#define E defined(A)\n#define G(x) defined x\n#define H none\n";
    let whole = |c: &String| format!("{define}#if {c}\nyes;\n#elif 1 / 0 == 1 && 0\n#else\nno;\n#endif\n");
    // One with a live division by zero behind a group that is taken, which is not evaluated.
    let cases: Vec<String> = cases.iter().map(whole).map(|c| c.replace("1 / 0 == 1 && 0", "0")).collect();
    agree(&cases, preprocessed, equal);
}

/// Each is refused with its line; gcc takes them, some with a warning.
#[test]
fn what_no_header_needs_is_refused_although_gcc_takes_it() {
    for text in ["#line 7\n", "#if 0\ndon't\n#endif\n", "#if 1, 2\n#endif\n", "#if 99999999999999999999\n#endif\n"] {
        let error = preprocessed(text).expect_err(text);
        assert!(error.starts_with("a.h:"), "{error}");
    }
}

#[test]
fn directives_agree_with_gcc() {
    let cases: Vec<String> =
        include_str!("agreement_directives.txt").split("\n\n").map(|c| format!("{}\n", c.trim())).collect();
    assert!(cases.len() >= 20, "only {} cases", cases.len());
    agree(&cases, preprocessed, equal);
}
