//! Prints the release tree: `cargo run -p version-tree --example tree -- [ascii|dot|mermaid|json] [VERSION..]`.
//! With versions, a sparse view of them.

use std::error::Error;

use version_tree::{DriverVersion, Tree, render};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).peekable();
    let format = arguments.next_if(|argument| !argument.contains('.'));
    let picked: Vec<DriverVersion> = arguments.map(|version| version.parse()).collect::<Result<_, _>>()?;

    let tree = Tree::embedded();
    let view = match picked.as_slice() {
        [] => tree.all(),
        picked => tree.sparse(|release| picked.contains(&release.version)),
    };
    match format.as_deref() {
        None => print!("{}", render::text(&view, render::Charset::Unicode)),
        Some("ascii") => print!("{}", render::text(&view, render::Charset::Ascii)),
        Some("dot") => print!("{}", render::dot(&view)),
        Some("mermaid") => print!("{}", render::mermaid(&view)),
        Some("json") => println!("{:#}", render::json(&view)),
        Some(other) => {
            return Err(format!("no format {other}: expected ascii, dot, mermaid or json").into());
        }
    }
    Ok(())
}
