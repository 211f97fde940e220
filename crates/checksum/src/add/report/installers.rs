//! What was found out about installers.

use std::fmt::Write;
use version_tree::{DriverVersion, Installer};

use super::text::code;
use crate::add::{Asked, Note};

pub(super) fn write(out: &mut String, asked: &[Asked]) {
    if asked.is_empty() {
        return;
    }
    out.push_str("\n## Installers\n\n");
    for asked in asked {
        let learned = asked.learned.iter().map(|(architecture, installer)| match installer {
            Installer::Published { .. } => format!("{architecture}: checksum recorded, from NVIDIA's server alone"),
            _ => format!("{architecture}: recorded that there is none"),
        });
        let parts: Vec<String> = learned.chain(asked.notes.iter().map(|n| note(asked.version, n))).collect();
        let _ = writeln!(out, "- {}: {}", asked.version, parts.join("; "));
    }
}

fn note(version: DriverVersion, note: &Note) -> String {
    match note {
        Note::NotAsked => format!("not asked for: `gpu-tools checksum --version {version} --write` records them"),
        Note::NoneYet => "none is published so far; `gpu-tools sync` asks again".to_string(),
        Note::Waiting(architecture) => {
            format!("{architecture}: none so far, and it may still come; `gpu-tools sync` asks again")
        }
        Note::Failed { architecture, why } => {
            format!("{architecture}: **could not be found out**, `gpu-tools sync` asks again: {}", code(why))
        }
    }
}
