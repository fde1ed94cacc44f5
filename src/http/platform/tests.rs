//! The description and the routes are one; what needs no gateway answers without one.

use std::collections::BTreeSet;

use actix_web::App;
use actix_web::test::{TestRequest, call_service, init_service, read_body, read_body_json};
use serde_json::Value;

use super::*;

fn described() -> BTreeSet<(String, String)> {
    let document = openapi::document();
    let paths = document["paths"].as_object().unwrap();
    let of = |path: &String, item: &Value| {
        let methods: Vec<String> = item.as_object().unwrap().keys().map(|m| m.to_uppercase()).collect();
        methods.into_iter().map(|method| (method, path.clone())).collect::<Vec<_>>()
    };
    paths.iter().flat_map(|(path, item)| of(path, item)).collect()
}

#[test]
fn every_route_is_described_and_every_description_is_a_route() {
    let routed: BTreeSet<(String, String)> =
        ROUTES.iter().map(|(method, path)| ((*method).to_owned(), path.replace(":.+}", "}"))).collect();
    assert_eq!(routed.len(), ROUTES.len());
    assert_eq!(described(), routed);
}

#[test]
fn the_document_is_3_1_and_whole() {
    let document = openapi::document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut targets = Vec::new();
    collect(&document, &mut targets);
    assert!(targets.len() > 50);
    for target in targets {
        let pointer = target.strip_prefix('#').unwrap_or_else(|| panic!("{target} points elsewhere"));
        assert!(document.pointer(pointer).is_some(), "{target} points nowhere");
    }
    for kind in crate::domain::kind::Kind::ALL {
        assert!(document["components"]["schemas"][kind.as_str()]["properties"].is_object(), "{kind}");
    }
}

#[test]
fn operations_are_explained_and_guarded() {
    let document = openapi::document();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].as_str().is_some_and(|s| !s.is_empty()), "{method} {path}");
            assert!(operation["tags"][0].is_string(), "{method} {path}");
            let guarded = operation["security"][0]["token"].is_array();
            assert_eq!(guarded, path.starts_with("/platform/"), "{method} {path}");
            assert_eq!(operation["responses"]["401"].is_object(), guarded, "{method} {path}");
            let named = path.matches('{').count();
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            assert_eq!(parameters.filter(|p| p["in"] == "path").count(), named, "{method} {path}");
        }
    }
}

#[test]
fn lifted_definitions_agree_where_records_share_them() {
    let mut seen = std::collections::BTreeMap::new();
    for schema in crate::domain::record::schemas().into_values() {
        for (name, definition) in schema["$defs"].as_object().cloned().unwrap_or_default() {
            let known = seen.entry(name.clone()).or_insert_with(|| definition.clone());
            assert_eq!(*known, definition, "{name}");
        }
    }
}

fn collect(value: &Value, targets: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(target)) = members.get("$ref") {
                targets.push(target.clone());
            }
            members.values().for_each(|v| collect(v, targets));
        }
        Value::Array(items) => items.iter().for_each(|v| collect(v, targets)),
        _ => {}
    }
}

macro_rules! app {
    () => {
        init_service(App::new().configure(configure)).await
    };
}

#[actix_web::test]
async fn the_page_loads_nothing_from_elsewhere() {
    let app = app!();
    for path in ["/docs", "/docs/docs.css", "/docs/docs.js"] {
        let response = call_service(&app, TestRequest::get().uri(path).to_request()).await;
        assert_eq!(response.status(), 200, "{path}");
        let policy = response.headers().get("content-security-policy").unwrap().to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        let text = String::from_utf8(read_body(response).await.to_vec()).unwrap();
        for elsewhere in ["http://", "https://", "//cdn", "@import", " url("] {
            assert!(!text.contains(elsewhere), "{path} holds {elsewhere}");
        }
        for inline in ["<style", " style=", " onclick", "innerHTML", "eval("] {
            assert!(!text.contains(inline), "{path} holds {inline}");
        }
    }
}

#[actix_web::test]
async fn what_is_not_there_is_a_problem() {
    let app = app!();
    let response = call_service(&app, TestRequest::get().uri("/nowhere").to_request()).await;
    assert_eq!(response.status(), 404);
    let problem: Value = read_body_json(response).await;
    assert_eq!(problem["type"], "urn:regbridge:problem:not-found");
    let response = call_service(&app, TestRequest::delete().uri("/platform/v1/cases").to_request()).await;
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers().get("allow").unwrap(), "GET");
    let response = call_service(&app, TestRequest::get().uri("/openapi.json?x=1").to_request()).await;
    assert_eq!(response.status(), 400);
}

#[actix_web::test]
async fn nothing_under_platform_answers_without_a_token() {
    let app = app!();
    for (method, pattern) in ROUTES.iter().filter(|(_, path)| path.starts_with("/platform/")) {
        let path = pattern.replace(":.+}", "}").replace(['{', '}'], "");
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let gateway_less = TestRequest::with_uri(&path).method(method.clone()).to_request();
        let response = call_service(&app, gateway_less).await;
        // Handlers that need the gateway fail for lack of it in this application; none may answer.
        assert!(
            response.status() == 401 || response.status() == 500,
            "{method} {pattern}: {}",
            response.status()
        );
        assert!(!response.status().is_success());
    }
}
