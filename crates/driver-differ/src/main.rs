//! temp
#![allow(missing_docs)]
use driver_differ::{catalogue::{update, Catalogue}, extract::*, source::*};
fn main() {
    let mut args = std::env::args().skip(1);
    let cmd = args.next().unwrap();
    if cmd == "abis" {
        let t = std::time::Instant::now();
        let vs: Vec<_> = args.map(|v| v.parse().unwrap()).collect();
        let c = Catalogue::embedded().unwrap();
        eprintln!("{:?}", t.elapsed());
        let a = c.abis(&vs, Wanted::All).unwrap();
        eprintln!("{:?} {}", t.elapsed(), a.len());
        return;
    }
    let repo = Repository::open(args.next().unwrap().as_ref()).unwrap();
    if cmd == "update" {
        println!("{:?}", update::update(&repo, args.next().unwrap().as_ref(), |_| ()).unwrap());
        return;
    }
    if cmd == "check" {
        println!("{:?}", update::check(&repo, Catalogue::embedded().unwrap(), |_| ()).unwrap());
        return;
    }
    let out = args.next().unwrap();
    let vs: Vec<String> = args.collect();
    let t = std::time::Instant::now();
    let mut s = Session::new();
    for v in vs {
    match s.extract(&repo.release(&v).unwrap().unwrap(), Wanted::All) {
        Err(e) => { eprintln!("{v} {e}"); }
        Ok((abi, counts)) => {
                if out != "-" { 
                let mut j = serde_json::to_value(&abi).unwrap();
                j["version"] = v.as_str().into();
                std::fs::write(format!("{out}/{v}.json"), serde_json::to_string(&j).unwrap()).unwrap(); 
                eprintln!("{v} {counts:?}");
                }
        }
    }
    }
    eprintln!("{:?}", t.elapsed());
}
