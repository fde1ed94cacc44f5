//! The sample, and what a wrong setting is told.

use serde_json::Value;

use super::*;

const EXAMPLE: &str = include_str!("../../../ops/config.example.toml");
const ORIGIN: &str = "[journal]\norigin = 'regbridge.example.cn/journal'\n";

fn read(text: &str) -> Result<Settings, String> {
    read_with(text, &[])
}

fn read_with(text: &str, variables: &[(&str, &str)]) -> Result<Settings, String> {
    let variables = variables.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
    Settings::read(Path::new("regbridge.toml"), text, &Environment::of(variables)).map_err(|e| e.to_string())
}

/// Every setting as `section.key`, from the schema of the types.
fn all_settings() -> Vec<String> {
    fn walk(schema: &Value, root: &Value, path: &str, found: &mut Vec<String>) {
        let target = schema.get("$ref").or_else(|| schema.pointer("/items/$ref")).and_then(Value::as_str);
        let schema =
            target.map_or(schema, |r| root.pointer(r.trim_start_matches('#')).expect("a local reference"));
        match schema.get("properties").and_then(Value::as_object) {
            None => found.push(path.to_owned()),
            Some(members) => {
                for (name, member) in members {
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    walk(member, root, &path, found);
                }
            }
        }
    }
    let schema = schemars::schema_for!(Settings).to_value();
    let mut found = Vec::new();
    walk(&schema, &schema, "", &mut found);
    found
}

/// Every setting that the example shows, commented out or not.
fn shown_settings(text: &str) -> Vec<String> {
    let mut section = String::new();
    let mut found = Vec::new();
    for line in text.lines().map(|l| l.trim_start_matches('#')) {
        if let Some(header) = line.strip_prefix('[') {
            header.trim_matches(['[', ']']).clone_into(&mut section);
        } else if let Some((key, _)) = line.split_once(" = ")
            && key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        {
            found.push(format!("{section}.{key}"));
        }
    }
    found
}

#[test]
fn the_example_loads_and_states_the_defaults() {
    let settings = read(EXAMPLE).unwrap();
    let plain = read(ORIGIN).unwrap();
    assert_eq!(settings.agency_listener, plain.agency_listener);
    assert_eq!(settings.platform_listener, plain.platform_listener);
    assert_eq!(settings.log, plain.log);
    assert_eq!(settings.store, plain.store);
    assert_eq!(settings.attachments, plain.attachments);
    assert_eq!(settings.mail, plain.mail);
}

#[test]
fn the_example_shows_every_setting_and_no_other() {
    let (mut all, mut shown) = (all_settings(), shown_settings(EXAMPLE));
    all.sort();
    shown.sort();
    assert!(all.contains(&"agency_listener.limits.body_bytes".to_owned()), "{all:?}");
    assert!(all.contains(&"webhooks.secret_file".to_owned()), "{all:?}");
    assert_eq!(all, shown);
}

#[test]
fn the_commented_lines_of_the_example_load_too() {
    let whole: String = EXAMPLE
        .lines()
        .map(|l| {
            if l.starts_with("#[") || l.starts_with('#') && l[1..].contains(" = ") && !l.starts_with("# ") {
                &l[1..]
            } else {
                l
            }
        })
        .filter(|l| !l.starts_with("url_file"))
        .fold(String::new(), |text, line| text + line + "\n");
    let settings = read(&whole).unwrap();
    assert!(!settings.outbound.authorities.is_empty() && settings.store.url.is_some());
    assert_eq!(settings.webhooks.len(), 1);
    assert_eq!((settings.mail.recipients.len(), settings.mail.recipients[0].digest.len()), (1, 1));
}

