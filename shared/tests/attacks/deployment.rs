//! What is wrong before the first request: the template, the settings.

use std::path::{Path, PathBuf};
use std::process::Command;

use otp_auth::config::settings::{SETTINGS, Scope};

use crate::finding::{Finding, Tried};

/// Mistakes that templates have: the text that is there, and what somebody makes of it.
const MISTAKES: [(&str, &str); 8] = [
    ("KEYS_SECRET_ARN: !Ref Keys", "KEYS_SECRET: !Ref Keys"),
    ("STAGE: !Ref Stage", "SIGNING_KEY: 0123456789abcdef"),
    ("STAGE: !Ref Stage", "STAGE: \"{{resolve:secretsmanager:keys}}\""),
    ("[dynamodb:GetItem, dynamodb:UpdateItem]", "dynamodb:*"),
    ("[dynamodb:GetItem, dynamodb:UpdateItem]", "[dynamodb:GetItem, dynamodb:Scan, dynamodb:UpdateItem]"),
    ("Action: secretsmanager:GetSecretValue", "Action: secretsmanager:*"),
    ("DataTraceEnabled: false", "DataTraceEnabled: true"),
    ("DeletionPolicy: Retain", "DeletionPolicy: Delete"),
];

/// scripts/check_template.py on the template, and on the same with each mistake. `make tools` installs what it reads YAML with.
pub fn secrets_in_the_template_or_over_broad_iam() -> Finding {
    let template = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let mut control = Tried::default();
    for (right, mistake) in MISTAKES {
        assert!(template.contains(right), "template.yaml has {right}");
        control.add(!passes(&template.replacen(right, mistake, 1)));
    }
    Finding {
        counted: "faults in the template",
        real: Tried::of(1, usize::from(!passes(&template))),
        may: 0.0,
        broken: "templates with a mistake each",
        control,
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn passes(template: &str) -> bool {
    let python = root().join(".venv/bin/python");
    assert!(python.exists(), "{} is not there: run make tools", python.display());
    let folder = std::env::temp_dir().join(format!("otp-auth-template-{}", std::process::id()));
    for file in ["docs/settings.md", "shared/src/http/problem.rs", "shared/src/messages/languages/en.ftl"] {
        std::fs::create_dir_all(folder.join(file).parent().unwrap()).unwrap();
        std::fs::copy(root().join(file), folder.join(file)).unwrap();
    }
    std::fs::write(folder.join("template.yaml"), template).unwrap();
    let script = root().join("scripts/check_template.py").canonicalize().unwrap();
    // By its absolute path, and not the one that the link leads to: that is how a virtual environment is found.
    let python = python.parent().unwrap().canonicalize().unwrap().join("python");
    let output = Command::new(python).arg(script).current_dir(&folder).output().unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    output.status.success()
}

/// The functions read no secret from their environment but their role's, which Lambda puts there.
pub fn secrets_in_the_environment() -> Finding {
    let of_ours = || SETTINGS.iter().filter(|setting| setting.scope != Scope::Aws).map(|setting| setting.name);
    Finding {
        counted: "settings that hold a secret",
        real: Tried::of(of_ours().count(), of_ours().filter(|name| holds_a_secret(name)).count()),
        may: 0.0,
        broken: "the settings that Lambda itself sets",
        control: Tried::of(
            SETTINGS.iter().filter(|setting| setting.scope == Scope::Aws).count(),
            SETTINGS.iter().filter(|setting| setting.scope == Scope::Aws && holds_a_secret(setting.name)).count(),
        ),
    }
}

fn holds_a_secret(name: &str) -> bool {
    let secret = ["SECRET", "PASSWORD", "TOKEN", "PRIVATE", "CREDENTIAL", "KEY"].iter().any(|word| name.contains(word));
    // What says where a secret is, or what a token says and how long it lives, is none. Vonage calls the name of an account a key.
    let harmless = ["_ARN", "_ENDPOINT", "_ISSUER", "_AUDIENCE", "_MINUTES"];
    secret && name != "VONAGE_API_KEY" && !harmless.iter().any(|end| name.ends_with(end))
}
