//! The platform's side: a token and the API.

use serde_json::{Value, json};

use crate::curl::{Answer, Curl};
use crate::house::House;

pub(crate) struct Platform {
    token: String,
}

impl Platform {
    pub(crate) fn with(token: &str) -> Self {
        Self { token: token.to_owned() }
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    pub(crate) fn curl(&self, house: &House, path: &str) -> Curl {
        Curl::to(&format!("{}{path}", house.platform_url()))
            .header(&format!("Authorization: Bearer {}", self.token))
    }

    pub(crate) fn get(&self, house: &House, path: &str) -> Value {
        self.curl(house, path).call().is(200).json()
    }

    /// The case with this registration number.
    pub(crate) fn case_of(&self, house: &House, registration_number: &str) -> Value {
        let page = self
            .curl(house, "/platform/v1/cases")
            .with("--data-urlencode", &format!("registration_number={registration_number}"))
            .flag("--get")
            .call()
            .is(200)
            .json();
        let cases = page["cases"].as_array().unwrap();
        assert_eq!(cases.len(), 1, "{page}");
        self.case(house, cases[0]["id"].as_str().unwrap())
    }

    pub(crate) fn case(&self, house: &House, case: &str) -> Value {
        self.get(house, &format!("/platform/v1/cases/{case}"))
    }

    /// All cases, page by page.
    pub(crate) fn cases(&self, house: &House) -> Vec<Value> {
        let mut all = Vec::new();
        let mut after = String::new();
        loop {
            let page = self.get(house, &format!("/platform/v1/cases?limit=200&after={after}"));
            all.extend(page["cases"].as_array().unwrap().clone());
            match page["next"].as_str() {
                Some(next) => next.clone_into(&mut after),
                None => return all,
            }
        }
    }

    /// Replies to a case under an idempotency key.
    pub(crate) fn reply(&self, house: &House, case: &str, key: &str) -> Answer {
        self.post_reply(house, case, key, &settled())
    }

    pub(crate) fn post_reply(&self, house: &House, case: &str, key: &str, reply: &Value) -> Answer {
        self.curl(house, &format!("/platform/v1/cases/{case}/replies"))
            .header("Content-Type: application/json")
            .header(&format!("Idempotency-Key: {key}"))
            .post(reply.to_string().as_bytes())
            .call()
    }

    pub(crate) fn post_record(&self, house: &House, case: &str, key: &str, record: &Value) -> Answer {
        self.curl(house, &format!("/platform/v1/cases/{case}/records"))
            .header("Content-Type: application/json")
            .header(&format!("Idempotency-Key: {key}"))
            .post(record.to_string().as_bytes())
            .call()
    }
}

/// A reply that says everything was settled.
pub(crate) fn settled() -> Value {
    json!({
        "outcome": "settled",
        "explanation": "经核查，材质与宣称不符，商家同意退一赔三𠮷。",
        "resolution": {
            "route": "platform_advance",
            "refund": { "amount": 33850, "currency": "CNY" },
            "compensation": { "amount": 101_550, "currency": "CNY" },
        },
        "contact": "平台政务专员",
        "phone": "0571-00000009",
        "platform_number": "CS-00012345",
    })
}