#[test]
fn a_slip_is_named_with_line_key_and_the_nearest_right_key() {
    let error = read(&format!("{ORIGIN}[store]\nulr = 'sqlite:x'\n")).unwrap_err();
    assert!(error.starts_with("regbridge.toml:4: store.ulr: unknown field `ulr`"), "{error}");
    assert!(error.ends_with("did you mean `url`?"), "{error}");
    let error = read("[agency_listner]\naddress = '0.0.0.0:1'\n").unwrap_err();
    assert!(error.starts_with("regbridge.toml:1: agency_listner: unknown field"), "{error}");
    assert!(error.ends_with("did you mean `agency_listener`?"), "{error}");
    let error = read("[agency_listener.limits]\nbody_bytes = 'many'\n").unwrap_err();
    assert!(
        error.starts_with("regbridge.toml:2: agency_listener.limits.body_bytes: invalid type"),
        "{error}"
    );
    let error = read("[log]\nformat = 'jsno'\n").unwrap_err();
    assert!(error.ends_with("did you mean `json`?"), "{error}");
    let error = read("[journal\n").unwrap_err();
    assert!(error.starts_with("regbridge.toml:1"), "{error}");
}

#[test]
fn values_out_of_reason_are_refused() {
    let refused = |text: &str, key: &str| {
        let error = read(text).unwrap_err();
        assert!(error.contains(key), "{error}");
    };
    refused("", "journal.origin");
    refused("[journal]\norigin = 'https://x'\n", "regbridge.toml:2: journal.origin");
    refused(
        &format!("{ORIGIN}[agency_listener.limits]\nconnections = 0\n"),
        ":4: agency_listener.limits.connections",
    );
    refused(&format!("{ORIGIN}[store]\nurl = 'mysql://x'\n"), "store.url");
    refused(&format!("{ORIGIN}[store]\nurl = 'postgres://u:p@h/d'\n"), ":4: store.url: a password");
    refused(&format!("{ORIGIN}[store]\nurl = 'postgres://h/d?user=u&password=p'\n"), "a password");
    refused(&format!("{ORIGIN}[outbound]\ncertificate = 'a'\n"), "outbound.certificate");
    refused(&format!("{ORIGIN}[outbound]\ncertificate = 'a'\nkey = 'b'\n"), "outbound.authorities");
    refused(&format!("{ORIGIN}[agency_listener]\nauthorities = []\n"), ":4: agency_listener.authorities");
    let hook = "[[webhooks]]\nname = 'a'\nurl = 'https://x'\nsecret_file = 'f'\n";
    refused(&format!("{ORIGIN}{hook}{hook}"), "share a name");
    refused(&format!("{ORIGIN}{}", hook.replace("https", "ftp")), "webhooks.url");
}

#[test]
fn the_environment_stands_before_the_file_and_may_hold_a_password() {
    let url = "postgres://u:p@h/d";
    let settings = read_with(
        ORIGIN,
        &[
            ("REGBRIDGE_STORE__URL", url),
            ("REGBRIDGE_AGENCY_LISTENER__LIMITS__CONNECTIONS", "7"),
            ("REGBRIDGE_LOG", "debug"),
            ("OTHER__THING", "1"),
        ],
    );
    let settings = settings.unwrap();
    assert_eq!(settings.store.url.as_deref(), Some(url));
    assert_eq!(settings.agency_listener.limits.connections, 7);
    assert_eq!(settings.journal.origin, "regbridge.example.cn/journal");
    let error = read_with(ORIGIN, &[("REGBRIDGE_STORE__ULR", "x")]).unwrap_err();
    assert!(error.starts_with("REGBRIDGE_STORE__ULR: store.ulr: unknown field"), "{error}");
    assert!(error.ends_with("did you mean `url`?"), "{error}");
    assert_eq!(read_with("", &[("REGBRIDGE_JOURNAL__ORIGIN", "a/b")]).unwrap().journal.origin, "a/b");
}

#[test]
fn the_store_is_sqlite_in_the_folder_unless_said_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("url"), "postgres://u:p@h/d\n").unwrap();
    let folder = Folder::at(folder.path());
    let url = |text: &str| read(&format!("{ORIGIN}{text}")).unwrap().store_url(&folder).unwrap();
    assert_eq!(url(""), format!("sqlite:{}", folder.path().join("regbridge.sqlite").display()));
    assert_eq!(url("[store]\nurl = 'sqlite:/x/y'\n"), "sqlite:/x/y");
    assert_eq!(url("[store]\nurl_file = 'url'\n"), "postgres://u:p@h/d");
}
