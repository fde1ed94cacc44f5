//! Mails to staff: the settings proved, an urgent order told, and nobody's name in any byte.

use std::time::Duration;

use serde_json::json;

use crate::house::{House, XIHU, until};
use crate::letters::{decode, encode, number, order, order_text};
use crate::smtp::{LOGIN, Mail, MailServer};

/// What the shipped sample of an order says of people: names, telephones, addresses, words.
fn secrets(body: &[u8]) -> Vec<String> {
    let text = decode(body);
    let elements = [
        "Name",
        "CitizenId",
        "Phone",
        "Email",
        "Address",
        "Account",
        "LegalPerson",
        "Contact",
        "Facts",
        "OrderNumber",
    ];
    let mut found = Vec::new();
    for element in elements {
        for piece in text.split(&format!("<{element}>")).skip(1) {
            let value = piece.split('<').next().unwrap().trim();
            if value.chars().count() > 1 {
                found.push(value.to_owned());
            }
        }
    }
    found
}

/// A house whose mails go through a real server.
fn mailing(more: &str) -> (House, MailServer) {
    let house = House::build("");
    house.must(&["pki", "issue", "mail", "--server-name", "localhost"]);
    let (certificate, key) = (house.file("pki/issued/mail.crt"), house.file("pki/issued/mail.key"));
    let server = MailServer::start(&certificate, &key);
    house.write("keys/mail-password", LOGIN.1.as_bytes());
    let settings = std::fs::read_to_string(house.file("regbridge.toml")).unwrap();
    let mail = format!(
        "\n[mail]\nserver = \"localhost\"\nport = {}\nauthorities = [\"pki/ca.crt\"]\nuser = \"{}\"\nfrom = \
         \"监管网关 <gateway@example.cn>\"\nreply_to = \"duty@example.cn\"\nseconds = 5\n{more}",
        server.port, LOGIN.0
    );
    house.write("regbridge.toml", (settings + &mail).as_bytes());
    (house, server)
}

const DUTY: &str =
    "[[mail.recipients]]\naddress = \"duty@example.cn\"\nrole = \"compliance\"\ndigest = [\"daily\"]\n";

#[test]
fn the_way_to_the_mail_server_is_told_step_by_step() {
    let (house, mut server) = mailing(DUTY);
    let said = house.run(&["notice", "test"]);
    assert!(said.ok, "{}\n{}", said.out, said.err);
    for step in
        ["name: ", "connection: localhost:", "encryption: STARTTLS", "login: ", "mail: taken for duty@"]
    {
        assert!(said.out.contains(&format!("ok       {step}")), "{step}\n{}", said.out);
    }
    let mails = server.mails();
    assert_eq!((mails.len(), mails[0].to.as_str()), (1, "duty@example.cn"));
    assert_eq!(mails[0].header("Reply-To"), "duty@example.cn");
    assert!(mails[0].header("From").contains("gateway@example.cn"));
    assert!(house.run(&["notice", "test", "--to", "other@example.cn"]).ok);
    assert_eq!(server.mails()[1].to, "other@example.cn");

    // A wrong password, from the environment's place too; then nobody there; then no TLS.
    house.write("keys/mail-password", b"wrong");
    let said = house.run(&["notice", "test"]);
    assert!(!said.ok && said.out.contains("failed   login: "), "{}", said.out);
    assert!(said.out.contains("535") && said.out.contains("mail.user"), "{}", said.out);
    assert!(!said.out.contains("wrong"), "the password is not shown");
    house.write("keys/mail-password", LOGIN.1.as_bytes());
    server.go_down();
    let said = house.run(&["notice", "test"]);
    assert!(!said.ok && said.out.contains("failed   connection: "), "{}", said.out);
    server.rule(&json!({"user": LOGIN.0, "password": LOGIN.1, "plain": true}));
    server.come_back();
    let told = server.book().len();
    let said = house.run(&["notice", "test"]);
    assert!(!said.ok && said.out.contains("failed   encryption: "), "{}", said.out);
    assert_eq!(server.book().len(), told, "neither a password nor a mail");
}

#[test]
fn an_urgent_order_is_told_and_no_byte_of_the_mail_is_about_a_person() {
    let (mut house, server) = mailing(DUTY);
    let bureau = house.add_bureau("hz-amr", XIHU, &[]);
    // A template of one's own, and one that names what there is not.
    let own = "## begins\n本单位模板 {{registration_number}}\n\n请速办。\n\n- 案件 Case: {{case}}\n";
    house.write("notices/urgent-case.txt", own.replace("{{case}}", "{{complainant}}").as_bytes());
    let said = house.run(&["notice", "list"]);
    assert!(
        !said.ok && said.err.contains("urgent-case.txt:6: there is no fact `complainant`"),
        "{}",
        said.err
    );
    house.write("notices/urgent-case.txt", own.as_bytes());
    house.open();
    let body = order(1);
    assert!(decode(&body).contains("<Priority>2</Priority>"), "the sample is urgent");
    bureau.submit(&house, "complaint-order", &body).is(201);
    let other = encode(&order_text(2).replace("<Priority>2</Priority>", "<Priority>1</Priority>"));
    bureau.submit(&house, "complaint-order", &other).is(201);
    // It waits a minute for others to share its mail.
    let about = format!("本单位模板 {}", number(1));
    let mail: Mail = until("the mail comes", Duration::from_secs(100), || {
        server.mails().into_iter().find(|mail| mail.subject == about)
    });
    let secrets = secrets(&body);
    assert!(secrets.len() > 3 && secrets.iter().any(|one| one.starts_with("13")), "{secrets:?}");
    for secret in &secrets {
        for part in [&mail.raw, &mail.text, &mail.html, &mail.subject] {
            assert!(!part.contains(secret), "{secret}");
        }
    }
    let listed = house.must(&["notice", "list"]);
    assert!(
        listed.contains("\tsent\tduty@example.cn\tcompliance\turgent-case begins\t1 attempts"),
        "{listed}"
    );
    // A calendar that comes to its end may have been told of, too.
    let line = listed.lines().find(|line| line.contains("\turgent-case begins\t")).unwrap();
    let id = line.split('\t').next().unwrap();
    assert!(mail.header("Message-ID").starts_with(&format!("<{id}@example.cn>")));
    assert!(house.must(&["notice", "show", id]).contains(&number(1)));
    let page = house.platform().get(&house, "/platform/v1/notices?state=sent&limit=10");
    let shown = page["notices"].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap();
    assert_eq!(shown["status"], json!(250), "{page}");
    house.close();
    let urgent = server.mails().into_iter().filter(|mail| mail.subject.starts_with("本单位模板")).count();
    assert_eq!(urgent, 1, "the other is not urgent");
}
