//! The map of the house, checked: who may import whom, and what is absent.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What each part of the library may import of the others.
const MAY_IMPORT: [(&str, &[&str]); 9] = [
    ("domain", &["domain"]),
    ("ports", &["domain", "ports"]),
    ("messages", &["domain", "ports", "messages"]),
    ("app", &["domain", "ports", "messages", "app"]),
    ("http", &["domain", "ports", "messages", "app", "http"]),
    ("config", &["domain", "messages", "config", "adapters"]),
    ("adapters", &["domain", "ports", "config", "adapters"]),
    ("telemetry", &["domain", "ports", "adapters"]),
    ("wiring", &["domain", "ports", "messages", "app", "http", "config", "adapters", "telemetry"]),
];

/// Crates of the outside world that the inner parts must not know.
const OUTSIDE: [&str; 9] =
    ["aws_", "axum", "hyper", "lambda_http", "reqwest", "std::env", "std::fs", "std::net::Tcp", "std::process"];

fn library() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source file below `folder`, with its text up to its unit tests.
fn sources(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.append(&mut sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap().to_owned();
            found.insert(path, code);
        }
    }
    found
}

/// The part of the library that a file belongs to: its first folder, or its own name at the top.
fn part_of(path: &Path) -> String {
    let relative = path.strip_prefix(library()).unwrap();
    relative.components().next().unwrap().as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// The parts that a file's code names as `crate::part`.
fn imports(code: &str) -> Vec<String> {
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines
        .flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect())
        .filter(|name: &String| !name.is_empty())
        .collect()
}

/// A wrong import, if the file has one.
fn wrong_import(part: &str, name: &str, code: &str) -> Option<String> {
    let (_, allowed) = MAY_IMPORT.iter().find(|(known, _)| *known == part)?;
    // Only the Lambda adapter speaks to the wire.
    let exempt = |import: &str| name.ends_with("lambda.rs") && import == "http";
    imports(code).into_iter().find(|import| !allowed.contains(&import.as_str()) && !exempt(import))
}

#[test]
fn each_part_imports_only_what_it_may() {
    for (path, code) in sources(&library()) {
        let (part, name) = (part_of(&path), path.display().to_string());
        assert!(
            ["lib", "testing"].contains(&part.as_str()) || MAY_IMPORT.iter().any(|(known, _)| *known == part),
            "{part} is not on the map"
        );
        assert_eq!(wrong_import(&part, &name, &code), None, "in {name}");
    }
}

#[test]
fn control_a_wrong_import_is_seen() {
    assert_eq!(wrong_import("domain", "x.rs", "use crate::ports::clock::Clock;"), Some("ports".to_owned()));
    assert_eq!(wrong_import("adapters", "sns.rs", "use crate::http::Api;"), Some("http".to_owned()));
    assert_eq!(wrong_import("app", "x.rs", "// crate::adapters\nuse crate::domain::time;"), None);
}

#[test]
fn the_inner_parts_know_nothing_of_the_outside() {
    for (path, code) in sources(&library()) {
        if !["domain", "ports", "app", "http", "messages"].contains(&part_of(&path).as_str()) {
            continue;
        }
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            // The cryptography of the domain is one of its small pure crates.
            let line = line.replace("aws_lc_rs", "");
            for outside in OUTSIDE {
                assert!(!line.contains(outside), "{}: {line}", path.display());
            }
        }
    }
}

#[test]
fn there_is_no_drawer_for_odds_and_ends() {
    for (path, _) in sources(&library()) {
        for name in ["utils", "helpers", "models", "types", "common", "misc"] {
            assert!(
                !path.components().any(|part| part.as_os_str().to_string_lossy().trim_end_matches(".rs") == name),
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn the_functions_only_wire_and_serve() {
    for function in ["send-otp", "verify-otp"] {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../functions").join(function).join("src");
        let files = sources(&folder);
        assert_eq!(files.len(), 1, "{function} is one file");
        assert!(files.values().all(|code| code.lines().count() <= 40));
    }
}

#[test]
fn the_store_writes_by_conditional_updates_only() {
    let folder = library().join("adapters/dynamodb");
    for (path, code) in sources(&folder) {
        for forbidden in [".put_item()", ".delete_item()", ".scan()", ".query()", ".batch_write_item()"] {
            // The list of users is for operators, on a permission that the functions do not have.
            let exempt = forbidden == ".scan()" && path.ends_with("administration.rs");
            assert!(exempt || !code.contains(forbidden), "{} has {forbidden}", path.display());
        }
    }
}

/// cargo-lambda fills in what the profile leaves open, and would end the process at a panic.
#[test]
fn how_a_release_is_built_is_not_left_to_cargo_lambda() {
    let manifest = std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml")).unwrap();
    let profile = manifest.split("[profile.release]\n").nth(1).unwrap().split("\n[").next().unwrap();
    let settings: BTreeMap<&str, &str> = profile.lines().filter_map(|line| line.split_once(" = ")).collect();
    for setting in ["strip", "lto", "codegen-units", "panic"] {
        assert!(settings.contains_key(setting), "{setting}");
    }
    assert_eq!(settings["panic"], "\"unwind\"");
}
